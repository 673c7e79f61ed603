import { describe, expect, it } from "vitest";
import { type InputTable, parseInput } from "../../../../src/lib/cli/input/file.js";
import { sortUsers } from "../../../../src/lib/cli/input/users.js";
import { CfmError } from "../../../../src/lib/errors.js";
import fc from "../../../property.js";
import { usersColumn } from "./users-column.js";

const ENCODINGS: Record<string, (text: string) => Buffer> = {
	"UTF-8": (text) => Buffer.from(text),
	"UTF-8 with a mark": (text) => Buffer.from(`\ufeff${text}`),
	"UTF-16LE with a mark": (text) => Buffer.from(`\ufeff${text}`, "utf16le"),
	"UTF-16BE with a mark": (text) => Buffer.from(`\ufeff${text}`, "utf16le").swap16(),
};
const encoding = fc.constantFrom(...Object.values(ENCODINGS));
const lineBreak = fc.constantFrom("\r\n", "\n", "\r");

/** Text without control characters, in which quotation marks, delimiters and line breaks are not rare. */
const cell = fc
	.array(
		fc.oneof(
			{ weight: 3, arbitrary: fc.string({ unit: "binary", maxLength: 4 }) },
			{
				weight: 2,
				arbitrary: fc.constantFrom('"', ",", ";", "\t", "\r\n", "\n", "\r", "#", " ", "\\", "'", "é", "😀"),
			},
		),
		{ maxLength: 8 },
	)
	.map((parts) => parts.join("").replace(/[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]/g, ""));

