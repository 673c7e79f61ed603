import { describe, expect, it, vi } from "vitest";
import { command } from "../../../src/lib/cli/definition.js";
import { parseWords } from "../../../src/lib/cli/request.js";
import { Shell } from "../../../src/lib/cli/shell.js";
import { changes, follow, watch } from "../../../src/lib/cli/watch.js";
import { failure } from "../failure.js";
import { atTerminal, keptStreams } from "./streams-of.js";

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

it.each([
	[true, "12:00:00 UTC, every 2 s."],
	[false, "17:30:00, every 2 s."],
])("on a terminal tells the time as the tables below it do, in UTC: %s", async (inUtc, told) => {
	vi.useFakeTimers({ now: at, toFake: ["Date"] });
	vi.stubEnv("TZ", "Asia/Kolkata");
	try {
		const streams = keptStreams(atTerminal);
		const definition = command({
			summary: "Watches",
			role: "none",
			examples: [],
			run: async () => ({}),
			view: () => [],
		});
		const shell = new Shell("watch this", definition, parseWords(definition, []), streams);
		const error = await failure(() =>
			watch(shell, 2, {
				look: async () => ({}),
				rows: () => [],
				key: String,
				noun: "row",
				inUtc,
				view: () => {
					process.emit("SIGINT");
					return [];
				},
			}),
		);
		expect(error.code).toBe("cancelled");
		expect(streams.written.out).toContain(told);
	} finally {
		vi.unstubAllEnvs();
		vi.useRealTimers();
	}
});

it("what is followed is told a line each, nothing hidden in it, until nobody reads", async () => {
	const streams = keptStreams();
	const rows = [["first"], [], ["a\u001b[2Jb", "never read"]];
	const out = (text: string) => {
		streams.out(text);
		return !text.includes("2J");
	};
	const told = await follow({ streams: { ...streams, out } }, 0, async () => rows.shift() ?? [], String);
	expect(told).toBe(1);
	expect(streams.written.out).toBe("first\na\\u001b[2Jb\n");
});
