import type { Stored } from "../../registry/kind.js";

/**
 * In what the SQL of two stores differs. Both write a parameter as `?` or `+?`, in the order of its use.
 *
 * Names are compared without case, A to Z alone, everywhere alike.
 */
export interface Dialect {
	/** A place that holds a name, as it is compared. The column says so itself where it can. */
	name(place: string): string;
	/** The same for a column that says nothing of case. */
	text(place: string): string;
	/** A value that a name, or a pattern, is compared with. */
	folded(value: Stored): Stored;
	/** A condition: the text in a place has the parameter in it, letter by letter. */
	holds(place: string): string;
	/** A condition: the number in a place is in the parameter, a JSON list. */
	among(place: string): string;
	/** The LIMIT that lets all rows through. */
	readonly noLimit: Stored;
	/** What makes an order by a column that may be null the same everywhere: nulls are lowest. */
	nulls(direction: "ASC" | "DESC"): string;
}

/** `*` and `?` are the wildcards people type; everything else stands for itself. */
export function likePattern(pattern: string): string {
	return pattern.replace(/[!%_]/g, "!$&").replaceAll("*", "%").replaceAll("?", "_");
}

/** A text in which nothing is a wildcard. */
export function literally(text: string): string {
	return text.replace(/[!%_]/g, "!$&");
}
