import type { Account } from "../account/account.js";
import { byName, certain, type Meant, registered, relate, whoIsMeant } from "../account/whose.js";
import { line } from "../command-line.js";
import type { Environment } from "../environment/environment.js";
import { undecided } from "../environment/undecided.js";
import { CfmError } from "../errors.js";
import type { Change, RegistryView } from "../registry/registry.js";
import { t } from "../text.js";
import type { Allocation, AllocationState } from "./allocation.js";
import { lostBackslash } from "./lost-backslash.js";

/** What an account has an ID by; every command that asks whose an ID is asks here. */
export async function holdingOf(
	view: RegistryView,
	environment: Environment,
	account: Account,
	state: Exclude<AllocationState, "reserved"> = "allocated",
): Promise<Meant<Allocation>> {
	const { name, domains } = environment;
	const found = await view.allocationsNamed(account.name, state, name);
	const bySid = account.sid === undefined ? [] : await view.allocationsOfSid(account.sid, state, name);
	const renamed = bySid.filter((one) => !found.some(({ id }) => id === one.id));
	const all = [...found, ...renamed];
	const meant = state === "quarantined" ? await lastOfEach(view, all, environment) : all;
	return whoIsMeant(account, meant, registered, domains);
}

/**
 * What an account holds, when a command is about an account that must be known.
 *
 * @throws CfmError conflict `user-ambiguous`, `user-recreated`; not-found `no-allocation`
 */
export async function requireHolding(
	view: RegistryView,
	environment: Environment,
	account: Account,
): Promise<Allocation> {
	const meant = await holdingOf(view, environment, account);
	if (meant.is === "one") return meant.one;
	if (meant.is === "unsure") throw unsureHolder(environment, account, meant);
	const here = { environment: environment.name };
	const other = await lostBackslash(view, environment, account);
	const meantOther = { say: t`If a shell took its backslash away:`, line: line("ids show", [other?.user ?? ""], here) };
	throw new CfmError("not-found", "no-allocation", t`${account.spelling} has no ID in ${environment.name}.`, {
		hints: [...(other === undefined ? [] : [meantOther]), line("ids allocate", [account.spelling], here)],
		data: { user: account.spelling, environment: environment.name },
	});
}

/**
 * What an account holds, or had last and is resting: for commands that have something to say about both.
 *
 * @throws CfmError as `requireHolding`
 */
export async function requireTrace(
	view: RegistryView,
	environment: Environment,
	account: Account,
): Promise<Allocation> {
	try {
		return await requireHolding(view, environment, account);
	} catch (error) {
		if (!(error instanceof CfmError && error.kind === "not-found")) throw error;
		// What rests is for its own account only: no name stands for another one's.
		const meant = certain(await holdingOf(view, environment, account, "quarantined"));
		if (meant.is === "one") return meant.one;
		if (meant.is === "unsure" && meant.why !== "domain") throw unsureHolder(environment, account, meant);
		throw error;
	}
}

/** Whether an ID is, or was last, an account's own for certain. */
export function isTheirs(held: Allocation, { domains }: Environment, account: Account): boolean {
	return held.user !== null && relate(account, registered(held), domains) === "same";
}

/** Whether an account that is somebody's by its SID is called otherwise now. */
export function hasOtherName(held: Allocation, { domains }: Environment, account: Account): boolean {
	return relate(byName(account), registered({ ...held, sid: null }), domains) === "different";
}

/** The change that records an account's SID with its ID; none when it is not known, or there already. */
export function identify(held: Allocation, { sid }: Account): Change[] {
	if (sid === undefined || held.sid === sid) return [];
	const { environment, id } = held;
	const after = { ...held, sid };
	return [{ of: "allocation", action: "id.identify", environment, id, before: held, after, note: null }];
}

/** Refuses to take one registered account, or none, for an account. */
export function unsureHolder(
	environment: Environment,
	account: Account,
	meant: Extract<Meant<Allocation>, { is: "unsure" }>,
): CfmError {
	return undecided(environment, account, {
		why: meant.why,
		among: meant.among.map(({ user, id, sid }) => ({ user: user ?? "", id, sid })),
	});
}

/** Several IDs can rest that one account had: the last one counts. */
async function lastOfEach(
	view: RegistryView,
	resting: readonly Allocation[],
	{ name, domains }: Environment,
): Promise<readonly Allocation[]> {
	if (resting.length < 2) return resting;
	const ids = resting.map(({ id }) => id);
	const changed = await view.lastChanges(name, ids);
	const last: Allocation[] = [];
	for (const one of resting.toSorted((a, b) => (changed.get(b.id) ?? 0) - (changed.get(a.id) ?? 0))) {
		if (!last.some((later) => relate(registered(one), registered(later), domains) === "same")) last.push(one);
	}
	return last;
}

/**
 * The same failure, with where else the user has an ID, and who may have been meant by a misspelled one. It looks through all users: for one that was typed,
 * not for each line of a file.
 *
 * @param environment none means all
 */
export async function withNear(
	view: RegistryView,
	environment: string | undefined,
	account: Account,
	error: unknown,
): Promise<unknown> {
	if (!(error instanceof CfmError) || error.kind !== "not-found") return error;
	// Loaded when somebody was misspelled: commands in loops start without it.
	const { didYouMean, heldElsewhere, nearUsers } = await import("./near-users.js");
	const elsewhere = environment === undefined ? [] : await heldElsewhere(view, "ids show", environment, account);
	const near = didYouMean("ids show", await nearUsers(view, environment, account), environment);
	return error.withHints([...elsewhere, ...near, ...error.hints]);
}
