import { couldNotTell, type Finding, type FindingKind, found, type Severity } from "./finding.js";

/** What a word in a room's table says: all is well, a kind of finding, or that nobody could tell whether there is one. */
export type Meaning<D = never> = "fine" | FindingKind<D, unknown> | { unknown: FindingKind<D, unknown> };

/** The words of a room's table, and what each says. */
export type Verdicts<V extends string = string, D = never> = Readonly<Record<V, Meaning<D>>>;

/** How much a verdict weighs. What can't be determined is never fine, and weighs more than what is only worth knowing. */
export type Weight = Severity | "unknown" | "fine";

/** What needs attention first. */
const order: readonly Weight[] = ["error", "warning", "unknown", "notice", "fine"];

export function weightOf(meaning: Meaning): Weight {
	if (meaning === "fine") return "fine";
	return "unknown" in meaning ? "unknown" : meaning.severity;
}

/** Whether a verdict is one that somebody must look at. */
export function needsAttention(meaning: Meaning): boolean {
	return meaning !== "fine";
}

/** Sorts a table so that what needs attention comes first, and is otherwise as it was. */
export function attentionFirst<T>(rows: readonly T[], meaningOf: (row: T) => Meaning): T[] {
	const rank = (row: T) => order.indexOf(weightOf(meaningOf(row)));
	return rows.toSorted((a, b) => rank(a) - rank(b));
}

/** The finding that a verdict is, with the row it is about. @param why why nobody could tell, where nobody could */
export function findingOf<D>(meaning: Meaning<D>, data: D, why = ""): Finding | undefined {
	if (meaning === "fine") return undefined;
	return "unknown" in meaning ? couldNotTell(meaning.unknown, data, why) : found(meaning, data);
}
