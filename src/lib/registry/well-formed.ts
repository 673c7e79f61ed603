import type { Attribution, Change } from "./registry.js";

/**
 * A change all of whose texts are Unicode: half a surrogate pair, as a client's version or a list in UTF-16 can have, becomes
 * U+FFFD. A store keeps what it gets as UTF-8, and would give back another text than the one that was hashed.
 */
export function wellFormed(change: Change): Change {
	const { of, ...texts } = change;
	return isWellFormed(texts) ? change : ({ of, ...(made(texts) as object) } as Change);
}

/** The same for what a change is recorded under: an account's or a machine's name comes from outside, too. */
export function wellFormedAttribution(attribution: Attribution): Attribution {
	return isWellFormed(attribution) ? attribution : (made(attribution) as Attribution);
}

function isWellFormed(value: unknown): boolean {
	if (typeof value === "string") return value.isWellFormed();
	return typeof value !== "object" || value === null || Object.values(value).every(isWellFormed);
}

function made(value: unknown): unknown {
	if (typeof value === "string") return value.toWellFormed();
	if (Array.isArray(value)) return value.map(made);
	if (typeof value !== "object" || value === null) return value;
	return Object.fromEntries(Object.entries(value).map(([name, one]) => [name, made(one)]));
}