const lines = (text: string) => text.split(/\r\n|\n|\r/).length - 1;
const quote = (text: string) => `"${text.replaceAll('"', '""')}"`;
/** As PowerShell 7 does with -UseQuotes AsNeeded. */
const quoteIfNeeded = (text: string) => (/["\r\n,;\t]/.test(text) || text !== text.trim() ? quote(text) : text);

/** What a single line of a plain list can hold and be read back as: nothing that looks printed. */
const plainUser = cell
	.map((text) =>
		text
			.replace(/[\r\n\t]/g, "")
			.replace(/ {2,}/g, " ")
			.trim(),
	)
	.filter((text) => /^[\p{L}\p{N}"',;\\]/u.test(text) && !/:( |$)|[.\u2026]$/.test(text))
	.filter((text) => /[\p{L}\p{N}]/u.test(text));

describe("what was written is read", () => {
	it("any CSV, in each encoding, with each delimiter and line break, with the lines' numbers", async () => {
		const table = fc
			.integer({ min: 2, max: 4 })
			.chain((width) =>
				fc.array(fc.array(cell, { minLength: width, maxLength: width }), { minLength: 1, maxLength: 6 }),
			);
		const property = fc.asyncProperty(
			table,
			encoding,
			lineBreak,
			fc.constantFrom(",", ";", "\t"),
			fc.record({ always: fc.boolean(), typed: fc.boolean(), ended: fc.boolean() }),
			async (cells, encode, end, delimiter, { always, typed, ended }) => {
				const columns = (cells[0] ?? []).map((_, at) => (at === 1 ? "User" : `Column${at}`));
				const all = [columns, ...cells];
				const written = all.map((row) =>
					// A row of nothing would be a blank line: the first cell is quoted, as it must be.
					row
						.map((text, at) => (always || (at === 0 && text === "") ? quote(text) : quoteIfNeeded(text)))
						.join(delimiter),
				);
				const text = (typed ? `#TYPE System.X${end}` : "") + written.join(end) + (ended ? end : "");
				const read = await parseInput(encode(text), "x");
				let line = typed ? 2 : 1;
				const expected = all.map((row, at) => {
					const start = line;
					line += lines(written[at] ?? "") + 1;
					const place = line - 1 > start ? { line: start, lastLine: line - 1 } : { line: start };
					return { ...place, values: Object.fromEntries(columns.map((name, column) => [name, row[column]])) };
				});
				expect(read).toMatchObject({ kind: "csv", columns, bad: [] });
				expect(read.rows).toEqual(expected.slice(1));
				const { users, bad } = sortUsers(read);
				expect(users.length + bad.length).toBe(cells.length);
			},
		);
		await fc.assert(property, { numRuns: 1000 });
	});

	it("any list of users, as a CSV of one column or as a plain list", async () => {
		const property = fc.asyncProperty(
			fc.array(plainUser, { minLength: 1, maxLength: 20 }),
			encoding,
			lineBreak,
			fc.boolean(),
			async (users, encode, end, csv) => {
				// The first line of a plain list must not look like a header; a real one is put first to be sure.
				const [head, ...rest] = csv ? ["User", ...users.map(quote)] : ["DOMAIN\\first", ...users];
				const read = await parseInput(encode([head, ...rest].join(end)), "x");
				expect(read.kind).toBe(csv ? "csv" : "plain");
				const expected = [...(csv ? [] : [head]), ...users].map((text, at) => ({ line: at + (csv ? 2 : 1), text }));
				expect(usersColumn(read)).toEqual(expected);
			},
		);
		await fc.assert(property, { numRuns: 500 });
	});
});

describe("whatever is read", () => {
	/** Bytes that get further than random ones: pieces of what the reader looks for. */
	const pieces = fc
		.array(
			fc.oneof(
				fc.constantFrom(
					'"',
					'""',
					",",
					";",
					"\t",
					"\r\n",
					"\n",
					"\r",
					"#",
					"#TYPE X\r\n",
					"sep=;\n",
					"User",
					"Name",
					" ",
				),
				fc.constantFrom(
					"\xff\xfe",
					"\xfe\xff",
					"\xef\xbb\xbf",
					"\0",
					"a\0",
					"\x85",
					"\xc2\xa0",
					"\xed\xa0\x80",
					"\x1b[",
				),
				fc.string({ maxLength: 5 }),
			),
			{ maxLength: 40 },
		)
		.map((parts) => Buffer.from(parts.join(""), "latin1"));
	const bytes = fc.oneof(
		{ weight: 1, arbitrary: fc.uint8Array({ maxLength: 300 }).map((array) => Buffer.from(array)) },
		{ weight: 4, arbitrary: pieces },
	);

	async function attempt<T>(action: () => T | Promise<T>): Promise<T | undefined> {
		try {
			return await action();
		} catch (error) {
			if (!(error instanceof CfmError)) throw error;
			expect(error.kind).toBe("usage");
			expect(error.message).not.toMatch(/[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]/);
			return undefined;
		}
	}

	it("gives a table or a CfmError, and every line is accounted for", async () => {
		const property = fc.asyncProperty(
			bytes,
			fc.option(fc.constantFrom("user", "name", "x")),
			async (content, column) => {
				const table: InputTable | undefined = await attempt(() => parseInput(Buffer.from(content), "x"));
				const users = table && (await attempt(() => usersColumn(table, column ?? undefined)));
				if (table === undefined) return;
				const numbers = [...table.rows, ...table.bad].map((row) => row.line);
				expect(new Set(numbers).size).toBe(numbers.length);
				expect(Math.max(...numbers)).toBeLessThanOrEqual(content.length + 1);
				for (const { values } of table.rows) expect(Object.keys(values)).toHaveLength(table.columns.length);
				if (users) expect(users).toHaveLength(table.rows.length);
			},
		);
		await fc.assert(property, { numRuns: 5000 });
	});

	it.each([
		["quotation marks", '"'],
		["unclosed cells", 'a,"b\n'],
		["delimiters", ","],
		["line breaks", "\r\n"],
		["comments", "#\n"],
		["one word", "x"],
		["control characters", "\x01\n"],
	])(
		// Whatever went over the text again for each line or cell would take hours.
		"takes time in proportion to its size: %s",
		async (_, piece) => {
			await attempt(() => parseInput(Buffer.alloc(1_000_000, piece), "x"));
		},
	);
});
