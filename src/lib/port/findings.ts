import type { AnyKind, FindingKind } from "../finding/finding.js";
import { remedyIn } from "../finding/remedy.js";
import { type Verdicts, weightOf } from "../finding/verdict.js";
import { t } from "../text.js";
import type { Owner, PortRange } from "./network.js";

/** A port, and whose it should be. */
export interface PortFacts {
	environment: string;
	port: number;
	/** The ID whose port it is. */
	id: number | null;
	expectedUser: string | null;
}

/** A process that listens on a port; what could not be told is null. */
export interface ListenerFacts extends PortFacts, Pick<Owner, "pid" | "process" | "user"> {
	address: string | null;
	/** Whether the process is called as the client is; where nobody asked, it is not said. */
	isClient?: boolean;
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
const block = ({ environment }: PortFacts) => remedyIn(environment, "ports reserve-block");

export const foreignListener: FindingKind<ListenerFacts> = {
	id: "CFM-PORT-001",
	severity: "error",
	title: () => t`Another user's program listens on a user's port`,
	text: (facts) =>
		facts.isClient ? t`another user's client listens: ${describeOwner(facts)}` : t`${describeOwner(facts)} listens`,
	affected,
	remedies: (facts) => [check(facts), ...reserve(facts)],
	// Whoever's client has another's ID listens on that other's port.
	dependsOn: ["CFM-CLIENT-002"],
	sample: held,
};

export const unexpectedListener: FindingKind<ListenerFacts> = {
	id: "CFM-PORT-002",
	severity: "error",
	title: () => t`Something listens on the port of an ID that nobody holds`,
	text: (facts) => t`${describeOwner(facts)} listens`,
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
	remedies: (facts) => reserve(facts),
	sample: { ...anas, port: 24_250, id: 0, expectedUser: null },
};

export const excludedPort: FindingKind<RangeFacts> = {
	id: "CFM-PORT-005",
	severity: "error",
	title: () => t`The system reserves a port`,
	text: ({ first, last }) => t`the system reserves ${first}-${last}: binding fails although nothing listens`,
	affected,
	remedies: (facts) => [block(facts), ...reserve(facts)],
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

export const refusedBind: FindingKind<PortFacts & { held: boolean }> = {
	id: "CFM-PORT-008",
	severity: "error",
	title: () => t`A port cannot be bound`,
	text: ({ held }) => (held ? t`a program holds it without listening` : t`the system refuses to bind it`),
	affected,
	remedies: (facts) => reserve(facts),
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

/**
 * What a listener is by the registry: `wrong-user` (somebody else's process holds an ID's port), `unexpected` (nobody has
 * that ID), `missing` (allocated and installed, nobody listens), `unknown-owner` (whose it is could not be told).
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
	"bind-refused": refusedBind,
	"not-tried": { unknown: refusedBind },
	"dynamic-range": dynamicPort,
	"set-apart": "fine",
} satisfies Verdicts;

export type PortReasonCode = keyof typeof portReasons;

/** Whether a port cannot be used for it: what could not be told is never taken for fine. */
export function blocks(code: PortReasonCode): boolean {
	return ["error", "unknown"].includes(weightOf(portReasons[code]));
}

/** A listener's process in few words, for a message. */
export function describeOwner({ process, pid, user }: Pick<Owner, "pid" | "process" | "user">): string {
	const more = [pid === null ? "" : `PID ${pid}`, user ?? ""].filter(Boolean).join(", ");
	return `${process ?? t`an unknown process`}${more === "" ? "" : ` (${more})`}`;
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
];
