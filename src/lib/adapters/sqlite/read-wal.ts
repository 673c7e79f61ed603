import { t } from "../../text.js";
import { DamagedError } from "../user-files/damaged.js";
import type { FileBytes } from "../user-files/file-bytes.js";
import { walChecksum } from "./wal-checksum.js";

const headerSize = 32;
const frameHeader = 24;

/** Pages that stand elsewhere than in the database file, and how many pages the database has with them. */
export interface Overlay {
	/** Where each page's bytes begin in the other file. */
	pages: ReadonlyMap<number, number>;
	count: number;
}

/**
 * What a write-ahead log adds to its database: the pages up to its last commit, as far as salt and checksum go on
 * (https://www.sqlite.org/fileformat2.html#walformat). A log that was started anew ends where the old salt begins.
 *
 * @returns undefined when it holds no commit
 * @throws DamagedError for a log that does not belong to the database
 */
export function walOverlay(wal: FileBytes, pageSize: number): Overlay | undefined {
	if (wal.size < headerSize) return undefined;
	const head = wal.read(0, headerSize);
	const magic = head.readUInt32BE(0);
	if ((magic & 0xfffffffe) >>> 0 !== 0x377f0682) return undefined;
	const sum = walChecksum((magic & 1) === 0);
	sum.add(head, 0, 24);
	if (!sum.is(head, 24)) return undefined;
	if (head.readUInt32BE(4) !== 3_007_000) throw new DamagedError(t`${wal.name}: a log of an unknown version`);
	if (head.readUInt32BE(8) !== pageSize) throw new DamagedError(t`${wal.name}: a log of another database`);
	const pages = new Map<number, number>();
	let count = 0;
	let uncommitted: [number, number][] = [];
	const size = frameHeader + pageSize;
	for (let at = headerSize; at + size <= wal.size; at += size) {
		const frame = wal.read(at, size);
		const page = frame.readUInt32BE(0);
		if (page === 0 || frame.compare(head, 16, 24, 8, 16) !== 0) break;
		sum.add(frame, 0, 8);
		sum.add(frame, frameHeader, size);
		if (!sum.is(frame, 16)) break;
		uncommitted.push([page, at + frameHeader]);
		const pagesNow = frame.readUInt32BE(4);
		if (pagesNow === 0) continue;
		for (const [number, from] of uncommitted) pages.set(number, from);
		uncommitted = [];
		count = pagesNow;
	}
	return count === 0 ? undefined : { pages, count };
}
