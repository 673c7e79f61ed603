import { type Account, parseAccount } from "../account/account.js";
import type { Domain } from "../account/domains.js";
import { relate, told } from "../account/whose.js";
import { listInstallations } from "../client/installation.js";
import { holdingOfUser } from "../client/list.js";
import type { LocalUser } from "../client/machine.js";
import { type Environment, idOfPort, portOf } from "../environment/environment.js";
import { needsAttention, weightOf } from "../finding/verdict.js";
import type { Allocation, Holder } from "../id/allocation.js";
import { holdingOf } from "../id/holder.js";
import type { Known } from "../known.js";
import type { Sighting } from "../registry/look.js";
import type { RegistryView } from "../registry/registry.js";
import { t } from "../text.js";
import { type PortVerdict, portVerdicts } from "./findings.js";
import type { Listener, OwnerField, PortRange, UserSession } from "./network.js";
import { isBeyondLoopback, type Judge, judge, judgeOf } from "./whose.js";

/** One listener, or one that should be there, as commands show it. */
export interface ListedPort {
	address: string | null;
	port: number;
	pid: number | null;
	process: string | null;
	user: string | null;
	session: number | null;
	since: string | null;
	/** The ID whose port this is, and who has it. */
	id: number | null;
	expectedUser: string | null;
	/** Null for ports that the environment's rule does not cover. */
	verdict: PortVerdict | null;
	unknown: readonly OwnerField[];
	/** Other processes that have the same socket. */
	sharedWith: readonly { pid: number | null; process: string | null; user: string | null }[];
	/** The system itself listens, for a service that this does not name (on Windows http.sys). */
	kernel: boolean;
	/** On an ID's port, where other machines may reach it. */
	beyondLoopback: boolean;
	/** Other sessions of the user whose client has the port: their clients can't have it. */
	otherSessions: readonly number[];
}

export interface PortFilter {
	idsOnly?: boolean | undefined;
	/** Whose it is, or should be. */
	user?: Account | undefined;
	ports?: PortRange | undefined;
	/** Only what somebody holds that is not theirs. */
	conflicts?: boolean | undefined;
}

/** What the machine that listens is asked besides. */
export interface Here {
	/** The name under which installations on it are recorded. */
	machine: string;
	/** Who has a profile on it, and whether their client's program is there; undefined when that is not looked at. */
	clients?: { users: readonly LocalUser[]; isInstalled(user: LocalUser): Promise<Known<boolean>> } | undefined;
	/** Who is logged on; undefined when nobody could tell. */
	sessions?: readonly UserSession[] | undefined;
}

/** So few are looked up one by one; for more, the whole list is read once. */
const few = 500;

/**
 * Puts beside every listener whose it should be, and adds those that are missing on this machine; by port.
 *
 * @param remark hears what can't be determined
 */
export async function listPorts(
	view: RegistryView,
	environment: Environment,
	here: Here,
	listeners: readonly Listener[],
	filter: PortFilter = {},
	remark: (text: string) => void = () => {},
): Promise<ListedPort[]> {
	const holders = await holdersOf(view, environment, listeners);
	const whose =
		holders.size > few
			? judge(environment.domains, holders.values())
			: await judgeOf(view, environment, holders.values(), listeners);
	const rows = listeners.map((listener) => {
		const row = toRow(listener, idOfPort(environment, listener.port), holders, whose);
		// Only what an ID's user has is asked about: of twenty thousand listeners few are.
		return row.verdict === "ok" && row.session !== null ? withSessions(row, listener, here.sessions ?? []) : row;
	});
	// What is missing is no conflict.
	if (!filter.conflicts) rows.push(...(await missing(view, environment, here, listeners, remark)));
	const wanted = Object.values(filter).some(Boolean)
		? rows.filter((row) => isWanted(row, filter, environment.domains))
		: rows;
	return wanted.sort((a, b) => a.port - b.port);
}

/** Whether a row is one that an administrator must act on. */
export function isConflict({ verdict }: Pick<ListedPort, "verdict">): boolean {
	return verdict !== null && weightOf(portVerdicts[verdict]) === "error";
}

/** What a last look keeps of listeners: those on the ports of IDs, and those that are missing there. */
export function portsSeen(rows: readonly ListedPort[]): Sighting[] {
	return rows.flatMap(({ id, verdict, expectedUser, port, address, pid, process, user, session, since }) => {
		if (verdict === null) return [];
		const facts = { port, address, pid, process, user, session, since, expectedUser, verdict };
		return [{ user: expectedUser ?? user, id, attention: needsAttention(portVerdicts[verdict]), facts }];
	});
}

/** Who has the IDs of these listeners' ports. */
async function holdersOf(
	view: RegistryView,
	environment: Environment,
	listeners: readonly Listener[],
): Promise<ReadonlyMap<number, Holder>> {
	const ids = new Set<number>();
	for (const { port } of listeners) {
		const id = idOfPort(environment, port);
		if (id !== undefined) ids.add(id);
	}
	if (ids.size > few) return view.holders(environment.name, environment.firstId, environment.lastId);
	const holders = new Map<number, Holder>();
	for (const id of ids) {
		const held = await view.allocation(environment.name, id);
		if (held?.state === "allocated") holders.set(id, held);
	}
	return holders;
}

