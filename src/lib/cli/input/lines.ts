import { CfmError } from "../../errors.js";
import { t } from "../../text.js";

/** A line of an input that cannot be used, and why. */
export interface BadLine {
	/** 1-based, as an editor counts. */
	line: number;
	problem: string;
}

/** How many bad lines the message names; `data.lines` has up to {@link LISTED}. */
const NAMED = 5;
const LISTED = 100;

/**
 * All or nothing: returns when there is no bad line, else throws one CfmError for all of them (usage,
 * `bad-input-lines`, data `{source, lines: [{line, problem}], total}` with the first hundred).
 *
 * Not only for this reader's own findings: a command that checks each line further (is it a user? is it an ID in the
 * range?) adds its own and refuses them together, so that a person mends a file once.
 */
export function refuseBadLines(source: string, bad: readonly BadLine[]): void {
	if (bad.length === 0) return;
	const lines = bad.toSorted((a, b) => a.line - b.line);
	const named = lines.slice(0, NAMED).map(({ line, problem }) => t`line ${line}: ${problem.replace(/\.$/, "")}`);
	if (lines.length > NAMED) named.push(t`and ${lines.length - NAMED} more`);
	const list = named.join("; ");
	const message =
		lines.length === 1 ? t`1 bad line in ${source}: ${list}.` : t`${lines.length} bad lines in ${source}: ${list}.`;
	throw new CfmError("usage", "bad-input-lines", message, {
		data: { source, lines: lines.slice(0, LISTED), total: lines.length },
	});
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
