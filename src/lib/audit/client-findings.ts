import type { AnyKind, FindingKind } from "../finding/finding.js";
import { fixable, type Remedy, remedyIn } from "../finding/remedy.js";
import { plural, someOf, t } from "../text.js";

/** One user of several who have something in common that nobody may share. */
export interface Sharer {
	user: string;
	/** The ID that the registry gives them; null when it gives them none. */
	allocatedId: number | null;
}

/** What several clients show together. */
interface SharedId {
	environment: string;
	id: number;
	sharers: readonly Sharer[];
}

const ben: Sharer = { user: "CORP\\ben", allocatedId: 8 };
const both: SharedId = { environment: "default", id: 7, sharers: [{ user: "CORP\\ana", allocatedId: 7 }, ben] };
const usersOf = ({ sharers }: { sharers: readonly Sharer[] }) => sharers.map(({ user }) => user);

/** One user who has no ID gets the one that is theirs already; else nobody gets it until it is gone. */
const adopt = ({ environment, id, sharers: [only, ...others] }: SharedId): Remedy[] =>
	only === undefined || others.length > 0 || only.allocatedId !== null
		? [remedyIn(environment, "ids reserve", [id])]
		: [fixable(remedyIn(environment, "ids allocate", [only.user], { id }))];

/** Clarification 1 of the vendor's page: the second session cannot work. */
export const sharedClientId: FindingKind<SharedId> = {
	id: "CFM-AUDIT-001",
	severity: "error",
	title: () => t`Several users have one client ID`,
	text: ({ id, sharers }) => t`the client ID of ${someOf(usersOf({ sharers }))} is ${id}: only one of them can sign`,
	affected: (facts) => ({ users: usersOf(facts) }),
	remedies: ({ environment, id, sharers }) =>
		sharers
			.filter(({ allocatedId }) => allocatedId !== id)
			.map(({ user, allocatedId }) =>
				fixable(remedyIn(environment, allocatedId === null ? "ids allocate" : "client set", [user])),
			),
	dependsOn: ["CFM-CLIENT-002", "CFM-CLIENT-003"],
	sample: both,
};

/** Clarification 6: the page downloads the client again. */
export const clientNotRunning: FindingKind<{ environment: string; user: string; session: number }> = {
	id: "CFM-AUDIT-005",
	severity: "warning",
	title: () => t`A client does not run although its user is logged on`,
	text: ({ session }) => t`the client does not run in session ${session}: pages will ask the user to install it again`,
	affected: ({ user }) => ({ users: [user] }),
	// Only the user's own session can start it.
	remedies: ({ environment, user }) => [remedyIn(environment, "client show", [user])],
	sample: { environment: "default", user: "CORP\\ana", session: 2 },
};

/** Clarification 7: an ID that is out there and that the registry does not know of. */
export const idNotAllocated: FindingKind<SharedId> = {
	id: "CFM-AUDIT-006",
	severity: "error",
	title: () => t`A client ID is in use that nobody allocated`,
	text: ({ id, sharers }) =>
		t`ID ${id} is the client ID of ${someOf(usersOf({ sharers }))} and free in the registry: it may be given to somebody else`,
	affected: (facts) => ({ users: usersOf(facts) }),
	remedies: adopt,
	dependsOn: ["CFM-CLIENT-002", "CFM-CLIENT-003"],
	sample: { environment: "default", id: 12, sharers: [{ user: "CORP\\eve", allocatedId: null }] },
};

export const idNotAllocatedInBrowsers: FindingKind<SharedId> = {
	id: "CFM-AUDIT-016",
	severity: "error",
	title: () => t`A web ID is in use that nobody allocated`,
	text: ({ id, sharers }) =>
		t`ID ${id} is the web ID of ${someOf(usersOf({ sharers }))} and free in the registry: it may be given to somebody else`,
	affected: (facts) => ({ users: usersOf(facts) }),
	remedies: adopt,
	dependsOn: ["CFM-AUDIT-006", "CFM-WEB-001", "CFM-WEB-004"],
	sample: { environment: "default", id: 12, sharers: [{ user: "CORP\\eve", allocatedId: null }] },
};

export const sharedPort: FindingKind<{ environment: string; port: number; users: readonly string[] }> = {
	id: "CFM-AUDIT-009",
	severity: "error",
	title: () => t`Several users listen on one port`,
	text: ({ port, users }) => t`${someOf(users)} listen on port ${port}: whose client answers is a matter of chance`,
	affected: ({ port, users }) => ({ users, ports: [port] }),
	remedies: ({ environment, port }) => [remedyIn(environment, "ports check", [`:${port}`])],
	dependsOn: ["CFM-PORT-001", "CFM-CLIENT-002"],
	sample: { environment: "default", port: 24_257, users: ["CORP\\ana", "CORP\\ben"] },
};

