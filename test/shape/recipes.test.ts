import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";

const folder = join(import.meta.dirname, "..", "..", "docs", "recipes");
const scripts = readdirSync(folder).filter((file) => file.endsWith(".ps1"));
const textOf = (script: string) => readFileSync(join(folder, script), "utf8");

/** A command line as a Windows program takes it apart (Microsoft's C run-time): `\"` is a mark inside a word. */
function wordsOf(line: string): string[] {
	const words: string[] = [];
	let [word, isOpen, isQuoted] = ["", false, false];
	for (const [, slashes = "", sign = ""] of line.matchAll(/(\\*)([^\\]|$)/g)) {
		const isMark = sign === '"';
		word += isMark ? "\\".repeat(slashes.length / 2) : slashes;
		if (isMark && slashes.length % 2 === 1) word += '"';
		else if (isMark) isQuoted = !isQuoted;
		else if ((sign === " " && !isQuoted) || sign === "") {
			if (isOpen || word !== "") words.push(word);
			[word, isOpen] = ["", false];
			continue;
		} else word += sign;
		isOpen = true;
	}
	return words;
}

describe("the task of every night", () => {
	const line = /^schtasks --% (.*)$/m.exec(textOf("nightly-check.ps1"))?.[1] ?? "";

	it("runs the script where cfm is installed, in a folder with a space", () => {
		const words = wordsOf(line);
		// What stands behind --% PowerShell of either version hands on as it is.
		const action = wordsOf(words[words.indexOf("/TR") + 1] ?? "");
		expect(action[0]).toBe("powershell.exe");
		const script = action[action.indexOf("-File") + 1] ?? "";
		expect(script).toBe("C:\\Program Files\\cfm\\docs\\recipes\\nightly-check.ps1");
		const parameters = action.slice(action.indexOf(script) + 1);
		expect(parameters).toEqual(["-State", "C:\\cfm-nightly\\state.json", "-Log", "C:\\cfm-nightly\\changes.log"]);
		expect(words.slice(0, 3)).toEqual(["/Create", "/TN", "cfm-nightly"]);
	});

	it("is no longer than schtasks takes an action, and reads no variable", () => {
		expect((/\/TR "(.*)"$/.exec(line)?.[1] ?? "x".repeat(999)).length).toBeLessThanOrEqual(261);
		expect(line).not.toContain("%");
	});
});

describe.each(scripts)("%s in ConstrainedLanguage", (script) => {
	const text = textOf(script).replace(/<#[\s\S]*?#>/, "");
	// The module says so, too, when it is imported.
	const guard = text.search(/SessionState\.LanguageMode -ne 'FullLanguage'|^\s*Import-Module Cfm$/m);

	it("says so before anything that only the full language has, or has nothing of it", () => {
		const first = text.search(/::new\(|\[pscustomobject\]|ThrowTerminatingError|::UTF8|Enum\]/);
		if (script === "nightly-check.ps1") expect([guard, first]).toEqual([-1, -1]);
		else {
			expect(guard).toBeGreaterThan(0);
			if (first >= 0) expect(guard).toBeLessThan(first);
		}
	});
});
