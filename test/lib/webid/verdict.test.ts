import { describe, expect, it } from "vitest";
import { known, unknown } from "../../../src/lib/known.js";
import { type Expectation, verdictOf } from "../../../src/lib/webid/verdict.js";

const seven: Expectation = { id: 7 };
const none: Expectation = { id: null, why: "unallocated" };
const nobody: Expectation = { id: null, why: "unknown" };

describe("the verdict", () => {
	it.each([
		[known("7"), seven, "ok"],
		[known(null), seven, "missing"],
		[known("8"), seven, "mismatch"],
		// Pages compare texts.
		[known("07"), seven, "mismatch"],
		[known("seven"), seven, "not-a-number"],
		[known(""), seven, "not-a-number"],
		[known("7 "), seven, "not-a-number"],
		[known("-7"), seven, "not-a-number"],
		[known("7.0"), seven, "not-a-number"],
		[known("12345678901"), seven, "not-a-number"],
		[known("7"), none, "unallocated-user"],
		[known(null), none, "ok"],
		[known("x"), none, "not-a-number"],
		[known("7"), nobody, "unknown"],
		[known(null), nobody, "missing"],
		// Could not tell is never none.
		[unknown("damaged"), seven, "unknown"],
		[unknown("damaged"), none, "unknown"],
	] as const)("of %j for %j is %s", (webId, expected, verdict) => {
		expect(verdictOf(webId, expected)).toBe(verdict);
	});
});
