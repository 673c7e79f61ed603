import { t } from "../../text.js";
import { type BadLine, CR, LF, lineBreaks } from "./lines.js";

/** One record: its cells, the lines it starts and ends in, and whether a quotation mark stands anywhere in it. */
export type TakeRecord = (cells: string[], line: number, lastLine: number, quoted: () => boolean) => void;

const QUOTE = 0x22;

/**
 * Hands each record of a CSV to `take`, blank lines included (one empty cell). White space around a cell that is not
 * quoted is dropped.
 *
 * After a misplaced quotation mark nobody can say where the next record begins, and a record begun in the wrong place
 * could pass for a user. So reading ends there, and the answer are the lines of that record and all after it.
 *
 * @param firstLine the number of the text's first line
 */
export async function readRecords(
	text: string,
	firstLine: number,
	delimiters: string[],
	take: TakeRecord,
): Promise<BadLine[]> {
	const { parse, CsvError } = await import("csv-parse/sync");
	// As bytes, because the parser gives byte offsets. Its own line numbers count a CRLF inside quotes twice, so lines
	// are counted here.
	const bytes = Buffer.from(text);
	let start = 0;
	let line = firstLine;
	try {
		parse(bytes, {
			delimiter: delimiters,
			record_delimiter: ["\r\n", "\n", "\r"],
			relax_column_count: true,
			trim: true,
			on_record: (cells: string[], { bytes: end }) => {
				const from = start;
				const next = line + lineBreaks(bytes, start, end);
				// The last record may have no line break behind it.
				const ended = bytes[end - 1] === LF || bytes[end - 1] === CR;
				take(cells, line, Math.max(line, ended ? next - 1 : next), () => bytes.subarray(from, end).includes(QUOTE));
				line = next;
				start = end;
				return null; // the parser need not keep it
			},
		});
	} catch (error) {
		if (!(error instanceof CsvError)) throw error;
		// Where the last delimiter stood: the broken cell begins in the same line.
		const cell = typeof error.bytes === "number" ? error.bytes : start;
		const opened = line + lineBreaks(bytes, start, cell);
		const last = line + lineBreaks(bytes, start, bytes.length - (/[\r\n]$/.test(text) ? 1 : 0));
		const unread = { line: opened, ...(last > opened && { lastLine: last }), problem: problemOf(error.code) };
		if (opened === line) return [unread];
		return [
			{ line, ...(opened - 1 > line && { lastLine: opened - 1 }), problem: t`the record could not be read to its end` },
			unread,
		];
	}
	return [];
}

function problemOf(code: string): string {
	if (code === "CSV_QUOTE_NOT_CLOSED") {
		return t`a quotation mark is opened and never closed; nothing after it was read`;
	}
	return t`a quotation mark in the middle of a cell (quote the whole cell and write the mark twice); nothing after it was read`;
}
