import type { InputTable } from "./file.js";
import { jsonOfLines } from "./json.js";
import { type BadLine, LINE_BREAK } from "./lines.js";

/**
 * The bad lines of an input as they stand there, below its header, so that they can be mended and read again. A byte
 * order mark is first, for spreadsheets; of a JSON, they are one.
 */
export async function* rejects(table: InputTable, bad: readonly BadLine[]): AsyncIterable<string> {
	if (table.kind === "json") {
		const rows = table.text.split("\n");
		yield jsonOfLines(bad.map(({ line }) => (rows[line - 1] ?? "").replace(/,$/, "")));
		return;
	}
	const lines = table.text.split(LINE_BREAK);
	const piece = (line: number, lastLine = line) =>
		lines
			.slice(line - 1, lastLine)
			.map((one) => `${one}\r\n`)
			.join("");
	yield `\uFEFF${table.header === undefined ? "" : piece(table.header.line, table.header.lastLine)}`;
	for (const { line, lastLine } of bad.toSorted((a, b) => a.line - b.line)) yield piece(line, lastLine);
}
