import type { PdfSignature } from "./pdfs.js";

/**
 * How much of a file a signature is over. `file`: all but its own bytes. `revision`: all of the file as it was when it was
 * signed, and something came later. `odd`: anything else, which proves nothing of what is shown. `none`: nobody has signed the
 * field.
 */
export const coverages = ["file", "revision", "odd", "none"] as const;

/** What is wrong with a byte range. */
export const rangeFaults = [
	"not-two-ranges",
	"starts-late",
	"out-of-order",
	"beyond-the-end",
	"gap-not-contents",
	"other-contents",
	"ends-inside-a-revision",
	"no-range",
] as const;
export type RangeFault = (typeof rangeFaults)[number];

export interface Coverage {
	is: (typeof coverages)[number];
	faults: RangeFault[];
	/** Where what was signed ends; the end of the file where it can't be told. */
	end: number;
}

/**
 * Judges where the signed bytes are (ISO 32000-2, 12.8.1): they must be all of the file up to an end of a revision but exactly
 * the one string in which the signature is, and that must be the string that the file's structure leads to. Otherwise a reader
 * can be shown something that nobody signed.
 */
export function coverageOf(file: Buffer, signature: PdfSignature, ends: readonly number[]): Coverage {
	const { byteRange, contents } = signature;
	// Room was made for a signature, and nobody has signed: many programs fill it with zeros.
	const isEmpty = contents.every((byte) => byte === 0);
	if (isEmpty && (contents.length > 0 || byteRange.length === 0)) return { is: "none", faults: [], end: file.length };
	const odd = (fault: RangeFault): Coverage => ({ is: "odd", faults: [fault], end: file.length });
	if (byteRange.length === 0) return odd("no-range");
	const [start = 0, first = 0, after = 0, second = 0] = byteRange;
	if (byteRange.length !== 4) return odd("not-two-ranges");
	if (byteRange.some((one) => one < 0) || after < start + first) return odd("out-of-order");
	const end = after + second;
	if (end > file.length) return odd("beyond-the-end");
	const faults: RangeFault[] = [];
	if (start !== 0) faults.push("starts-late");
	const inside = hexStringIn(file.subarray(start + first, after));
	if (inside === undefined) faults.push("gap-not-contents");
	// The structure may leave out zeros at the end that the string has, and nothing else.
	else if (!isSame(inside, contents)) faults.push("other-contents");
	const isWhole = end === file.length;
	if (!isWhole && !isEndOfRevision(file, end, ends)) faults.push("ends-inside-a-revision");
	if (faults.length > 0) return { is: "odd", faults, end };
	return { is: isWhole ? "file" : "revision", faults, end };
}

/** The bytes of `<hex>`, or undefined when anything else is there. */
function hexStringIn(gap: Buffer): Buffer | undefined {
	if (gap.length < 2 || gap[0] !== 0x3c || gap.at(-1) !== 0x3e) return undefined;
	const text = gap.subarray(1, -1).toString("latin1");
	if (!/^[0-9A-Fa-f]*$/.test(text)) return undefined;
	// An odd last digit stands for itself and a zero (ISO 32000-2, 7.3.4.3).
	return Buffer.from(text.length % 2 === 0 ? text : `${text}0`, "hex");
}

function isSame(inside: Buffer, contents: Buffer): boolean {
	const longest = Math.max(inside.length, contents.length);
	const shortest = Math.min(inside.length, contents.length);
	const rest = (inside.length === longest ? inside : contents).subarray(shortest);
	return inside.subarray(0, shortest).equals(contents.subarray(0, shortest)) && rest.every((byte) => byte === 0);
}

/** Marks end with or without the end of their line, which PDFium counts in; not all writers do. */
function isEndOfRevision(file: Buffer, end: number, ends: readonly number[]): boolean {
	if (ends.includes(end)) return true;
	return /%%EOF[\r\n \0]*$/.test(file.subarray(Math.max(0, end - 32), end).toString("latin1"));
}

/** What was signed, in one piece; undefined where the range leads out of the file. */
export function signedBytes(file: Buffer, { byteRange }: Pick<PdfSignature, "byteRange">): Buffer | undefined {
	const parts: Buffer[] = [];
	let total = 0;
	for (let at = 0; at + 1 < byteRange.length; at += 2) {
		const [from, length] = [byteRange[at] as number, byteRange[at + 1] as number];
		total += length;
		// A file can name the same bytes as often as it likes.
		if (from < 0 || length < 0 || from + length > file.length || total > file.length) return undefined;
		parts.push(file.subarray(from, from + length));
	}
	return byteRange.length % 2 === 0 ? Buffer.concat(parts) : undefined;
}
