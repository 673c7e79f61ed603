import type { Hint } from "../command-line.js";
import type { Chunks } from "../registry/registry.js";

/** Good, caution, bad: the three meanings of colour. It is never the only sign. */
export type Tone = "good" | "caution" | "bad";

export interface Column<T> {
	head: string;
	value: (row: T) => string | number | null;
	/** What a terminal shows instead, where the whole value is too wide. */
	drawn?: (row: T) => string | number | null;
	align?: "right";
	/** May be cut when the terminal is too narrow. */
	shrinks?: boolean;
	/** Goes on in the next line instead of being cut, where the terminal is too narrow: a sentence. */
	folds?: boolean;
	/** Never cut, never left out: what people go on with, such as a user, an ID, a site or a hash. */
	whole?: boolean;
	/** The field of the rows that it shows, in lists: `--columns` names it. */
	field?: string;
	/** Left out when the terminal is too narrow for all. */
	optional?: boolean;
	tone?: (row: T) => Tone | undefined;
}

/** A table as data; the printer decides how it looks on a terminal and in a pipe. */
export interface Table {
	table: true;
	columns: readonly Column<never>[];
	rows: readonly unknown[] | Chunks<unknown>;
	/** Said on stderr instead of an empty table. */
	empty: Hint;
	/** A terminal shows each row as a label and its value instead. */
	facts?: (row: never) => Facts["facts"][number];
	/** How many rows there are in all, also those outside the page: a terminal is told below the table. */
	total?: number | undefined;
}

/** Label and value, one a line. */
export interface Facts {
	facts: readonly (readonly [label: string, value: string | number | null])[];
}

/** A sentence that stands out. */
export interface Line {
	line: Hint;
	tone?: Tone;
	/** How far lines are indented into which a terminal breaks it; where its words begin unless told. */
	hanging?: number;
}

/** Text that is printed as it stands: an export, a help page. */
export interface Verbatim {
	verbatim: string | AsyncIterable<string>;
}

/** One piece of what a command says to people. */
export type Block = Table | Facts | Line | Verbatim;

export function table<T>(columns: readonly Column<T>[], rows: readonly T[] | Chunks<T>, empty: Hint): Table {
	return { table: true, columns: columns as readonly Column<never>[], rows, empty };
}
