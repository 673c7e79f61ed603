import type { Chunks } from "../registry/registry.js";
import type { ListedAllocation } from "./list.js";

const columns = ["user", "id", "port", "state", "environment", "since", "until", "note", "sid"] as const;

/** Where a spreadsheet may begin a cell, whichever character parts its lists, and what makes that cell a formula. */
const formulas = /(^|[,;\t|])([\s"]*)(?='*[=+\-@\uFF1D\uFF0B\uFF0D\uFF20])/g;
const defused = /(^|[,;\t|])([\s"]*)'(?='*[=+\-@\uFF1D\uFF0B\uFF0D\uFF20])/g;

/** The allocations as CSV, in pieces. `ids import` takes the apostrophes of `csvOf` off again. */
export const toCsv = (allocations: Chunks<ListedAllocation>, delimiter = ","): AsyncIterable<string> =>
	csvOf(columns, allocations, (row, column) => row[column], delimiter);

/**
 * Rows as CSV (RFC 4180, CRLF, with a header), in pieces. Excel reads UTF-8 only with a byte order mark.
 *
 * What a spreadsheet would take for a formula is led by an apostrophe, also behind a character that parts cells in another
 * country: a note is what somebody typed, and the administrator opens this file.
 */
export async function* csvOf<Row, Column extends string>(
	columns: readonly Column[],
	chunks: Chunks<Row>,
	cellOf: (row: Row, column: Column) => string | number | null,
	delimiter: string,
): AsyncIterable<string> {
	const { stringify } = await import("csv-stringify/sync");
	// White space at the ends is kept by quotation marks alone.
	const options = { record_delimiter: "\r\n", delimiter, quoted_match: /^\s|\s$/ } as const;
	yield `\uFEFF${stringify([[...columns]], options)}`;
	for await (const chunk of chunks) {
		yield stringify(
			chunk.map((row) => columns.map((column) => safeCell(cellOf(row, column)))),
			options,
		);
	}
}

function safeCell(value: string | number | null): string | number | null {
	return typeof value === "string" ? value.replace(formulas, "$1$2'") : value;
}

/**
 * A cell without the apostrophes that `toCsv` puts in it.
 *
 * @param isOurs whether it wrote the cell; anybody's apostrophe is taken off the beginning alone
 */
export function plainCell(text: string, isOurs: boolean): string {
	return isOurs ? text.replace(defused, "$1$2") : text.trim().replace(/^'(?=[=+@\-\uFF1D\uFF0B\uFF0D\uFF20])/, "");
}

/** Rows as one JSON array, a row a line. */
export async function* toJson(rows: Chunks<object>): AsyncIterable<string> {
	let separator = "[\n";
	for await (const chunk of rows) {
		for (const row of chunk) {
			yield separator + JSON.stringify(row);
			separator = ",\n";
		}
	}
	yield separator === "[\n" ? "[]\n" : "\n]\n";
}
