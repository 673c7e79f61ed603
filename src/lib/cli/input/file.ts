import { CfmError } from "../../errors.js";
import { t } from "../../text.js";
import { sameCase } from "./columns.js";
import { readRecords } from "./csv.js";
import type { RowsOfJson } from "./json.js";
import { findLayout, type Layout } from "./layout.js";
import { type BadLine, LINE_BREAK, refuseBadLines } from "./lines.js";
import { findPrinted, type Held, printedError } from "./printed.js";
import { readBytes, STANDARD_INPUT } from "./source.js";
import { decodeText } from "./text.js";

export interface InputRow {
	/** Where the record starts, 1-based: a quoted cell may span lines. */
	line: number;
	/** Where it ends, when that is another line. */
	lastLine?: number;
	/** A cell for each of the table's columns. */
	values: Record<string, string>;
}

export interface InputTable {
	/** As the header writes them; `["user"]` for a plain list. Distinct, also when compared without case. */
	columns: string[];
	/** The headings that come more than once, folded by `sameCase`: all but the first are called `Name (2)` here. */
	repeated: readonly string[];
	rows: InputRow[];
	/** Lines that are in no row, each with its reason. A caller that does not go on without them refuses them. */
	bad: BadLine[];
	/** The path, or "standard input". */
	source: string;
	kind: "csv" | "plain" | "json";
	/** Whether the input has a header for certain. False for a plain list, and where only quotation marks suggest one. */
	headed: boolean;
	/** Where the header is; undefined in a plain list. */
	header: { line: number; lastLine: number } | undefined;
	/** The lines as they stand, with their line breaks. */
	text: string;
}

/** What a caller knows of an input that the input itself does not say. */
export interface InputOptions {
	/** How its characters are encoded, when it is neither UTF-8 nor marked: `windows-1252`. */
	encoding?: string | undefined;
	/** What parts its cells; one character. */
	delimiter?: string | undefined;
	/** The descriptor read for `-`; one other than 0 is closed at its end. */
	stdin?: number | undefined;
	/** What it is a list of, for messages; users unless it is said. */
	holds?: Held | undefined;
	/** Reads a JSON that the caller takes; any other is refused. */
	rowsOfJson?: RowsOfJson | undefined;
}

/** What is held at most: with these, the worst input of 256 MB still fits into Node's default heap. */
const MAX_ROWS = 2_000_000;
const MAX_CELLS = 32_000_000;
const MAX_COLUMNS = 10_000;

/** With more bad lines than this it is the wrong file, also for a caller that would go on without them. */
const MAX_BAD_LINES = 10_000;

const PLAIN_COLUMN = "user";

/** Tabs and line breaks are looked at where they matter. C1 (0x80–0x9F) is what mojibake is made of. */
const CONTROL = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]/;

/**
 * Reads bulk input whole: a CSV with a header, or a plain list of one user a line ({@link findLayout} has the rule,
 * {@link decodeText} the encodings). In a plain list and in a table of one column, blank lines and lines that begin
 * with `#` are skipped; in a wider table, lines with nothing but delimiters, which spreadsheets leave behind.
 *
 * A row may be shorter than the header, and longer by empty cells. What a program printed for people is refused
 * ({@link findPrinted}). Bad lines do not throw here: they are in `bad`, for `refuseBadLines` or for a caller that goes on
 * without them.
 *
 * @param source a path, or `-` for standard input
 * @throws CfmError usage for anything that is not readable text (`empty-input`, `not-a-file`, `not-text`, `not-utf8`,
 *   `not-utf16`, `not-in-encoding`, `bad-encoding`, `printed-output`, `input-too-large`, `stdin-is-terminal`,
 *   `bad-input-lines` in the header), and not-found, denied, busy or unavailable when the file cannot be read
 */
export async function readInput(source: string, options: InputOptions = {}): Promise<InputTable> {
	const name = source === STANDARD_INPUT ? t`standard input` : source;
	return parseInput(await readBytes(source, name, options.stdin ?? 0), name, options);
}

/** {@link readInput}, for what has been read already. */
export async function parseInput(bytes: Buffer, source: string, options: InputOptions = {}): Promise<InputTable> {
	const text = await decodeText(bytes, source, options.encoding).catch((error) => {
		// Whoever mended the encoding of a printed table would only be refused once more.
		refusePrinted(
			bytes.toString("latin1"),
			source,
			findLayout(bytes.toString("latin1"), options.delimiter),
			options.holds,
		);
		throw error;
	});
	const json = await takenJson(text, source, options);
	if (json !== undefined) return json;
	const layout = findLayout(text, options.delimiter);
	refusePrinted(text, source, layout, options.holds);
	if (layout === undefined) throw emptyInput(source, options.holds);
	const table = layout.kind === "plain" ? readList(text, layout, source) : await readTable(text, layout, source);
	if (table.rows.length === 0 && table.bad.length === 0) throw emptyInput(source, options.holds);
	return table;
}

