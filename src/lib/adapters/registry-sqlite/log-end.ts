import { closeSync, existsSync, openSync, readSync, statSync } from "node:fs";

/** How far the log of changes (`-wal`) had been written, as the memory says that all share (`-shm`). */
export interface LogEnd {
	/** Pages in the log, up to the last change that was acknowledged. */
	frames: number;
	/** Those of them that are in the file itself, too. */
	backfilled: number;
	pageSize: number;
	/** Tells this log from the one before it. */
	salts: string;
}

/** Where the log of a registry is kept that lost changes; as long as it is there, nothing is changed. */
export const lostLogOf = (location: string) => `${location}.lost-log`;

const size = 100;

/**
 * Reads the end of the log before SQLite looks: a process that was killed leaves the memory as it was, and whoever opens the
 * file first makes it anew. Not for a file that this process has open: to close this one would give up its locks.
 *
 * https://www.sqlite.org/walformat.html, 2.1: two copies of 48 bytes, then how many pages were copied back.
 *
 * @returns undefined when nobody has it open and nobody was killed, or nothing can be said
 */
export function logEnd(location: string): LogEnd | undefined {
	const memory = `${location}-shm`;
	if ((statSync(memory, { throwIfNoEntry: false })?.size ?? 0) < size) return undefined;
	const header = Buffer.alloc(size);
	try {
		const handle = openSync(memory, "r");
		try {
			if (readSync(handle, header, 0, size, 0) < size) return undefined;
		} finally {
			closeSync(handle);
		}
	} catch {
		return undefined; // gone meanwhile, or not for this user to read
	}
	const isWhole =
		header.readUInt32LE(0) === 3_007_000 && header[12] === 1 && header.compare(header, 0, 48, 48, 96) === 0;
	if (!isWhole) return undefined;
	const pageSize = header.readUInt16LE(14);
	return {
		frames: header.readUInt32LE(16),
		backfilled: header.readUInt32LE(96),
		pageSize: pageSize === 1 ? 65_536 : pageSize,
		salts: header.toString("hex", 32, 40),
	};
}

/**
 * Whether the log is shorter than it had been written. While nobody writes both looks at its end agree; a log that is gone
 * because all of it is in the file is no loss.
 */
export function isLogCut(location: string, end: LogEnd): boolean {
	const bytes = statSync(`${location}-wal`, { throwIfNoEntry: false })?.size ?? 0;
	if (bytes >= 32 + end.frames * (24 + end.pageSize) || (bytes < 32 && end.backfilled === end.frames)) return false;
	const again = logEnd(location);
	return again?.frames === end.frames && again.salts === end.salts && again.backfilled === end.backfilled;
}

/** Whether changes of a registry were lost, and nobody has looked after it yet. */
export function hasLostLog(location: string): boolean {
	return existsSync(lostLogOf(location));
}
