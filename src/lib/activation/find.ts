import { type Account, keysOf } from "../account/account.js";
import { certain, registered, whoIsMeant } from "../account/whose.js";
import { line } from "../command-line.js";
import type { Environment } from "../environment/environment.js";
import { undecided } from "../environment/undecided.js";
import { CfmError } from "../errors.js";
import { holdingOf, unsureHolder } from "../id/holder.js";
import type { RegistryView } from "../registry/registry.js";
import { t } from "../text.js";
import { type Activation, activations, isOpen } from "./activation.js";

/** Whose activations, and of which product where several are open. */
export interface Whose {
	environment: string;
	account: Account;
	product?: Activation["product"] | undefined;
}

/**
 * All activations of an account, the oldest first: under any spelling that is surely the same.
 *
 * @param begins whether the account is to get another one: the only user of a name may be somebody else then
 * @throws CfmError conflict `user-ambiguous`, `user-recreated`
 */
export async function activationsOf(
	view: RegistryView,
	environment: Environment,
	account: Account,
	{ begins = false } = {},
): Promise<Activation[]> {
	const where = { user: account.name };
	const named = (await Array.fromAsync(view.records(activations, { environment: environment.name, where }))).flat();
	const users = [...new Map(named.map(({ user, sid }) => [`${user}\n${sid}`, { user, sid }])).values()];
	const same = new Set<string>();
	for (const one of users) {
		const meant = whoIsMeant(account, [one], registered, environment.domains);
		if (meant.is === "one" && meant.by !== "only") same.add(one.user);
	}
	if (same.size === 0 && users.length > 0) {
		const guessed = whoIsMeant(account, distinct(users), registered, environment.domains);
		const meant = begins ? certain(guessed) : guessed;
		if (meant.is === "unsure") throw undecided(environment, account, { why: meant.why, among: meant.among });
		if (meant.is === "one") same.add(meant.one.user);
	}
	return named.filter(({ user }) => same.has(user)).toSorted((a, b) => a.number - b.number);
}

/** One for each name: of an account whose SID came to be known there are two. */
function distinct<T extends { user: string; sid: string | null }>(users: readonly T[]): T[] {
	const byName = new Map<string, T>();
	for (const one of users) {
		const { name, domain } = keysOf(one.user);
		const key = `${domain}\\${name}`;
		if (byName.get(key)?.sid == null) byName.set(key, one);
	}
	return [...byName.values()];
}

/**
 * How an account is to be called in a new row: as its ID has it, where it surely has one. One that may be somebody else is
 * nobody yet: two rows of one person would be two people.
 *
 * @throws CfmError conflict `user-ambiguous`, `user-recreated`
 */
export async function asRegistered(
	view: RegistryView,
	environment: Environment,
	account: Account,
): Promise<{ user: string; sid: string | null }> {
	const meant = certain(await holdingOf(view, environment, account));
	if (meant.is === "unsure") throw unsureHolder(environment, account, meant);
	if (meant.is === "one" && meant.one.user !== null) {
		return { user: meant.one.user, sid: meant.one.sid ?? account.sid ?? null };
	}
	return { user: account.spelling, sid: account.sid ?? null };
}

/**
 * The one activation that a command is about: the open one, else the last.
 *
 * @throws CfmError not-found `no-activation`; usage `which-product`; conflict as `activationsOf`
 */
export async function requireActivation(
	view: RegistryView,
	environment: Environment,
	{ account, product }: Whose,
): Promise<Activation> {
	const all = (await activationsOf(view, environment, account)).filter(
		(one) => product === undefined || one.product === product,
	);
	const open = all.filter(isOpen);
	const [one, other] = open;
	if (one !== undefined && other !== undefined) {
		throw new CfmError(
			"usage",
			"which-product",
			t`${one.user} has two open activations: ${one.product}, ${other.product}.`,
			{
				hints: [{ say: t`Specify which:`, line: { again: { product: one.product } } }],
				data: { user: one.user, products: open.map((each) => each.product) },
			},
		);
	}
	const found = one ?? all.at(-1);
	if (found !== undefined) return found;
	const { spelling } = account;
	const here = { environment: environment.name };
	throw new CfmError(
		"not-found",
		"no-activation",
		t`No activation of ${spelling} is recorded in ${environment.name}.`,
		{
			hints: [
				line("activations add", [spelling], { approved: { fill: "2026-01-15" }, ...here }),
				line("activations list", [], here),
			],
			data: { user: spelling, environment: environment.name },
		},
	);
}
