import { describe, expect, it } from "vitest";
import { faults, sourceTexts, template } from "../../scripts/catalogue.mjs";

const texts = [...sourceTexts()];

describe("the texts of the source", () => {
	it("are found", () => {
		expect(texts.length).toBeGreaterThan(1000);
	});

	it("are whole: none stands within another", () => {
		const nested = texts.filter(([, { text }]) => text.values.some((value) => /\bt`|\bt\.in\(|\bplural\(/.test(value)));
		expect(nested.map(([key, { places }]) => `${places[0]}: ${key}`)).toEqual([]);
	});

	it("neither begin nor end in the middle of a sentence", () => {
		const pieces = texts.filter(([key]) => /^ ?[,;:]|^ \(|\s$/.test(key));
		expect(pieces.map(([key, { places }]) => `${places[0]}: ${key}`)).toEqual([]);
	});
});

describe("a catalogue", () => {
	const [sentence] = texts.find(([, { text }]) => typeof text.english === "string" && text.values.length === 0) ?? [""];
	const [ids] = texts.find(([, { text }]) => typeof text.english !== "string") ?? [""];

	it("is made with every text, in the forms of its language, and keeps what was translated", () => {
		const made = template("pl", { [sentence]: { text: "Zdanie" } });
		expect(Object.keys(made)).toHaveLength(texts.length);
		expect(made[sentence]?.text).toBe("Zdanie");
		expect(made[ids]?.text).toEqual({ one: null, few: null, many: null, other: null });
	});

	it("is told what it lacks and what it has too much", () => {
		const told = faults({ name: "fr", texts: { [sentence]: { text: "Phrase" }, "No text": { text: "Rien" } } });
		expect(told).toHaveLength(texts.length);
		expect(told.at(-1)).toBe('fr: "No text" is no text of cfm any more');
		expect(told.some((line) => line.includes(JSON.stringify(sentence)))).toBe(false);
	});
});
