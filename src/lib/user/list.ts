import type { Account } from "../account/account.js";
import { relate, told } from "../account/whose.js";
import type { ListedClient } from "../client/list.js";
import { sourcesOf, type Tools } from "../doctor/sources.js";
import { type Environment, portOf, requireEnvironment } from "../environment/environment.js";
import { affectedBy, type Finding, textOf } from "../finding/finding.js";
import { probeBlind, probeCrashed } from "../finding/probe.js";
import { runProbes } from "../finding/run.js";
import { attentionFirst } from "../finding/verdict.js";
import type { Allocation } from "../id/allocation.js";
import { userProbes } from "./parts.js";
import { isUserProblem, meaningOf, type UserVerdict, userVerdict } from "./verdict.js";

/** How it stands with one user; `users show` tells the rest. */
export interface ListedUser {
	user: string;
	id: number | null;
	port: number | null;
	verdict: UserVerdict;
	/** How many things were found. */
	findings: number;
	/** The gravest: its ID, whether it was found or can't be determined, and in words what it is. */
	finding: string | null;
	state: Finding["state"] | null;
	title: string | null;
	text: string | null;
}

export interface UserList {
	users: ListedUser[];
	total: number;
	/** Of how many these are, where only who needs attention was asked for. */
	of: number;
	environment: string;
	machine: string;
	/** Why something could not be looked at, of all users. */
	blind: string[];
}

/** Seconds that a room may look at everybody. */
const limit = 600;

/**
 * Everybody who has an ID in the environment, and everybody of this machine who has a client or web IDs without one: what is
 * wrong with whom. Nothing is changed.
 */
export async function listUsers(tools: Omit<Tools, "users">, options: { problems: boolean }): Promise<UserList> {
	const sources = sourcesOf({ ...tools, users: [] });
	const [registry, machine, local] = await Promise.all([sources.registry(), sources.machine(), sources.local()]);
	const { environment, holders } = await registry.read(async (view) => {
		const environment = await requireEnvironment(view, tools.environment);
		const chunks = view.allocations({ environment: environment.name, state: "allocated" });
		return { environment, holders: (await Array.fromAsync(chunks)).flat() };
	});
	const { findings, checks } = await runProbes(userProbes, { sources, seconds: limit });
	const clients = await sources.clients();
	const keyOf = sameUsers(environment, holders, clients);

	const isGeneral = ({ kind }: Finding) => kind === probeBlind || kind === probeCrashed;
	const byUser = Map.groupBy(
		findings
			.filter((one) => !isGeneral(one))
			.flatMap((one) => (affectedBy(one).users ?? []).map((user) => ({ user, one }))),
		({ user }) => keyOf(user),
	);
	const here = new Set<number | string>(clients.map(({ user, allocatedId }) => allocatedId ?? user));
	const toRow = (user: string, held: Allocation | undefined): ListedUser => {
		const key = held?.id ?? user;
		const own = (byUser.get(key) ?? []).map(({ one }) => one);
		const [worst] = attentionFirst(own, meaningOf);
		const isHere = here.has(key);
		const verdict = userVerdict({ hasId: held !== undefined, isHere, isBlind: !isHere && !local.known }, own);
		return {
			user,
			id: held?.id ?? null,
			port: held === undefined ? null : portOf(environment, held.id),
			verdict,
			findings: own.length,
			finding: worst?.kind.id ?? null,
			state: worst?.state ?? null,
			title: worst?.kind.title() ?? null,
			text: worst === undefined ? null : textOf(worst),
		};
	};
	const strangers = new Set([...here, ...byUser.keys()].filter((key) => typeof key === "string"));
	const all = [
		...holders.map((held) => toRow(held.user ?? "", held)),
		...[...strangers].map((user) => toRow(user, undefined)),
	];
	const users = options.problems ? all.filter(({ verdict }) => isUserProblem(verdict)) : all;
	const skipped = checks.flatMap(({ state, why }) => (state === "skipped" && why !== null ? [why] : []));
	const blind = [...new Set([...findings.filter(isGeneral).map(textOf), ...skipped])];
	return { users, total: users.length, of: all.length, environment: environment.name, machine: machine.name, blind };
}

/**
 * One key for all spellings of a user: their ID, or, of whoever has none, the spelling that came first, a client's before
 * a finding's. Who can't be told from another stays apart.
 */
function sameUsers(
	{ domains }: Environment,
	holders: readonly Allocation[],
	clients: readonly ListedClient[],
): (user: string) => number | string {
	const keys = new Map<string, number | string>();
	const byName = new Map<string, { account: Account; key: number | string }[]>();
	const learn = (user: string, key: number | string) => {
		keys.set(user, key);
		const account = told(user, null);
		if (account === undefined) return key;
		const alike = byName.get(account.name);
		if (alike === undefined) byName.set(account.name, [{ account, key }]);
		else alike.push({ account, key });
		return key;
	};
	for (const { user, id } of holders) learn(user ?? "", id);
	for (const { user, allocatedId } of clients) {
		if (allocatedId !== null || !keys.has(user)) learn(user, allocatedId ?? user);
	}
	return (user) => {
		const key = keys.get(user);
		if (key !== undefined) return key;
		const account = told(user, null);
		const alike = account === undefined ? [] : (byName.get(account.name) ?? []);
		const fitting =
			account === undefined ? [] : alike.filter((one) => relate(account, one.account, domains) === "same");
		const [one] = new Set(fitting.map(({ key }) => key));
		return learn(user, one ?? user);
	};
}
