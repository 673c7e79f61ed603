import { distance } from "fastest-levenshtein";
import type { Account } from "../account/account.js";
import { foldName } from "../account/fold.js";
import { registered, relate } from "../account/whose.js";
import { type Hint, line } from "../command-line.js";
import type { RegistryView } from "../registry/registry.js";
import { t } from "../text.js";

/** So many are named: more is a list, not an answer. */
const most = 3;

/**
 * Registered users who are called nearly like an account, nearest first: of the same name in another domain, or with a few
 * other letters. May look through all names: for a question that has no other answer.
 */
export async function nearUsers(
	view: RegistryView,
	environment: string | undefined,
	account: Account,
): Promise<string[]> {
	const wrong = Math.min(2, Math.floor(account.name.length / 3));
	const near = new Map<string, number>();
	// Nearly everybody has the first letters right. All names are looked through only where that leaves room.
	for (const begins of [true, false]) {
		if (near.size >= most) break;
		for (const name of await view.namesNear({ name: account.name, wrong, environment, begins })) {
			if (near.has(name)) continue;
			const far = farFrom(name, account.name);
			if (far <= wrong) near.set(name, far);
		}
	}
	const nearest = [...near].sort(([a, far], [b, other]) => far - other || (a < b ? -1 : 1));
	const found = new Set<string>();
	for (const [name] of nearest) {
		if (found.size >= most) break;
		const users = (await view.allocationsNamed(name, "allocated", environment)).map(({ user }) => user ?? "");
		for (const user of users.sort((a, b) => a.localeCompare(b, "en"))) found.add(user);
	}
	return [...found].slice(0, most);
}

/** How many letters differ: what both begin with is passed by, as thousands of names begin alike. */
function farFrom(one: string, other: string): number {
	let same = 0;
	while (same < one.length && one[same] === other[same]) same += 1;
	return distance(one.slice(same), other.slice(same));
}

/** The command that was typed, in the other environments where the account has an ID. */
export async function heldElsewhere(
	view: RegistryView,
	command: string,
	environment: string,
	account: Account,
): Promise<Hint[]> {
	const hints: Hint[] = [];
	for (const held of await view.allocationsNamed(account.name, "allocated")) {
		const where = await view.environment(held.environment);
		if (where === undefined || foldName(where.name) === foldName(environment)) continue;
		if (relate(account, registered(held), where.domains) === "different") continue;
		const { user, id } = held;
		const there = line(command, [user ?? ""], { environment: where.name });
		hints.push({ say: t`${user ?? ""} has ID ${id} in ${where.name}:`, line: there });
	}
	return hints.slice(0, most);
}

/** The command that was typed, about those who may have been meant. */
export function didYouMean(command: string, users: readonly string[], environment: string | undefined): Hint[] {
	return users.map((user) => ({ say: t`Did you mean ${user}?`, line: line(command, [user], { environment }) }));
}
