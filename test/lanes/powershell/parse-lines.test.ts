/** Proves the parser of command lines: it is what says that a hint is safe to paste. */
import { expect, test } from "vitest";
import { parseLines } from "./parse-lines.js";
import { missingEngines } from "./powershell.js";

const lines: [line: string, words: string[] | RegExp][] = [
	["cfm ids show CORP\\ana", ["cfm", "ids", "show", "CORP\\ana"]],
	["cfm ids show 'o''neil' --yes --id 007 -o:x", ["cfm", "ids", "show", "o'neil", "--yes", "--id", "007", "-o:x"]],
	[
		"cfm 'CORP\\a$b' 'a$(reboot)' '' 'ü Ł 😀' '2024-01-02T03:04:05Z'",
		["cfm", "CORP\\a$b", "a$(reboot)", "", "ü Ł 😀", "2024-01-02T03:04:05Z"],
	],
	['& \'C:\\Program Files\\cfm.exe\' "a`$b `""', ["C:\\Program Files\\cfm.exe", 'a$b "']],
	["cfm", ["cfm"]],
	["cfm CORP\\a$b", /not constant/],
	["cfm a$(reboot)", /not constant/],
	['cfm "a$b"', /not constant/],
	["cfm a,b", /not constant/],
	["cfm @words", /not constant/],
	["cfm a; reboot", /not one call/],
	["cfm a | more", /not one call/],
	["cfm a && reboot", /not one call/],
	["cfm a &", /background/],
	["cfm a > b", /redirected/],
	["cfm a # b", /comment/],
	["cfm ~\\x", /expanded/],
	["cfm 'a", /./],
	["", /not one call/],
];

test.skipIf(missingEngines().pwsh !== undefined)("each line's words, or why it is no plain call", () => {
	const parsed = parseLines(lines.map(([line]) => line));
	expect(parsed).toHaveLength(lines.length);
	for (const [at, [line, expected]] of lines.entries()) {
		const { words, wrong } = parsed[at] ?? { words: [], wrong: [] };
		if (Array.isArray(expected)) expect([line, wrong, words]).toEqual([line, [], expected]);
		else expect([line, wrong.join("\n")]).toEqual([line, expect.stringMatching(expected)]);
	}
});
