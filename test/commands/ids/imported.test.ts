import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "csv-stringify/sync";
import { describe, expect, it } from "vitest";
import { refuse } from "../../../src/commands/_bad-lines.js";
import { type ImportFlags, readImportedIds } from "../../../src/commands/ids/_imported.js";
import { rejects } from "../../../src/lib/cli/input/rejects.js";
import { toCsv } from "../../../src/lib/id/export.js";
import { known, unknown } from "../../../src/lib/known.js";
import { failure } from "../../lib/failure.js";
import { folderOfThisFile } from "../../lib/folder-of-file.js";
import fc from "../../property.js";

const folder = folderOfThisFile("imported");
const path = join(folder, "known.csv");

/** A machine that knows no SID. */
const nowhere = { accountNames: async () => unknown("nobody can tell") };

/** A row as `ids export --format json` writes it. */
const exported = {
	...{ user: "CORP\\ana", id: 7, port: 24_257, state: "allocated", environment: "default" },
	...{ since: "2026-03-01T08:00:00.000Z", until: null, note: null, sid: null },
};

async function whole(content: string | Buffer, flags: ImportFlags = {}) {
	writeFileSync(path, content);
	const { rows, bad, input } = await readImportedIds(path, flags, nowhere);
	refuse(input, bad);
	return rows;
}

async function read(content: string | Buffer) {
	return (await whole(content)).map(({ line, id, account, note }) => [line, id, account?.spelling ?? null, note]);
}

