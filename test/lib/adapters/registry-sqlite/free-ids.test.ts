import Database from "better-sqlite3";
import { expect, it } from "vitest";
import { FreeIntervals } from "../../../../src/lib/adapters/registry-sqlite/free-ids.js";
import { migrate } from "../../../../src/lib/adapters/registry-sqlite/schema.js";
import { type SqlDatabase, Statements } from "../../../../src/lib/adapters/sqlite/database.js";
import fc from "../../../property.js";

const [firstId, lastId] = [1, 40];

/** The free IDs of one environment, and its rows written and taken away as a transaction does; another is full of gaps. */
function open() {
	const database = new Database(":memory:") as unknown as SqlDatabase;
	migrate(database);
	const columns = "name, first_id, last_id, port_base, port_stride, quarantine_days";
	for (const name of ["one", "two"]) {
		database.prepare(`INSERT INTO environments (${columns}) VALUES (?, ?, ?, 0, 1, 0)`).run(name, firstId, lastId);
	}
	const statements = new Statements(database);
	const row = "INSERT INTO allocations (environment, id, state, since) VALUES (?, ?, 'reserved', '')";
	const free = new FreeIntervals(statements, 1, { firstId, lastId });
	const other = new FreeIntervals(statements, 2, { firstId, lastId });
	const takeOf = (environment: number, intervals: FreeIntervals) => (id: number) => {
		const taken = intervals.take(id);
		if (taken) statements.sql(row).run(environment, id);
		return taken;
	};
	for (let id = lastId; id > 0; id -= 2) takeOf(2, other)(id);
	const rows = statements.sql("SELECT lo, hi FROM gaps WHERE environment = 1 ORDER BY lo");
	return {
		free,
		other,
		take: takeOf(1, free),
		give(id: number) {
			statements.sql("DELETE FROM allocations WHERE environment = 1 AND id = ?").run(id);
			free.give(id);
		},
		gaps: () => (rows.all() as { lo: number; hi: number }[]).map(({ lo, hi }): [number, number] => [lo, hi]),
	};
}

it.each<[string, number[], [number, number][]]>([
	["the first one", [1], []],
	["the next one and the next", [1, 2, 3], []],
	["the last one", [40], [[1, 39]]],
	["one in the middle", [7], [[1, 6]]],
	[
		"one above that",
		[7, 9],
		[
			[1, 6],
			[8, 8],
		],
	],
	["the lowest of a gap", [7, 1], [[2, 6]]],
	["the highest of a gap", [7, 6], [[1, 5]]],
	[
		"one inside a gap",
		[7, 3],
		[
			[1, 2],
			[4, 6],
		],
	],
	["all of a gap", [4, 1, 3, 2], []],
])("taking %s leaves the gaps below the highest", (_, ids, left) => {
	const { take, gaps } = open();
	expect(ids.map(take)).toEqual(ids.map(() => true));
	expect(gaps()).toEqual(left);
});

it.each<[string, number, [number, number][]]>([
	[
		"alone",
		6,
		[
			[3, 4],
			[6, 6],
			[8, 9],
		],
	],
	[
		"above a gap",
		5,
		[
			[3, 5],
			[8, 9],
		],
	],
	[
		"below a gap",
		7,
		[
			[3, 4],
			[7, 9],
		],
	],
	["which is the highest", 10, [[3, 4]]],
])("giving back one %s joins what touches", (_, id, joined) => {
	const { take, give, gaps } = open();
	for (const one of [1, 2, 5, 6, 7, 10]) take(one);
	give(id);
	expect(gaps()).toEqual(joined);
});

it("giving back one between two gaps makes one of them, and the last one leaves none", () => {
	const { take, give, gaps } = open();
	for (const one of [3, 5, 7]) take(one);
	give(5);
	expect(gaps()).toEqual([
		[1, 2],
		[4, 6],
	]);
	give(3);
	expect(gaps()).toEqual([[1, 6]]);
	give(7);
	expect(gaps()).toEqual([]);
});

it("what is not free cannot be taken, and nothing is changed then", () => {
	const { take, gaps } = open();
	for (const one of [5, 8]) take(one);
	expect([5, 8, firstId - 1, lastId + 1].map(take)).toEqual(Array(4).fill(false));
	expect(gaps()).toEqual([
		[1, 4],
		[6, 7],
	]);
});

it("a start that moves takes its gap along", () => {
	const { free, take, gaps } = open();
	free.startAt(3);
	expect(gaps()).toEqual([]);
	take(5);
	free.startAt(4);
	expect(gaps()).toEqual([[4, 4]]);
	free.startAt(5);
	expect(gaps()).toEqual([]);
	free.startAt(0);
	expect(gaps()).toEqual([[0, 4]]);
});

it("after any takings and givings the gaps are the runs of a plain set below the highest, none touching another", () => {
	const step = fc.tuple(fc.constantFrom("take", "take", "give"), fc.integer({ min: firstId - 1, max: lastId + 1 }));
	fc.assert(
		fc.property(fc.array(step, { maxLength: 80 }), (steps) => {
			const { free, other, take, give, gaps } = open();
			const held = new Set<number>();
			const isFree = (id: number) => id >= firstId && id <= lastId && !held.has(id);
			for (const [verb, id] of steps) {
				if (verb === "take") {
					expect(take(id)).toBe(isFree(id));
					if (isFree(id)) held.add(id);
				} else if (held.delete(id)) give(id);
			}
			const all = Array.from({ length: lastId + 2 }, (_, at) => firstId - 1 + at);
			const left = all.filter(isFree);
			expect(gaps()).toEqual(runsOf(left.filter((id) => id < Math.max(...held))));
			expect(free.lowest(1)).toEqual(left.slice(0, 1));
			expect(free.lowest(7)).toEqual(left.slice(0, 7));
			expect(free.summary()).toEqual({ count: left.length, first: left[0] ?? null });
			expect(all.filter((id) => free.has(id))).toEqual(left);
			expect(other.summary()).toEqual({ count: 20, first: 1 });
		}),
		{ numRuns: 200 },
	);
});

function runsOf(ids: readonly number[]): [number, number][] {
	const runs: [number, number][] = [];
	for (const id of ids) {
		const previous = runs.at(-1);
		if (previous?.[1] === id - 1) previous[1] = id;
		else runs.push([id, id]);
	}
	return runs;
}
