import { parseAccount, tryAccount } from "../account/account.js";
import type { LocalUser } from "../client/ports.js";
import { findLocalUser } from "../client/this-user.js";
import { line } from "../command-line.js";
import type { Environment } from "../environment/environment.js";
import { CfmError } from "../errors.js";
import { t } from "../text.js";
import type { BrowserProfile } from "./ports.js";
import type { Browser } from "./profiles.js";

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
		const found = /[*?]/.test(pattern) ? users.filter(matcher(pattern)) : exactly(users, pattern, environment);
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

function matcher(pattern: string): (user: LocalUser) => boolean {
	const folded = pattern.normalize("NFC").toLowerCase();
	const withDomain = /[\\@]/.test(folded);
	const at = folded.lastIndexOf("@");
	const whole = folded.includes("\\") || at < 0 ? folded : `${folded.slice(at + 1)}\\${folded.slice(0, at)}`;
	const text = whole
		.replace(/[.+^${}()|[\]\\]/g, "\\$&")
		.replaceAll("*", ".*")
		.replaceAll("?", ".");
	const expression = new RegExp(`^${text}$`, "su");
	return ({ account }) => {
		const read = tryAccount(account);
		if ("problem" in read) return false;
		return expression.test(withDomain ? `${read.domain}\\${read.name}` : read.name);
	};
}
