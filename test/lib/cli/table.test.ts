import stringWidth from "string-width";
import { describe, expect, it } from "vitest";
import { drawn, tabSeparated } from "../../../src/lib/cli/table.js";
import { plain } from "../../../src/lib/cli/theme.js";
import { type Column, type Table, table } from "../../../src/lib/cli/view.js";

interface Row {
	user: string | null;
	id: number;
	note?: string;
}

const columns: Column<Row>[] = [
	{ head: "USER", value: ({ user }) => user, shrinks: true },
	{ head: "ID", value: ({ id }) => id, align: "right" },
	{ head: "NOTE", value: ({ note }) => note ?? null, shrinks: true },
];
const some: Row[] = [
	{ user: "CORP\\ana", id: 1 },
	{ user: null, id: 12, note: "printer" },
];
const of = (rows: Row[]): Table => table(columns, rows, "none");

const all = async (pieces: AsyncIterable<string>) => (await Array.fromAsync(pieces)).join("");
const lines = async (rows: Row[], width: number) => (await all(drawn(of(rows), width, plain))).trimEnd().split("\n");

async function* inChunks(rows: Row[], size: number, asked: { chunks: number }): AsyncGenerator<Row[]> {
	for (let at = 0; at < rows.length; at += size) {
		asked.chunks += 1;
		yield rows.slice(at, at + size);
	}
}

const many = (count: number): Row[] => Array.from({ length: count }, (_, id) => ({ user: `CORP\\user${id}`, id }));

describe("in a pipe", () => {
	it("is tab-separated with a heading, uncut and without colour", async () => {
		const long = "x".repeat(500);
		expect(await all(tabSeparated(of([...some, { user: long, id: 3 }])))).toBe(
			`USER\tID\tNOTE\nCORP\\ana\t1\t\n\t12\tprinter\n${long}\t3\t\n`,
		);
	});

	it("has the heading once, whatever the pieces", async () => {
		const asked = { chunks: 0 };
		const text = await all(tabSeparated(table(columns, inChunks(many(10), 3, asked), "none")));
		expect(text.match(/USER/g)).toHaveLength(1);
		expect(text.trimEnd().split("\n")).toHaveLength(11);
	});

	it("is nothing when there are no rows", async () => {
		expect(await all(tabSeparated(of([])))).toBe("");
		expect(await all(tabSeparated(table(columns, inChunks([], 3, { chunks: 0 }), "none")))).toBe("");
	});
});

describe("on a terminal", () => {
	it("is drawn with lines around it, numbers to the right", async () => {
		expect(await lines(some, 100)).toEqual([
			"┌──────────┬────┬─────────┐",
			"│ USER     │ ID │ NOTE    │",
			"│ CORP\\ana │  1 │         │",
			"│          │ 12 │ printer │",
			"└──────────┴────┴─────────┘",
		]);
	});

	it("leaves out a column that nothing is in", async () => {
		expect((await lines([{ user: "ana", id: 1 }], 100)).join("\n")).not.toContain("NOTE");
	});

	it.each([3, 300])(
		"has no line that goes on in the next, whatever somebody wrote into a cell (%d rows)",
		async (count) => {
			const wide = (text: string): Column<Row> => ({ head: "VERSION", value: ({ id }) => (id === 1 ? text : "3.1") });
			for (const text of [`${" ".repeat(95)}CORP\\ana   7   ok`, "版".repeat(200), "e\u0301".repeat(300)]) {
				const lines = (await all(drawn(table([...columns, wide(text)], many(count), "none"), 80, plain))).split("\n");
				for (const line of lines) expect(stringWidth(line), line).toBeLessThanOrEqual(80);
				expect(lines.length).toBeLessThanOrEqual(count + 4);
			}
		},
	);

	it.each([60, 100])("fits %d columns: what may shrink is cut, and a mark shows it", async (width) => {
		const long = { user: `CORP\\${"u".repeat(90)}`, id: 20_000, note: "n".repeat(90) };
		const drawing = await lines([long, ...some], width);
		for (const line of drawing) expect(stringWidth(line), line).toBeLessThanOrEqual(width);
		expect(Math.max(...drawing.map((line) => stringWidth(line)))).toBe(width);
		const row = drawing[2] ?? "";
		expect(row.match(/…/g)).toHaveLength(2);
		expect(row).toContain("20000");
	});

	it("never cuts what may not shrink, however narrow the terminal", async () => {
		const text = (await lines([{ user: "u".repeat(40), id: 1_234_567_890 }], 20)).join("\n");
		expect(text).toContain("1234567890");
	});

	it("counts wide and combining characters as a terminal does", async () => {
		const rows = [
			{ user: "CORP\\山田太郎", id: 1 },
			{ user: "CORP\\zoe\u0308", id: 2 },
			{ user: "CORP\\ana😀", id: 3 },
			{ user: "CORP\\ben", id: 4 },
		];
		const widths = new Set((await lines(rows, 100)).map((line) => stringWidth(line)));
		expect(widths.size).toBe(1);
	});

	it("cuts wide characters without passing the edge", async () => {
		for (const line of await lines([{ user: "山田太郎".repeat(20), id: 1 }], 60)) {
			expect(stringWidth(line), line).toBeLessThanOrEqual(60);
		}
	});

	it("is drawn in ASCII for a console that has no lines, also what is cut", async () => {
		const long = { user: `CORP\\${"u".repeat(90)}`, id: 20_000, note: "n".repeat(90) };
		const text = await all(drawn(of([long, ...some]), 60, plain, "ascii"));
		expect(text).toMatch(/^[ -~\n]+$/);
		expect(text).toMatch(/^\+-+\+-/);
		expect(text.split("\n")[1]).toMatch(/^\| USER/);
	});

	it("shows what is drawn instead of the whole value", async () => {
		const short: Column<Row>[] = [{ head: "USER", value: ({ user }) => user, drawn: () => "short" }];
		expect(await all(drawn(table(short, some, ""), 100, plain))).toContain("short");
		expect(await all(tabSeparated(table(short, some, "")))).not.toContain("short");
	});

	it("is nothing when there are no rows", async () => {
		expect(await all(drawn(of([]), 100, plain))).toBe("");
	});
});

