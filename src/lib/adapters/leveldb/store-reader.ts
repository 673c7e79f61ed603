import type { Known } from "../../known.js";
import { known, unknown } from "../../known.js";
import { t } from "../../text.js";
import { Budget } from "../user-files/budget.js";
import { ChangedError, DamagedError } from "../user-files/damaged.js";
import type { FileBytes } from "../user-files/file-bytes.js";
import { batchEntries } from "./batch.js";
import { type KeyRange, KeyRanges, only } from "./key-ranges.js";
import { logRecords } from "./log-file.js";
import { type Manifest, readManifest, type TableRange, userKey } from "./manifest.js";
import { type Entry, lastOfAll, TableFile } from "./table-file.js";

/** The files of a store, read from a folder that may change meanwhile. */
export interface StoreFiles {
	names(): string[];
	/** Opens a file to read parts of it. @throws ChangedError when it is not there any more */
	open(name: string): OpenFile;
}

export interface OpenFile extends FileBytes {
	close(): void;
}

/** Longer than any of its kind. */
const longestManifest = 64 << 20;
/** A log is written into tables from 4 MB on; one much longer is nothing LevelDB made. */
const longestLog = 256 << 20;

/** What a reading found. */
export interface Found {
	/** By key, as Latin-1. Not known: a part that could hold a newer value is damaged. */
	values: Map<string, Known<Buffer>>;
	/** Keys of which nothing damaged could say anything newer: also those that were deleted. */
	certain: Set<string>;
	/** Keys in such a part may be missing among the values. */
	damage: { range: TableRange; why: string }[];
}

/**
 * Reads a LevelDB without opening it as one: no file is written, none is locked, and every byte that is believed was
 * checked (docs/decisions/0014). Only blocks that can hold the wanted keys are read, and only wanted entries are kept:
 * however large a store is, or says that it is, that is what it costs.
 *
 * The sequence number of an entry says which is the newest of a key, wherever it stands: in a log or in any table.
 */
export class StoreReader {
	readonly manifest: Manifest;
	/** The logs that count, oldest first. */
	readonly logs: readonly string[];
	/** The highest sequence number that was given to an entry. */
	lastSequence: number;
	private readonly names: ReadonlySet<string>;

	/**
	 * @param missed is told what is not there and should be; left out: that is damage
	 * @throws DamagedError when the manifest cannot be believed: then nothing in the store can
	 * @throws ChangedError when the store was changed meanwhile
	 */
	constructor(
		private readonly files: StoreFiles,
		missed: (what: string) => void = (what) => {
			throw new DamagedError(what);
		},
	) {
		this.names = new Set(files.names());
		const name = currentManifest(this.whole("CURRENT"));
		if (!this.names.has(name)) throw new DamagedError(t`CURRENT names ${name}, which is not there`);
		const bytes = files.open(name);
		try {
			if (bytes.size > longestManifest) throw new DamagedError(t`${name} is too long`);
			this.manifest = readManifest(bytes);
		} finally {
			bytes.close();
		}
		const { tables, logNumber, previousLog, lastSequence } = this.manifest;
		if (lastSequence >= lastOfAll) throw new DamagedError(t`${name}: a sequence number that no browser reaches`);
		this.lastSequence = lastSequence;
		const logs = [...this.names]
			.filter((one) => /^\d+\.log$/.test(one))
			.map((one) => ({ one, number: Number(one.slice(0, -4)) }))
			.filter(({ number }) => number >= logNumber || (number > 0 && number === previousLog))
			.sort((a, b) => a.number - b.number);
		const impossible = logs.find(({ number }) => number === 0 || !Number.isSafeInteger(number));
		if (impossible !== undefined) throw new DamagedError(t`${impossible.one}: a number that no log has`);
		// A repaired store has none (0) until it is opened. One that a later log replaced has nothing to say any more.
		if (logNumber !== 0 && logs.length === 0) missed(t`the log ${logNumber} is missing`);
		this.logs = logs.map(({ one }) => one);
		const missing = tables.filter((table) => this.nameOf(table) === undefined);
		for (const table of missing) missed(t`the table ${table.number} is missing`);
		if (missing.length > 0) this.manifest.tables = tables.filter((table) => !missing.includes(table));
	}

