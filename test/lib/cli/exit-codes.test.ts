import { describe, expect, it } from "vitest";
import { command } from "../../../src/lib/cli/definition.js";
import { execute } from "../../../src/lib/cli/execute.js";
import { exitCodeMeanings, exitCodes } from "../../../src/lib/cli/exit-codes.js";
import { helpTopics } from "../../../src/lib/cli/help.js";
import { parseWords } from "../../../src/lib/cli/request.js";
import { CfmError, type ErrorKind } from "../../../src/lib/errors.js";
import { thisHost } from "../../../src/lib/this-host.js";
import { keptStreams } from "./streams-of.js";

const kinds = Object.keys(exitCodes) as ErrorKind[];

describe("exit codes", () => {
	it("are the promised ones", () => {
		expect(exitCodes).toEqual({
			fault: 1,
			usage: 2,
			"not-found": 3,
			conflict: 4,
			denied: 5,
			busy: 6,
			unavailable: 7,
			findings: 8,
			partial: 9,
			cancelled: 130,
		});
	});

	it("have a meaning each, and no meaning is without a code", () => {
		const told = Object.fromEntries(
			exitCodeMeanings.filter(({ kind }) => kind !== "").map(({ kind, code }) => [kind, code]),
		);
		expect(told).toEqual(exitCodes);
		expect(exitCodeMeanings[0]).toMatchObject({ code: 0, kind: "" });
		expect(exitCodeMeanings.map(({ code }) => code)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 130]);
	});

	it("are on the page cfm help exit-codes, line by line", () => {
		const lines = helpTopics["exit-codes"]?.text().split("\n") ?? [];
		for (const { code, kind, meaning } of exitCodeMeanings) {
			expect(lines).toContain(`  ${String(code).padStart(3)}  ${kind.padEnd(12)} ${meaning}`);
		}
		for (const line of lines) expect(line.length).toBeLessThanOrEqual(100);
	});

	it.each(kinds)("of %s is the same with and without --json, thrown or as a verdict", async (kind) => {
		const error = new CfmError(kind, "some-code", "It did not work.");
		const thrower = command({
			summary: "Fails",
			role: "none",
			examples: [],
			run: async () => {
				throw error;
			},
			view: () => [],
		});
		const judge = command({
			summary: "Finds something",
			role: "none",
			examples: [],
			run: async () => ({ total: 1 }),
			view: () => [{ line: "one" }],
			verdict: () => error,
		});
		for (const definition of [thrower, judge]) {
			for (const words of [[], ["--json"], ["--json", "--pretty"]]) {
				const streams = keptStreams();
				const code = await execute("some thing", definition, parseWords(definition, words), streams, thisHost);
				expect(code).toBe(exitCodes[kind]);
				const { out, err } = streams.written;
				if (words.length > 0) {
					expect(JSON.parse(out)).toMatchObject({ ok: false, error: { kind, code: "some-code" } });
					expect(err).toBe("");
				} else {
					expect(out).toBe(definition === judge ? "one\n" : "");
					expect(err).toBe("Error: It did not work.\n");
				}
			}
		}
	});
});
