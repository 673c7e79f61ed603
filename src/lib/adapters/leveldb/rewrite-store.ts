import { t } from "../../text.js";
import { DamagedError } from "../user-files/damaged.js";
import { bytesInMemory } from "../user-files/file-bytes.js";
import { NotWritten } from "../user-files/unfit.js";
import type { LevelEdit } from "./append-batch.js";
import { KeyRanges } from "./key-ranges.js";
import { manifestOf, type TableRange } from "./manifest.js";
import { meets, type StoreReader } from "./store-reader.js";
import { type Entry, TableFile } from "./table-file.js";
import { tableOf } from "./write-table.js";

/** A file to be written, and its name. */
export interface NewFile {
	name: string;
	bytes: Buffer;
}

/** A store that is to take the place of one, table by table: files that are new, and those of the old that stay. */
export interface Rewritten {
	/** In the order in which they are written; nothing names them before `current` does. */
	added: NewFile[];
	current: Buffer;
	/** The numbers of the tables that stay as they are. */
	kept: Set<number>;
}

/** More than Chromium's tables and logs of level 0 have together; they are put together in memory. */
export const mostBytes = 256 << 20;

export const tableName = (number: number) => `${String(number).padStart(6, "0")}.ldb`;
export const logName = (number: number) => `${String(number).padStart(6, "0")}.log`;

/**
 * A store without a trace of some keys, and with an edit made: logs and the tables of level 0, where the newer file
 * counts, become one new table; of the other levels only those are written anew that held one of the keys.
 *
 * @param from no file has this number or a higher one
 * @throws DamagedError; NotWritten refused
 */
export function rewrittenStore(reader: StoreReader, edit: LevelEdit, from: number): Rewritten {
	const purged = new KeyRanges(edit.purge);
	const isGone = (key: Buffer) => purged.has(key);
	const { tables } = reader.manifest;
	let next = from;
	const added: NewFile[] = [];
	const ranges: TableRange[] = [];
	const addTable = (level: number, entries: Iterable<Entry>) => {
		const { bytes, smallest, largest } = tableOf(entries);
		verify(bytes, entries);
		added.push({ name: tableName(next), bytes });
		ranges.push({ level, number: next, size: bytes.length, smallest, largest });
		next += 1;
	};
	const newest = newestOf(
		reader,
		tables.filter(({ level }) => level === 0),
		isGone,
	);
	let sequence = reader.lastSequence;
	for (const [key, value] of [...edit.delete.map((one) => [one, undefined] as const), ...edit.put]) {
		sequence += 1;
		const isTold = value !== undefined || !isGone(key);
		if (isTold) newest.set(key.toString("latin1"), { key, sequence, value });
		else newest.delete(key.toString("latin1"));
	}
	// As Latin-1 texts, keys have the order of their bytes.
	const sorted = [...newest.keys()].sort(ascending).map((name) => newest.get(name) as Entry);
	if (sorted.length > 0) addTable(0, sorted);
	for (const table of tables.filter(({ level }) => level > 0)) {
		const own = meets(table, purged) ? copied(reader, table) : undefined;
		const left = own?.filter(({ key }) => !isGone(key));
		if (own === undefined || left === undefined || left.length === own.length) ranges.push(table);
		else if (left.length > 0) addTable(table.level, left);
	}
	const logNumber = next;
	const manifest = next + 1;
	// A log that says nothing: whoever opens the store with it would otherwise miss one.
	added.push({ name: logName(logNumber), bytes: Buffer.alloc(0) });
	const name = `MANIFEST-${String(manifest).padStart(6, "0")}`;
	const bytes = manifestOf({ tables: ranges, logNumber, nextFile: manifest + 1, lastSequence: sequence });
	added.push({ name, bytes });
	return { added, current: Buffer.from(`${name}\n`), kept: new Set(ranges.map(({ number }) => number)) };
}

/** The newest entry of each key in logs and level 0, deletions among them: they hide what lower levels hold. */
function newestOf(
	reader: StoreReader,
	tables: readonly TableRange[],
	isGone: (key: Buffer) => boolean,
): Map<string, Entry> {
	const newest = new Map<string, Entry>();
	let left = mostBytes;
	const take = ({ key, sequence, value }: Entry) => {
		const name = key.toString("latin1");
		if (isGone(key) || (newest.get(name)?.sequence ?? -1) >= sequence) return;
		left -= key.length + (value?.length ?? 0);
		if (left < 0) throw new NotWritten("refused", t`The store is larger than any browser's.`);
		newest.set(name, { key: Buffer.from(key), sequence, value: value && Buffer.from(value) });
	};
	for (const table of tables) for (const entry of reader.entriesOf(table)) take(entry);
	for (const entry of reader.logged()) take(entry);
	return newest;
}

function copied(reader: StoreReader, table: TableRange): Entry[] {
	if (table.size > mostBytes) throw new NotWritten("refused", t`The store is larger than any browser's.`);
	return Array.from(reader.entriesOf(table), ({ key, sequence, value }) => ({
		key: Buffer.from(key),
		sequence,
		value: value && Buffer.from(value),
	}));
}

/** Reads what was made, as a browser will. */
function verify(bytes: Buffer, entries: Iterable<Entry>): void {
	const made = new TableFile(bytesInMemory("table", bytes)).entries();
	for (const { key, sequence, value } of entries) {
		const { value: other } = made.next();
		const isSame =
			other?.key.equals(key) &&
			other.sequence === sequence &&
			(value?.equals(other.value ?? key) ?? other.value === value);
		if (!isSame) throw new DamagedError(t`a new table reads differently`);
	}
	if (made.next().done !== true) throw new DamagedError(t`a new table reads differently`);
}

export const ascending = (a: string, b: string) => (a < b ? -1 : Number(a > b));
