import { CfmError } from "../../errors.js";
import { t } from "../../text.js";
import { readRecords } from "./csv.js";
import { columnRole, findLayout, type Layout } from "./layout.js";
import { type BadLine, LINE_BREAK, refuseBadLines } from "./lines.js";
import { readBytes, STANDARD_INPUT } from "./source.js";
import { decodeText } from "./text.js";

export interface InputRow {
	/** Where the record starts, 1-based: a quoted cell may span lines. */
	line: number;
	/** A cell for each of the table's columns. */
	values: Record<string, string>;
}

export interface InputTable {
	/** As the header writes them; `["user"]` for a plain list. Distinct, also when compared without case. */
	columns: string[];
	rows: InputRow[];
	/** Lines that are in no row, each with its reason. A caller that does not go on without them refuses them. */
	bad: BadLine[];
	/** The path, or "standard input". */
	source: string;
	kind: "csv" | "plain";
	/** Whether the input has a header for certain. False for a plain list, and where only quotation marks suggest one. */
	headed: boolean;
}

/** A user as the input spells them, without surrounding white space. */
export interface InputUser {
	line: number;
	text: string;
}

/** What is held at most: with these, the worst input of 256 MB still fits into Node's default heap. */
const MAX_ROWS = 2_000_000;
const MAX_CELLS = 32_000_000;
const MAX_COLUMNS = 10_000;

/** With more bad lines than this it is the wrong file, also for a caller that would go on without them. */
const MAX_BAD_LINES = 10_000;

/** Far more than any user's name; a guard for the texts that will quote it. */
const MAX_USER_LENGTH = 1000;

const PLAIN_COLUMN = "user";

/** Tabs and line breaks are looked at where they matter. C1 (0x80–0x9F) is what mojibake is made of. */
const CONTROL = /[\0-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]/;

/**
 * Reads bulk input whole: a CSV with a header, or a plain list of one user a line ({@link findLayout} has the rule,
 * {@link decodeText} the encodings). In a plain list and in a table of one column, blank lines and lines that begin
 * with `#` are passed over; in a wider table, lines with nothing but delimiters, which spreadsheets leave behind.
 *
 * Bad lines do not throw here: they are in `bad`, for `refuseBadLines(table.source, table.bad)` or for a caller that
 * goes on without them.
 *
 * @param source a path, or `-` for standard input
 * @param stdin the descriptor read for `-`; one other than 0 is closed at its end
 * @throws CfmError usage for anything that is not readable text (`empty-input`, `not-a-file`, `not-text`, `not-utf8`,
 *   `not-utf16`, `input-too-large`, `stdin-is-terminal`, `duplicate-columns`, `bad-input-lines` in the header), and
 *   not-found, denied, busy or unavailable when the file cannot be read
 */
export async function readInput(source: string, stdin = 0): Promise<InputTable> {
	const name = source === STANDARD_INPUT ? t`standard input` : source;
	return parseInput(await readBytes(source, name, stdin), name);
}

/** {@link readInput}, for what has been read already. */
export async function parseInput(bytes: Buffer, source: string): Promise<InputTable> {
	const text = decodeText(bytes, source);
	const layout = findLayout(text);
	if (layout === undefined) throw emptyInput(source);
	const table = layout.kind === "plain" ? readList(text, layout, source) : await readTable(text, layout, source);
	if (table.rows.length === 0 && table.bad.length === 0) throw emptyInput(source);
	return table;
}

/**
 * The users of an input, and all lines that give none, from the column chosen by name (without regard to case), or else
 * from the only plausible one: the one column named like an account (User, SamAccountName, UserPrincipalName, Login,
 * Compte …); if there is none, `Name`; if there is only one column at all, that one.
 *
 * SamAccountName and UserPrincipalName side by side are not decided between: they need not name a user alike, and the
 * registry would keep the spelling.
 *
 * @throws CfmError usage `unknown-column`, `no-user-column`, `several-user-columns`, `unclear-header`,
 *   `column-of-plain-list`
 */
export function sortUsers(table: InputTable, column?: string): { users: InputUser[]; bad: BadLine[] } {
	const name = chooseColumn(table, column);
	const users: InputUser[] = [];
	const bad = [...table.bad];
	for (const { line, values } of table.rows) {
		const text = (values[name] ?? "").trim();
		const problem = problemOfUser(text, name);
		if (problem === undefined) users.push({ line, text });
		else bad.push({ line, problem });
	}
	return { users, bad: bad.sort((a, b) => a.line - b.line) };
}

function problemOfUser(text: string, column: string): string | undefined {
	if (text === "") return t`no user in the column "${column}"`;
	if (text.length > MAX_USER_LENGTH) return t`${text.length} characters, too long for a user's name`;
	if (/[\t\r\n]/.test(text)) return t`a tab or a line break inside the user's name`;
	return undefined;
}

/** The table's own spelling of a column's name, found without regard to case; undefined when it has none. */
export function findColumn(table: InputTable, name: string): string | undefined {
	const wanted = sameCase(name);
	return table.columns.find((column) => sameCase(column) === wanted);
}

function sameCase(name: string): string {
	return name.trim().normalize("NFC").toLowerCase();
}

