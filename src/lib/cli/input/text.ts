import { isUtf8 } from "node:buffer";
import { CfmError } from "../../errors.js";
import { t } from "../../text.js";
import { CR, LF, LINE_BREAK, lineBreaks } from "./lines.js";

/**
 * The text of an input, without its byte order mark: UTF-8 with or without one, UTF-16 (either order) with one.
 * Windows PowerShell 5.1 writes UTF-16LE with a mark on `>`, PowerShell 7 UTF-8 without.
 *
 * Nothing is guessed. UTF-16 without a mark and the old code pages are refused with the way out: a wrong guess would
 * give an ID to a name nobody has, and no program in question writes UTF-16 without its mark unless told to.
 *
 * @throws CfmError usage `not-utf8`, `not-utf16` (data `{line}`: the first bad one), `not-text`
 */
export function decodeText(bytes: Buffer, source: string): string {
	if (startsWith(bytes, 0xef, 0xbb, 0xbf)) return decodeUtf8(bytes.subarray(3), source);
	if (startsWith(bytes, 0xff, 0xfe)) return decodeUtf16(bytes.subarray(2), source);
	if (startsWith(bytes, 0xfe, 0xff)) {
		// Not by TextDecoder, which knows big-endian only in a Node with full ICU. An odd last byte cannot be swapped.
		const even = bytes.length - (bytes.length % 2);
		return decodeUtf16(Buffer.concat([Buffer.from(bytes.subarray(2, even)).swap16(), bytes.subarray(even)]), source);
	}
	return decodeUtf8(bytes, source);
}

function startsWith(bytes: Buffer, ...mark: number[]): boolean {
	return mark.every((byte, at) => bytes[at] === byte);
}

function decodeUtf8(bytes: Buffer, source: string): string {
	const nul = bytes.indexOf(0);
	if (nul !== -1) {
		if (looksUtf16(bytes)) {
			throw new CfmError("usage", "not-text", t`${source} looks like UTF-16 without its byte order mark.`, {
				hints: [saveAsUtf8()],
				data: { source },
			});
		}
		throw notText(source, 1 + lineBreaks(bytes, 0, nul));
	}
	if (!isUtf8(bytes)) {
		const line = firstBadLine(bytes);
		throw new CfmError(
			"usage",
			"not-utf8",
			t`${source} is not UTF-8 text: the first invalid character is on line ${line}.`,
			{
				hints: [saveAsUtf8()],
				data: { source, line },
			},
		);
	}
	return bytes.toString("utf8");
}

function decodeUtf16(bytes: Buffer, source: string): string {
	const text = bytes.toString("utf16le");
	const nul = text.indexOf("\0");
	// The mark of UTF-32LE starts with that of UTF-16LE: it ends here too.
	if (nul !== -1) throw notText(source, lineOf(text, nul));
	const lone = text.search(/\p{Surrogate}/u);
	if (lone === -1 && bytes.length % 2 === 0) return text;
	const line = lineOf(text, lone === -1 ? text.length : lone);
	throw new CfmError(
		"usage",
		"not-utf16",
		t`${source} is not UTF-16 text: the first invalid character is on line ${line}.`,
		{
			hints: [saveAsUtf8()],
			data: { source, line },
		},
	);
}

function notText(source: string, line: number): CfmError {
	return new CfmError("usage", "not-text", t`${source} is not a text file (it has a NUL byte on line ${line}).`, {
		hints: [t`Save a spreadsheet as "CSV UTF-8" first.`],
		data: { source, line },
	});
}

function saveAsUtf8(): string {
	return t`Save it again as UTF-8: Export-Csv -Encoding UTF8, Out-File -Encoding utf8, or "CSV UTF-8" in Excel.`;
}

/** Plain Latin text in UTF-16 has a NUL at every other place, always on the same side. */
function looksUtf16(bytes: Buffer): boolean {
	const nuls = [0, 0];
	const seen = Math.min(bytes.length, 1024);
	for (let at = 0; at < seen; at++) if (bytes[at] === 0) nuls[at % 2] = (nuls[at % 2] ?? 0) + 1;
	const [even = 0, odd = 0] = nuls;
	return Math.min(even, odd) === 0 && Math.max(even, odd) >= seen * 0.35;
}

function lineOf(text: string, end: number): number {
	return 1 + (text.slice(0, end).match(LINE_BREAK)?.length ?? 0);
}

/**
 * `isUtf8` says whether, not where. A line break is never inside a character, so any run of whole lines can be asked
 * by itself: first in large steps, then line by line.
 */
function firstBadLine(bytes: Buffer): number {
	let line = 1;
	let start = 0;
	for (const [mark, step] of [
		[LF, 1 << 16],
		[LF, 0],
		[CR, 0], // for within what LF delimits there may still be lines that end in a lone CR
	] as const) {
		for (;;) {
			const end = bytes.indexOf(mark, start + step);
			if (end === -1 || !isUtf8(bytes.subarray(start, end))) break;
			line += lineBreaks(bytes, start, end + 1);
			start = end + 1;
		}
	}
	return line;
}