/** @returns undefined where it is no JSON that the caller takes */
async function takenJson(
	text: string,
	source: string,
	{ rowsOfJson, holds }: InputOptions,
): Promise<InputTable | undefined> {
	if (rowsOfJson === undefined || !/^\s*[[{]/.test(text)) return undefined;
	const { LONGEST_JSON, readJson } = await import("./json.js");
	if (text.length > LONGEST_JSON) throw tooMuch(source);
	const table = readJson(text, source, rowsOfJson);
	if (table?.rows.length === 0) throw emptyInput(source, holds);
	return table;
}

function refusePrinted(text: string, source: string, layout: Layout | undefined, holds: Held | undefined): void {
	const printed = findPrinted(text, layout?.kind === "plain");
	if (printed !== undefined) throw printedError(printed, source, holds);
}

function emptyInput(source: string, holds: Held = "users"): CfmError {
	const message = {
		users: t`${source} contains no users.`,
		ids: t`${source} contains no IDs.`,
		sites: t`${source} contains no sites.`,
		certificates: t`${source} contains no certificates.`,
	}[holds];
	return new CfmError("usage", "empty-input", message, { data: { source } });
}

function tooMuch(source: string): CfmError {
	return new CfmError("usage", "input-too-large", t`${source} has too many lines or cells to read at once.`, {
		hints: [t`Split it, or remove the columns you do not need.`],
		data: { source, limitRows: MAX_ROWS, limitCells: MAX_CELLS },
	});
}

function readList(whole: string, layout: Layout, source: string): InputTable {
	// A lone CR is rare enough to be looked for once, so that the loop below can leap from LF to LF.
	const text = /\r(?!\n)/.test(whole) ? whole.replace(LINE_BREAK, "\n") : whole;
	const anyControl = CONTROL.test(text);
	const rows: InputRow[] = [];
	const bad: BadLine[] = [];
	let line = 0;
	for (let start = 0, end: number; start < text.length; start = end + 1) {
		line++;
		end = text.indexOf("\n", start);
		if (end === -1) end = text.length;
		if (line < layout.line) continue;
		const user = text.slice(start, end).trim();
		if (user === "" || user.startsWith("#")) continue;
		if (rows.length + bad.length >= MAX_ROWS) throw tooMuch(source);
		if ((anyControl && CONTROL.test(user)) || user.includes("\t"))
			addBad(bad, { line, problem: t`a control character` }, source);
		else if (user.includes("  "))
			addBad(bad, { line, problem: t`several spaces in a row, as in a printed table` }, source);
		else rows.push({ line, values: { [PLAIN_COLUMN]: user } });
	}
	const header = undefined;
	return {
		columns: [PLAIN_COLUMN],
		repeated: [],
		rows,
		bad,
		source,
		kind: "plain",
		headed: false,
		header,
		text: whole,
	};
}

async function readTable(whole: string, layout: Layout & { kind: "csv" }, source: string): Promise<InputTable> {
	const text = whole.slice(layout.start);
	if (text.length > MAX_CELLS && countCells(text, layout.delimiters) > MAX_CELLS) throw tooMuch(source);
	const anyControl = CONTROL.test(text);
	const hasControl = (cells: string[]) => anyControl && cells.some((cell) => CONTROL.test(cell));
	const rows: InputRow[] = [];
	const bad: BadLine[] = [];
	let head: Pick<InputTable, "columns" | "repeated"> | undefined;
	let header: InputTable["header"];
	const broken = await readRecords(text, layout.line, layout.delimiters, (cells, line, lastLine, quoted) => {
		if (head === undefined) {
			head = namesOf(cells, line, source, hasControl(cells));
			header = { line, lastLine };
			return;
		}
		const { columns } = head;
		if (cells.every((cell) => cell === "") && !quoted()) return;
		if (columns.length === 1 && cells[0]?.startsWith("#") && !quoted()) return;
		if (rows.length + bad.length >= MAX_ROWS) throw tooMuch(source);
		const place = lastLine > line ? { line, lastLine } : { line };
		if (cells.slice(columns.length).some((cell) => cell !== "")) {
			// Which cell is the one too many, nobody can say: a user could be read from the one beside.
			addBad(
				bad,
				{
					...place,
					problem: t`${cells.length} cells, but ${columns.length} columns; quote a cell that contains the delimiter`,
				},
				source,
			);
		} else if (hasControl(cells)) addBad(bad, { ...place, problem: t`a control character` }, source);
		// Not by assignment: a column may be called __proto__.
		else rows.push({ ...place, values: Object.fromEntries(columns.map((name, at) => [name, cells[at] ?? ""])) });
	});
	bad.push(...broken);
	if (head === undefined) refuseBadLines(source, bad);
	const { columns, repeated } = head ?? { columns: [], repeated: [] };
	return { columns, repeated, rows, bad, source, kind: "csv", headed: layout.headed, header, text: whole };
}

function addBad(bad: BadLine[], one: BadLine, source: string): void {
	bad.push(one);
	if (bad.length > MAX_BAD_LINES) refuseBadLines(source, bad);
}

/** Checks the header's cells and gives them names: those without one (a trailing delimiter) are called by their place. */
function namesOf(
	cells: string[],
	line: number,
	source: string,
	control: boolean,
): Pick<InputTable, "columns" | "repeated"> {
	if (control) refuseBadLines(source, [{ line, problem: t`a control character in a column's name` }]);
	if (cells.length > MAX_COLUMNS) throw tooMuch(source);
	const seen = new Set<string>();
	const repeated = new Set<string>();
	const columns = cells.map((cell, at) => {
		const heading = cell.trim() || t`column ${at + 1}`;
		if (seen.has(sameCase(heading))) repeated.add(sameCase(heading));
		let name = heading;
		for (let count = 2; seen.has(sameCase(name)); count++) name = `${heading} (${count})`;
		seen.add(sameCase(name));
		return name;
	});
	return { columns, repeated: [...repeated] };
}

/** At most this many cells, counting delimiters inside quotation marks as well: only to bound what comes next. */
function countCells(text: string, delimiters: string[]): number {
	let count = 0;
	for (const mark of [...delimiters, "\n", "\r"]) {
		for (let at = text.indexOf(mark); at !== -1 && count <= MAX_CELLS; at = text.indexOf(mark, at + 1)) count++;
	}
	return count;
}
