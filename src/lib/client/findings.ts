import { line } from "../command-line.js";
import type { AnyKind, FindingKind } from "../finding/finding.js";
import { fixable, remedyIn } from "../finding/remedy.js";
import type { Verdicts } from "../finding/verdict.js";
import { t } from "../text.js";
import type { ComparedObservation } from "./detect.js";
import type { SeenClient } from "./look.js";

/** A client, and the ID that belongs into it. */
export interface ClientFacts extends Pick<SeenClient, "user" | "folder" | "clientId" | "port"> {
	environment: string;
	/** null: the user has none. */
	allocatedId: number | null;
}

const anas: ClientFacts = {
	environment: "default",
	user: "CORP\\ana",
	folder: "C:\\Users\\ana\\AppData\\Roaming\\Notarius\\certifio-manager-se",
	clientId: 9,
	port: 24_259,
	allocatedId: 7,
};

const affected = ({ user, port }: ClientFacts) => ({ users: [user], ports: port === null ? [] : [port] });
const show = ({ user, environment }: ClientFacts) => remedyIn(environment, "client show", [user]);

export const clientMissing: FindingKind<ClientFacts> = {
	id: "CFM-CLIENT-001",
	severity: "warning",
	title: () => t`A user who has an ID has no client`,
	text: ({ folder }) => t`the program is not in ${folder}`,
	affected,
	// Only the user's own session can do it.
	remedies: ({ user, environment }) => [remedyIn(environment, "install", [], { silent: true, user })],
	sample: { ...anas, clientId: null, port: null },
};

export const wrongClientId: FindingKind<ClientFacts> = {
	id: "CFM-CLIENT-002",
	severity: "error",
	title: () => t`A client has another ID than its user`,
	text: ({ clientId, allocatedId }) =>
		clientId === null ? t`no client ID is stored` : t`the client ID is ${clientId}, not ${allocatedId ?? ""}`,
	affected,
	remedies: ({ user, environment }) => [fixable(remedyIn(environment, "client set", [user]))],
	sample: anas,
};

export const clientWithoutAllocation: FindingKind<ClientFacts> = {
	id: "CFM-CLIENT-003",
	severity: "warning",
	title: () => t`A client is installed for a user who has no ID`,
	text: ({ user, clientId }) =>
		clientId === null ? t`${user} has no ID` : t`the client ID is ${clientId}, but it was not allocated to ${user}`,
	affected,
	remedies: ({ user, environment, clientId }) => [
		fixable(remedyIn(environment, "ids allocate", [user], { id: clientId ?? undefined })),
	],
	dependsOn: ["CFM-AUDIT-017"],
	sample: { ...anas, allocatedId: null },
};

export const clientNotListening: FindingKind<ClientFacts> = {
	id: "CFM-CLIENT-004",
	severity: "warning",
	title: () => t`A client runs but does not listen on its port`,
	// After its ID was changed a client listens on its old port until it is started again.
	text: ({ port }) => t`nothing answers on port ${port ?? ""}: restart the client`,
	affected,
	// Its start is for the user's own session.
	remedies: ({ user, environment, ...facts }) => [
		fixable(remedyIn(environment, "client set", [user], { "stop-client": true })),
		show({ user, environment, ...facts }),
	],
	sample: { ...anas, clientId: 7, port: 24_257 },
};

export const uninstallEntryMissing: FindingKind<ClientFacts> = {
	id: "CFM-CLIENT-005",
	severity: "notice",
	title: () => t`A client has no uninstall entry`,
	text: () => t`there is no uninstall entry`,
	affected,
	remedies: (facts) => [show(facts)],
	sample: { ...anas, clientId: 7, port: 24_257 },
};

export const layoutDiffers: FindingKind<ComparedObservation & { user: string }> = {
	id: "CFM-CLIENT-006",
	severity: "warning",
	title: () => t`The client profile differs from what is installed`,
	text: ({ about, expected, seen }) => t`${about} is ${seen}, not ${expected}`,
	affected: ({ user }) => ({ users: [user] }),
	remedies: ({ user }) => [line("client detect", [user], { apply: true })],
	sample: {
		...{ user: anas.user, about: "installFolder", agrees: false },
		...{ expected: anas.folder, seen: "C:\\Users\\ana\\AppData\\Roaming\\Notarius\\cfm-se" },
	},
};

