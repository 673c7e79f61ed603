import { parse } from "csv-parse/sync";
import { describe, expect, it } from "vitest";
import { parse as parseYaml } from "yaml";
import { command } from "../../../src/lib/cli/definition.js";
import { execute } from "../../../src/lib/cli/execute.js";
import { parseWords } from "../../../src/lib/cli/request.js";
import { table } from "../../../src/lib/cli/view.js";
import { thisHost } from "../../../src/lib/this-host.js";
import { atTerminal, keptStreams } from "./streams-of.js";

const people = [
	{ user: "CORP\\ana", id: 1, note: '=cmd|"x"', sids: ["S-1", "S-2"], since: null },
	{ user: "no", id: 22, note: "two\nlines; \u{1f600}", sids: [], since: "2026-01-15T09:30:00.000Z" },
];
type Person = (typeof people)[number];

/** A list of those people, at once or as it is read. */
const definition = (streams = false, rows = people) =>
	command({
		summary: "Lists people",
		role: "none",
		list: { rows: "people", fields: ["user", "id", "note", "sids", "since"] },
		examples: [],
		run: async () => ({
			people: streams
				? (async function* () {
						yield [];
						for (const row of rows) yield [row];
					})()
				: rows,
			total: 7,
		}),
		view: (result) => [
			table<Person>(
				[
					{ head: "USER", field: "user", value: ({ user }) => user, whole: true },
					{ head: "ID", field: "id", value: ({ id }) => id, align: "right", whole: true },
					{ head: "NOTE", field: "note", value: ({ note }) => note, shrinks: true },
				],
				result.people,
				"Nobody.",
			),
		],
	});

async function list(words: string[], options = {}, of = definition()) {
	const streams = keptStreams(options);
	const code = await execute("people list", of, parseWords(of, words), streams, thisHost);
	return { code, ...streams.written };
}

describe.each([false, true])("a list, read while it is written: %s", (streams) => {
	const of = definition(streams);

	it("is CSV for a spreadsheet: every field, one that is a formula defused", async () => {
		const { out, code, err } = await list(["--output", "csv"], {}, of);
		expect({ code, err }).toEqual({ code: 0, err: "" });
		expect(out).toMatch(/^\uFEFFuser,id,note,sids,since\r\n/);
		expect(parse(out, { bom: true, columns: true })).toEqual([
			{ user: "CORP\\ana", id: "1", note: '\'=cmd|"x"', sids: '["S-1","S-2"]', since: "" },
			{ user: "no", id: "22", note: "two\nlines; \u{1f600}", sids: "[]", since: "2026-01-15T09:30:00.000Z" },
		]);
	});

	it("is YAML that says the same as the JSON", async () => {
		const { out } = await list(["--output", "yaml"], {}, of);
		expect(parseYaml(out)).toEqual(people);
	});

	it("has only the fields that --columns names, in every format", async () => {
		const columns = ["--columns", "id, user"];
		expect((await list([...columns, "--output", "tsv"], {}, of)).out).toBe(
			"\uFEFFid\tuser\r\n1\tCORP\\ana\r\n22\tno\r\n",
		);
		expect((await list([...columns, "--output", "yaml"], {}, of)).out).toBe(
			'- id: 1\n  user: CORP\\ana\n- id: 22\n  user: "no"\n'.replace('"no"', "no"),
		);
		const { result } = JSON.parse((await list([...columns, "--output", "json"], {}, of)).out);
		expect(result).toEqual({
			people: [
				{ id: 1, user: "CORP\\ana" },
				{ id: 22, user: "no" },
			],
			total: 7,
		});
		expect((await list(columns, {}, of)).out).toBe("ID\tUSER\n1\tCORP\\ana\n22\tno\n");
	});

	it("shows a field that its table has no column for", async () => {
		expect((await list(["--columns", "id,since"], {}, of)).out).toBe("ID\tSINCE\n1\t\n22\t2026-01-15T09:30:00.000Z\n");
	});

	it("is drawn in a pipe by --output table, and plain on a terminal by --output plain", async () => {
		expect((await list(["--output", "table"], {}, of)).out).toMatch(/^┌─+┬/);
		expect((await list(["--output", "plain"], atTerminal, of)).out).toMatch(/^USER\tID\tNOTE\n/);
	});

	it("says below it how many there are, on a terminal alone", async () => {
		expect((await list([], atTerminal, of)).out).toMatch(/\nShown: 2 of 7\n$/);
		expect((await list([], {}, of)).out).not.toContain("of 7");
	});
});

it("that is empty is one in every format", async () => {
	const none = definition(false, []);
	expect((await list(["--output", "csv"], {}, none)).out).toBe("\uFEFFuser,id,note,sids,since\r\n");
	expect((await list(["--output", "yaml"], {}, none)).out).toBe("[]\n");
	expect(await list([], atTerminal, none)).toMatchObject({ out: "", err: "Nobody.\n" });
});

it.each([
	[["--columns", "user,age"], "--columns can be user, id, note, sids, since, not age."],
	[["--columns", "user,"], "--columns can be user, id, note, sids, since, not ."],
	[["--output", "xml"], "--output can be table, plain, csv, tsv, yaml, json, not xml."],
	[["--output", "csv", "--json"], "--json and --output csv exclude each other."],
])("%j is refused before anything is looked at", (words, message) => {
	expect(() => parseWords(definition(), words)).toThrow(expect.objectContaining({ kind: "usage", message }));
});
