import { describe, expect, it } from "vitest";
import { plural, t, visible } from "../../src/lib/text.js";

describe("a text for people", () => {
	it("is the English in the code", () => {
		expect(t`ID ${7} belongs to ${"CORP\\ana"}.`).toBe("ID 7 belongs to CORP\\ana.");
		expect(t.in("verb")`Release ${7}`).toBe("Release 7");
	});

	it("has a form for one and one for every other number", () => {
		const ids = (count: number) => plural(count, { one: "1 ID", other: `${count} IDs` });
		expect([0, 1, 2, 21].map(ids)).toEqual(["0 IDs", "1 ID", "2 IDs", "21 IDs"]);
	});
});

describe("visible", () => {
	it("shows what would act on a terminal or hide in a name", () => {
		expect(visible("\u001b[2J\u0007 a\u202Eb ü 😀\n")).toBe("\\u001b[2J\\u0007 a\\u202eb ü 😀\\u000a");
	});
});