describe("a long list on a terminal", () => {
	it("of 200 rows is drawn, of 201 in plain columns", async () => {
		expect((await lines(many(200), 100))[0]).toMatch(/^┌/);
		const open = await lines(many(201), 100);
		expect(open[0]).toMatch(/^USER +ID/);
		expect(open).toHaveLength(202);
		expect(open[1]).toMatch(/^CORP\\user0 +0$/);
		expect(open.at(-1)).toMatch(/^CORP\\user200 +200$/);
	});

	it("is printed while it is read", async () => {
		const asked = { chunks: 0 };
		const pieces = drawn(table(columns, inChunks(many(10_000), 100, asked), "none"), 100, plain);
		await pieces.next();
		expect(asked.chunks).toBeLessThanOrEqual(3);
		let rest = 0;
		for await (const piece of pieces) rest += piece.split("\n").length - 1;
		expect(rest).toBe(10_000);
		expect(asked.chunks).toBe(100);
	});

	it("ends the reading when nobody wants more", async () => {
		let ended = false;
		const rows = (async function* () {
			try {
				for (;;) yield many(300);
			} finally {
				ended = true;
			}
		})();
		for await (const _ of drawn(table(columns, rows, "none"), 100, plain)) break;
		expect(ended).toBe(true);
	});

	it("pads by the width that a terminal shows", async () => {
		const rows = many(300);
		rows[0] = { user: "CORP\\山田太郎", id: 0 };
		const [, first, second] = await lines(rows, 100);
		expect(stringWidth(first ?? "")).toBe(stringWidth(second ?? ""));
	});
});

describe("where a terminal is too narrow", () => {
	interface Wide {
		user: string;
		id: number;
		environment: string;
		note: string;
	}
	const wide: Column<Wide>[] = [
		{ head: "USER", value: ({ user }) => user, whole: true },
		{ head: "ID", value: ({ id }) => id, align: "right", whole: true },
		{ head: "ENVIRONMENT", value: ({ environment }) => environment },
		{ head: "NOTE", value: ({ note }) => note, shrinks: true },
	];
	const row = (id: number, user = `CORP\\user${id}`): Wide => ({
		...{ user, id, environment: "production", note: `the note of number ${id}` },
	});
	const seen = async (rows: Wide[], width: number) =>
		(await all(drawn(table(wide, rows, "none"), width, plain))).trimEnd().split("\n");

	it("what is the same in every row goes first, and is said once", async () => {
		expect(await seen([row(1), row(2)], 48)).toEqual([
			"┌────────────┬────┬──────────────────────┐",
			"│ USER       │ ID │ NOTE                 │",
			"│ CORP\\user1 │  1 │ the note of number 1 │",
			"│ CORP\\user2 │  2 │ the note of number 2 │",
			"└────────────┴────┴──────────────────────┘",
			"In every row: ENVIRONMENT production",
		]);
		expect((await seen([row(1), row(2)], 80)).join("\n")).toContain("ENVIRONMENT");
	});

	it("a note is cut, and never a user or an ID", async () => {
		const lines = await seen([row(1), row(20_000)], 38);
		expect(lines.join("\n")).toMatch(/CORP\\user20000 │ 20000 │ the/);
		expect(lines.join("\n")).toContain("…");
		for (const line of lines.slice(0, 5)) expect(stringWidth(line)).toBeLessThanOrEqual(38);
	});

	it("what may not be cut and has no room side by side stands row by row", async () => {
		const user = `CORP\\${"long".repeat(12)}`;
		expect(await seen([row(1, user), row(2)], 40)).toEqual([
			"USER         CORP\\longlonglonglonglonglo",
			"             nglonglonglonglonglonglong",
			"ID           1",
			"ENVIRONMENT  production",
			"NOTE         the note of number 1",
			"",
			"USER         CORP\\user2",
			"ID           2",
			"ENVIRONMENT  production",
			"NOTE         the note of number 2",
		]);
	});

	it.each([3, 300])(
		"no line is wider than the terminal, whatever stands in a cell that is not cut (%d rows)",
		async (count) => {
			for (const user of ["版".repeat(200), `${" ".repeat(95)}CORP\\ana   7   ok`, "e\u0301".repeat(300)]) {
				const rows = Array.from({ length: count }, (_, id) => row(id, id === 1 ? user : undefined));
				const lines = await seen(rows, 60);
				for (const line of lines) expect(stringWidth(line), line).toBeLessThanOrEqual(60);
				// A row of its own begins with a user, and there are as many as rows.
				expect(lines.filter((line) => /^(USER {2}|[│ ]*CORP\\)/.test(line)).length).toBeLessThanOrEqual(count + 1);
			}
		},
	);
});
