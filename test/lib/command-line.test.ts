import { describe, expect, it } from "vitest";
import { argv, type CommandLine, type Dialect, line, render, withFlags } from "../../src/lib/command-line.js";
import fc from "../property.js";
import { hostileLines, hostileWords } from "./hostile-words.js";
import { readBySh } from "./sh.js";

describe("a command line", () => {
	it("leaves out what was not said", () => {
		const flags = { id: 7, yes: true, "dry-run": false, environment: undefined, site: [], user: ["a", "b"] };
		expect(line("ids allocate", ["ana"], flags)).toEqual({
			command: "ids allocate",
			words: ["ana"],
			flags: { id: 7, yes: true, user: ["a", "b"] },
			placeholders: [],
		});
	});

	it("knows which of its words stand for something, and survives JSON", () => {
		const one = line("install", [{ fill: "USER" }], { id: { fill: "N" }, silent: true });
		expect(one).toMatchObject({ words: ["USER"], flags: { id: "N", silent: true }, placeholders: ["USER", "N"] });
		expect(JSON.parse(JSON.stringify(one))).toEqual(one);
		expect(withFlags(one, { silent: undefined, user: "x" })).toMatchObject({
			flags: { id: "N", user: "x" },
			placeholders: ["USER", "N"],
		});
	});

	it.each<[CommandLine, string[]]>([
		[line("ids show", [7], { environment: "south" }), ["ids", "show", "7", "--environment", "south"]],
		[line("", [], { help: true }), ["--help"]],
		[line("web set", [], { user: ["a", "b"] }), ["web", "set", "--user", "a", "--user", "b"]],
		[line("ids show", ["-x"], { environment: "south" }), ["ids", "show", "--environment", "south", "--", "-x"]],
		[line("ids reserve", ["5"], { note: "-x", from: "-" }), ["ids", "reserve", "5", "--note=-x", "--from", "-"]],
	])("%j", (one, words) => expect(argv(one)).toEqual(words));
});

describe("as it is pasted", () => {
	const example = line("ids move", ["CORP\\ana"], { id: 7, note: "o'neil's", environment: "München" });
	it.each<[Dialect, string]>([
		["sh", "cfm ids move 'CORP\\ana' --id 7 --note 'o'\\''neil'\\''s' --environment München"],
		["powershell", "cfm ids move CORP\\ana --id 7 --note 'o''neil''s' --environment München"],
		["cmd", "cfm ids move CORP\\ana --id 7 --note \"o'neil's\" --environment München"],
	])("in %s", (dialect, text) => expect(render(example, dialect)).toBe(text));

	it("a flag with a digit in its name is a plain word", () => {
		expect(render(line("install", [], { sha256: "f56d" }), "powershell")).toBe("cfm install --sha256 f56d");
	});

	it.each<[Dialect, string, string]>([
		["powershell", "o\u2019neil", "'o\u2019\u2019neil'"],
		["powershell", "a$b", "'a$b'"],
		["powershell", "@x", "'@x'"],
		["powershell", "x,y", "'x,y'"],
		["powershell", "--%", "--note='--%'"],
		["powershell", "1e3", "'1e3'"],
		["powershell", "-x", "'--note=-x'"],
		["cmd", "a&b", '"a&b"'],
		["cmd", "C:\\a b\\", '"C:\\a b\\\\"'],
		["cmd", "%PATH%", '^"^"^%^"PATH^"^%^"^"'],
		["cmd", 'a" & b', '^"a^"^" ^& b^"'],
		["cmd", "", '""'],
	])("in %s the note %j is %s", (dialect, note, text) => {
		const flag = note.startsWith("-") ? text : `--note ${text}`;
		const expected = note === "--%" ? "'--note=--%'" : flag;
		expect(render(line("x", [], { note }), dialect)).toBe(`cfm x ${expected}`);
	});

	it("in PowerShell, what Windows PowerShell 5.1 would pass as something else stands after --%", () => {
		const words = (...said: string[]) => render(line("x", said), "powershell");
		expect(words("")).toBe('cfm --% x ""');
		expect(words("C:\\a b\\", "c")).toBe('cfm --% x "C:\\a b\\\\" c');
		expect(words('a"b %PATH%')).toBe('cfm --% x "a""b "%"PATH"%""');
		expect(words('a"b', "\u201cc\u201d")).toBeUndefined();
	});

	it("is not printed with what no terminal shows as it is", () => {
		for (const word of ["a\nb", "a\u0000", "a\u200bb", "\ud800", "\u001b[31m"]) {
			for (const dialect of ["sh", "cmd", "powershell"] as const) {
				expect(render(line("x", [word]), dialect)).toBeUndefined();
			}
		}
	});

	it("sh reads the very words that were meant, whatever they are", () => {
		const lines = [...hostileWords.map((word) => line("x", [word], { note: word })), ...hostileLines(300)];
		const told = lines.flatMap((one) => {
			const text = render(one, "sh");
			return text === undefined ? [] : [{ text, words: argv(one) }];
		});
		expect(told.length).toBeGreaterThan(lines.length / 2);
		const read = readBySh(told.map(({ text }) => text));
		expect(read).toEqual(told.map(({ words }) => words));
	});

	it("ordinary words stay as they are in every shell", () => {
		const word = fc.stringMatching(/^[a-z][a-z0-9.]{0,12}$/);
		fc.assert(
			fc.property(word, fc.nat(), (name, id) => {
				for (const dialect of ["sh", "cmd", "powershell"] as const) {
					expect(render(line("ids show", [name], { id }), dialect)).toBe(`cfm ids show ${name} --id ${id}`);
				}
			}),
		);
	});
});
