import { describe, expect, it } from "vitest";
import { changes } from "../../../src/lib/cli/watch.js";

const at = new Date("2026-03-10T12:00:00.000Z");
const rows = (all: Record<string, unknown>) => new Map(Object.entries(all));
const lines = (before: Record<string, unknown>, now: Record<string, unknown>) => [
	...changes(rows(before), rows(now), "listener", at),
];

describe("what changed between two looks", () => {
	it("is a line for each thing that came, went, or is told differently, and none for the rest", () => {
		const told = lines({ a: { n: 1 }, b: { n: 2 }, c: { n: 3 } }, { b: { n: 2 }, c: { n: 4 }, d: { n: 5 } });
		expect(told.map((line) => JSON.parse(line))).toEqual([
			{ at: at.toISOString(), change: "gone", listener: { n: 1 } },
			{ at: at.toISOString(), change: "changed", listener: { n: 4 } },
			{ at: at.toISOString(), change: "appeared", listener: { n: 5 } },
		]);
		expect(lines({ a: { n: [] } }, { a: { n: [] } })).toEqual([]);
	});

	it("is one line each, in ASCII, whatever a process calls itself", () => {
		const [line, ...more] = lines({}, { a: { process: "ü\nname" } });
		expect(more).toEqual([]);
		expect(line).toMatch(/^[ -~]+\n$/);
	});
});