/** A port that a user's client needs, and could not have. */
export interface NeededPort {
	environment: string;
	user: string;
	host: string;
	port: number;
	id: number;
}

const needed: NeededPort = { environment: "default", user: anas.user, host: "TS01", port: 24_257, id: 7 };
const affectedPort = ({ user, host, port }: NeededPort) => ({ users: [user], hosts: [host], ports: [port] });

export const portTaken: FindingKind<NeededPort> = {
	id: "CFM-CLIENT-007",
	severity: "error",
	title: () => t`A program holds the port that a user's client needs`,
	text: ({ port, id, host }) => t`port ${port} of ID ${id} is in use by another program on ${host}`,
	affected: affectedPort,
	// Never to reserve the ID: it is the user's own.
	remedies: ({ environment, id }) => [remedyIn(environment, "ports check", [id])],
	dependsOn: ["CFM-PORT-001"],
	sample: needed,
};

export const portRefused: FindingKind<NeededPort> = {
	id: "CFM-CLIENT-008",
	severity: "error",
	title: () => t`The system refuses the port that a user's client needs`,
	text: ({ port, id, host }) =>
		t`port ${port} of ID ${id} can't be bound on ${host}: the system keeps it, or another user's program holds it on all addresses`,
	affected: affectedPort,
	remedies: ({ environment, id }) => [
		remedyIn(environment, "ports check", [id]),
		remedyIn(environment, "ports reserve-block"),
	],
	dependsOn: ["CFM-PORT-005", "CFM-PORT-008"],
	sample: needed,
};

/**
 * How a client on this machine compares with what the registry says. `unknown`: what is installed, or its ID, could not
 * be told.
 */
export const clientVerdicts = {
	ok: "fine",
	"not-installed": clientMissing,
	"wrong-id": wrongClientId,
	"not-listening": clientNotListening,
	"no-allocation": clientWithoutAllocation,
	unknown: { unknown: wrongClientId },
} satisfies Verdicts<string, ClientFacts>;

export type ClientVerdict = keyof typeof clientVerdicts;

/** Whether what was seen of a client is what the client profile says. */
export const layoutVerdicts = { agrees: "fine", differs: layoutDiffers } satisfies Verdicts;

/** Nobody could say who else has a profile here. */
export const onlyOwnProfile: FindingKind<{ user: string }> = {
	id: "CFM-MACHINE-001",
	severity: "notice",
	title: () => t`Only your own profile was looked at`,
	text: ({ user }) => t`only the profile of ${user} was looked at`,
	affected: ({ user }) => ({ users: [user] }),
	sample: { user: anas.user },
};

/** The places that cfm looks into are guesses until somebody has compared them with a real client. */
export const profileUnverified: FindingKind<{ source: string | null }> = {
	id: "CFM-MACHINE-002",
	severity: "notice",
	title: () => t`The client profile is unverified`,
	text: ({ source }) =>
		source === null
			? t`nobody has compared the built-in client profile with a real client`
			: t`nobody has compared ${source} with a real client`,
	remedies: () => [line("client detect")],
	sample: { source: null },
};

/** The client belongs into each user's own profile: the vendor's help page. */
export const sharedClient: FindingKind<{ folder: string | null }> = {
	id: "CFM-MACHINE-003",
	severity: "error",
	title: () => t`A client is installed for the whole machine`,
	text: ({ folder }) =>
		t`a client is installed for the whole machine (${folder ?? ""}): it uses the common port, whoever starts it. Remove it, and install the client for each user`,
	sample: { folder: "C:\\Program Files\\certifio-manager-se" },
};

/** What stops `cfm install` alone: on a port of a client that is there, the checks of ports say more. */
export const installKinds: readonly AnyKind[] = [portTaken, portRefused];

export const clientKinds: readonly AnyKind[] = [
	onlyOwnProfile,
	profileUnverified,
	sharedClient,
	clientMissing,
	wrongClientId,
	clientWithoutAllocation,
	clientNotListening,
	uninstallEntryMissing,
	layoutDiffers,
	...installKinds,
];
