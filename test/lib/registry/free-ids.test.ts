import Database from "better-sqlite3";
import fc from "fast-check";
import { expect, it } from "vitest";
import { type SqlDatabase, Statements } from "../../../src/lib/registry/sqlite/database.js";
import { FreeIntervals } from "../../../src/lib/registry/sqlite/free-ids.js";
import { migrate } from "../../../src/lib/registry/sqlite/store.js";

const [first, last] = [1, 40];

function open(): { free: FreeIntervals; intervals: () => [number, number][] } {
	const database = new Database(":memory:") as unknown as SqlDatabase;
	migrate(database);
	const columns = "name, first_id, last_id, port_base, port_stride, quarantine_days";
	for (const name of ["one", "two"]) {
		database.prepare(`INSERT INTO environments (${columns}) VALUES (?, ?, ?, 0, 1, 0)`).run(name, first, last);
	}
	const statements = new Statements(database);
	new FreeIntervals(statements, 2).give(first, last);
	const rows = statements.sql("SELECT lo, hi FROM free WHERE environment = 1 ORDER BY lo");
	const pairs = () => (rows.all() as { lo: number; hi: number }[]).map(({ lo, hi }): [number, number] => [lo, hi]);
	return { free: new FreeIntervals(statements, 1), intervals: pairs };
}

it.each<[string, (free: FreeIntervals) => void, [number, number][]]>([
	["the first one", (free) => free.take(1), [[2, 40]]],
	["the last one", (free) => free.take(40), [[1, 39]]],
	[
		"one in the middle",
		(free) => free.take(7),
		[
			[1, 6],
			[8, 40],
		],
	],
	["a block at the start", (free) => free.takeBlock(1, 5), [[6, 40]]],
	["a block at the end", (free) => free.takeBlock(30, 40), [[1, 29]]],
	[
		"a block in the middle",
		(free) => free.takeBlock(5, 6),
		[
			[1, 4],
			[7, 40],
		],
	],
	["everything", (free) => free.takeBlock(1, 40), []],
])("taking %s splits the interval", (_, take, left) => {
	const { free, intervals } = open();
	free.give(first, last);
	take(free);
	expect(intervals()).toEqual(left);
});

it.each<[string, [number, number], [number, number][]]>([
	[
		"alone",
		[20, 20],
		[
			[1, 4],
			[10, 14],
			[20, 20],
		],
	],
	[
		"above one",
		[5, 5],
		[
			[1, 5],
			[10, 14],
		],
	],
	[
		"below one",
		[8, 9],
		[
			[1, 4],
			[8, 14],
		],
	],
	["between two", [5, 9], [[1, 14]]],
])("giving back %s joins what touches", (_, [lo, hi], joined) => {
	const { free, intervals } = open();
	free.give(1, 4);
	free.give(10, 14);
	free.give(lo, hi);
	expect(intervals()).toEqual(joined);
});

it("what is not free cannot be taken, and nothing is taken then", () => {
	const { free, intervals } = open();
	free.give(5, 10);
	expect([free.take(4), free.take(11), free.takeBlock(4, 6), free.takeBlock(9, 11), free.takeBlock(1, 40)]).toEqual(
		Array(5).fill(false),
	);
	expect(intervals()).toEqual([[5, 10]]);
});

it("after any takings and givings the intervals are the runs of a plain set, none touching another", () => {
	const id = fc.integer({ min: first - 1, max: last + 1 });
	const block = fc.tuple(id, fc.nat(5)).map(([lo, more]) => [lo, lo + more] as const);
	fc.assert(
		fc.property(fc.array(fc.tuple(fc.constantFrom("take", "takeBlock", "give"), block), { maxLength: 60 }), (steps) => {
			const { free, intervals } = open();
			free.give(first, last);
			const model = new Set(run(first, last));
			for (const [verb, [lo, hi]] of steps) {
				if (verb === "take") expect(free.take(lo)).toBe(model.delete(lo));
				else if (verb === "takeBlock") {
					const whole = run(lo, hi).every((one) => model.has(one));
					expect(free.takeBlock(lo, hi)).toBe(whole);
					if (whole) for (const one of run(lo, hi)) model.delete(one);
				} else if (lo >= first && hi <= last && !run(lo, hi).some((one) => model.has(one))) {
					free.give(lo, hi);
					for (const one of run(lo, hi)) model.add(one);
				}
			}
			expect(intervals()).toEqual(runsOf(model));
			const sorted = [...model].sort((a, b) => a - b);
			expect(free.lowest(7)).toEqual(sorted.slice(0, 7));
			expect(free.summary()).toEqual({ count: sorted.length, first: sorted[0] ?? null });
			for (const one of run(first - 1, last + 1)) expect(free.has(one)).toBe(model.has(one));
		}),
		{ numRuns: 200 },
	);
});

function run(lo: number, hi: number): number[] {
	return Array.from({ length: hi - lo + 1 }, (_, at) => lo + at);
}

function runsOf(model: ReadonlySet<number>): [number, number][] {
	const runs: [number, number][] = [];
	for (const id of run(first, last).filter((one) => model.has(one))) {
		const previous = runs.at(-1);
		if (previous?.[1] === id - 1) previous[1] = id;
		else runs.push([id, id]);
	}
	return runs;
}
