import { parseAccount, tryAccount } from "../account/account.js";
import type { Domain } from "../account/domains.js";
import { domainTest, glob, isPattern, parsePattern } from "../account/pattern.js";
import type { LocalUser } from "../client/machine.js";
import { findLocalUser } from "../client/this-user.js";
import { line } from "../command-line.js";
import type { Environment } from "../environment/environment.js";
import { CfmError } from "../errors.js";
import { t } from "../text.js";
import type { Browser } from "./profiles.js";
import type { BrowserProfile } from "./stores.js";

/**
 * The local users that patterns mean; none means all. A pattern is a user, or has `*` and `?`: compared without case,
 * against the name alone, or with a `\` or `@` in it the domain too.
 *
 * @param environment the one that is meant; its first domain is that of bare names
 * @throws CfmError not-found `no-local-user` for a user or a pattern that fits nobody; conflict `user-ambiguous`
 */
export function selectUsers(
	users: readonly LocalUser[],
	patterns: readonly string[],
	environment: Pick<Environment, "name" | "domains">,
): LocalUser[] {
	if (patterns.length === 0) return [...users];
	const chosen = new Set<LocalUser>();
	for (const pattern of patterns) {
		const found = isPattern(pattern)
			? users.filter(matcher(pattern, environment.domains))
			: exactly(users, pattern, environment);
		if (found.length === 0) {
			throw new CfmError("not-found", "no-local-user", t`${pattern} has no profile on this machine.`, {
				hints: [line("client list", [], { environment: environment.name })],
				data: { user: pattern },
			});
		}
		for (const user of found) chosen.add(user);
	}
	return users.filter((user) => chosen.has(user));
}

/** Whether a profile is of one of the browsers; `chrome` means its beta and other channels too. None means all. */
export function isOfBrowser(browser: BrowserProfile["browser"], wanted: readonly Browser[]): boolean {
	return wanted.length === 0 || wanted.some((one) => browser === one || browser.startsWith(`${one}-`));
}

function exactly(
	users: readonly LocalUser[],
	name: string,
	environment: Pick<Environment, "name" | "domains">,
): LocalUser[] {
	const user = findLocalUser(users, parseAccount(name), environment);
	return user === undefined ? [] : [user];
}

function matcher(text: string, domains: readonly Domain[]): (user: LocalUser) => boolean {
	const { name, domain } = parsePattern(text);
	const fitsName = glob(name);
	const fitsDomain = domain === undefined ? () => true : domainTest(domain, domains);
	return ({ account }) => {
		const read = tryAccount(account);
		return !("problem" in read) && fitsName(read.name) && fitsDomain(read.domain);
	};
}
