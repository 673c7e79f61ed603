import { describe, expect, it } from "vitest";
import { parseAccount } from "../../../src/lib/account/account.js";
import { type ImportedId, importAnswer, planImport } from "../../../src/lib/id/import.js";
import { commonPortOnly } from "../../../src/lib/port/obstacles.js";
import {
	anAllocation,
	anEnvironment,
	aRest,
	collect,
	environmentChange,
	idChange,
	make,
} from "../../contract/store.js";
import { failure } from "../failure.js";
import { now, rested, resting, Stage } from "../registry/stage.js";

/** Rows as they stand in a file that begins with a header: `7 CORP\ana`, or `7` for a reservation. */
function rowsOf(lines: readonly string[]): ImportedId[] {
	return lines.map((text, at) => {
		const [id = "", user] = text.split(" ");
		const account = user === undefined ? null : parseAccount(user);
		const state = account === null ? "reserved" : "allocated";
		return { line: at + 2, id: Number(id), state, account, note: null };
	});
}

/** An ID that Ana had, as a line of the file says. */
const resting5: ImportedId = {
	line: 2,
	id: 5,
	state: "quarantined",
	account: parseAccount("CORP\\ana"),
	note: null,
};

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
			].map((one) => ({ ...one, environment: "default", until: null })),
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
		["an ID that rests", ["5 CORP\\x"], [`2: ID 5 is quarantined until ${resting.slice(0, 10)} (CORP\\ben)`]],
		[
			"an ID that rests, by a user whose own other ID rests",
			["5 CORP\\cleo"],
			[`2: ID 5 is quarantined until ${resting.slice(0, 10)} (CORP\\ben)`],
		],
		["a reservation of an ID that rests", ["5"], [`2: ID 5 is quarantined until ${resting.slice(0, 10)} (CORP\\ben)`]],
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

	it("takes over what rests, until when, and since when", async () => {
		const rows: ImportedId[] = [
			{ ...resting5, since: "2025-12-24T10:00:00.000Z", until: "2026-04-01T00:00:00.000Z" },
			{ ...resting5, line: 3, id: 6, until: undefined },
			// Who has one now may have had others.
			{ ...resting5, line: 4, id: 7, state: "allocated", since: "2020-01-01T00:00:00.000Z" },
		];
		const stage = await Stage.set({ quarantineDays: 1 });
		const plan = await stage.carry((view) => planImport(view, { environment: "default", rows }, now));
		expect(plan).toMatchObject({ bad: [], differences: [] });
		expect(await stage.plan((view) => collect(view.allocations({})))).toMatchObject([
			{ id: 5, state: "quarantined", since: "2025-12-24T10:00:00.000Z", until: "2026-04-01T00:00:00.000Z" },
			{ id: 6, state: "quarantined", since: now.toISOString(), until: "2026-03-11T12:00:00.000Z" },
			{ id: 7, state: "allocated", since: "2020-01-01T00:00:00.000Z", until: null },
		]);
		const again = await stage.plan((view) => planImport(view, { environment: "default", rows }, now));
		expect(again).toMatchObject({ bad: [], changes: [] });
		expect(again.answers.map(({ created }) => created)).toEqual([false, false, false]);
	});

	it.each([
		["an ID that its last user has", "CORP\\ana", "ID 5 is allocated (CORP\\ana)"],
		["an ID that another user has", "CORP\\ben", "ID 5 is allocated (CORP\\ben)"],
		[
			"an ID of somebody else that rests",
			`CORP\\ben until ${resting}`,
			`ID 5 is quarantined until ${resting.slice(0, 10)} (CORP\\ben)`,
		],
		["a reserved ID", "(reserved)", "ID 5 is reserved"],
	])("names the line of what rests: %s", async (_, held, problem) => {
		const stage = await Stage.set({}, { 5: held });
		const plan = await stage.plan((view) => planImport(view, { environment: "default", rows: [resting5] }, now));
		expect(plan.bad).toEqual([{ line: 2, problem }]);
	});

	it("puts each line where it says, and the others where the request says", async () => {
		const stage = await Stage.set({ name: "north", portBase: 30_000 });
		await make(stage.registry, [environmentChange(null, anEnvironment({ name: "south", portBase: 40_000 }))]);
		const [first, second, third] = rowsOf(["1 CORP\\ana", "1 CORP\\ana", "2"]) as [ImportedId, ImportedId, ImportedId];
		const rows = [{ ...first, environment: "SOUTH" }, second, { ...third, environment: "east" }];
		const plan = await stage.plan((view) => planImport(view, { environment: "North", rows, keepGoing: true }, now));
		expect(importAnswer(plan)).toMatchObject({
			environment: "north",
			allocations: [
				{ environment: "south", id: 1, port: 40_001 },
				{ environment: "north", id: 1, port: 30_001 },
			],
			total: 2,
			refused: [{ line: 4, problem: "there is no environment east" }],
		});
		const alone = await stage.plan((view) =>
			planImport(view, { environment: "north", rows: [rows[0] as ImportedId] }, now),
		);
		expect(importAnswer(alone).environment).toBe("south");
	});

	it("tells what the registry has otherwise, and leaves it as it is", async () => {
		const stage = await Stage.set({ portBase: 30_000 });
		const sid = "S-1-5-21-1-2-3-1001";
		const held = [
			anAllocation(1, { user: "CORP\\anna", sid, note: "office" }),
			aRest(5, resting, { user: "CORP\\ana" }),
		];
		await make(
			stage.registry,
			held.map((one) => idChange(null, one)),
		);
		const [row] = rowsOf(["1 CORP\\ana"]) as [ImportedId];
		const rows = [
			{ ...row, account: { ...parseAccount("CORP\\ana"), sid }, note: "home", port: 24_251 },
			{ ...resting5, line: 3, until: "2026-04-01T00:00:00.000Z", port: 30_005 },
			{ ...row, line: 4, id: 2, account: parseAccount("CORP\\ben"), port: 24_252 },
		];
		const plan = await stage.plan((view) => planImport(view, { environment: "default", rows }, now));
		expect(plan).toMatchObject({ bad: [], changes: [{ id: 2 }] });
		expect(plan.differences.map(({ line, message }) => `${line}: ${message}`)).toEqual([
			"2: the port of ID 1 is 30001 by the rule of default, not 24251",
			"2: ID 1 stays registered as CORP\\anna, the same account by its SID",
			"2: the note of ID 1 stays as it is: office",
			`3: the quarantine of ID 5 still ends on ${resting.slice(0, 10)}`,
			"4: the port of ID 2 is 30002 by the rule of default, not 24252",
		]);
	});

	it("takes nobody over who is no person, unless that is said, or an ID is theirs already", async () => {
		const stage = await Stage.set({}, { 1: "CORP\\SERVER1$" });
		const lines = ["1 CORP\\SERVER1$", "2 CORP\\SERVER2$", "3 CORP\\ana", "99 CORP\\SERVER3$"];
		for (const renumber of [false, true]) {
			const { bad } = await stage.plan((view) => planImport(view, { ...asked(lines), renumber }, now));
			expect(bad.map(({ line, problem }) => `${line}: ${problem}`)).toEqual([
				"3: CORP\\SERVER2$ is a machine or service account, not a person (--service-account allows it)",
				"5: CORP\\SERVER3$ is a machine or service account, not a person (--service-account allows it)",
			]);
		}
		const said = { ...asked(lines.slice(0, 3)), serviceAccounts: true };
		expect(await stage.plan((view) => planImport(view, said, now))).toMatchObject({ bad: [] });
		const rows = asked(lines.slice(0, 3)).rows.map((row) => ({ ...row, wasRegistered: true }));
		const exported = { environment: "default", rows };
		expect(await stage.plan((view) => planImport(view, exported, now))).toMatchObject({ bad: [] });
	});

	it("tells who was renamed, and whose note was not stored", async () => {
		const stage = await Stage.set();
		const sid = "S-1-5-21-1-2-3-7";
		await make(stage.registry, [
			idChange(null, anAllocation(1, { user: "CORP\\ana", sid })),
			idChange(null, anAllocation(2, { user: "CORP\\ben", note: "office" })),
		]);
		const [first, second] = asked(["1 CORP\\ana.smith", "2 CORP\\ben"]).rows as [ImportedId, ImportedId];
		const renamed = { ...first, account: { ...parseAccount("CORP\\ana.smith"), sid }, note: "new" };
		const told = { user: "CORP\\ana.smith", registered: "CORP\\ana", id: 1, environment: "default" };
		const request = { environment: "default", rows: [renamed, { ...second, note: "office" }] };
		const plan = await stage.plan((view) => planImport(view, request, now));
		expect(importAnswer(plan)).toMatchObject({ renamed: [told], noteNotStored: ["CORP\\ana"] });
		expect(plan.changes).toEqual([]);
		const elsewhere = { environment: "default", rows: [{ ...renamed, id: 9 }] };
		const refused = await stage.plan((view) => planImport(view, elsewhere, now));
		expect(refused).toMatchObject({
			bad: [{ problem: "CORP\\ana.smith already has ID 1, registered as CORP\\ana (the same SID)" }],
			renamed: [told],
		});
		const kept = await stage.plan((view) => planImport(view, { ...elsewhere, renumber: true }, now));
		expect(importAnswer(kept)).toMatchObject({ renamed: [told], noteNotStored: ["CORP\\ana"] });
		const same = { environment: "default", rows: [{ ...second, note: "office" }] };
		const none = importAnswer(await stage.plan((view) => planImport(view, same, now)));
		expect(none).not.toHaveProperty("renamed");
		expect(none).not.toHaveProperty("noteNotStored");
	});

	it("names the line of a SID that another line has", async () => {
		const stage = await Stage.set();
		const rows = rowsOf(["1 CORP\\ana", "2 CORP\\anna"]);
		for (const { account } of rows) if (account !== null) account.sid = "S-1-5-21-1-2-3-1001";
		const plan = await stage.plan((view) => planImport(view, { environment: "default", rows }, now));
		expect(plan.bad).toEqual([{ line: 3, problem: "CORP\\anna is also on line 2" }]);
	});

	it("goes on without what cannot be, and nothing of it is changed", async () => {
		const stage = await Stage.set({}, { 1: "CORP\\zoe" });
		const request = { ...asked(["1 CORP\\ana", "2 CORP\\ben", "99 CORP\\cleo"]), keepGoing: true };
		const plan = await stage.carry((view) => planImport(view, request, now));
		expect(plan.bad.map(({ line }) => line)).toEqual([2, 4]);
		expect(await stage.rows()).toEqual(["1 CORP\\zoe", "2 CORP\\ben"]);
	});

	// A look at every earlier line would take minutes.
	it("of many users takes no longer for each than of few", async () => {
		const stage = await Stage.set({ lastId: 10_000 });
		const lines = Array.from({ length: 10_000 }, (_, at) => `${at + 1} CORP\\user${at % 5 === 0 ? at : `${at}x`}`);
		const plan = await stage.plan((view) => planImport(view, asked(lines), now));
		expect(plan.answers).toHaveLength(10_000);
	});
});

