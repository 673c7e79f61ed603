import { isUtf8 } from "node:buffer";
import { CfmError } from "../../errors.js";
import { t } from "../../text.js";
import { CR, LF, LINE_BREAK, lineBreaks } from "./lines.js";

/**
 * The text of an input, without its byte order mark: UTF-8 with or without one, UTF-16 (either order) with one.
 * Windows PowerShell 5.1 writes UTF-16LE with a mark on `>`, PowerShell 7 UTF-8 without.
 *
 * Nothing is guessed. UTF-16 without a mark and the old code pages are refused with the way out: a wrong guess would
 * give an ID to a name nobody has. Whoever knows the encoding says it; a byte order mark is more certain still.
 *
 * @param encoding as people and Windows call it: `windows-1252`, `1252`, `cp850`, `utf-16le`
 * @throws CfmError usage `bad-encoding`; `not-utf8`, `not-utf16`, `not-in-encoding` (data `{line}`: the first bad one),
 *   `not-text`
 */
export async function decodeText(bytes: Buffer, source: string, encoding?: string): Promise<string> {
	if (startsWith(bytes, 0xef, 0xbb, 0xbf)) return decodeUtf8(bytes.subarray(3), source);
	if (startsWith(bytes, 0xff, 0xfe)) return decodeUtf16(bytes.subarray(2), source);
	if (startsWith(bytes, 0xfe, 0xff)) return decodeUtf16(swapped(bytes.subarray(2)), source);
	const name = encoding?.trim().toLowerCase().replaceAll("_", "-");
	if (name === undefined || /^utf-?8$/.test(name)) return decodeUtf8(bytes, source);
	if (/^(utf-?16(-?le)?|unicode|ucs-?2)$/.test(name)) return decodeUtf16(bytes, source);
	if (/^utf-?16-?be$/.test(name)) return decodeUtf16(swapped(bytes), source);
	return decodeCodePage(bytes, name, source);
}

/** The other byte order. Not by TextDecoder, which knows big-endian only in a Node with full ICU. */
function swapped(bytes: Buffer): Buffer {
	// An odd last byte cannot be swapped; it stays, for decodeUtf16 to find.
	const even = bytes.length - (bytes.length % 2);
	return Buffer.concat([Buffer.from(bytes.subarray(0, even)).swap16(), bytes.subarray(even)]);
}

/** What iconv-lite calls encodings and is none of a list: bytes as digits, and bytes as they are. */
const NO_CODE_PAGE = /^(base-?64|hex|utf-?7(-?imap)?|binary|internal)$/;

async function decodeCodePage(bytes: Buffer, name: string, source: string): Promise<string> {
	const { default: iconv } = await import("iconv-lite");
	// As Windows calls it, a code page is a number.
	const known = [name, name.replace(/^(ibm|cp|oem)-?/, "cp")].find((one) => iconv.encodingExists(one));
	if (known === undefined || NO_CODE_PAGE.test(name)) {
		throw new CfmError("usage", "bad-encoding", t`Not an encoding that cfm knows: ${name}.`, {
			hints: [t`Western Windows writes windows-1252, and cmd.exe there 850 or 437. "chcp" prints the number.`],
			data: { encoding: name },
		});
	}
	const nul = bytes.indexOf(0);
	if (nul !== -1) throw notText(source, 1 + lineBreaks(bytes, 0, nul));
	const text = iconv.decode(bytes, known);
	const bad = text.indexOf("\ufffd");
	if (bad === -1) return text;
	const line = lineOf(text, bad);
	const message = t`${source} is not in the encoding ${name}: the first invalid character is on line ${line}.`;
	throw new CfmError("usage", "not-in-encoding", message, { hints: [saveAsUtf8()], data: { source, line } });
}

function startsWith(bytes: Buffer, ...mark: number[]): boolean {
	return mark.every((byte, at) => bytes[at] === byte);
}

function decodeUtf8(bytes: Buffer, source: string): string {
	const nul = bytes.indexOf(0);
	if (nul !== -1) {
		if (looksUtf16(bytes)) {
			throw new CfmError("usage", "not-text", t`${source} looks like UTF-16 without its byte order mark.`, {
				hints: [saveAsUtf8(), inEncoding("utf-16le")],
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
				hints: [inEncoding("windows-1252"), saveAsUtf8()],
				data: { source, line },
			},
		);
	}
	return bytes.toString("utf8");
}

function inEncoding(encoding: string) {
	return { say: t`If you know its encoding, specify it, for example:`, line: { again: { encoding } } } as const;
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