function toRow(
	listener: Listener,
	id: number | undefined,
	holders: ReadonlyMap<number, Holder>,
	whose: Judge,
): ListedPort {
	const { address, port, owner, sharedWith } = listener;
	const holder = id === undefined ? undefined : holders.get(id);
	const verdict = id === undefined ? null : verdictOf(listener, holder, whose);
	return {
		address,
		port,
		pid: owner.pid,
		process: owner.process,
		user: owner.user,
		session: owner.session,
		since: owner.since,
		id: id ?? null,
		expectedUser: holder?.user ?? null,
		verdict,
		unknown: owner.unknown,
		sharedWith: sharedWith.length === 0 ? nobody : sharedWith.map(({ pid, process, user }) => ({ pid, process, user })),
		kernel: owner.kernel === true,
		beyondLoopback: verdict !== null && verdict !== "unexpected" && isBeyondLoopback(address),
		otherSessions: nobody,
	};
}

const nobody: readonly never[] = [];

function withSessions(row: ListedPort, { owner }: Listener, sessions: readonly UserSession[]): ListedPort {
	const account = told(owner.user, owner.sid);
	const others = sessions.filter(({ session, user, sid }) => {
		const other = session === row.session ? undefined : told(user, sid);
		return account !== undefined && other !== undefined && relate(account, other, []) === "same";
	});
	if (others.length === 0) return row;
	return { ...row, otherSessions: others.map(({ session }) => session).sort((a, b) => a - b) };
}

function verdictOf(listener: Listener, holder: Holder | undefined, whose: Judge): PortVerdict {
	if (holder === undefined) return "unexpected";
	const answer = whose(listener, holder);
	if (answer === "same") return "ok";
	return answer === "different" ? "wrong-user" : "unknown-owner";
}

/** Users whose client is installed on this machine and whose port nobody listens on. */
async function missing(
	view: RegistryView,
	environment: Environment,
	{ machine, clients }: Here,
	listeners: readonly Listener[],
	remark: (text: string) => void,
): Promise<ListedPort[]> {
	let ports: ReadonlySet<number> | undefined;
	const rows = new Map<number, ListedPort>();
	const isSilent = ({ id }: Allocation) => {
		ports ??= new Set(listeners.map(({ port }) => port));
		return !rows.has(id) && !ports.has(portOf(environment, id));
	};
	const found = new Map<number, { held: Allocation; user: string; installed: Known<boolean> }>();
	for (const user of clients?.users ?? []) {
		const meant = await holdingOfUser(view, environment, user);
		if (meant.is !== "one" || clients === undefined || !isSilent(meant.one)) continue;
		found.set(meant.one.id, { held: meant.one, user: user.account, installed: await clients.isInstalled(user) });
	}
	for (const { user, outcome } of await listInstallations(view, { environment: environment.name, machine })) {
		if (outcome !== "installed") continue;
		const meant = await holdingOf(view, environment, parseAccount(user));
		if (meant.is !== "one" || !isSilent(meant.one)) continue;
		// A record is of the past: the client can have been removed by hand since, or its user's profile.
		const now = found.get(meant.one.id)?.installed;
		const isStale = clients !== undefined && (now === undefined || (now.known && !now.value));
		if (!isStale) rows.set(meant.one.id, missingRow(environment, meant.one));
	}
	// An ordinary user installs without a record, so the registry does not know of all (docs/decisions/0012).
	const unclear: string[] = [];
	for (const { held, user, installed } of found.values()) {
		if (rows.has(held.id)) continue;
		if (!installed.known) unclear.push(user);
		else if (installed.value) rows.set(held.id, missingRow(environment, held));
	}
	if (unclear.length > 0) {
		const some = unclear.length > 5 ? [...unclear.slice(0, 5), "…"] : unclear;
		remark(t`Can't determine whether the clients of some users are installed (${some.join(", ")}).`);
	}
	return [...rows.values()];
}

function missingRow(environment: Environment, { id, user }: Allocation): ListedPort {
	return {
		address: null,
		port: portOf(environment, id),
		pid: null,
		process: null,
		user: null,
		session: null,
		since: null,
		id,
		expectedUser: user,
		verdict: "missing",
		unknown: [],
		sharedWith: [],
		kernel: false,
		beyondLoopback: false,
		otherSessions: nobody,
	};
}

function isWanted(
	row: ListedPort,
	{ idsOnly, user, ports, conflicts }: PortFilter,
	domains: readonly Domain[],
): boolean {
	if (idsOnly && row.id === null) return false;
	if (ports !== undefined && (row.port < ports.first || row.port > ports.last)) return false;
	if (conflicts && !isConflict(row)) return false;
	if (user === undefined) return true;
	return [row.user, row.expectedUser, ...row.sharedWith.map((other) => other.user)].some((name) => {
		const account = told(name, null);
		return account !== undefined && relate(user, account, domains) !== "different";
	});
}
