import { isChunks } from "./envelope.js";
import type { Paint } from "./theme.js";
import type { Column, Table } from "./view.js";

/** The longest list that is drawn with lines around it: cli-table3's work grows faster than the number of rows. */
const pageRows = 200;

type Cells = readonly (string | number | null)[];

/** Tab-separated, with a heading line, uncut: what a pipe or a file gets. */
export async function* tabSeparated(table: Table): AsyncGenerator<string> {
	let heading = `${table.columns.map(({ head }) => head).join("\t")}\n`;
	const values = table.columns.map(({ value }) => value as (row: unknown) => string | number | null);
	for await (const chunk of chunksOf(table)) {
		let text = heading;
		heading = "";
		for (const row of chunk) {
			let separator = "";
			for (const value of values) {
				text += separator + (value(row) ?? "");
				separator = "\t";
			}
			text += "\n";
		}
		yield text;
	}
}

/** For a terminal: drawn when it fits a page, else in plain columns that stream. */
export async function* drawn(table: Table, width: number, paint: Paint): AsyncGenerator<string> {
	const chunks = chunksOf(table)[Symbol.asyncIterator]();
	const first: unknown[] = [];
	let done = false;
	while (!done && first.length <= pageRows) {
		const next = await chunks.next();
		done = next.done === true;
		if (!next.done) first.push(...next.value);
	}
	if (first.length === 0) return;
	if (done && first.length <= pageRows) yield await boxed(table.columns, first, width, paint);
	else {
		const { default: stringWidth } = await import("string-width");
		const pad = padder(table.columns, first, stringWidth);
		yield pad.heading(paint);
		yield pad.lines(first);
		for (let next = await chunks.next(); !next.done; next = await chunks.next()) yield pad.lines(next.value);
	}
}

async function boxed(
	columns: Table["columns"],
	rows: readonly unknown[],
	width: number,
	paint: Paint,
): Promise<string> {
	const [{ default: Drawing }, { default: stringWidth }] = await Promise.all([
		import("cli-table3"),
		import("string-width"),
	]);
	const filled = columns.filter((column) => rows.some((row) => (cell(column, row) ?? "") !== ""));
	const tooWide = sum(naturalWidths(filled, rows, stringWidth)) > width;
	const shown = tooWide ? filled.filter(({ optional }) => !optional) : filled;
	const widths = widthsWithin(shown, rows, width, stringWidth);
	const drawing = new Drawing({
		head: shown.map(({ head }) => paint(head, "strong")),
		colWidths: widths,
		colAligns: shown.map(({ align }) => align ?? "left"),
		style: { head: [], border: [], "padding-left": 1, "padding-right": 1 },
		chars: { mid: "", "left-mid": "", "mid-mid": "", "right-mid": "" },
	});
	for (const row of rows) {
		drawing.push(
			shown.map((column) => {
				const text = String(cell(column, row) ?? "");
				const tone = (column.tone as ((row: unknown) => undefined) | undefined)?.(row);
				return tone === undefined ? text : paint(text, tone);
			}),
		);
	}
	return `${drawing.toString()}\n`;
}

/** The width of every column, borders aside; what may shrink does when the terminal is too narrow. */
function widthsWithin(
	columns: Table["columns"],
	rows: readonly unknown[],
	width: number,
	stringWidth: (text: string) => number,
): number[] {
	const widths = naturalWidths(columns, rows, stringWidth);
	let excess = sum(widths) - width;
	while (excess > 0) {
		let widest = -1;
		for (const [at, column] of columns.entries()) {
			if (column.shrinks && (widths[at] ?? 0) > 8 && (widths[at] ?? 0) > (widths[widest] ?? 0)) widest = at;
		}
		if (widest < 0) break;
		widths[widest] = (widths[widest] ?? 0) - 1;
		excess -= 1;
	}
	return widths;
}

function naturalWidths(
	columns: Table["columns"],
	rows: readonly unknown[],
	stringWidth: (text: string) => number,
): number[] {
	return columns.map(
		(column) => 2 + Math.max(...[column.head, ...rows.map((row) => String(cell(column, row) ?? ""))].map(stringWidth)),
	);
}

/** Of columns and the borders between and around them. */
function sum(widths: readonly number[]): number {
	return widths.reduce((total, one) => total + one, widths.length + 1);
}

function padder(columns: Table["columns"], sample: readonly unknown[], stringWidth: (text: string) => number) {
	const widths = columns.map((column) =>
		Math.max(...[column.head, ...sample.slice(0, 1000).map((row) => String(cell(column, row) ?? ""))].map(stringWidth)),
	);
	const line = (cells: Cells) =>
		cells
			.map((value, at) => {
				const text = String(value ?? "");
				const gap = " ".repeat(Math.max(0, (widths[at] ?? 0) - stringWidth(text)));
				return columns[at]?.align === "right" ? gap + text : text + gap;
			})
			.join("  ")
			.trimEnd();
	return {
		heading: (paint: Paint) => `${paint(line(columns.map(({ head }) => head)), "strong")}\n`,
		lines: (rows: readonly unknown[]) =>
			rows.map((row) => `${line(columns.map((column) => cell(column, row)))}\n`).join(""),
	};
}

function cell(column: Column<never>, row: unknown): string | number | null {
	return ((column.drawn ?? column.value) as (row: unknown) => string | number | null)(row);
}

function chunksOf(table: Table): AsyncIterable<readonly unknown[]> {
	const { rows } = table;
	if (isChunks(rows)) return rows;
	return (async function* () {
		if (rows.length > 0) yield rows;
	})();
}
