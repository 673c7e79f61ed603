import { distance } from "fastest-levenshtein";
import { type Account, keysOf } from "../account/account.js";
import { type Hint, line } from "../command-line.js";
import type { RegistryView } from "../registry/registry.js";
import { t } from "../text.js";

/** So many are named: more is a list, not an answer. */
const most = 3;

/**
 * Registered users who are called nearly like an account, nearest first: of the same name in another domain, or with a few
 * other letters. Looks through all users: for a question that has no other answer.
 */
export async function nearUsers(
	view: RegistryView,
	environment: string | undefined,
	account: Account,
): Promise<string[]> {
	const wrong = Math.min(3, Math.floor(account.name.length / 3));
	const nameNear = { name: account.name, wrong };
	const found: { user: string; far: number }[] = [];
	for await (const chunk of view.allocations({ environment, state: "allocated", nameNear })) {
		for (const { user } of chunk) {
			if (user === null) continue;
			const { name } = keysOf(user);
			const far = distance(name, account.name);
			if (far <= wrong) found.push({ user, far });
		}
	}
	const sorted = found.sort((a, b) => a.far - b.far || a.user.localeCompare(b.user, "en"));
	return [...new Set(sorted.map(({ user }) => user))].slice(0, most);
}

/** The command that was typed, about those who may have been meant. */
export function didYouMean(command: string, users: readonly string[], environment: string | undefined): Hint[] {
	return users.map((user) => ({ say: t`Did you mean ${user}?`, line: line(command, [user], { environment }) }));
}
