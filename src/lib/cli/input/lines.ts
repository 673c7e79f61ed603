import type { Hint } from "../../command-line.js";
import { CfmError } from "../../errors.js";
import { plural, t, visible } from "../../text.js";

/** A line of an input that cannot be used, or several that were not read, and why. */
export interface BadLine {
	/** 1-based, as an editor counts. */
	line: number;
	/** Where it ends, when it is more than that line. */
	lastLine?: number;
	/** What stands there, cut where it is long; absent until `withTexts` has looked. */
	text?: string;
	problem: string;
	/** The user as an earlier line names them, where that is the problem. */
	duplicateOf?: string;
}

/** How many bad lines the message names; `data.lines` has up to {@link LISTED}, and a terminal shows {@link SHOWN}. */
const NAMED = 5;
const LISTED = 100;
const SHOWN = 1000;

/**
 * All or nothing: returns when there is no bad line, else throws one CfmError for all of them (usage,
 * `bad-input-lines`, data `{source, lines: [{line, lastLine, text, problem}], total}` with the first hundred).
 *
 * Not only for this reader's own findings: a command that checks each line further (is it a user? is it an ID in the
 * range?) adds its own and refuses them together, so that a person mends a file once.
 */
export function refuseBadLines(source: string, bad: readonly BadLine[], hints: readonly Hint[] = []): void {
	if (bad.length === 0) return;
	const lines = bad.toSorted((a, b) => a.line - b.line);
	const named = lines.slice(0, NAMED).map((one) => `${whereOf(one)}: ${one.problem.replace(/\.$/, "")}`);
	if (lines.length > NAMED) named.push(t`and ${lines.length - NAMED} more`);
	const list = named.join("; ");
	const message = plural(lines.length, {
		one: `1 bad line in ${source}: ${list}.`,
		other: `${lines.length} bad lines in ${source}: ${list}.`,
	});
	const headline = plural(lines.length, {
		one: `1 bad line in ${source}:`,
		other: `${lines.length} bad lines in ${source}:`,
	});
	throw new CfmError("usage", "bad-input-lines", message, {
		atLength: atLength(headline, lines),
		hints,
		data: { source, lines: lines.slice(0, LISTED), total: lines.length },
	});
}

/** The lines that a command went on without, as the error after its result; undefined when there is none. */
export function skippedLinesError(bad: readonly BadLine[]): CfmError | undefined {
	if (bad.length === 0) return undefined;
	const message = plural(bad.length, { one: "1 line was skipped.", other: `${bad.length} lines were skipped.` });
	const headline = plural(bad.length, { one: "1 line was skipped:", other: `${bad.length} lines were skipped:` });
	return new CfmError("partial", "lines-refused", message, {
		atLength: atLength(headline, bad),
		data: { lines: bad.slice(0, LISTED), total: bad.length },
	});
}

/** Of a line that cannot be used, no more than this is shown. */
const SHOWN_LENGTH = 80;

/** Bad lines, in the order of the file, each with what stands there. */
export function withTexts(input: { text: string }, bad: readonly BadLine[]): BadLine[] {
	if (bad.length === 0) return [];
	const lines = input.text.split(LINE_BREAK);
	return bad
		.map(({ problem, ...place }) => ({ ...place, text: shown(lines, place), problem }))
		.sort((a, b) => a.line - b.line);
}

function shown(lines: readonly string[], { line, lastLine = line }: Pick<BadLine, "line" | "lastLine">): string {
	const first = (lines[line - 1] ?? "").trim();
	const cut = first.length > SHOWN_LENGTH ? first.slice(0, SHOWN_LENGTH - 1) : first;
	return cut === first && line === lastLine ? first : `${cut}\u2026`;
}

/** A headline, and below it each line; a single one beside it. */
function atLength(headline: string, lines: readonly BadLine[]): string[] {
	const [only, ...others] = lines;
	if (only === undefined || others.length > 0) return [headline, ...rowsOf(lines)];
	const { text, problem } = only;
	return [[headline, [whereOf(only), ...(text === undefined ? [] : [text]), problem].join(": ")].join(" ")];
}

/** Each line with its number, what stands there, and the reason, below each other. */
function rowsOf(lines: readonly BadLine[]): string[] {
	const shown = lines.slice(0, SHOWN);
	const places = shown.map(whereOf);
	const texts = shown.map(({ text = "" }) => visible(text));
	const width = (cells: readonly string[], most: number) => Math.min(most, Math.max(...cells.map((one) => one.length)));
	const [first, second] = [width(places, 40), width(texts, 40)];
	const rows = shown.map(({ problem }, at) =>
		`${(places[at] ?? "").padEnd(first)}  ${(texts[at] ?? "").padEnd(second)}  ${problem}`.trimEnd(),
	);
	const more = lines.length - shown.length;
	return more === 0 ? rows : [...rows, plural(more, { one: "and 1 more line", other: `and ${more} more lines` })];
}

function whereOf({ line, lastLine = line }: BadLine): string {
	return line === lastLine ? t`line ${line}` : t`lines ${line} to ${lastLine}`;
}

/** Where a line ends: Windows, Unix, and the lone CR of "CSV (Macintosh)". The same everywhere in this reader. */
export const LINE_BREAK = /\r\n|\n|\r/g;

export const CR = 13;
export const LF = 10;

/** How many lines end in `bytes[from, to)`. UTF-8 never uses these bytes inside another character. */
export function lineBreaks(bytes: Uint8Array, from: number, to: number): number {
	let count = 0;
	for (let at = from; at < to; at++) {
		const byte = bytes[at];
		if (byte === LF || (byte === CR && bytes[at + 1] !== LF)) count++;
	}
	return count;
}
