import { visible } from "../text.js";
import type { Column, Table } from "./view.js";

/** The columns that a text takes on a terminal: `string-width`, which is loaded only where something is drawn. */
export type StringWidth = (text: string) => number;

/** Which columns a terminal shows, and how wide. */
export interface Layout {
	columns: Table["columns"];
	/** Of the texts alone, without padding and borders. */
	widths: number[];
	/** Columns that were left out because every row has the same in them. */
	constant: Table["columns"];
	/** Whether what must not be cut has room. */
	fits: boolean;
}

/** No column becomes narrower by being cut. */
const least = 6;
/** What breaks at the edge of the terminal could look like another row: nothing is so long unless somebody wants that. */
const leastUnasked = 22;
/** Other columns are left out before a sentence is folded into less. */
const leastFolded = 40;

/**
 * Finds room for columns: those in which nothing stands are left out; then, as long as the terminal is too narrow, those in
 * which every row has the same, then the optional ones; what may be cut is cut at last.
 *
 * @param between what a column takes beside its text, padding and border
 */
export function layOut(
	all: Table["columns"],
	rows: readonly unknown[],
	terminal: number,
	between: number,
	stringWidth: StringWidth,
): Layout {
	let columns = all.filter((column) => rows.some((row) => cell(column, row) !== ""));
	const natural = new Map(
		columns.map((column) => [
			column,
			Math.max(...[column.head, ...rows.map((row) => cell(column, row))].map(stringWidth)),
		]),
	);
	const widthOf = (column: Column<never>) => natural.get(column) ?? 0;
	const needed = (column: Column<never>) => (column.folds ? Math.min(widthOf(column), leastFolded) : widthOf(column));
	const excess = (width: typeof widthOf) =>
		columns.reduce((sum, column) => sum + width(column) + between, 1) - terminal;
	const constant: Column<never>[] = [];
	const isConstant = (column: Column<never>) =>
		rows.length > 1 && !column.whole && rows.every((row) => cell(column, row) === cell(column, rows[0]));
	for (const column of columns.filter(isConstant).toSorted((a, b) => widthOf(b) - widthOf(a))) {
		if (excess(needed) <= 0) break;
		columns = columns.filter((other) => other !== column);
		constant.push(column);
	}
	if (excess(needed) > 0) columns = columns.filter(({ optional }) => !optional);
	const widths = columns.map(widthOf);
	let over = excess(widthOf);
	const shrink = (may: (column: Column<never>) => boolean, narrowest: number) => {
		while (over > 0) {
			let widest = -1;
			for (const [at, column] of columns.entries()) {
				if (!may(column) || (widths[at] ?? 0) <= narrowest) continue;
				if (widest < 0 || (widths[at] ?? 0) > (widths[widest] ?? 0)) widest = at;
			}
			if (widest < 0) return;
			widths[widest] = (widths[widest] ?? 0) - 1;
			over -= 1;
		}
	};
	shrink(({ folds }) => folds === true, leastUnasked);
	shrink(({ shrinks, whole }) => shrinks === true && !whole, least);
	shrink(({ whole }) => !whole, leastUnasked);
	return { columns, widths, constant, fits: over <= 0 };
}

/** A text that is no wider than that, with a sign where it was cut. */
export function cut(text: string, most: number, stringWidth: StringWidth): string {
	if (text.length <= most && (/^[ -~]*$/.test(text) || stringWidth(text) <= most)) return text;
	let kept = "";
	let width = 1;
	for (const char of text) {
		width += stringWidth(char);
		if (width > most) break;
		kept += char;
	}
	return `${kept}…`;
}

/** A text in pieces that are no wider than that: between words where there are any, never cut. */
export function folded(text: string, most: number, stringWidth: StringWidth): string[] {
	// Of thousands of lines nearly all are ASCII, one column a character.
	const widthOf = (part: string) => (/^[ -~]*$/.test(part) ? part.length : stringWidth(part));
	const pieces: string[] = [];
	let piece = "";
	let width = 0;
	for (const word of text.split(/(?<= )/)) {
		if (piece !== "" && width + widthOf(word.trimEnd()) > most) {
			pieces.push(piece.trimEnd());
			piece = "";
			width = 0;
		}
		for (const char of word) {
			const wide = widthOf(char);
			if (width + wide > most && char !== " ") {
				pieces.push(piece);
				piece = "";
				width = 0;
			}
			piece += char;
			width += wide;
		}
	}
	return [...pieces, piece.trimEnd()];
}

/** What a column shows of a row. */
export type Value = (row: unknown) => string | number | null;

/** What a row has in a column, as a terminal shows it. */
export function cell(column: Column<never>, row: unknown): string {
	return shown(((column.drawn ?? column.value) as Value)(row));
}

/** What a cell holds comes from files and processes of users: nothing of it may be a second cell, or a second row. */
export function shown(value: string | number | null): string {
	return typeof value === "string" ? visible(value) : String(value ?? "");
}
