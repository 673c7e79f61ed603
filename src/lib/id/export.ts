import type { Chunks } from "../registry/port.js";
import type { ListedAllocation } from "./list.js";

const columns = ["user", "id", "port", "state", "environment", "since", "until", "note"] as const;

/**
 * The allocations as CSV (RFC 4180, CRLF, with a header), in pieces. Excel reads UTF-8 only with a byte order mark.
 *
 * A cell that a spreadsheet would take for a formula is led by an apostrophe: a note is what somebody typed, and the
 * administrator opens this file. `ids import` takes the apostrophe off again.
 */
export async function* toCsv(allocations: Chunks<ListedAllocation>): AsyncIterable<string> {
	const { stringify } = await import("csv-stringify/sync");
	const options = { record_delimiter: "\r\n", escape_formulas: true } as const;
	yield `\uFEFF${stringify([[...columns]], options)}`;
	for await (const chunk of allocations)
		yield stringify(
			chunk.map((row) => columns.map((column) => row[column])),
			options,
		);
}

/** The allocations as one JSON array, a row a line. */
export async function* toJson(allocations: Chunks<ListedAllocation>): AsyncIterable<string> {
	let separator = "[\n";
	for await (const chunk of allocations) {
		for (const row of chunk) {
			yield separator + JSON.stringify(row);
			separator = ",\n";
		}
	}
	yield separator === "[\n" ? "[]\n" : "\n]\n";
}
