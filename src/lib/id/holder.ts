import { type Account, compareAccounts, parseAccount } from "../account/account.js";
import { type Hint, line } from "../command-line.js";
import type { Environment } from "../environment/environment.js";
import { CfmError } from "../errors.js";
import type { RegistryView } from "../registry/port.js";
import { t } from "../text.js";
import type { Allocation, AllocationState } from "./allocation.js";

/** What the registry knows of one account in one environment. */
export interface Holdings {
	/** The account's own, under any spelling. */
	same: Allocation | undefined;
	/** Of accounts that may be this one: written with a domain here and without one there. */
	perhaps: Allocation[];
}

/** Looks for what an account holds in a state; compares names, not spellings. */
export async function holdings(
	view: RegistryView,
	environment: Environment,
	account: Account,
	state: AllocationState = "allocated",
): Promise<Holdings> {
	const home = environment.domain?.toLowerCase() ?? "";
	const perhaps: Allocation[] = [];
	let same: Allocation | undefined;
	for (const allocation of await view.allocationsNamed(account.name, state, environment.name)) {
		const likeness = compareAccounts(account, parseAccount(allocation.user ?? ""), home);
		// Several can rest under one name: the last one counts.
		if (likeness === "same") same = same !== undefined && same.since > allocation.since ? same : allocation;
		else if (likeness === "perhaps") perhaps.push(allocation);
	}
	return { same, perhaps };
}

/**
 * What an account holds, when a command is about an account that must be known. A bare name stands for the only
 * account with that name; a name with a domain never stands for one that was registered without.
 *
 * @throws CfmError conflict `user-ambiguous`, not-found `no-allocation`
 */
export async function requireHolding(
	view: RegistryView,
	environment: Environment,
	account: Account,
): Promise<Allocation> {
	const { same, perhaps } = await holdings(view, environment, account);
	if (same !== undefined) return same;
	const [only, ...others] = perhaps;
	if (only !== undefined && account.domain === "") {
		if (others.length === 0) return only;
		throw new CfmError("conflict", "user-ambiguous", t`${account.spelling} may be any of ${names(perhaps)}.`, {
			hints: [t`Include the domain in the user name.`],
			data: { users: perhaps.map(({ user, id }) => ({ user, id })) },
		});
	}
	throw new CfmError("not-found", "no-allocation", t`${account.spelling} has no ID in ${environment.name}.`, {
		hints:
			only === undefined
				? [line("ids allocate", [account.spelling], { environment: environment.name })]
				: sameDomainHint(environment, account, perhaps),
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
		const { same } = await holdings(view, environment, account, "quarantined");
		if (same !== undefined) return same;
		throw error;
	}
}

/** Whether an ID is, or was last, an account's own. */
export function isTheirs({ user }: Allocation, environment: Environment, account: Account): boolean {
	return user !== null && compareAccounts(account, parseAccount(user), environment.domain?.toLowerCase()) === "same";
}

/** Two spellings that only the administrator can tell apart. */
export function perhapsTheSame(environment: Environment, account: Account, perhaps: readonly Allocation[]): CfmError {
	return new CfmError(
		"conflict",
		"user-ambiguous",
		t`${account.spelling} may be the same account as ${names(perhaps)}: one has a domain, the other does not.`,
		{
			hints: sameDomainHint(environment, account, perhaps),
			data: { user: account.spelling, users: perhaps.map(({ user, id }) => ({ user, id })) },
		},
	);
}

function sameDomainHint(environment: Environment, account: Account, perhaps: readonly Allocation[]): Hint[] {
	const domain = account.domain || parseAccount(perhaps[0]?.user ?? "").domain;
	return [
		{
			say: t`If names without a domain belong to ${domain}, set it:`,
			line: line("environments set", [environment.name], { domain }),
		},
	];
}

function names(allocations: readonly Allocation[]): string {
	return allocations.map(({ user, id }) => `${user} (ID ${id})`).join(", ");
}
