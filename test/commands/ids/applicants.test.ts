import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { refuse } from "../../../src/commands/_bad-lines.js";
import { readApplicants } from "../../../src/commands/ids/_applicants.js";
import { line, render } from "../../../src/lib/command-line.js";
import { known, unknown } from "../../../src/lib/known.js";
import { failure } from "../../lib/failure.js";
import { folderOfThisFile } from "../../lib/folder-of-file.js";
import { said } from "../../lib/hints.js";

const folder = folderOfThisFile("applicants");

let files = 0;
function file(content: string | Buffer): string {
	const path = join(folder, `users-${files++}.csv`);
	writeFileSync(path, content);
	return path;
}

/** A machine that knows no SID. */
const nowhere = { accountNames: async () => unknown("nobody can tell") };

const users = async (words: string[], from?: string, flags = {}) => {
	const { applicants, bad, input } = await readApplicants(words, { from, ...flags }, nowhere);
	if (!("keep-going" in flags)) refuse(input, bad);
	return { users: applicants.map(({ account, line }) => [account.spelling, line]), refused: bad };
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

	it("belong to the domain that is named, unless they name one; a staff number is a name then", async () => {
		const path = file("ana\n4711\nLAB\\ben\ncleo@corp.example\n");
		expect((await users(["dan", "42"], path, { domain: "CORP" })).users.map(([user]) => user)).toEqual([
			...["CORP\\dan", "CORP\\42", "CORP\\ana", "CORP\\4711", "LAB\\ben", "cleo@corp.example"],
		]);
		expect(await failure(() => users(["ana"], undefined, { domain: "A\\B" }))).toMatchObject({ code: "bad-domain" });
	});

	it("have their SIDs, and the notes of a column that is named", async () => {
		const path = file(
			"SamAccountName,SID,Note,Office\nana,S-1-5-21-1-2-3-1001,private,Québec\nben,,x,\ncleo,1001,x,y\n",
		);
		const read = await readApplicants([], { from: path, "note-column": "office" }, nowhere);
		expect(read.applicants).toMatchObject([
			{ account: { spelling: "ana", sid: "S-1-5-21-1-2-3-1001" }, note: "Québec" },
			{ account: { spelling: "ben" } },
		]);
		expect(read.applicants[1]).not.toHaveProperty("note");
		expect(read.bad).toEqual([{ line: 4, problem: "Not a SID: 1001." }]);
		expect((await readApplicants([], { from: path }, nowhere)).applicants[0]).not.toHaveProperty("note");
	});

	it("are looked up by their SIDs where the machine can, and refused elsewhere", async () => {
		const sids = ["S-1-5-21-1-2-3-1001", "s-1-5-21-1-2-3-1002"];
		const knows = {
			accountNames: async () => known(new Map([[sids[0] ?? "", "CORP\\ana"]])),
		};
		const read = await readApplicants([sids[0] ?? ""], { from: file(`${sids.join("\n")}\n`) }, knows);
		const ana = { account: { spelling: "CORP\\ana", sid: sids[0] } };
		expect(read.applicants).toMatchObject([ana, { ...ana, line: 1 }]);
		expect(read.bad).toEqual([
			{ line: 2, problem: expect.stringContaining("S-1-5-21-1-2-3-1002 is a SID of an account") },
		]);
		expect(await failure(() => users(sids))).toMatchObject({ kind: "usage", code: "bad-user" });
	});

	it.each([
		["an export", "user,id,port,state,environment\nana,7,24257,quarantined,default\n"],
		["a list", "USER\tID\tPORT\tSTATE\tENVIRONMENT\nana\t7\t24257\tallocated\tdefault\n"],
		[
			"a JSON export",
			'[\n{"user":"ana","id":7,"port":24257,"state":"quarantined","environment":"default","since":"","sid":null}\n]\n',
		],
	])("are not who stands in %s of ours: it is to be imported", async (_, content) => {
		const path = file(content);
		const error = await failure(() => users([], path, { "keep-going": true, environment: "south" }));
		expect(error).toMatchObject({ kind: "usage", code: "own-export" });
		expect(said(error)).toEqual([render(line("ids import", [path], { environment: "south" }), "sh")]);
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
