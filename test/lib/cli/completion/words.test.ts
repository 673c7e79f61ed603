import { spawnSync } from "node:child_process";
import { describe, expect, it } from "vitest";
import { fromLine, fromWords, separator } from "../../../../src/lib/cli/completion/words.js";
import fc from "../../../property.js";

describe("a line as bash hands it over", () => {
	it.each<[string, string[], string]>([
		["cfm ", [], ""],
		["cfm ids sh", ["ids"], "sh"],
		["cfm ids show CORP\\\\an", ["ids", "show"], "CORP\\an"],
		["cfm ids show 'CORP\\an", ["ids", "show"], "CORP\\an"],
		['cfm ids show "a b\\"c', ["ids", "show"], 'a b"c'],
		["cfm ids show --user=CORP", ["ids", "show"], "--user=CORP"],
		["cfm web list --site https://portal", ["web", "list", "--site"], "https://portal"],
		["cfm ids show '' x", ["ids", "show", ""], "x"],
		["cfm ids show $(reboot) `x` ", ["ids", "show", "$(reboot)", "`x`"], ""],
	])("%j", (line, before, word) => {
		expect(fromLine(line)).toMatchObject({ before, word });
	});

	it("is nothing while the program's name is typed", () => {
		expect(fromLine("cf")).toBeUndefined();
	});

	it.each([
		["cfm ids show CORP", "CORP\\ana", "CORP\\\\ana"],
		["cfm ids show 'CORP", "CORP\\ana", "CORP\\ana"],
		['cfm ids show "CORP', 'CORP\\a"b', 'CORP\\\\a\\"b'],
		["cfm undo 'x", "x'; reboot; '", "x'\\''; reboot; '\\'''"],
		['cfm undo "x', "x!y", 'x"\\!"y'],
		["cfm web list --site https://por", "https://portal.example.com", "//portal.example.com"],
		["cfm web list --site=htt", "--site=https://portal.example.com", "https://portal.example.com"],
		["cfm ids show an", "an o'brien & co", "an\\ o\\'brien\\ \\&\\ co"],
	])("%j takes %j as %j", (line, value, inserted) => {
		expect(fromLine(line)?.insert(value)).toBe(inserted);
	});

	it.each(["", "'", '"'])("what is put in behind %j is one word to bash, and that value", (mark) => {
		const value = fc.string({ unit: "grapheme", minLength: 1 }).filter((text) => !/[\p{Cc}\p{Cs}]/u.test(text));
		fc.assert(
			fc.property(fc.array(value, { minLength: 1, maxLength: 20 }), (values) => {
				const inserted = values.map((one) => {
					const text = fromLine(`cfm x ${mark}`)?.insert(one) ?? "";
					return mark + text + (text.endsWith(mark) ? "" : mark);
				});
				const { stdout } = spawnSync("bash", ["-c", `printf '%s\\n' ${inserted.join(" ")}`], { encoding: "utf8" });
				expect(stdout).toBe(values.map((one) => `${one}\n`).join(""));
			}),
			{ numRuns: 20 },
		);
	});
});

it("words that are handed over one by one need no quotation marks", () => {
	const typed = fromWords(["ids", "show", "CORP\\an"].join(separator));
	expect(typed).toMatchObject({ before: ["ids", "show"], word: "CORP\\an" });
	expect(typed.insert("CORP\\ana")).toBe("CORP\\ana");
	expect(fromWords("")).toMatchObject({ before: [], word: "" });
});
