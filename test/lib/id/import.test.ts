import { describe, expect, it } from "vitest";
import { parseAccount } from "../../../src/lib/account/account.js";
import { type ImportedId, importAnswer, planImport } from "../../../src/lib/id/import.js";
import { commonPortOnly } from "../../../src/lib/port/obstacles.js";
import { failure } from "../failure.js";
import { now, rested, resting, Stage } from "../registry/stage.js";

/** Rows as they stand in a file that begins with a header: `7 CORP\ana`, or `7` for a reservation. */
function rowsOf(lines: readonly string[]): ImportedId[] {
	return lines.map((text, at) => {
		const [id = "", user] = text.split(" ");
		return { line: at + 2, id: Number(id), account: user === undefined ? null : parseAccount(user), note: null };
	});
}

const asked = (lines: readonly string[]) => ({ environment: "default", rows: rowsOf(lines) });

describe("an import", () => {
	it("takes over users and reservations as they are", async () => {
		const stage = await Stage.set({ portBase: 30_000 });
		const rows = rowsOf(["7 CORP\\ana", "2", "3 ben@lab"]).map((row, at) => ({
			...row,
			note: at === 1 ? "printer" : null,
		}));
		const plan = await stage.carry((view) => planImport(view, { environment: "default", rows }, now));
		expect(plan.bad).toEqual([]);
		expect(importAnswer(plan)).toEqual({
			environment: "default",
			allocations: [
				{ id: 7, user: "CORP\\ana", state: "allocated", created: true, port: 30_007 },
				{ id: 2, user: null, state: "reserved", created: true, port: 30_002 },
				{ id: 3, user: "ben@lab", state: "allocated", created: true, port: 30_003 },
			],
			total: 3,
		});
		expect(await stage.rows()).toEqual(["2 (reserved)", "3 ben@lab", "7 CORP\\ana"]);
		expect(await stage.plan((view) => view.allocation("default", 2))).toMatchObject({ note: "printer" });
	});

	it("the second time changes nothing", async () => {
		const lines = ["7 CORP\\ana", "2", "3 ben@lab"];
		const stage = await Stage.set();
		await stage.carry((view) => planImport(view, asked(lines), now));
		const again = await stage.plan((view) => planImport(view, asked(["3 LAB\\ben", "7 corp\\ANA", "2"]), now));
		expect(again).toMatchObject({ bad: [], changes: [] });
		expect(again.answers.map(({ created }) => created)).toEqual([false, false, false]);
	});

	it.each([
		["their own that rests", "4 CORP\\ana", { 4: `ana@corp.example.com until ${resting}` }],
		[
			"one of several of their own that rest",
			"4 ana@corp",
			{ 4: `CORP\\ana until ${resting}`, 5: `CORP\\ana until ${resting}` },
		],
		["one that has rested", "4 CORP\\ana", { 4: `CORP\\ben until ${rested}` }],
	])("takes %s", async (_, line, ids) => {
		const stage = await Stage.set({}, ids);
		const plan = await stage.carry((view) => planImport(view, asked([line]), now));
		expect(plan.bad).toEqual([]);
		expect(await stage.rows()).toContain(line);
	});

	it.each([
		["out of range", ["0 CORP\\x"], ["2: ID 0 is outside 1 to 10"]],
		["out of range", ["3 CORP\\x", "11"], ["3: ID 11 is outside 1 to 10"]],
		["an ID twice", ["3 CORP\\x", "4 CORP\\y", "3 CORP\\z"], ["4: ID 3 is also on line 2"]],
		["a user twice", ["3 CORP\\x", "4 x@corp.example.com"], ["3: x@corp.example.com is also on line 2"]],
		["a user twice, perhaps", ["3 CORP\\x", "4 x"], ["3: x is also on line 2"]],
		["a user with another ID", ["3 CORP\\ana"], ["2: CORP\\ana already has ID 1"]],
		[
			"a user who may have one",
			["3 ana"],
			["2: ana may be the same account as CORP\\ana (ID 1): one has a domain, the other does not."],
		],
		["an ID of somebody else", ["1 CORP\\x"], ["2: ID 1 is allocated (CORP\\ana)"]],
		["a reservation of somebody's ID", ["1"], ["2: ID 1 is allocated (CORP\\ana)"]],
		["a reserved ID", ["2 CORP\\x"], ["2: ID 2 is reserved"]],
		["an ID that rests", ["5 CORP\\x"], [`2: ID 5 is quarantined until ${resting} (CORP\\ben)`]],
		[
			"an ID that rests, by a user whose own other ID rests",
			["5 CORP\\cleo"],
			[`2: ID 5 is quarantined until ${resting} (CORP\\ben)`],
		],
		["a reservation of an ID that rests", ["5"], [`2: ID 5 is quarantined until ${resting} (CORP\\ben)`]],
		[
			"everything that is wrong",
			["0", "1", "2 CORP\\x"],
			["2: ID 0 is outside 1 to 10", "3: ID 1 is allocated (CORP\\ana)", "4: ID 2 is reserved"],
		],
	])("names the lines: %s, %j", async (_, lines, bad) => {
		const ids = { 1: "CORP\\ana", 2: "(reserved)", 5: `CORP\\ben until ${resting}`, 6: `CORP\\cleo until ${resting}` };
		const stage = await Stage.set({}, ids);
		const plan = await stage.plan((view) => planImport(view, asked(lines), now));
		expect(plan.bad.map(({ line, problem }) => `${line}: ${problem}`)).toEqual(bad);
	});

	it("gives nobody the regular edition's port, which may be kept free", async () => {
		const stage = await Stage.set({ firstId: 0 }, { 3: "CORP\\ana" });
		const obstacle = commonPortOnly(24_250);
		const plan = (lines: string[]) => stage.plan((view) => planImport(view, { ...asked(lines), obstacle }, now));
		const problem = "ID 0 cannot be used: port 24250 belongs to the regular edition";
		expect((await plan(["3 CORP\\ana", "0 CORP\\x", "4 CORP\\y"])).bad).toEqual([{ line: 3, problem }]);
		expect(await plan(["0", "4 CORP\\y"])).toMatchObject({ bad: [], changes: { length: 2 } });
	});

	it("looks at bare names as the environment says", async () => {
		const stage = await Stage.set({ domain: "corp" }, { 1: "CORP\\ana" });
		const plan = await stage.plan((view) => planImport(view, asked(["1 ana", "2 LAB\\ana"]), now));
		expect(plan.bad).toEqual([]);
		expect(plan.answers).toMatchObject([{ created: false }, { created: true }]);
	});

	it("into an environment that is not there is refused", async () => {
		const stage = await Stage.set();
		const error = await failure(() => stage.plan((view) => planImport(view, { environment: "lab", rows: [] }, now)));
		expect(error).toMatchObject({ kind: "not-found", code: "no-environment" });
	});

	// A look at every earlier line would take minutes.
	it("of many users takes no longer for each than of few", async () => {
		const stage = await Stage.set({ lastId: 10_000 });
		const lines = Array.from({ length: 10_000 }, (_, at) => `${at + 1} CORP\\user${at % 5 === 0 ? at : `${at}x`}`);
		const plan = await stage.plan((view) => planImport(view, asked(lines), now));
		expect(plan.answers).toHaveLength(10_000);
	});
});
