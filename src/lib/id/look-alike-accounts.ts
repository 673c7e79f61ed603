import { tryAccount } from "../account/account.js";
import type { Domain } from "../account/domains.js";
import { foldName } from "../account/fold.js";
import type { Registry } from "../registry/registry.js";

/** A new name that may be an account of the machine or its domain which lost its backslash in a shell. */
export interface LookAlikeAccount {
	user: string;
	account: string;
}

/**
 * Which new names may be accounts that lost their backslash, registered or not. Only names that begin with a domain of the
 * environment are asked about: anything else would be a guess, and a question to a controller for every name.
 *
 * @param users names without a domain, as they were typed
 * @param existing which of some names surely are accounts; what cannot be determined is not among them
 */
export async function lookAlikeAccounts(
	registry: Pick<Registry, "read">,
	environment: string,
	users: readonly string[],
	existing: (names: readonly string[]) => Promise<ReadonlySet<string>>,
): Promise<LookAlikeAccount[]> {
	const domains = (await registry.read((view) => view.environment(environment)))?.domains ?? [];
	const suspects = users.flatMap((user) => withBackslash(user, domains).map((account) => ({ user, account })));
	if (suspects.length === 0) return [];
	// This is a warning: whatever keeps the answer away, the ID was given.
	const found = await existing(suspects.map(({ account }) => account)).catch(() => new Set<string>());
	return suspects.filter(({ account }) => found.has(account));
}

/** `CORP\ana` of `CORPana`, for each domain whose name, or another name of it, stands before it. */
function withBackslash(user: string, domains: readonly Domain[]): string[] {
	const accounts = domains.flatMap(({ name, aliases }) =>
		[name, ...aliases]
			.filter((one) => user.length > one.length && foldName(user.slice(0, one.length)) === foldName(one))
			.map((one) => `${name}\\${user.slice(one.length)}`),
	);
	return [...new Set(accounts)].filter((account) => !("problem" in tryAccount(account)));
}