interface RestingId {
	environment: string;
	user: string;
	id: number;
	/** Who had it last. */
	lastUser: string;
	until: string | null;
	allocatedId: number | null;
	/** Whether it is the user's own, from before. */
	own: boolean;
}

export const restingIdOnClient: FindingKind<RestingId> = {
	id: "CFM-AUDIT-013",
	severity: "warning",
	title: () => t`A client has an ID that is in quarantine`,
	text: ({ id, lastUser, until }) =>
		t`the client ID is ${id}, which ${lastUser} had last and which is quarantined until ${(until ?? "").slice(0, 10)}`,
	affected: ({ user }) => ({ users: [user] }),
	remedies: ({ environment, user, id, allocatedId, own }) => {
		if (allocatedId !== null) return [fixable(remedyIn(environment, "client set", [user]))];
		return own
			? [fixable(remedyIn(environment, "ids allocate", [user], { id }))]
			: [fixable(remedyIn(environment, "ids allocate", [user]))];
	},
	dependsOn: ["CFM-CLIENT-002", "CFM-CLIENT-003"],
	sample: {
		...{ environment: "default", user: "CORP\\ana", id: 7, lastUser: "CORP\\ana" },
		...{ until: "2026-12-29T08:00:00.000Z", allocatedId: 9, own: true },
	},
};

export const clientBehind: FindingKind<{ environment: string; user: string; version: string; newest: string }> = {
	id: "CFM-AUDIT-014",
	severity: "warning",
	title: () => t`A client is far behind the others`,
	text: ({ version, newest }) => t`version ${version} is installed; another user has ${newest}`,
	affected: ({ user }) => ({ users: [user] }),
	// Only the user's own session can do it.
	remedies: ({ environment, user }) => [remedyIn(environment, "install", [], { silent: true, user })],
	sample: { environment: "default", user: "CORP\\ana", version: "2.0.1", newest: "3.1.0" },
};

interface ContradictedRule {
	environment: string;
	base: number;
	stride: number;
	/** The rule that the clients bear out. */
	seen: { base: number; stride: number };
	users: readonly string[];
}

export const ruleContradicted: FindingKind<ContradictedRule> = {
	id: "CFM-AUDIT-015",
	severity: "error",
	title: () => t`The port rule contradicts what listens`,
	text: ({ base, stride, seen, users }) =>
		plural(users.length, {
			one: `by the port rule an ID has port ${base} + ${stride} × ID, but 1 client listens on ${seen.base} + ${seen.stride} × ID`,
			other: `by the port rule an ID has port ${base} + ${stride} × ID, but ${users.length} clients listen on ${seen.base} + ${seen.stride} × ID`,
		}),
	affected: ({ users }) => ({ users }),
	remedies: ({ environment }) => [remedyIn(environment, "ports learn")],
	sample: {
		...{ environment: "default", base: 24_250, stride: 1, seen: { base: 24_300, stride: 2 } },
		users: ["CORP\\ana", "CORP\\ben"],
	},
};

interface GoneHolder {
	environment: string;
	user: string;
	id: number;
	/** `no-profile`: had a client on this machine, and has no profile here any more. */
	why: "no-profile" | "disabled" | "gone";
	machine: string;
	/** All of whom the same can't be determined. */
	users?: readonly string[];
}

export const holderGone: FindingKind<GoneHolder> = {
	id: "CFM-AUDIT-010",
	severity: "warning",
	title: () => t`An ID is held by a user who is gone`,
	text: ({ user, id, why, machine }) => {
		if (why === "disabled") return t`${user} has ID ${id}, and the account is disabled`;
		if (why === "gone") return t`${user} has ID ${id}, and there is no such account any more`;
		return t`${user} has ID ${id}, had a client on ${machine}, and has no profile there any more`;
	},
	affected: ({ user, users = [user] }) => ({ users }),
	// Whether they come back is for a person to say.
	remedies: ({ environment, id }) => [remedyIn(environment, "ids release", [id])],
	sample: { environment: "default", user: "CORP\\ana", id: 7, why: "no-profile", machine: "TS01" },
};

/** No fault: in a farm most users were never on most machines. */
export const holdersNeverSeen: FindingKind<{ environment: string; count: number; machine: string }> = {
	id: "CFM-AUDIT-011",
	severity: "notice",
	title: () => t`Users with an ID were never seen on this machine`,
	text: ({ count, machine }) =>
		plural(count, {
			one: `1 user with an ID has neither a profile nor a client on ${machine}`,
			other: `${count} users with an ID have neither a profile nor a client on ${machine}`,
		}),
	sample: { environment: "default", count: 12, machine: "TS01" },
};

export const clientAuditKinds: readonly AnyKind[] = [
	sharedClientId,
	clientNotRunning,
	idNotAllocated,
	idNotAllocatedInBrowsers,
	sharedPort,
	restingIdOnClient,
	clientBehind,
	ruleContradicted,
];

export const holderAuditKinds: readonly AnyKind[] = [holderGone, holdersNeverSeen];
