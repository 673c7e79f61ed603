import type { Known } from "../known.js";
import type { WebIdVerdict } from "./findings.js";

/** The ID that a web ID must be. */
export type Expectation =
	| { id: number }
	/** The user has none. */
	| { id: null; why: "unallocated" }
	/** Nobody said whose the profile is, or which of two users it is. */
	| { id: null; why: "unknown" };

/**
 * Compares as browsers' pages do, by the text: `07` is not `7`.
 *
 * A user without an ID and without a web ID needs neither: that is `ok`. "Could not be read" is `unknown`, never
 * `missing`.
 *
 * @param isForgotten whether the browser will not keep it: then a web ID that is right today is `not-kept`
 */
export function verdictOf(webId: Known<string | null>, expected: Expectation, isForgotten = false): WebIdVerdict {
	if (!webId.known) return "unknown";
	if (webId.value === null) {
		if (expected.id !== null) return "missing";
		return expected.why === "unallocated" ? "ok" : "missing";
	}
	if (!/^\d{1,10}$/.test(webId.value)) return "not-a-number";
	if (expected.id !== null) {
		if (webId.value !== String(expected.id)) return "mismatch";
		return isForgotten ? "not-kept" : "ok";
	}
	return expected.why === "unallocated" ? "unallocated-user" : "unknown";
}
