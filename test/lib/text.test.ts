import { afterEach, describe, expect, it } from "vitest";
import { speak, t, visible } from "../../src/lib/text.js";

afterEach(() => speak(undefined));

describe("a text for people", () => {
	it("is the English in the code while no other language is spoken", () => {
		expect(t`ID ${7} belongs to ${"CORP\\ana"}.`).toBe("ID 7 belongs to CORP\\ana.");
	});

	it("is found by its English, with its values in the order of the other language", () => {
		speak(new Map([["ID {0} belongs to {1}.", "{1} possède l'ID {0}."]]));
		expect(t`ID ${7} belongs to ${"ana"}.`).toBe("ana possède l'ID 7.");
		expect(t`Nobody translated this ${1}.`).toBe("Nobody translated this 1.");
	});
});

describe("visible", () => {
	it("shows what would act on a terminal or hide in a name", () => {
		expect(visible("\u001b[2J\u0007 a\u202Eb ü 😀\n")).toBe("\\u001b[2J\\u0007 a\\u202eb ü 😀\\u000a");
	});
});
