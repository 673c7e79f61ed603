import type { Hint } from "../command-line.js";
import type { AnyKind, FindingKind } from "../finding/finding.js";
import { fixable, type Remedy, remedyIn } from "../finding/remedy.js";
import { type Verdicts, weightOf } from "../finding/verdict.js";
import { t } from "../text.js";
import type { Owner, PortRange, TcpSocket } from "./network.js";

/** A port, and whose it should be. */
export interface PortFacts {
	environment: string;
	port: number;
	/** The ID whose port it is. */
	id: number | null;
	expectedUser: string | null;
}

/** A process that listens on a port; what can't be determined is null. */
export interface ListenerFacts extends PortFacts, Pick<Owner, "pid" | "process" | "user"> {
	address: string | null;
	/** Whether the process is called as the client is; where nobody asked, it is not said. */
	isClient?: boolean;
	/** The system itself listens, for a service that this does not name. */
	kernel?: boolean;
}

/** What holds a port without listening on it: a connection, open or ended. */
export type SocketUse = "connected" | "closing";

/** A port that cannot be bound; what holds it, as far as a table shows that. */
interface RefusedFacts extends PortFacts, Partial<Pick<Owner, "pid" | "process" | "user">> {
	/** A program holds it; otherwise the system refuses it. */
	held: boolean;
	use?: SocketUse;
	remote?: string | null;
}

interface RangeFacts extends PortFacts, PortRange {}

const anas: PortFacts = { environment: "default", port: 24_257, id: 7, expectedUser: "CORP\\ana" };
const held: ListenerFacts = { ...anas, address: "127.0.0.1", pid: 4711, process: "java.exe", user: "CORP\\ben" };

const affected = ({ port, expectedUser }: PortFacts) => ({
	ports: [port],
	users: expectedUser === null ? [] : [expectedUser],
});

const check = ({ port, environment }: PortFacts) => remedyIn(environment, "ports check", [`:${port}`]);
/** For an ID whose port cannot be used: nobody is to get it. */
const reserve = ({ id, expectedUser, environment }: PortFacts) =>
	expectedUser === null && id !== null ? [remedyIn(environment, "ids reserve", [id])] : [];
/** For a holder whose ID can't work here: another ID, whose port can. */
const move = ({ expectedUser, environment }: PortFacts): Remedy[] =>
	expectedUser === null ? [] : [remedyIn(environment, "ids move", [expectedUser])];
const block = ({ environment }: PortFacts) => remedyIn(environment, "ports reserve-block");

export const foreignListener: FindingKind<ListenerFacts> = {
	id: "CFM-PORT-001",
	severity: "error",
	title: () => t`Another user's program listens on a user's port`,
	text: (facts) => (facts.isClient ? t`another user's client listens: ${describeOwner(facts)}` : listenerText(facts)),
	affected,
	// A client goes when it gets its own ID. What other program it is, and that it stays, only its name tells: without one,
	// nobody is moved for it.
	remedies: (facts) => [check(facts), ...(facts.isClient === false ? move(facts).map(fixable) : []), ...reserve(facts)],
	// Whoever's client has another's ID listens on that other's port; another program comes of no client.
	dependsOn: ["CFM-CLIENT-002", "CFM-CLIENT-003"],
	comesOf: ({ isClient, user }) => (isClient && user !== null ? { users: [user] } : null),
	sample: held,
};

export const unexpectedListener: FindingKind<ListenerFacts> = {
	id: "CFM-PORT-002",
	severity: "error",
	title: () => t`Something listens on the port of an ID that nobody holds`,
	text: listenerText,
	affected,
	remedies: (facts) => [check(facts), ...reserve(facts)],
	sample: { ...held, expectedUser: null },
};

