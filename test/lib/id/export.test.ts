import { writeFileSync } from "node:fs";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readImportedIds } from "../../../src/commands/ids/_imported.js";
import { parseAccount } from "../../../src/lib/account/account.js";
import type { Allocation } from "../../../src/lib/id/allocation.js";
import { toCsv, toJson } from "../../../src/lib/id/export.js";
import { planImport } from "../../../src/lib/id/import.js";
import { type ListedAllocation, listAllocations } from "../../../src/lib/id/list.js";
import { anAllocation, aReservation, collect, idChange, make } from "../../contract/store.js";
import { folderOfThisFile } from "../folder-of-file.js";
import { now, resting, Stage } from "../registry/stage.js";

const folder = folderOfThisFile("export");

async function text(pieces: AsyncIterable<string>): Promise<string> {
	let whole = "";
	for await (const piece of pieces) whole += piece;
	return whole;
}

const row = (own: Partial<ListedAllocation> = {}): ListedAllocation => ({
	user: "CORP\\ana",
	id: 7,
	port: 24_257,
	state: "allocated",
	environment: "default",
	since: "2026-03-01T08:00:00.000Z",
	until: null,
	note: null,
	...own,
});

async function* chunks(...rows: ListedAllocation[][]): AsyncIterable<ListedAllocation[]> {
	yield* rows;
}

describe("a CSV", () => {
	it("has a byte order mark for Excel, a header, CRLF, and nothing for null", async () => {
		expect(await text(toCsv(chunks([row()], [row({ id: 8, note: 'a "b", c' })])))).toBe(
			"\uFEFFuser,id,port,state,environment,since,until,note\r\n" +
				"CORP\\ana,7,24257,allocated,default,2026-03-01T08:00:00.000Z,,\r\n" +
				'CORP\\ana,8,24257,allocated,default,2026-03-01T08:00:00.000Z,,"a ""b"", c"\r\n',
		);
	});

	it("of nothing is the header", async () => {
		expect(await text(toCsv(chunks()))).toBe("\uFEFFuser,id,port,state,environment,since,until,note\r\n");
	});

	it.each(["=1+1", "+1", "-1", "@SUM(A1)"])("never has a cell that a spreadsheet would calculate: %s", async (note) => {
		expect(await text(toCsv(chunks([row({ note })])))).toContain(`,'${note}\r\n`);
	});
});

describe("JSON", () => {
	it.each([
		[[], []],
		[[[row()]], [row()]],
		[
			[[row(), row({ id: 8 })], [row({ id: 9, note: "ü\n" })]],
			[row(), row({ id: 8 }), row({ id: 9, note: "ü\n" })],
		],
	])("is one array, whatever comes in how many pieces (%#)", async (pieces, rows) => {
		expect(JSON.parse(await text(toJson(chunks(...pieces))))).toEqual(rows);
	});
});

/** What is exported, read back and imported into an empty environment. */
async function roundTrip(rows: readonly Allocation[]): Promise<Allocation[]> {
	const from = await Stage.set();
	await make(
		from.registry,
		rows.map((one) => idChange(null, one)),
	);
	const { allocations } = await listAllocations(await from.registry.snapshot(), {});
	const file = join(folder, "ids.csv");
	writeFileSync(file, await text(toCsv(allocations)));
	const to = await Stage.set();
	const { rows: read } = await readImportedIds(file);
	const plan = await to.carry((view) => planImport(view, { environment: "default", rows: read }, now));
	expect(plan.bad).toEqual([]);
	return to.plan((view) => collect(view.allocations({})));
}

const withoutTime = ({ since: _, ...rest }: Allocation) => rest;

describe("a round trip", () => {
	it("keeps users, reservations and remarks; what rests stays behind", async () => {
		const rows = [
			anAllocation(1, { user: "CORP\\Jürgen der Erste", note: 'line "one"; two, three' }),
			aReservation(2, { note: "=printer" }),
			anAllocation(3, { user: "ana.o'neil@corp.example.com", note: "-" }),
		];
		const resting7 = anAllocation(7, { state: "quarantined", until: resting });
		const back = await roundTrip([...rows, resting7]);
		expect(back.map(withoutTime)).toEqual(rows.map(withoutTime));
	});

	it.each<Partial<Allocation>>([{ user: "-ana" }, { note: "\uFF1Dwide" }])(
		"keeps what a spreadsheet would take for a formula: %j",
		async (own) => {
			const rows = [anAllocation(1, own)];
			expect((await roundTrip(rows)).map(withoutTime)).toEqual(rows.map(withoutTime));
		},
	);

	it("keeps any user and any remark", async () => {
		const account = fc
			.tuple(fc.constantFrom("CORP\\", "", "LAB\\"), fc.string({ unit: "grapheme", minLength: 1, maxLength: 12 }))
			.map(([domain, name]) => domain + name)
			.filter(isAccount)
			.map((name) => parseAccount(name).spelling);
		const note = fc.option(
			fc
				.string({ unit: "grapheme", minLength: 1, maxLength: 12 })
				.filter((one) => !/\p{Cc}/u.test(one) && one.trim() === one && !one.startsWith("'")),
		);
		await fc.assert(
			fc.asyncProperty(account, note, note, async (user, remark, other) => {
				const rows = [anAllocation(1, { user, note: remark }), aReservation(2, { note: other })];
				expect((await roundTrip(rows)).map(withoutTime)).toEqual(rows.map(withoutTime));
			}),
			{ numRuns: 60 },
		);
	});
});

function isAccount(text: string): boolean {
	try {
		return parseAccount(text).name !== "";
	} catch {
		return false;
	}
}
