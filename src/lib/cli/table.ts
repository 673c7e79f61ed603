import { t } from "../text.js";
import { isChunks } from "./envelope.js";
import { cell, cut, folded, type Layout, layOut, type StringWidth, shown, type Value } from "./table-layout.js";
import type { Paint } from "./theme.js";
import type { Table } from "./view.js";

/** The longest list that is drawn with lines around it: cli-table3's work grows faster than the number of rows. */
const pageRows = 200;

/** Tab-separated, with a heading line, uncut: what a pipe or a file gets. */
export async function* tabSeparated(table: Table): AsyncGenerator<string> {
	let heading = `${table.columns.map(({ head }) => head).join("\t")}\n`;
	const values = table.columns.map(({ value }) => value as Value);
	for await (const chunk of chunksOf(table)) {
		let text = heading;
		heading = "";
		for (const row of chunk) {
			let separator = "";
			for (const value of values) {
				text += separator + shown(value(row));
				separator = "\t";
			}
			text += "\n";
		}
		yield text;
	}
}

/** How the lines around cells look. */
export type Lines = "drawn" | "ascii";

const noRules = { mid: "", "left-mid": "", "mid-mid": "", "right-mid": "" };
const asciiLines = {
	...Object.fromEntries(["top", "bottom"].map((edge) => [edge, "-"])),
	...Object.fromEntries(
		["top", "bottom"].flatMap((edge) => ["left", "mid", "right"].map((at) => [`${edge}-${at}`, "+"])),
	),
	...{ left: "|", middle: "|", right: "|" },
};

/** For a terminal: drawn when it fits a page, else in plain columns that stream. */
export async function* drawn(
	table: Table,
	width: number,
	paint: Paint,
	lines: Lines = "drawn",
): AsyncGenerator<string> {
	const chunks = chunksOf(table)[Symbol.asyncIterator]();
	try {
		const first: unknown[] = [];
		let done = false;
		while (!done && first.length <= pageRows) {
			const next = await chunks.next();
			done = next.done === true;
			if (!next.done) first.push(...next.value);
		}
		if (first.length === 0) return;
		const { default: stringWidth } = await import("string-width");
		if (done && first.length <= pageRows) {
			const layout = layOut(table.columns, first, width, 3, stringWidth);
			if (!layout.fits) yield* records(table.columns, first, width, paint, stringWidth);
			else {
				yield await boxed(layout, first, paint, lines);
				yield constants(layout, first);
			}
		} else {
			const pad = padder(layOut(table.columns, first, width, 2, stringWidth), width, stringWidth);
			yield pad.heading(paint);
			yield pad.lines(first);
			for (let next = await chunks.next(); !next.done; next = await chunks.next()) yield pad.lines(next.value);
		}
	} finally {
		// Whoever leaves the pager asks for no more: a reading that goes on keeps the registry busy.
		await chunks.return?.(undefined);
	}
}

async function boxed(
	{ columns, widths }: Layout,
	rows: readonly unknown[],
	paint: Paint,
	lines: Lines,
): Promise<string> {
	const { default: Drawing } = await import("cli-table3");
	const drawing = new Drawing({
		head: columns.map(({ head }) => paint(head, "strong")),
		colWidths: widths.map((width) => width + 2),
		colAligns: columns.map(({ align }) => align ?? "left"),
		style: { head: [], border: [], "padding-left": 1, "padding-right": 1 },
		chars: lines === "ascii" ? { ...asciiLines, ...noRules } : noRules,
		...(lines === "ascii" && { truncate: "~" }),
	});
	for (const row of rows) {
		drawing.push(
			columns.map((column) => {
				const text = cell(column, row);
				const tone = (column.tone as ((row: unknown) => undefined) | undefined)?.(row);
				const content = tone === undefined ? text : paint(text, tone);
				return column.folds ? { content, wordWrap: true } : content;
			}),
		);
	}
	return `${drawing.toString()}\n`;
}

/** What every row has, said once where there was no room to say it in each. */
function constants({ constant }: Layout, rows: readonly unknown[]): string {
	const told = constant.filter(({ optional }) => !optional);
	return told.map((column) => `${t`In every row: ${column.head} ${cell(column, rows[0])}`}\n`).join("");
}

/** Row by row, a line for each cell, where not even what must not be cut has room side by side. */
function* records(
	columns: Table["columns"],
	rows: readonly unknown[],
	width: number,
	paint: Paint,
	stringWidth: StringWidth,
): Generator<string> {
	const labels = Math.max(...columns.map(({ head }) => stringWidth(head)));
	for (const [number, row] of rows.entries()) {
		const filled = columns.filter((column) => cell(column, row) !== "");
		const lines = filled.flatMap((column) => {
			const pieces = folded(cell(column, row), Math.max(16, width - labels - 2), stringWidth);
			const label = paint(column.head + " ".repeat(labels - stringWidth(column.head)), "strong");
			return pieces.map((piece, at) => `${at === 0 ? label : " ".repeat(labels)}  ${piece}\n`);
		});
		yield (number === 0 ? "" : "\n") + lines.join("");
	}
}

function padder({ columns, widths }: Layout, most: number, stringWidth: StringWidth) {
	const line = (cells: readonly string[]) => {
		const padded = cells.map((whole, at) => {
			const column = columns[at];
			const room = widths[at] ?? 0;
			const text = column?.shrinks && !column.whole ? cut(whole, room, stringWidth) : whole;
			const gap = " ".repeat(Math.max(0, room - stringWidth(text)));
			return column?.align === "right" ? gap + text : text + gap;
		});
		// What goes on in the next line of the terminal would look like another row.
		return cut(padded.join("  ").trimEnd(), most, stringWidth);
	};
	return {
		heading: (paint: Paint) => `${paint(line(columns.map(({ head }) => head)), "strong")}\n`,
		lines: (rows: readonly unknown[]) =>
			rows.map((row) => `${line(columns.map((column) => cell(column, row)))}\n`).join(""),
	};
}

function chunksOf(table: Table): AsyncIterable<readonly unknown[]> {
	const { rows } = table;
	if (isChunks(rows)) return rows;
	return (async function* () {
		if (rows.length > 0) yield rows;
	})();
}
