import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { stringify } from "csv-stringify/sync";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readImportedIds } from "../../../src/commands/ids/_imported.js";
import { toCsv } from "../../../src/lib/id/export.js";
import { failure } from "../../lib/failure.js";
import { folderOfThisFile } from "../../lib/folder-of-file.js";

const folder = folderOfThisFile("imported");
const path = join(folder, "known.csv");

async function read(content: string | Buffer) {
	writeFileSync(path, content);
	const { rows } = await readImportedIds(path);
	return rows.map(({ line, id, account, note }) => [line, id, account?.spelling ?? null, note]);
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

	it("are passed over while they rest", async () => {
		expect(await read("user,id,state\nCORP\\ana,7,quarantined\nCORP\\ben,8,allocated\n")).toEqual([
			[3, 8, "CORP\\ben", null],
		]);
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
					// Nobody can tell `'=x` from an escaped `=x`.
					.filter((text) => !/^\s*'[=+@-]/.test(text)),
			),
		});
		await fc.assert(
			fc.asyncProperty(fc.array(row, { minLength: 1, maxLength: 5 }), async (rows) => {
				const kept = rows.map(({ id, user, note }) => ({ id, user, note: (note ?? "").trim() || null }));
				const exported = kept.map((one) => ({
					...one,
					port: 1,
					state: one.user === null ? ("reserved" as const) : ("allocated" as const),
					environment: "default",
					since: "2026-01-15T09:30:00.000Z",
					until: null,
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