function chooseColumn(table: InputTable, asked: string | undefined): string {
	if (table.kind === "plain") {
		if (asked === undefined) return PLAIN_COLUMN;
		throw columnError(
			table,
			"column-of-plain-list",
			t`--column is for a CSV with a header; ${table.source} is a plain list of one user a line.`,
			[t`Leave --column out.`, t`Add a first line with the names of the columns.`],
		);
	}
	const all = quoteList(table.columns);
	if (asked !== undefined) {
		const found = findColumn(table, asked);
		if (found !== undefined) return found;
		throw columnError(table, "unknown-column", t`${table.source} has no column "${asked}", only ${all}.`);
	}
	if (!table.headed) {
		throw columnError(
			table,
			"unclear-header",
			t`${all} in ${table.source} may be the name of a column or the first user.`,
			[
				t`If it is the column, specify --column NAME.`,
				t`If it is a user, remove the quotation marks: a plain list has none.`,
			],
		);
	}
	const [first, ...others] = plausibleColumns(table.columns);
	if (first === undefined) {
		throw columnError(
			table,
			"no-user-column",
			t`Can't determine which column of ${table.source} holds the users: ${all}.`,
			[t`Specify it with --column NAME.`, t`The first line must name the columns, for instance User.`],
		);
	}
	if (others.length === 0) return first;
	const names = [first, ...others];
	throw columnError(
		table,
		"several-user-columns",
		t`Several columns of ${table.source} may hold the users: ${quoteList(names)}.`,
		names.map((name) => t`Specify one, for example --column ${/^[\w-]+$/.test(name) ? name : `"${name}"`}.`),
	);
}

function plausibleColumns(columns: string[]): string[] {
	const accounts = columns.filter((column) => columnRole(column) === "user");
	if (accounts.length > 0) return accounts;
	const names = columns.filter((column) => columnRole(column) === "name");
	if (names.length > 0 || columns.length > 1) return names;
	return columns.filter((column) => columnRole(column) !== "other");
}

function columnError(table: InputTable, code: string, message: string, hints: string[] = []): CfmError {
	return new CfmError("usage", code, message, {
		hints,
		data: { source: table.source, columns: table.columns.slice(0, 1000) },
	});
}

function quoteList(names: string[]): string {
	const shown = names.slice(0, 20).map((name) => `"${name}"`);
	return names.length > shown.length ? `${shown.join(", ")}, …` : shown.join(", ");
}

function emptyInput(source: string): CfmError {
	return new CfmError("usage", "empty-input", t`${source} contains no users.`, { data: { source } });
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
		if ((anyControl && CONTROL.test(user)) || user.includes("\t")) addBad(bad, line, t`a control character`, source);
		else rows.push({ line, values: { [PLAIN_COLUMN]: user } });
	}
	return { columns: [PLAIN_COLUMN], rows, bad, source, kind: "plain", headed: false };
}

async function readTable(whole: string, layout: Layout & { kind: "csv" }, source: string): Promise<InputTable> {
	const text = whole.slice(layout.start);
	if (text.length > MAX_CELLS && countCells(text, layout.delimiters) > MAX_CELLS) throw tooMuch(source);
	const anyControl = CONTROL.test(text);
	const hasControl = (cells: string[]) => anyControl && cells.some((cell) => CONTROL.test(cell));
	const rows: InputRow[] = [];
	const bad: BadLine[] = [];
	let columns: string[] | undefined;
	const broken = await readRecords(text, layout.line, layout.delimiters, (cells, line, quoted) => {
		if (columns === undefined) {
			columns = namesOf(cells, line, source, hasControl(cells));
			return;
		}
		if (cells.every((cell) => cell === "") && !quoted()) return;
		if (columns.length === 1 && cells[0]?.startsWith("#") && !quoted()) return;
		if (rows.length + bad.length >= MAX_ROWS) throw tooMuch(source);
		if (cells.length !== columns.length) {
			addBad(bad, line, t`${cells.length} cells, but ${columns.length} columns`, source);
		} else if (hasControl(cells)) addBad(bad, line, t`a control character`, source);
		// Not by assignment: a column may be called __proto__.
		else rows.push({ line, values: Object.fromEntries(columns.map((name, at) => [name, cells[at] ?? ""])) });
	});
	if (broken !== undefined) bad.push(broken);
	if (columns === undefined) refuseBadLines(source, bad);
	return { columns: columns ?? [], rows, bad, source, kind: "csv", headed: layout.headed };
}

function addBad(bad: BadLine[], line: number, problem: string, source: string): void {
	bad.push({ line, problem });
	if (bad.length > MAX_BAD_LINES) refuseBadLines(source, bad);
}

/** Checks the header's cells and gives them names: those without one (a trailing delimiter) are called by their place. */
function namesOf(cells: string[], line: number, source: string, control: boolean): string[] {
	if (control) refuseBadLines(source, [{ line, problem: t`a control character in a column's name` }]);
	if (cells.length > MAX_COLUMNS) throw tooMuch(source);
	const names = cells.map((cell, at) => cell.trim() || t`column ${at + 1}`);
	const seen = new Set<string>();
	const twice = names.filter((name) => seen.size === seen.add(sameCase(name)).size);
	if (twice.length === 0) return names;
	throw new CfmError("usage", "duplicate-columns", t`${source} has columns of the same name: ${quoteList(twice)}.`, {
		data: { source, line, columns: twice.slice(0, 1000) },
	});
}

/** At most this many cells, counting delimiters inside quotation marks as well: only to bound what comes next. */
function countCells(text: string, delimiters: string[]): number {
	let count = 0;
	for (const mark of [...delimiters, "\n", "\r"]) {
		for (let at = text.indexOf(mark); at !== -1 && count <= MAX_CELLS; at = text.indexOf(mark, at + 1)) count++;
	}
	return count;
}
