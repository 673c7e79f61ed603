import type { Known } from "../../known.js";
import { known, unknown } from "../../known.js";
import { t } from "../../text.js";
import { Cursor } from "./cursor.js";
import { ChangedError, DamagedError } from "./damaged.js";
import { readLog } from "./log-file.js";
import { readManifest, type TableRange } from "./manifest.js";
import { type Entry, type TableBytes, TableFile } from "./table-file.js";

/** The files of a store, read from a folder that may change meanwhile. */
export interface StoreFiles {
	names(): string[];
	/** @throws ChangedError when it is not there any more */
	read(name: string): Buffer;
	/** Opens a file to read parts of it. @throws ChangedError */
	open(name: string): TableBytes;
}

/**
 * Reads a LevelDB without opening it as one: no file is written, none is locked, and every byte that is believed was
 * checked. The library (classic-level) rewrites a store as it opens it, needs a whole copy for that, and has no way to
 * ask for its checksums (docs/decisions/0014).
 *
 * The sequence number of an entry says which is the newest of a key, wherever it stands: in a log or in any table.
 */
export class StoreReader {
	/** What the logs say: newer than any table. */
	private readonly recent = new Map<string, Entry>();
	private readonly opened = new Map<number, TableFile>();
	private readonly tables: readonly TableRange[];
	/** False when the last log ends in the middle of a record. */
	readonly whole: boolean;

	/**
	 * @throws DamagedError when manifest or logs cannot be believed: then nothing in the store can
	 * @throws ChangedError when the store was changed meanwhile
	 */
	constructor(private readonly files: StoreFiles) {
		const names = files.names();
		const manifest = currentManifest(files.read("CURRENT"));
		if (!names.includes(manifest)) throw new DamagedError(t`CURRENT names ${manifest}, which is not there`);
		const { tables, logNumber, previousLog } = readManifest(files.read(manifest), manifest);
		this.tables = tables;
		const logs = names
			.map((name) => ({ name, number: /^\d+\.log$/.test(name) ? Number.parseInt(name, 10) : -1 }))
			.filter(({ number }) => number >= logNumber || (number > 0 && number === previousLog))
			.sort((a, b) => a.number - b.number);
		// A repaired store has none (0) until it is opened.
		if (logNumber !== 0 && logs[0]?.number !== logNumber && logs[0]?.number !== previousLog) {
			throw new DamagedError(t`the log ${logNumber} is missing`);
		}
		let whole = true;
		for (const { name } of logs) whole = this.readLogFile(name);
		this.whole = whole;
		const missing = tables.find(({ number }) => this.nameOf(number, names) === undefined);
		if (missing !== undefined) throw new DamagedError(t`the table ${missing.number} is missing`);
		this.names = names;
	}

	private readonly names: readonly string[];

	/** The value of a key; null when it has none; not known when a part that could hold it is damaged. */
	get(key: Buffer): Known<Buffer | null> {
		const recent = this.recent.get(key.toString("latin1"));
		if (recent !== undefined) return known(recent.value ?? null);
		let newest: Entry | undefined;
		try {
			for (const range of this.tables.filter((table) => covers(table, key))) {
				const found = this.table(range).find(key);
				if (found !== undefined && found.sequence > (newest?.sequence ?? -1)) newest = found;
			}
		} catch (error) {
			if (!(error instanceof DamagedError)) throw error;
			return unknown(error.message);
		}
		return known(newest?.value ?? null);
	}

	/**
	 * Every key that a filter lets through and that has a value; all blocks of all tables are read.
	 *
	 * @returns the values, and what is damaged: keys in such a part are told as not known, or not at all
	 */
	scan(filter: (key: Buffer) => boolean): { values: Map<string, Known<Buffer>>; damage: string[] } {
		const newest = new Map<string, Entry>();
		const take = (entry: Entry) => {
			if (!filter(entry.key)) return;
			const name = entry.key.toString("latin1");
			const before = newest.get(name);
			// A copy, not a view: a view would keep its whole block in memory.
			if (before === undefined || before.sequence < entry.sequence) {
				newest.set(name, { ...entry, value: entry.value && Buffer.from(entry.value) });
			}
		};
		const damaged: { range: TableRange; why: string }[] = [];
		for (const range of this.tables) {
			try {
				for (const entry of this.table(range).all()) take(entry);
			} catch (error) {
				if (!(error instanceof DamagedError)) throw error;
				damaged.push({ range, why: error.message });
			}
		}
		const values = new Map<string, Known<Buffer>>();
		for (const entry of this.recent.values()) if (filter(entry.key)) newest.set(entry.key.toString("latin1"), entry);
		for (const [name, { key, value }] of newest) {
			const doubt = this.recent.has(name) ? undefined : damaged.find(({ range }) => covers(range, key));
			if (doubt !== undefined) values.set(name, unknown(doubt.why));
			else if (value !== undefined) values.set(name, known(value));
		}
		return { values, damage: damaged.map(({ why }) => why) };
	}

	/** The files of the tables it consists of. */
	tableNames(): string[] {
		return this.tables.map(({ number }) => this.nameOf(number, this.names) as string);
	}

	/** Checks every byte that LevelDB would ever believe. @throws DamagedError */
	check(): void {
		if (!this.whole) throw new DamagedError(t`the last log ends in the middle of a record`);
		for (const range of this.tables) this.table(range).check();
	}

	private readLogFile(name: string): boolean {
		const { records, whole } = readLog(this.files.read(name), name);
		for (const record of records) {
			for (const entry of batchEntries(record, name)) {
				const key = entry.key.toString("latin1");
				if ((this.recent.get(key)?.sequence ?? -1) < entry.sequence) this.recent.set(key, entry);
			}
		}
		return whole;
	}

	private table(range: TableRange): TableFile {
		const before = this.opened.get(range.number);
		if (before !== undefined) return before;
		const bytes = this.files.open(this.nameOf(range.number, this.names) as string);
		if (bytes.size !== range.size) throw new DamagedError(t`${bytes.name}: ${bytes.size} bytes, not ${range.size}`);
		const table = new TableFile(bytes);
		this.opened.set(range.number, table);
		return table;
	}

	private nameOf(number: number, names: readonly string[]): string | undefined {
		const digits = String(number).padStart(6, "0");
		return [`${digits}.ldb`, `${digits}.sst`].find((name) => names.includes(name));
	}
}

/** The name in `CURRENT`. @throws DamagedError */
export function currentManifest(current: Buffer): string {
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

/** What one write put into the log: LevelDB's db/write_batch.cc. */
function* batchEntries(record: Buffer, name: string): Generator<Entry> {
	if (record.length < 12) throw new DamagedError(t`${name}: a write of ${record.length} bytes`);
	const sequence = Number(record.readBigUInt64LE(0));
	const count = record.readUInt32LE(8);
	const cursor = new Cursor(record, name, 12);
	for (let n = 0; n < count; n += 1) {
		const kind = cursor.take(1)[0];
		if (kind !== 0 && kind !== 1) throw new DamagedError(t`${name}: an entry of unknown kind (${String(kind)})`);
		yield { key: cursor.text(), sequence: sequence + n, value: kind === 1 ? cursor.text() : undefined };
	}
	if (!cursor.isAtEnd) throw new DamagedError(t`${name}: a write with something behind it`);
}

function covers({ smallest, largest }: TableRange, key: Buffer): boolean {
	return Buffer.compare(smallest, key) <= 0 && Buffer.compare(key, largest) <= 0;
}
