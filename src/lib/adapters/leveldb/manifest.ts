import { t } from "../../text.js";
import { DamagedError } from "../user-files/damaged.js";
import type { FileBytes } from "../user-files/file-bytes.js";
import { Cursor } from "./cursor.js";
import { logOf, logRecords } from "./log-file.js";
import { lengthAnd, varint } from "./numbers.js";

const comparator = "leveldb.BytewiseComparator";
const levels = 7;
/** Tables have two megabytes each: no browser has forty gigabytes. */
const mostTables = 20_000;

/** A table file that is part of the store, and the keys it may hold, with the eight bytes of sequence and kind. */
export interface TableRange {
	level: number;
	number: number;
	size: number;
	smallest: Buffer;
	largest: Buffer;
}

/** What the store consists of. */
export interface Manifest {
	tables: TableRange[];
	/** Logs of this number and above count. */
	logNumber: number;
	previousLog: number;
	/** No file of LevelDB's has this number or a higher one, but for logs. */
	nextFile: number;
	/** The highest sequence number in the tables. */
	lastSequence: number;
}

/** The key as its writer knows it: without the eight bytes of sequence and kind behind it. */
export const userKey = (internal: Buffer) => internal.subarray(0, -8);

/**
 * Adds up the edits of a MANIFEST file.
 *
 * @throws DamagedError
 */
export function readManifest(file: FileBytes): Manifest {
	const { name } = file;
	const tables = new Map<string, TableRange>();
	const numbers = new Map<number, number>();
	let sortedBy = "";
	for (const record of logRecords(file, true)) {
		const cursor = new Cursor(record, name);
		const added: TableRange[] = [];
		while (!cursor.isAtEnd) {
			// VersionEdit's tags, LevelDB's db/version_edit.cc.
			const tag = cursor.number();
			if (tag === 1) sortedBy = cursor.text().toString("latin1");
			else if (tag === 2 || tag === 3 || tag === 4 || tag === 9) numbers.set(tag, cursor.number());
			else if (tag === 5) {
				cursor.number();
				cursor.text();
			} else if (tag === 6) tables.delete(`${cursor.number()}/${cursor.number()}`);
			else if (tag === 7) {
				const [level, number, size] = [cursor.number(), cursor.number(), cursor.number()];
				added.push({ level, number, size, smallest: internalKey(cursor, name), largest: internalKey(cursor, name) });
			} else throw new DamagedError(t`${name}: an edit of unknown kind (${tag})`);
		}
		// A file that is deleted and added in one edit is moved: what is added counts.
		for (const table of added) tables.set(`${table.level}/${table.number}`, table);
		if (tables.size > mostTables) throw new DamagedError(t`${name}: more tables than any browser has`);
	}
	if (sortedBy !== comparator) throw new DamagedError(t`${name}: sorted in an unknown way (${sortedBy})`);
	const [logNumber, nextFile, lastSequence] = [2, 3, 4].map((tag) => numbers.get(tag));
	if (logNumber === undefined || nextFile === undefined || lastSequence === undefined) {
		throw new DamagedError(t`${name}: incomplete`);
	}
	const all = [...tables.values()];
	refuseImpossible(all, name);
	return { tables: all, logNumber, previousLog: numbers.get(9) ?? 0, nextFile, lastSequence };
}

/** A manifest in one edit. */
export function manifestOf({ tables, logNumber, nextFile, lastSequence }: Omit<Manifest, "previousLog">): Buffer {
	const numbers = [2, logNumber, 9, 0, 3, nextFile, 4, lastSequence].map(varint);
	const files = tables.flatMap(({ level, number, size, smallest, largest }) => [
		...[7, level, number, size].map(varint),
		lengthAnd(smallest),
		lengthAnd(largest),
	]);
	return logOf([Buffer.concat([varint(1), lengthAnd(Buffer.from(comparator)), ...numbers, ...files])]);
}

function internalKey(cursor: Cursor, name: string): Buffer {
	const key = cursor.text();
	if (key.length < 8) throw new DamagedError(t`${name}: a key of ${key.length} bytes`);
	return key;
}

/** What LevelDB never writes, and would fall over: one file twice, a level that is none, tables over each other. */
function refuseImpossible(tables: TableRange[], name: string): void {
	const bad = (what: string) => new DamagedError(`${name}: ${what}`);
	if (new Set(tables.map(({ number }) => number)).size < tables.length) throw bad(t`a table is named twice`);
	const byLevel = Map.groupBy(tables, ({ level }) => level);
	for (const [level, own] of byLevel) {
		if (level >= levels) throw bad(t`a level that does not exist (${level})`);
		const sorted = own.toSorted((a, b) => Buffer.compare(userKey(a.smallest), userKey(b.smallest)));
		for (const [at, { number, smallest, largest }] of sorted.entries()) {
			const before = sorted[at - 1];
			if (number === 0 || Buffer.compare(userKey(smallest), userKey(largest)) > 0) throw bad(t`an impossible table`);
			if (level > 0 && before !== undefined && Buffer.compare(userKey(before.largest), userKey(smallest)) > 0) {
				throw bad(t`tables lie over each other`);
			}
		}
	}
}