describe("IDs that are in use already", () => {
	it("are read from an ID and a user column, whatever they are called", async () => {
		for (const head of ["user,id", "CFMID;Utilisateur", "Client ID\tSamAccountName", "account,cfm_id,other"]) {
			const delimiter = /[;\t]/.exec(head)?.[0] ?? ",";
			const idFirst = /^C/.test(head);
			const row = idFirst ? ["7", "CORP\\ana"] : ["CORP\\ana", "7"];
			const more = head.split(delimiter).length > 2 ? [...row, "x"] : row;
			expect(await read(`${head}\r\n${more.join(delimiter)}\r\n`)).toEqual([[2, 7, "CORP\\ana", null]]);
		}
	});

	it("are reservations without a user, or where the state says so", async () => {
		expect(await read("user,id,state,note\n,7,,printer\nCORP\\ana,8,Reserved,\n")).toEqual([
			[2, 7, null, "printer"],
			[3, 8, null, null],
		]);
	});

	it("may rest, or be in another environment, and have a SID and times", async () => {
		const content =
			"user;id;state;environment;since;until;sid;port\n" +
			"CORP\\ana;7;quarantined;South;2026-03-01T09:00:00+01:00;2026-03-31;s-1-5-21-1-2-3-1001;24257\n" +
			"CORP\\ben;8;allocated;;;2026-03-31;;\n";
		expect(await whole(content)).toMatchObject([
			{
				...{ id: 7, state: "quarantined", environment: "South", port: 24_257 },
				...{ since: "2026-03-01T08:00:00.000Z", until: "2026-03-31T00:00:00.000Z" },
				account: { sid: "S-1-5-21-1-2-3-1001" },
			},
			{ id: 8, state: "allocated", environment: undefined, since: undefined, until: undefined, port: undefined },
		]);
		expect(await whole(content, { environment: "north" })).toMatchObject([{ environment: undefined }, {}]);
	});

	it.each([
		["a state that there is not", "user,id,state\nana,7,parti\n", "unknown state parti"],
		["a time that could be anybody's", "user,id,since\nana,7,01/03/2026\n", "not a time: 01/03/2026"],
		["a day that there is not", "user,id,until,state\nana,7,2026-13-45,quarantined\n", "not a time: 2026-13-45"],
		["no user who could have had it", "user,id,state\n,7,quarantined\n", "no user, but the state is quarantined"],
		["no user who could have it", "user,id,state\n,7,allocated\n", "no user, but the state is allocated"],
		["a SID that is none", "user,id,sid\nana,7,1001\n", "Not a SID: 1001."],
		["a name that a table cut off", "user,id\nCORP\\ana.ver...,7\n", "cut off by a printed table"],
	])("cannot be with %s", async (_, content, problem) => {
		const error = await failure(() => read(content));
		expect(error.data).toMatchObject({ total: 1, lines: [{ line: 2, problem: expect.stringContaining(problem) }] });
	});

	it("are found in French columns, and in those that are named", async () => {
		expect(await read("Numéro;Utilisateur;Remarque\n7;CORP\\zoé;février\n")).toEqual([[2, 7, "CORP\\zoé", "février"]]);
		expect(await read("N°;Nom;Commentaire\n7;CORP\\zoé;x\n")).toEqual([[2, 7, "CORP\\zoé", "x"]]);
		const flags = { column: "qui", "id-column": "CFM", "note-column": "détail" };
		const content = "ID,CFM,Qui,Détail,Note\n1,7,ana,chef,no\n";
		expect((await whole(content, flags)).map(({ id, account, note }) => [id, account?.spelling, note])).toEqual([
			[7, "ana", "chef"],
		]);
		expect(await failure(() => whole(content, { "id-column": "X" }))).toMatchObject({ code: "unknown-column" });
		expect(await failure(() => whole("ID,User,ID\n1,ana,2\n", {}))).toMatchObject({ code: "duplicate-columns" });
	});

	it("are read from French Excel's own CSV, and belong to a domain that is named; staff numbers, too", async () => {
		const content = Buffer.from("Numéro;Compte\r\n7;zoé\r\n8;4711\r\n9;LAB\\ben\r\n", "latin1");
		expect(await failure(() => whole(content))).toMatchObject({ code: "not-utf8" });
		const rows = await whole(content, { encoding: "windows-1252", domain: "CORP" });
		expect(rows.map(({ account }) => account?.spelling)).toEqual(["CORP\\zoé", "CORP\\4711", "LAB\\ben"]);
		expect(await failure(() => whole(content, { encoding: "1252", domain: "A|B" }))).toMatchObject({
			code: "bad-domain",
		});
	});

	it("are of users whom only their SID names, where the machine knows it", async () => {
		const content = "user,id\nS-1-5-21-1-2-3-1001,7\n";
		const knows = { accountNames: async () => known(new Map([["S-1-5-21-1-2-3-1001", "CORP\\ana"]])) };
		writeFileSync(path, content);
		expect((await readImportedIds(path, {}, knows)).rows).toMatchObject([
			{ account: { spelling: "CORP\\ana", sid: "S-1-5-21-1-2-3-1001" } },
		]);
		expect((await failure(() => read(content))).message).toContain("S-1-5-21-1-2-3-1001 is a SID");
	});

	it.each([
		["of other rows", '[{"user":"CORP\\\\ana","id":7}]'],
		["with something in a row", JSON.stringify([{ ...exported, note: { text: "x" } }])],
		["with a row that is none", JSON.stringify([exported, { ...exported, sid: undefined }])],
		["that is cut off", JSON.stringify([exported]).slice(0, -1)],
		["of an answer without IDs", '{"ok":true,"result":{"sites":[]}}'],
	])("are not read from a JSON %s", async (_, content) => {
		const error = await failure(() => read(content));
		expect(error).toMatchObject({ code: "printed-output", data: { printed: "markup" } });
		expect(String(error.hints)).toContain("Export-Csv");
	});

	it("are read from the JSON of an export, and its bad rows are those of its lines", async () => {
		const rows = [exported, { ...exported, id: -1 }, { ...exported, id: 8, user: "CORP\\" }];
		const content = `[\n${rows.map((row) => JSON.stringify(row)).join(",\n")}\n]\n`;
		const error = await failure(() => read(content));
		expect(error.data).toMatchObject({ total: 2, lines: [{ line: 3 }, { line: 4 }] });
		writeFileSync(path, JSON.stringify({ ok: true, result: { allocations: rows } }));
		const { input, bad } = await readImportedIds(path, {}, nowhere);
		let again = "";
		for await (const piece of rejects(input, bad)) again += piece;
		expect(JSON.parse(again)).toMatchObject([{ id: "-1" }, { id: "8" }]);
		writeFileSync(path, again);
		expect((await readImportedIds(path, {}, nowhere)).bad.map(({ problem }) => problem)).toEqual(
			bad.map(({ problem }) => problem),
		);
	});

	it("of an empty file are missing, not users", async () => {
		for (const content of ["", "[]", '{"ok":true,"result":{"allocations":[]}}', "user,id\n"]) {
			expect(await failure(() => read(content))).toMatchObject({
				code: "empty-input",
				message: `${path} contains no IDs.`,
			});
		}
	});

	it.each([
		["a plain list", "CORP\\ana\nCORP\\ben\n"],
		["no ID column", "user,note\nana,x\n"],
		["no user column", "id,note\n7,x\n"],
	])("need both columns: %s", async (_, content) => {
		expect(await failure(() => read(content))).toMatchObject({ kind: "usage", code: "missing-column" });
	});

	it("are refused all at once, each bad line with its number", async () => {
		const bad = ["-1", "1.5", "0x10", "1e3", "99999999999", "", "x", "7 8", "+7", "٧"];
		const content = `user,id\nCORP\\ok,5\n${bad.map((id, at) => `CORP\\u${at},"${id}"`).join("\n")}\nCORP\\,6\n`;
		const error = await failure(() => read(content));
		expect(error).toMatchObject({ kind: "usage", code: "bad-input-lines", data: { total: bad.length + 1 } });
		const lines = (error.data.lines as { line: number }[]).map(({ line }) => line);
		expect(lines).toEqual(Array.from({ length: bad.length + 1 }, (_, at) => at + 3));
	});

	it("come back as they were exported, remarks that look like formulas too", async () => {
		const row = fc.record({
			id: fc.integer({ min: 0, max: 2_147_483_647 }),
			user: fc.option(fc.constantFrom("CORP\\ana", "zoë@corp.example", "o'neil", "-dash", "a.b_c")),
			note: fc.option(
				fc
					.oneof(fc.constantFrom("=1+1", "'x", "@x", "-5", "+1", "＝x", 'say "hi"', "a,b;c"), fc.string())
					.filter((text) => !/\p{Cc}/u.test(text)),
			),
		});
		await fc.assert(
			fc.asyncProperty(fc.array(row, { minLength: 1, maxLength: 5 }), async (rows) => {
				const kept = rows.map(({ id, user, note }) => ({ id, user, note: note || null }));
				const exported = kept.map((one) => ({
					...one,
					port: 1,
					state: one.user === null ? ("reserved" as const) : ("allocated" as const),
					environment: "default",
					since: "2026-01-15T09:30:00.000Z",
					until: null,
					sid: null,
				}));
				const pieces = toCsv(
					(async function* () {
						yield exported;
					})(),
				);
				const back = await read((await Array.fromAsync(pieces)).join(""));
				expect(back.map(([, ...rest]) => rest)).toEqual(kept.map(({ id, user, note }) => [id, user, note]));
			}),
		);
	});

	it("refuse a remark with control characters", async () => {
		const content = stringify([
			["user", "id", "note"],
			["ana", "7", "two\nlines"],
		]);
		expect(await failure(() => read(content))).toMatchObject({ code: "bad-input-lines", data: { total: 1 } });
	});
});