describe("an import that renumbers", () => {
	const renumbering = (rows: readonly ImportedId[]) => ({ environment: "default", rows, renumber: true });

	it("gives whoever clashes the lowest ID that is free and nowhere in the file, and tells who must be reinstalled", async () => {
		const ids = { 1: "CORP\\zoe", 2: "(reserved)", 4: `CORP\\old until ${resting}`, 9: "CORP\\ben" };
		const stage = await Stage.set({ lastId: 20 }, ids);
		const rows = rowsOf(["1 LAB\\a", "2 LAB\\b", "4 LAB\\c", "3 LAB\\d", "99 LAB\\e", "3 LAB\\f", "5 CORP\\ben"]);
		const plan = await stage.carry((view) => planImport(view, renumbering(rows), now));
		expect(plan.bad).toEqual([]);
		const answer = importAnswer(plan, true);
		expect(answer.allocations.map(({ id, user, created, previousId }) => [user, previousId, id, created])).toEqual([
			["LAB\\a", 1, 6, true],
			["LAB\\b", 2, 7, true],
			["LAB\\c", 4, 8, true],
			["LAB\\d", undefined, 3, true],
			["LAB\\e", 99, 10, true],
			["LAB\\f", 3, 11, true],
			// Clients of the other server still have 5, until they are reinstalled.
			["CORP\\ben", 5, 9, false],
		]);
		expect(answer.reinstall?.map(({ user, previousId, id, port }) => [user, previousId, id, port])).toEqual([
			["LAB\\a", 1, 6, 24_256],
			["LAB\\b", 2, 7, 24_257],
			["LAB\\c", 4, 8, 24_258],
			["LAB\\e", 99, 10, 24_260],
			["LAB\\f", 3, 11, 24_261],
			["CORP\\ben", 5, 9, 24_259],
		]);
		expect(await stage.rows()).toEqual([
			...[
				"1 CORP\\zoe",
				"2 (reserved)",
				"3 LAB\\d",
				`4 CORP\\old until ${resting}`,
				"6 LAB\\a",
				"7 LAB\\b",
				"8 LAB\\c",
			],
			...["9 CORP\\ben", "10 LAB\\e", "11 LAB\\f"],
		]);
	});

	it("leaves out reservations and quarantines that clash, and tells them", async () => {
		const stage = await Stage.set({}, { 1: "CORP\\zoe", 5: "CORP\\zoe2" });
		const rows = [...rowsOf(["1", "2"]), { ...resting5, line: 4 }];
		const plan = await stage.carry((view) => planImport(view, renumbering(rows), now));
		expect(plan.bad).toEqual([]);
		expect(plan.differences.map(({ line, message }) => `${line}: ${message}`)).toEqual([
			"2: ID 1 is allocated (CORP\\zoe)",
			"4: ID 5 is allocated (CORP\\zoe2)",
		]);
		expect(await stage.rows()).toEqual(["1 CORP\\zoe", "2 (reserved)", "5 CORP\\zoe2"]);
	});

	it("gives no ID whose port is nobody's, and says when there are not enough", async () => {
		const stage = await Stage.set({ lastId: 3 }, { 1: "CORP\\zoe" });
		const plan = (rows: ImportedId[]) =>
			stage.plan((view) => planImport(view, { ...renumbering(rows), obstacle: commonPortOnly(24_252) }, now));
		expect((await plan(rowsOf(["1 LAB\\a"]))).answers).toMatchObject([{ id: 3, previousId: 1 }]);
		expect((await plan(rowsOf(["2 LAB\\a"]))).answers).toMatchObject([{ id: 3, previousId: 2 }]);
		const error = await failure(() => plan(rowsOf(["1 LAB\\a", "2 LAB\\b"])));
		expect(error).toMatchObject({ kind: "conflict", code: "range-full", data: { needed: 2, free: 1 } });
	});

	it("gives nobody a second ID: who has one keeps it, where the file's is out of range or another line's, too", async () => {
		const stage = await Stage.set({}, { 1: "CORP\\ana", 2: "CORP\\ben" });
		const lines = ["99 CORP\\ana", "5 CORP\\cleo", "5 CORP\\ben"];
		const plan = await stage.plan((view) => planImport(view, { ...asked(lines), renumber: true }, now));
		expect(plan.answers.map(({ user, id, created }) => [user, id, created])).toEqual([
			["CORP\\ana", 1, false],
			["CORP\\cleo", 5, true],
			["CORP\\ben", 2, false],
		]);
	});

	it("still refuses what no other ID would mend", async () => {
		const stage = await Stage.set({}, { 7: "CORP\\ana" });
		const rows = rowsOf(["1 LAB\\x", "2 LAB\\x", "3 ana"]);
		const plan = await stage.plan((view) => planImport(view, renumbering(rows), now));
		expect(plan.bad.map(({ line, problem }) => `${line}: ${problem}`)).toEqual([
			"3: LAB\\x is also on line 2",
			"4: ana may be the same account as CORP\\ana (ID 7): one has a domain, the other does not.",
		]);
	});
});
