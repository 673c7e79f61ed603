import { describe, expect, it } from "vitest";
import { allocationsTable } from "../../../src/commands/ids/_table.js";
import { tabSeparated } from "../../../src/lib/cli/table.js";

const text = async (table: ReturnType<typeof allocationsTable>) =>
	(await Array.fromAsync(tabSeparated(table))).join("");

describe("a table of allocations", () => {
	it("has the columns that some row fills", async () => {
		const rows = [{ user: "ana", id: 1, port: 24_251, state: "allocated", created: true }];
		expect(await text(allocationsTable(rows))).toBe("USER\tID\tPORT\tSTATE\t\nana\t1\t24251\tallocated\tnew\n");
	});

	it("says what became of each", async () => {
		const row = { id: 1, port: 24_251, state: "allocated" };
		const rows = [
			{ ...row, created: false },
			{ ...row, changed: false },
			{ ...row, changed: true },
		];
		const last = (await text(allocationsTable(rows))).split("\n").map((line) => line.split("\t").at(-1));
		expect(last.slice(1, 4)).toEqual(["already allocated", "unchanged", ""]);
	});

	it("has the same columns for a script, whatever a long list holds", async () => {
		const row = { id: 1, port: 24_251, state: "reserved", environment: "default", user: null, until: null, note: null };
		const listed = allocationsTable(
			(async function* () {
				yield [row];
			})(),
		);
		expect(await text(listed)).toBe(
			"USER\tID\tPORT\tSTATE\tENVIRONMENT\tUNTIL\tNOTE\n\t1\t24251\treserved\tdefault\t\t\n",
		);
	});
});
