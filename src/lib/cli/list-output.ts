import { csvOf } from "../id/export.js";
import type { Chunks } from "../registry/registry.js";
import type { ListOf } from "./definition.js";
import { isChunks } from "./envelope.js";
import type { Block, Column, Table } from "./view.js";

type Row = Readonly<Record<string, unknown>>;
type Rows = readonly Row[] | AsyncIterable<readonly Row[]>;

/** The result with only those fields in its rows. */
export function pickColumns(result: object, { rows }: ListOf, columns: readonly string[]): object {
	const pick = (row: Row) => Object.fromEntries(columns.map((field) => [field, row[field] ?? null]));
	return { ...result, [rows]: mapped(rowsOf(result, rows), pick) };
}

/** What a command shows of a list, with those fields as the columns of its table. */
export function pickTableColumns(blocks: readonly Block[], columns: readonly string[]): Block[] {
	const at = blocks.findIndex((block) => "table" in block);
	return blocks.map((block, number) => (number === at ? withColumns(block as Table, columns) : block));
}

function withColumns(table: Table, columns: readonly string[]): Table {
	const shown = columns.map(
		(field) =>
			table.columns.find((column) => column.field === field) ??
			({ head: field.toUpperCase(), value: (row: Row) => scalar(row[field]) } as Column<never>),
	);
	// Somebody wants to see just these: none is left out for its width.
	const { facts: _, ...drawn } = table;
	return { ...drawn, columns: shown.map(({ optional: __, ...column }) => ({ ...column, whole: !column.shrinks })) };
}

/**
 * A list in a format for spreadsheets and other programs: the rows of the result, field by field, as `--json` has them. A cell
 * that holds several values, or a record, is JSON.
 */
export function written(
	result: object,
	list: ListOf,
	output: "csv" | "tsv" | "yaml",
	columns: readonly string[] = list.fields,
): AsyncIterable<string> {
	const rows = rowsOf(result, list.rows);
	const chunks = isChunks(rows) ? (rows as Chunks<Row>) : inOneChunk(rows as readonly Row[]);
	if (output === "yaml") return yamlOf(columns, chunks);
	return csvOf(columns, chunks, (row, field) => scalar(row[field]), output === "csv" ? "," : "\t");
}

async function* yamlOf(columns: readonly string[], chunks: Chunks<Row>): AsyncGenerator<string> {
	const { stringify } = await import("yaml");
	let some = false;
	for await (const chunk of chunks) {
		if (chunk.length === 0) continue;
		some = true;
		// A list may be written in pieces, each a list: put behind each other they are one.
		yield stringify(chunk.map((row) => Object.fromEntries(columns.map((field) => [field, row[field] ?? null]))));
	}
	if (!some) yield "[]\n";
}

async function* inOneChunk(rows: readonly Row[]): Chunks<Row> {
	yield rows;
}

/** What one cell can hold. */
function scalar(value: unknown): string | number | null {
	if (value === null || value === undefined) return null;
	if (typeof value === "string" || typeof value === "number") return value;
	if (typeof value === "boolean") return String(value);
	return JSON.stringify(value);
}

function rowsOf(result: object, field: string): Rows {
	return (result as Record<string, Rows>)[field] ?? [];
}

function mapped(rows: Rows, change: (row: Row) => Row): Rows {
	if (!isChunks(rows)) return (rows as readonly Row[]).map(change);
	return (async function* () {
		for await (const chunk of rows as AsyncIterable<readonly Row[]>) yield chunk.map(change);
	})();
}
