import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { dynamicRange, excludedRanges } from "../../../../src/lib/adapters/windows/netsh.js";

/** As the adapter reads it; where each file is from stands in netsh/README.md. */
const printed = (name: string) => readFileSync(join(import.meta.dirname, "netsh", `${name}.txt`), "latin1");
const range = (first: number, last: number, administered = false) => ({ first, last, administered });

describe("excluded ranges", () => {
	it.each([
		[
			"en",
			[
				range(5357, 5357),
				range(9800, 9800),
				range(24_200, 24_299),
				range(49_671, 49_770),
				range(50_000, 50_059, true),
				range(61_117, 61_216),
			],
		],
		[
			"de",
			[
				range(28_380, 28_380),
				range(28_385, 28_385),
				range(49_711, 49_810),
				range(50_000, 50_059, true),
				range(50_111, 50_210),
			],
		],
		["fr", [range(5357, 5357), range(24_266, 24_365), range(50_000, 50_059, true)]],
	])("are read by position in %s", (language, ranges) => {
		expect(excludedRanges(printed(`excluded-${language}`))).toEqual({ known: true, value: ranges });
	});

	it("of a table without a row are none, which is known", () => {
		const [heading] = printed("excluded-en").split("      5357");
		expect(excludedRanges(`${heading}\r\n* - Administered port exclusions.\r\n`)).toEqual({ known: true, value: [] });
	});

	it.each(["", "\r\n", "The following command was not found: int ipv4 show excludedportrange.\r\n", "24200 24299\r\n"])(
		"of %j can't be determined: silence is not none",
		(output) => expect(excludedRanges(output)).toMatchObject({ known: false }),
	);
});

describe("the dynamic range", () => {
	it.each(["en", "de", "fr"])("is read by position in %s", (language) => {
		expect(dynamicRange(printed(`dynamic-${language}`))).toEqual({
			known: true,
			value: { first: 49_152, last: 65_535 },
		});
	});

	it.each(["", "nothing", "-----\r\nStart : 49152\r\n", "-----\r\na : 1\r\nb : 2\r\nc : 3\r\n"])(
		"of %j can't be determined",
		(output) => expect(dynamicRange(output)).toMatchObject({ known: false }),
	);
});