	/**
	 * Every key of these ranges that has a value.
	 *
	 * @param filter lets a key of them through
	 * @throws DamagedError when the logs cannot be believed
	 */
	read(asked: readonly KeyRange[], filter: (key: Buffer) => boolean = () => true, budget = new Budget()): Found {
		const ranges = new KeyRanges(asked);
		const newest = new Map<string, Entry>();
		const take = (entry: Entry) => {
			const name = entry.key.toString("latin1");
			const before = newest.get(name);
			if (before !== undefined && before.sequence >= entry.sequence) return;
			if (before === undefined) budget.keep(lengthOf(entry));
			else budget.replace(lengthOf(before), lengthOf(entry));
			// Copies, not views: a view would keep its whole block in memory.
			newest.set(name, {
				key: Buffer.from(entry.key),
				sequence: entry.sequence,
				value: entry.value && Buffer.from(entry.value),
			});
		};
		for (const entry of this.logged()) {
			if (ranges.has(entry.key) && filter(entry.key)) take(entry);
		}
		// What the logs say is newer than any table.
		const recent = new Set(newest.keys());
		const damage: Found["damage"] = [];
		for (const range of this.manifest.tables) {
			if (!meets(range, ranges)) continue;
			try {
				for (const entry of this.entriesOf(range, ranges)) {
					if (!filter(entry.key)) continue;
					const logged = recent.has(entry.key.toString("latin1"))
						? newest.get(entry.key.toString("latin1"))
						: undefined;
					// A log is newer than any table; of this LevelDB would give two answers.
					if (logged !== undefined && logged.sequence < entry.sequence) {
						throw new DamagedError(t`the table ${range.number} is newer than the log`);
					}
					take(entry);
				}
			} catch (error) {
				if (!(error instanceof DamagedError)) throw error;
				damage.push({ range, why: error.message });
			}
		}
		const found: Found = { values: new Map(), certain: new Set(), damage };
		for (const [name, { key, value }] of newest) {
			const doubt = recent.has(name) ? undefined : damage.find(({ range }) => covers(range, key));
			if (doubt === undefined) found.certain.add(name);
			if (doubt !== undefined) found.values.set(name, unknown(doubt.why));
			else if (value !== undefined) found.values.set(name, known(value));
		}
		return found;
	}

	/** The values of some keys; null when it has none; not known when a part that could hold it is damaged. */
	get(keys: readonly Buffer[]): Map<string, Known<Buffer | null>> {
		const { values, certain, damage } = this.read(keys.map(only));
		return new Map(
			keys.map((key) => {
				const name = key.toString("latin1");
				const doubt = certain.has(name) ? undefined : damage.find(({ range }) => covers(range, key));
				return [name, values.get(name) ?? (doubt === undefined ? known(null) : unknown(doubt.why))];
			}),
		);
	}

	/** The entries of all logs, in the order in which they were written. @throws DamagedError */
	*logged(): Generator<Entry> {
		let next = 0;
		for (const name of this.logs) {
			const bytes = this.files.open(name);
			try {
				if (bytes.size > longestLog) throw new DamagedError(t`${name} is too long`);
				for (const record of logRecords(bytes)) {
					const { sequence, count, entries } = batchEntries(record, name);
					// Two writes of one number: which of them is the newer one nobody could say.
					if (sequence < next) throw new DamagedError(t`${name}: a sequence number is used twice`);
					next = sequence + count;
					yield* entries;
					this.lastSequence = Math.max(this.lastSequence, next - 1);
				}
			} finally {
				bytes.close();
			}
		}
	}

	/** The entries of a table, checked block by block as they are read. @throws DamagedError */
	*entriesOf(range: TableRange, ranges?: KeyRanges): Generator<Entry> {
		const bytes = this.openTable(range);
		try {
			for (const entry of new TableFile(bytes).entries(ranges)) {
				// LevelDB would not show it, and give its number away once more.
				if (entry.sequence > this.manifest.lastSequence) {
					throw new DamagedError(t`${bytes.name}: a sequence number that was never given`);
				}
				yield entry;
			}
		} finally {
			bytes.close();
		}
	}

	/** Checks every byte that LevelDB would ever believe. @throws DamagedError */
	check(): void {
		for (const _ of this.logged());
		for (const range of this.manifest.tables) {
			const bytes = this.openTable(range);
			try {
				new TableFile(bytes).check();
			} finally {
				bytes.close();
			}
		}
	}

	private openTable(range: TableRange): OpenFile {
		const bytes = this.files.open(this.nameOf(range) as string);
		if (bytes.size === range.size) return bytes;
		bytes.close();
		throw new DamagedError(t`${bytes.name}: ${bytes.size} bytes, not ${range.size}`);
	}

	/** The file of a table; undefined when it is missing. */
	nameOf({ number }: TableRange): string | undefined {
		const digits = String(number).padStart(6, "0");
		return [`${digits}.ldb`, `${digits}.sst`].find((name) => this.names.has(name));
	}

	private whole(name: string): Buffer {
		const bytes = this.files.open(name);
		try {
			return bytes.read(0, Math.min(bytes.size, 1 << 10));
		} finally {
			bytes.close();
		}
	}
}

/** The name in `CURRENT`. @throws DamagedError */
function currentManifest(current: Buffer): string {
	const name = /^(MANIFEST-\d+)\n$/.exec(current.toString("latin1"))?.[1];
	if (name === undefined) throw new DamagedError(t`CURRENT names no manifest`);
	return name;
}

/**
 * Reads a store that may be in use, from the start again when it was changed under the reader.
 *
 * @throws ChangedError when it never held still; DamagedError
 */
export function readPatiently<T>(read: () => T): T {
	for (let left = 6; ; left -= 1) {
		try {
			return read();
		} catch (error) {
			if (left === 0 || !(error instanceof ChangedError || error instanceof DamagedError)) throw error;
		}
	}
}

/** Whether a table can hold keys of some ranges. */
export function meets({ smallest, largest }: TableRange, ranges: KeyRanges): boolean {
	return ranges.meets(userKey(smallest), userKey(largest));
}

function covers({ smallest, largest }: TableRange, key: Buffer): boolean {
	return Buffer.compare(userKey(smallest), key) <= 0 && Buffer.compare(key, userKey(largest)) <= 0;
}

const lengthOf = ({ key, value }: Entry) => key.length + (value?.length ?? 0);
