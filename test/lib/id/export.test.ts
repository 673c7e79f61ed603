import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readImportedIds } from "../../../src/commands/ids/_imported.js";
import { parseAccount } from "../../../src/lib/account/account.js";
import { envelope } from "../../../src/lib/cli/envelope.js";
import type { Allocation } from "../../../src/lib/id/allocation.js";
import { toCsv, toJson } from "../../../src/lib/id/export.js";
import { planImport } from "../../../src/lib/id/import.js";
import { type ListedAllocation, listAllocations } from "../../../src/lib/id/list.js";
import { thisHost } from "../../../src/lib/this-host.js";
import {
	anAllocation,
	anEnvironment,
	aReservation,
	aRest,
	collect,
	environmentChange,
	idChange,
	make,
} from "../../contract/store.js";
import fc from "../../property.js";
import { folderOfThisFile } from "../folder-of-file.js";
import { now, rested, resting, Stage } from "../registry/stage.js";

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
	sid: null,
	...own,
});

async function* chunks(...rows: ListedAllocation[][]): AsyncIterable<ListedAllocation[]> {
	yield* rows;
}

describe("a CSV", () => {
	it("has a byte order mark for Excel, a header, CRLF, and nothing for null", async () => {
		expect(await text(toCsv(chunks([row()], [row({ id: 8, note: 'a "b", c' })])))).toBe(
			"\uFEFFuser,id,port,state,environment,since,until,note,sid\r\n" +
				"CORP\\ana,7,24257,allocated,default,2026-03-01T08:00:00.000Z,,,\r\n" +
				'CORP\\ana,8,24257,allocated,default,2026-03-01T08:00:00.000Z,,"a ""b"", c",\r\n',
		);
	});

	it("of nothing is the header", async () => {
		expect(await text(toCsv(chunks()))).toBe("\uFEFFuser,id,port,state,environment,since,until,note,sid\r\n");
	});

	it.each(["=1+1", "+1", "-1", "@SUM(A1)"])("never has a cell that a spreadsheet would calculate: %s", async (note) => {
		expect(await text(toCsv(chunks([row({ note })])))).toContain(`,'${note},\r\n`);
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

/** A registry with two environments, of which one is called as no default is. */
async function twoServers(): Promise<Stage> {
	const stage = await Stage.set({ lastId: 20 });
	await make(stage.registry, [environmentChange(null, anEnvironment({ name: "south", portBase: 40_000, lastId: 20 }))]);
	return stage;
}

/** @param form JSON as `ids export --format json`, an answer as `--json`, or what parts a CSV's cells */
async function written(allocations: AsyncIterable<readonly ListedAllocation[]>, form: string): Promise<string> {
	if (form === "json") return text(toJson(allocations));
	if (!form.endsWith("answer")) return text(toCsv(allocations, form));
	return text(envelope({ result: { allocations, total: 0 }, warnings: [] }, form === "pretty answer"));
}

/** What is exported, read back and imported into empty environments. */
async function roundTrip(rows: readonly Allocation[], form: string = ","): Promise<Allocation[]> {
	const from = await twoServers();
	await make(
		from.registry,
		rows.map((one) => idChange(null, one)),
	);
	const file = join(folder, "ids.list");
	writeFileSync(file, await from.plan(async (view) => written((await listAllocations(view, {})).allocations, form)));
	const to = await twoServers();
	const { rows: read, bad } = await readImportedIds(file, {}, thisHost);
	expect(bad).toEqual([]);
	for (const stage of [to, from]) {
		const plan = await stage.carry((view) => planImport(view, { environment: "default", rows: read }, now));
		expect(plan).toMatchObject({ bad: [], differences: [], ...(stage === from && { changes: [] }) });
	}
	return to.plan((view) => collect(view.allocations({})));
}

const forms = [",", ";", "\t", "|", "json", "answer", "pretty answer"];

describe("a round trip", () => {
	it("keeps users, reservations, what rests, remarks, SIDs, times and environments", async () => {
		const rows = [
			anAllocation(1, { user: "CORP\\Jürgen der Erste", note: 'line "one"; two, three', sid: "S-1-5-21-1-2-3-1001" }),
			aReservation(2, { note: "=printer" }),
			anAllocation(3, { user: "ana.o'neil@corp.example.com", note: "-", since: "2020-02-29T23:59:59.999Z" }),
			// A user may have had several, and have one now.
			aRest(7, resting, { user: "CORP\\old", note: "left" }),
			aRest(8, rested, { user: "CORP\\old" }),
			anAllocation(9, { user: "CORP\\old" }),
			// Whoever is registered is no newcomer, a person or not.
			anAllocation(10, { user: "CORP\\SERVER1$" }),
			aRest(11, resting, { user: "NT AUTHORITY\\SYSTEM" }),
			anAllocation(1, { environment: "south", user: "CORP\\Jürgen der Erste", sid: "S-1-5-21-1-2-3-1001" }),
		];
		for (const form of forms) expect(await roundTrip(rows, form)).toEqual(rows);
	});

	it.each<Partial<Allocation>>([
		{ user: "-ana" },
		{ note: "\uFF1Dwide" },
		{ note: "'=1+1" },
		{ note: " leading, and trailing " },
		{ note: 'see;=1+1,"\'=2"' },
	])("keeps what a spreadsheet would take for a formula, or drop: %j", async (own) => {
		const rows = [anAllocation(1, own)];
		for (const form of forms) expect(await roundTrip(rows, form)).toEqual(rows);
	});

	it("keeps everything an export holds, whatever it is", async () => {
		const account = fc
			.tuple(fc.constantFrom("CORP\\", "", "LAB\\"), fc.string({ unit: "grapheme", minLength: 1, maxLength: 12 }))
			.map(([domain, name]) => domain + name)
			.filter(isAccount)
			.map((name) => parseAccount(name).spelling);
		const note = fc.option(
			fc
				.array(
					fc.oneof(
						fc.string({ unit: "grapheme", minLength: 1, maxLength: 4 }),
						fc.constantFrom("'", '"', ";", ",", "|", "=", "+", "-", "@", " ", "\uFF1D", "#"),
					),
					{ minLength: 1, maxLength: 8 },
				)
				.map((parts) => parts.join("").replace(/\p{Cc}/gu, ""))
				.filter((one) => one !== ""),
		);
		const time = fc
			.date({ min: new Date("2000-01-01"), max: new Date("2040-01-01"), noInvalidDate: true })
			.map((date) => date.toISOString());
		const allocation = fc
			.record({
				state: fc.constantFrom("allocated", "reserved", "quarantined"),
				user: account,
				sid: fc.option(fc.integer({ min: 1000, max: 9999 }).map((last) => `S-1-5-21-1-2-3-${last}`)),
				note,
				since: time,
				until: time,
				environment: fc.constantFrom("default", "south"),
			})
			.map(({ state, user, sid, until, ...rest }) => ({
				...{ ...rest, state: state as Allocation["state"] },
				...(state === "reserved" ? { user: null, sid: null } : { user, sid }),
				until: state === "quarantined" ? until : null,
			}));
		await fc.assert(
			fc.asyncProperty(
				fc.array(allocation, { minLength: 1, maxLength: 6 }),
				fc.constantFrom(...forms),
				async (given, form) => {
					const rows = onlyPossible(given.map((one, at) => ({ ...one, id: at + 1 })));
					expect(await roundTrip(rows, form)).toEqual(
						rows.toSorted((a, b) => a.environment.localeCompare(b.environment) || a.id - b.id),
					);
				},
			),
			{ numRuns: 150 },
		);
	});
});

/** Without what no registry holds: one user, or one SID, with two IDs of one environment. */
function onlyPossible(rows: readonly Allocation[]): Allocation[] {
	const seen = new Set<string>();
	return rows.filter(({ environment, state, user, sid }) => {
		if (state !== "allocated" || user === null) return true;
		const keys = [`${environment} ${parseAccount(user).name}`, ...(sid === null ? [] : [`${environment} ${sid}`])];
		const isNew = keys.every((key) => !seen.has(key));
		for (const key of keys) seen.add(key);
		return isNew;
	});
}

describe("no list separator", () => {
	/** How a spreadsheet begins the cells of a line, wherever its country parts them. */
	const cellsOf = (line: string, delimiter: string) => line.split(delimiter).map((cell) => cell.replace(/^[\s"]+/, ""));

	it("makes a formula of anything in an export", async () => {
		const piece = fc.constantFrom("=", "+", "-", "@", ";", ",", "|", '"', "'", " ", "a", "1", "\uFF0B");
		const note = fc.array(piece, { maxLength: 10 }).map((parts) => parts.join(""));
		await fc.assert(
			fc.asyncProperty(note, fc.constantFrom(",", ";", "|"), async (remark, written) => {
				const csv = await text(toCsv(chunks([row({ note: remark })]), written));
				const line = csv.split("\r\n")[1] ?? "";
				for (const delimiter of [",", ";", "\t", "|"]) {
					expect(cellsOf(line, delimiter).filter((cell) => /^[=+\-@\uFF0B]/.test(cell))).toEqual([]);
				}
			}),
			{ numRuns: 500 },
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
