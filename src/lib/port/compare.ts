import { type Account, compareAccounts, keysOf, type Likeness, parseAccount, tryAccount } from "../account/account.js";

/**
 * Compares what a machine calls its users with users of the registry. A machine's name may be one that the registry
 * would not take: then they are different.
 *
 * @param home the domain of bare names, folded
 */
export function comparer(home: string): (user: string, expected: string) => Likeness {
	const known = new Map<string, Account | undefined>();
	const accountOf = (user: string) => {
		if (!known.has(user)) {
			const account = tryAccount(user);
			known.set(user, "problem" in account ? undefined : account);
		}
		return known.get(user);
	};
	return (user, expected) => {
		if (user === expected) return "same";
		const account = accountOf(user);
		if (account === undefined || account.name !== keysOf(expected).name) return "different";
		return compareAccounts(account, parseAccount(expected), home);
	};
}
