/** Every command that a hint names is read by PowerShell as its words, and so are words that shells act on. */
import { afterAll, expect, test } from "vitest";
import { argv, type CommandLine, line, render } from "../../../src/lib/command-line.js";
import { hostileLines, hostileWords } from "../../lib/hostile-words.js";
import { makeScene } from "../../shape/scene.js";
import { collectHints } from "../../shape/told-hints.js";
import { parseLines } from "./parse-lines.js";
import { missingEngines } from "./powershell.js";

const kept = process.cwd();
const scene = makeScene();
afterAll(() => {
	process.chdir(kept);
	scene.remove();
});

/** A command line taken apart as Microsoft's C run-time does: two quotation marks within such are one. */
function takenApart(text: string): string[] {
	const words: string[] = [];
	let word: string | undefined;
	let quoted = false;
	for (let at = 0; at < text.length; at++) {
		const slashes = /^\\*/.exec(text.slice(at))?.[0].length ?? 0;
		if (slashes > 0) {
			const marked = text[at + slashes] === '"';
			word = (word ?? "") + "\\".repeat(marked ? Math.floor(slashes / 2) : slashes);
			at += slashes - 1;
			if (marked && slashes % 2 === 1) {
				word += '"';
				at++;
			}
		} else if (text[at] === '"') {
			word ??= "";
			if (quoted && text[at + 1] === '"') {
				word += '"';
				at++;
			} else quoted = !quoted;
		} else if (text[at] === " " && !quoted) {
			if (word !== undefined) words.push(word);
			word = undefined;
		} else word = (word ?? "") + text[at];
	}
	return word === undefined ? words : [...words, word];
}

/** What PowerShell replaces after `--%`. */
const variable = /%[^%"]+%/;

test.skipIf(missingEngines().pwsh !== undefined)("each is one call of cfm with these words", async () => {
	const lines: CommandLine[] = [
		...(await collectHints(scene)).flatMap(({ remedies }) => remedies),
		...hostileWords.map((word) => line("x", [word], { note: word })),
		...hostileLines(1000),
	];
	const told = lines.flatMap((one) => {
		const text = render(one, "powershell");
		return text === undefined ? [] : [{ text, words: argv(one) }];
	});
	expect(told.length).toBeGreaterThan(lines.length / 2);
	const parsed = parseLines(told.map(({ text }) => text));
	let verbatim = 0;
	for (const [at, { text, words }] of told.entries()) {
		const { words: read, wrong } = parsed[at] ?? { words: [], wrong: ["not told"] };
		const [, rest] = /^cfm --% (.*)$/.exec(text) ?? [];
		if (rest === undefined) {
			expect([text, wrong, read]).toEqual([text, [], ["cfm", ...words]]);
			continue;
		}
		verbatim++;
		// What stands there is one word to the parser; that a bare word with * would be expanded is not so here.
		const others = wrong.filter((why) => !why.startsWith("is expanded"));
		expect([text, others]).toEqual([text, []]);
		if (wrong.length === 0) expect(read).toEqual(["cfm", "--%", rest]);
		expect(rest).not.toMatch(variable);
		expect([text, takenApart(rest)]).toEqual([text, words]);
	}
	expect(verbatim).toBeGreaterThan(10);
});