export const missingListener: FindingKind<PortFacts> = {
	id: "CFM-PORT-003",
	severity: "warning",
	title: () => t`Nobody listens on the port of a user whose client is installed`,
	text: ({ port }) => t`nothing listens on port ${port}`,
	affected,
	remedies: ({ expectedUser, environment }) =>
		expectedUser === null ? [] : [remedyIn(environment, "client show", [expectedUser])],
	dependsOn: ["CFM-CLIENT-002"],
	sample: anas,
};

export const commonPort: FindingKind<PortFacts> = {
	id: "CFM-PORT-004",
	severity: "error",
	title: () => t`An ID has the regular edition's port`,
	text: ({ port }) => t`port ${port} belongs to the regular edition, whose client takes it whoever holds the ID`,
	affected,
	remedies: (facts) => [...move(facts).map(fixable), ...reserve(facts)],
	sample: { ...anas, port: 24_250, id: 0, expectedUser: null },
};

export const excludedPort: FindingKind<RangeFacts> = {
	id: "CFM-PORT-005",
	severity: "error",
	title: () => t`The system reserves a port`,
	text: ({ first, last }) => t`the system reserves ${first}-${last}: binding fails although nothing listens`,
	affected,
	// Which of the two is for a person to say: a restart of the system may free the port.
	remedies: (facts) => [block(facts), ...move(facts), ...reserve(facts)],
	sample: { ...anas, first: 24_200, last: 24_299 },
};

export const ipv6Listener: FindingKind<ListenerFacts> = {
	id: "CFM-PORT-006",
	severity: "error",
	title: () => t`A port answers on IPv6 only`,
	text: (facts) =>
		t`${describeOwner(facts)} listens on IPv6 only (${facts.address ?? ""}): connections to localhost may reach it, connections to 127.0.0.1 do not`,
	affected,
	remedies: (facts) => [check(facts)],
	sample: { ...held, address: "::1" },
};

export const otherAddress: FindingKind<ListenerFacts> = {
	id: "CFM-PORT-007",
	severity: "notice",
	title: () => t`A port is used on an address other than the loopback`,
	text: (facts) => t`${describeOwner(facts)} listens on ${facts.address ?? ""}, which is not the loopback`,
	affected,
	sample: { ...held, address: "192.0.2.7" },
};

export const refusedBind: FindingKind<RefusedFacts> = {
	id: "CFM-PORT-008",
	severity: "error",
	title: () => t`A port cannot be bound`,
	text({ held, use, pid = null, process = null, user = null, remote }) {
		// Windows' 10013 means both: a port that is kept without being listed, and a socket that nobody may share.
		if (!held) return t`the system keeps it without listing it, or another user's program holds it on all addresses`;
		if (use === "closing") return t`a connection that has ended keeps it for some minutes`;
		if (use === undefined) return t`a program holds it without listening`;
		return t`${describeOwner({ pid, process, user })} uses it for a connection to ${remote ?? ""}, until that ends`;
	},
	affected,
	// What passes by itself is waited for.
	remedies: (facts) => (facts.use === undefined ? reserve(facts) : [check(facts)]),
	dependsOn: ["CFM-PORT-005"],
	sample: { ...anas, held: false },
};

export const dynamicPort: FindingKind<RangeFacts> = {
	id: "CFM-PORT-009",
	severity: "warning",
	title: () => t`A port is in the range of outgoing connections`,
	text: ({ first, last }) => t`outgoing connections use ports ${first}-${last}: any program may get this one`,
	affected,
	remedies: (facts) => [block(facts)],
	sample: { ...anas, first: 24_000, last: 65_535 },
};

export const exposedClient: FindingKind<PortFacts & { address: string | null }> = {
	id: "CFM-PORT-010",
	severity: "notice",
	title: () => t`A client listens beyond the loopback`,
	text: ({ address }) => t`the client listens on ${address ?? ""}: other machines may reach it`,
	affected,
	remedies: (facts) => [check(facts)],
	sample: { ...anas, address: "0.0.0.0" },
};

