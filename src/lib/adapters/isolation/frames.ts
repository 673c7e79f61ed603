import { readSync, writeSync } from "node:fs";
import { codeOf } from "../../system-errors.js";

// What two processes say to each other: a line of JSON. Bytes that neither looks into go before it: `@`, how many they are, a
// line's end, and the bytes.

/** A line, with or without bytes. */
export interface Said {
	line: string;
	bytes: Buffer;
}

/** What no bytes are. */
export const noBytes: Buffer = Buffer.alloc(0);

/** Begins what has bytes: no line of JSON does. */
export const mark = 0x40;

/** A request is a profile and some sites; a plan may have thousands of them. */
const longestLine = 64 << 20;
/** Twice as much as the largest database that is changed. */
const mostBytes = 2 ** 30;

/** What goes before a line that has bytes. */
export const announced = (bytes: Buffer) => Buffer.from(`@${bytes.length}\n`);

/** How many bytes such a line announces; undefined for anything else. */
export function bytesAnnounced(line: string): number | undefined {
	const count = Number(/^@(\d{1,10})$/.exec(line)?.[1] ?? Number.NaN);
	return count <= mostBytes ? count : undefined;
}

/**
 * Says it to whoever started this process, as the system does, without Node's streams: a third less time for each.
 *
 * @param descriptor where that one listens
 */
export function say(what: object, bytes = noBytes, descriptor = 1): void {
	const parts = bytes.length > 0 ? [announced(bytes), bytes] : [];
	for (const part of [...parts, Buffer.from(`${JSON.stringify(what)}\n`)]) {
		for (let at = 0; at < part.length; ) at += writeSync(descriptor, part, at);
	}
}

/** What is said next; undefined when nobody is there any more. Each side waits for the other, so no more than that comes. */
export function hear(): Said | undefined {
	const buffer = Buffer.allocUnsafe(1 << 16);
	let heard = noBytes;
	let bytes = noBytes;
	const more = (): boolean => {
		const read = readOnce(buffer, 0, buffer.length);
		heard = Buffer.concat([heard, buffer.subarray(0, read)]);
		return read > 0;
	};
	if (!more()) return undefined;
	if (heard[0] === mark) {
		while (!heard.includes(0x0a)) if (!more()) return undefined;
		const end = heard.indexOf(0x0a);
		bytes = Buffer.allocUnsafe(bytesAnnounced(heard.toString("latin1", 0, end)) ?? 0);
		let filled = heard.copy(bytes, 0, end + 1);
		heard.fill(0, 0, end + 1 + filled);
		heard = heard.subarray(end + 1 + filled);
		while (filled < bytes.length) {
			const read = readOnce(bytes, filled, bytes.length - filled);
			if (read === 0) return undefined;
			filled += read;
		}
		// What comes as bytes may be a secret: whoever takes them wipes them, and no copy is left here.
		buffer.fill(0);
	}
	const pieces = [heard];
	for (let length = heard.length; pieces.at(-1)?.at(-1) !== 0x0a; ) {
		const read = readOnce(buffer, 0, buffer.length);
		length += read;
		if (read === 0 || length > longestLine) return undefined;
		pieces.push(Buffer.from(buffer.subarray(0, read)));
	}
	return { line: Buffer.concat(pieces).toString("utf8"), bytes };
}

/** @returns 0 when nobody is there to ask any more: on Windows that is an error */
function readOnce(into: Buffer, at: number, length: number): number {
	try {
		return readSync(0, into, at, length, null);
	} catch (error) {
		if (codeOf(error) === "EOF" || codeOf(error) === "EPIPE") return 0;
		throw error;
	}
}
