import { t } from "../../text.js";
import { Cursor } from "./cursor.js";
import { DamagedError } from "./damaged.js";
import { readLog } from "./log-file.js";

/** A table file that is part of the store, and the user keys it may hold. */
export interface TableRange {
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
}

/**
 * Adds up the edits of a MANIFEST file.
 *
 * @throws DamagedError
 */
export function readManifest(file: Buffer, name: string): Manifest {
	const tables = new Map<string, TableRange>();
	const numbers = new Map<number, number>();
	let comparator = "";
	for (const record of readLog(file, name).records) {
		const cursor = new Cursor(record, name);
		const added: [string, TableRange][] = [];
		while (!cursor.isAtEnd) {
			// VersionEdit's tags, LevelDB's db/version_edit.cc.
			const tag = cursor.number();
			if (tag === 1) comparator = cursor.text().toString("latin1");
			else if (tag === 2 || tag === 3 || tag === 4 || tag === 9) numbers.set(tag, cursor.number());
			else if (tag === 5) {
				cursor.number();
				cursor.text();
			} else if (tag === 6) tables.delete(`${cursor.number()}/${cursor.number()}`);
			else if (tag === 7) {
				const level = cursor.number();
				const [number, size] = [cursor.number(), cursor.number()];
				const [smallest, largest] = [userKey(cursor.text(), name), userKey(cursor.text(), name)];
				added.push([`${level}/${number}`, { number, size, smallest, largest }]);
			} else throw new DamagedError(t`${name}: an edit of unknown kind (${tag})`);
		}
		// A file that is deleted and added in one edit is moved: what is added counts.
		for (const [key, table] of added) tables.set(key, table);
	}
	if (comparator !== "leveldb.BytewiseComparator")
		throw new DamagedError(t`${name}: sorted in an unknown way (${comparator})`);
	const logNumber = numbers.get(2);
	if (logNumber === undefined || !numbers.has(3) || !numbers.has(4)) throw new DamagedError(t`${name}: incomplete`);
	return { tables: [...tables.values()], logNumber, previousLog: numbers.get(9) ?? 0 };
}

/** The key as its writer knows it: without the eight bytes of sequence and kind behind it. */
function userKey(internal: Buffer, name: string): Buffer {
	if (internal.length < 8) throw new DamagedError(t`${name}: a key of ${internal.length} bytes`);
	return internal.subarray(0, -8);
}