export const twoSessions: FindingKind<PortFacts & { session: number | null; otherSessions: readonly number[] }> = {
	id: "CFM-PORT-011",
	severity: "warning",
	title: () => t`A user is logged on in several sessions`,
	text: ({ session, otherSessions, port }) =>
		t`the client in session ${session ?? ""} has port ${port}; the one in session ${otherSessions.join(", ")} can't listen on it`,
	affected,
	remedies: (facts) => [check(facts)],
	sample: { ...anas, session: 2, otherSessions: [5] },
};

export const sessionAddress: FindingKind<PortFacts & { address: string }> = {
	id: "CFM-PORT-012",
	severity: "error",
	title: () => t`A client listens on the loopback address of its session`,
	text: ({ address, port }) =>
		t`it listens on ${address}:${port}, where no browser asks: Remote Desktop or Citrix virtualizes the loopback`,
	affected,
	remedies: (facts) => [check(facts)],
	dependsOn: ["CFM-MACHINE-004"],
	sample: { ...anas, address: "127.0.0.3" },
};

/**
 * What a listener is by the registry: `wrong-user` (somebody else's process holds an ID's port), `unexpected` (nobody has
 * that ID), `missing` (allocated and installed, nobody listens), `unknown-owner` (whose it is can't be determined).
 */
export const portVerdicts = {
	ok: "fine",
	"wrong-user": foreignListener,
	unexpected: unexpectedListener,
	missing: missingListener,
	"unknown-owner": { unknown: foreignListener },
} satisfies Verdicts<string, ListenerFacts>;

export type PortVerdict = keyof typeof portVerdicts;

/** What can be said of a port that is looked at closely. */
export const portReasons = {
	"common-port": commonPort,
	excluded: excludedPort,
	"in-use": foreignListener,
	"other-client": foreignListener,
	"owner-unknown": { unknown: foreignListener },
	"own-client": "fine",
	"ipv6-only": ipv6Listener,
	"other-address": otherAddress,
	"beyond-loopback": exposedClient,
	"bind-refused": refusedBind,
	"not-tried": { unknown: refusedBind },
	"dynamic-range": dynamicPort,
	"set-apart": "fine",
} satisfies Verdicts;

export type PortReasonCode = keyof typeof portReasons;

/** Whether a port cannot be used for it: what can't be determined is never taken for fine. */
export function blocks(code: PortReasonCode): boolean {
	return ["error", "unknown"].includes(weightOf(portReasons[code]));
}

/** A listener's process in few words, for a message. */
export function describeOwner({ process, pid, user }: Pick<Owner, "pid" | "process" | "user">): string {
	const more = [pid === null ? "" : `PID ${pid}`, user ?? ""].filter(Boolean).join(", ");
	return `${process ?? t`an unknown process`}${more === "" ? "" : ` (${more})`}`;
}

function listenerText(facts: ListenerFacts): string {
	return facts.kernel
		? t`the system itself listens, for a service that uses http.sys (${describeOwner(facts)})`
		: t`${describeOwner(facts)} listens`;
}

/** How an administrator finds the service behind the system's own listener; a command of Windows. */
export function whichService(): Hint {
	return t`To see which service it is, in an elevated window: netsh http show servicestate view=requestq`;
}

/** What holds a port without listening, told by one of its sockets: an open connection before one that has ended. */
export function useOf(sockets: readonly TcpSocket[]): Omit<RefusedFacts, keyof PortFacts | "held"> {
	const socket = sockets.find(({ state }) => state === "connected") ?? sockets.find(({ state }) => state === "closing");
	if (socket === undefined) return {};
	const { pid, process, user } = socket.owner;
	return { use: socket.state as SocketUse, remote: socket.remote, pid, process, user };
}

export const portKinds: readonly AnyKind[] = [
	foreignListener,
	unexpectedListener,
	missingListener,
	commonPort,
	excludedPort,
	ipv6Listener,
	otherAddress,
	refusedBind,
	dynamicPort,
	exposedClient,
	twoSessions,
	sessionAddress,
];
