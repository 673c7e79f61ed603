import { describe, expect, it } from "vitest";
import { looksLikeId } from "../../../src/lib/account/looks-like-id.js";
import { highestId } from "../../../src/lib/environment/environment.js";
import { parseId, parseIdRange, parseIdRanges } from "../../../src/lib/id/ids.js";
import { parseTarget } from "../../../src/lib/id/release.js";
import fc from "../../property.js";
import { failure } from "../failure.js";

const anId = fc.integer({ min: 0, max: highestId });

describe("an ID", () => {
	it.each([
		["0", 0],
		["7", 7],
		["007", 7],
		[" 42\t", 42],
		["2147483647", 2_147_483_647],
	])("%j is %d", (text, id) => expect(parseId(text)).toBe(id));

	it.each([
		"",
		" ",
		"-1",
		"+1",
		"1.0",
		"1,5",
		"0x1F",
		"1e3",
		"NaN",
		"Infinity",
		"2147483648",
		"99999999999999999999",
		"1 2",
		"1_000",
		"٣",
		"１",
		"ana",
	])("cannot be %j", async (text) => {
		expect(await failure(() => parseId(text))).toMatchObject({ kind: "usage", code: "bad-id" });
	});

	it("is written in decimal and read back, and nothing else is read", async () => {
		fc.assert(
			fc.property(anId, (id) => {
				expect(parseId(String(id))).toBe(id);
			}),
		);
		fc.assert(
			fc.property(fc.string({ maxLength: 20 }), (text) => {
				fc.pre(!/^\s*\d{1,10}\s*$/.test(text));
				expect(() => parseId(text)).toThrow(expect.objectContaining({ kind: "usage", code: "bad-id" }));
			}),
		);
		expect((await failure(() => parseId("9".repeat(5000)))).message.length).toBeLessThan(150);
	});
});

describe("ranges of IDs", () => {
	it.each([
		["7", [[7, 7]]],
		["1-10", [[1, 10]]],
		[
			"1-10,42",
			[
				[1, 10],
				[42, 42],
			],
		],
		[
			"42, 1 - 10",
			[
				[1, 10],
				[42, 42],
			],
		],
		["1-5,6-9", [[1, 9]]],
		["1-5,3-9,2", [[1, 9]]],
		["1-9,3-4", [[1, 9]]],
		["5,5", [[5, 5]]],
		[
			"1-3,5-7",
			[
				[1, 3],
				[5, 7],
			],
		],
	])("%j are %j", (text, ranges) => {
		expect(parseIdRanges(text).map(({ first, last }) => [first, last])).toEqual(ranges);
	});

	it.each([
		["", "bad-id"],
		["1,", "bad-id"],
		["1-", "bad-id"],
		["-5", "bad-id"],
		["a-b", "bad-id"],
		["1-2147483648", "bad-id"],
		["10-1", "bad-id-range"],
		["1-2-3", "bad-id-range"],
	])("cannot be %j", async (text, code) => {
		expect(await failure(() => parseIdRanges(text))).toMatchObject({ kind: "usage", code });
	});

	it("hold what was written, sorted, without overlap, joined where they touch", () => {
		const small = fc.tuple(fc.nat(60), fc.nat(8)).map(([first, more]) => ({ first, last: first + more }));
		fc.assert(
			fc.property(fc.array(small, { minLength: 1, maxLength: 12 }), (ranges) => {
				const written = new Set(ranges.flatMap(({ first, last }) => members({ first, last })));
				const read = parseIdRanges(ranges.map(({ first, last }) => `${first}-${last}`).join(","));
				expect(read.flatMap(members)).toEqual([...written].sort((a, b) => a - b));
				for (const [at, range] of read.slice(1).entries()) {
					expect(range.first).toBeGreaterThan((read[at]?.last ?? 0) + 1);
				}
			}),
		);
	});

	it("of one piece have both ends", () => expect(parseIdRange("3-9")).toEqual({ first: 3, last: 9 }));
});

describe("a word that is a user or an ID", () => {
	it.each(["7", " 7 ", "-7", "+7", "7.5", "7,5", "0x7", "0x", "1e5"])("%j is meant as an ID", (text) => {
		expect(looksLikeId(text)).toBe(true);
	});

	it.each(["ana", "CORP\\7", "7@corp", "7th", "7-8", "x7", "1e", "e5"])("%j is not", (text) => {
		expect(looksLikeId(text)).toBe(false);
	});

	it("is told by what it looks like", async () => {
		expect(parseTarget("42")).toEqual({ id: 42 });
		expect(parseTarget("CORP\\42")).toMatchObject({ account: { name: "42", domain: "corp" } });
		expect(await failure(() => parseTarget("-7"))).toMatchObject({ code: "bad-id" });
		expect(await failure(() => parseTarget("7-8"))).toMatchObject({ code: "bad-user" });
	});
});

function members({ first, last }: { first: number; last: number }): number[] {
	return Array.from({ length: last - first + 1 }, (_, at) => first + at);
}
