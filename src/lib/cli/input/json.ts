import type { InputTable } from "./file.js";

/** Reads the rows of a JSON that a command takes; undefined for any other. */
export type RowsOfJson = (value: unknown) => { columns: string[]; rows: Record<string, string>[] } | undefined;

/** Of more than this, parsed, the heap would not hold everything; an export of three hundred thousand IDs has less. */
export const LONGEST_JSON = 64_000_000;

/**
 * A table of a JSON. Its lines are those of a JSON with one row a line, as `ids export` writes it, whatever it came in: a
 * whole answer is in one line, which would tell nobody which row is bad.
 *
 * @returns undefined for what is no JSON, or none that is read
 */
export function readJson(text: string, source: string, rowsOf: RowsOfJson): InputTable | undefined {
	const found = rowsOf(parsed(text));
	if (found === undefined) return undefined;
	const lines = found.rows.map((row) => JSON.stringify(row));
	return {
		columns: found.columns,
		repeated: [],
		rows: found.rows.map((values, at) => ({ line: at + 2, values })),
		bad: [],
		source,
		kind: "json",
		headed: true,
		header: undefined,
		text: jsonOfLines(lines),
	};
}

/** A JSON array with these rows, each in its line. */
export function jsonOfLines(rows: readonly string[]): string {
	return rows.length === 0 ? "[]\n" : `[\n${rows.join(",\n")}\n]\n`;
}

function parsed(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		return undefined;
	}
}
