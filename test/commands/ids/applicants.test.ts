import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readApplicants } from "../../../src/commands/ids/_applicants.js";
import { failure } from "../../lib/failure.js";
import { folderOfThisFile } from "../../lib/folder-of-file.js";

const folder = folderOfThisFile("applicants");

let files = 0;
function file(content: string | Buffer): string {
	const path = join(folder, `users-${files++}.csv`);
	writeFileSync(path, content);
	return path;
}

const users = async (words: string[], from?: string, flags = {}) => {
	const { applicants, refused } = await readApplicants(words, { from, ...flags });
	return { users: applicants.map(({ account, line }) => [account.spelling, line]), refused };
};

describe("the users a command is about", () => {
	it("are the words, then the file's, with their lines", async () => {
		expect(await users([" CORP\\ana ", "ben@corp.example"], file("# finance\nCORP\\cal\n\ndan\n"))).toEqual({
			users: [
				["CORP\\ana", undefined],
				["ben@corp.example", undefined],
				["CORP\\cal", 2],
				["dan", 4],
			],
			refused: [],
		});
	});

	it("come from the column that was chosen", async () => {
		const path = file('"Name","SamAccountName","Mail"\r\n"Ana","ana","a@x.org"\r\n');
		expect((await users([], path, { column: "samaccountname" })).users).toEqual([["ana", 2]]);
		expect((await users([], path, { column: "Mail" })).users).toEqual([["a@x.org", 2]]);
	});

	it("come from Windows PowerShell 5.1's own export, redirected", async () => {
		const text = '#TYPE Selected.Microsoft.ActiveDirectory.Management.ADUser\r\n"SamAccountName"\r\n"zoé"\r\n"ana"\r\n';
		const path = file(Buffer.from(`\ufeff${text}`, "utf16le"));
		expect((await users([], path)).users).toEqual([
			["zoé", 3],
			["ana", 4],
		]);
	});

	it("are refused all at once, each bad line with its number", async () => {
		const path = file(`ok\nCORP\\\n\\x\n${"a".repeat(300)}\nx@\n42\nfine\n`);
		const error = await failure(() => users([], path));
		expect(error).toMatchObject({ kind: "usage", code: "bad-input-lines" });
		expect((error.data.lines as { line: number }[]).map(({ line }) => line)).toEqual([2, 3, 4, 5, 6]);
		expect(error.message).toContain("line 2: ");
	});

	it("are taken without the bad lines on demand, which are told", async () => {
		const { users: taken, refused } = await users([], file("ana\nCORP\\\nben\n"), { "keep-going": true });
		expect(taken).toEqual([
			["ana", 1],
			["ben", 3],
		]);
		expect(refused).toEqual([{ line: 2, problem: expect.stringContaining("missing") }]);
	});

	it("may all be bad lines on demand: each is told with its reason", async () => {
		const { users: taken, refused } = await users([], file("CORP\\\na\tb\na|b\n"), { "keep-going": true });
		expect(taken).toEqual([]);
		expect(refused.map(({ line }) => line)).toEqual([1, 2, 3]);
	});

	it("are refused when a word is no user, even with --keep-going: it is not a line of the file", async () => {
		for (const word of ["", "CORP\\", "a\u0007b", "x".repeat(300), "a|b"]) {
			expect(await failure(() => users([word], undefined, { "keep-going": true }))).toMatchObject({ code: "bad-user" });
		}
	});

	it("must be somebody", async () => {
		const error = await failure(() => users([]));
		expect(error).toMatchObject({ kind: "usage", code: "no-users" });
		expect(error.hints).not.toHaveLength(0);
		for (const content of ["", "\n\n", "# nobody\n"]) {
			expect((await failure(() => users([], file(content)))).kind).toBe("usage");
		}
	});
});
