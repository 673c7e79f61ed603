import { t } from "../../text.js";
import { ChangedError, DamagedError } from "../user-files/damaged.js";
import type { KeepFolder } from "../user-files/keep-folder.js";
import { NotWritten } from "../user-files/unfit.js";
import type { UserFolder } from "../user-files/user-folder.js";
import { batchEntries } from "./batch.js";
import { FolderFiles } from "./folder-files.js";
import { copyStore } from "./keep-store.js";
import { holdLock } from "./lock.js";
import { logRecords } from "./log-file.js";
import { manifestOf, type TableRange } from "./manifest.js";
import { ascending, logName, mostBytes, type Rewritten, tableName } from "./rewrite-store.js";
import { moved, partsOf, sameParts, withReader } from "./store-parts.js";
import { readPatiently, StoreReader } from "./store-reader.js";
import { highest, publish } from "./store-writer.js";
import { type Entry, TableFile } from "./table-file.js";
import { tableOf } from "./write-table.js";

/** What can be read of a damaged store. */
export interface Salvage {
	/** The newest value of each key, sorted. */
	entries: Entry[];
	/** What is damaged, each with its file. */
	lost: string[];
	lastSequence: number;
}

/** What can be read of a store, if something can't; undefined when all is sound. @throws ChangedError; NotWritten refused */
export function salvageOf(folder: UserFolder): Salvage | undefined {
	try {
		return readPatiently(() => {
			const reader = new StoreReader(new FolderFiles(folder));
			reader.check();
			for (const table of reader.manifest.tables) for (const _ of reader.entriesOf(table));
			return undefined;
		});
	} catch (error) {
		if (!isDamage(error)) throw error;
		return salvaged(folder);
	}
}

/** A file that is still not there after a while was not moved by a browser. */
const isDamage = (error: unknown): error is Error => error instanceof DamagedError || error instanceof ChangedError;

function salvaged(folder: UserFolder): Salvage {
	const files = new FolderFiles(folder);
	const lost: string[] = [];
	const { tables, logs } = partsToRead(files, (what) => lost.push(what));
	const newest = new Map<string, Entry>();
	let lastSequence = 0;
	let left = mostBytes;
	// What stands later counts where one sequence number was given twice.
	const take = ({ key, sequence, value }: Entry) => {
		lastSequence = Math.max(lastSequence, sequence);
		const name = key.toString("latin1");
		if ((newest.get(name)?.sequence ?? -1) > sequence) return;
		left -= key.length + (value?.length ?? 0);
		if (left < 0) throw new NotWritten("refused", t`The store is larger than any browser's.`);
		newest.set(name, { key: Buffer.from(key), sequence, value: value && Buffer.from(value) });
	};
	const tried = (name: string, read: () => Iterable<Entry>) => {
		try {
			for (const entry of read()) take(entry);
		} catch (error) {
			if (!(error instanceof DamagedError)) throw error;
			lost.push(error.message.startsWith(name) ? error.message : `${name}: ${error.message}`);
		}
	};
	for (const name of [...tables, ...logs]) {
		const bytes = files.open(name);
		try {
			const skipped = (why: string) => lost.push(why);
			if (name.endsWith(".log")) {
				tried(name, function* () {
					for (const record of logRecords(bytes)) yield* batchEntries(record, name).entries;
				});
			} else tried(name, () => new TableFile(bytes).entries(undefined, skipped));
		} finally {
			bytes.close();
		}
	}
	const entries = [...newest.keys()]
		.sort(ascending)
		.map((name) => newest.get(name) as Entry)
		.filter(({ value }) => value !== undefined);
	return { entries, lost, lastSequence };
}

/** The files that count, as the manifest says; where it says nothing, all there are. Tables first: logs are newer. */
function partsToRead(files: FolderFiles, lose: (what: string) => void): { tables: string[]; logs: readonly string[] } {
	try {
		const reader = new StoreReader(files, lose);
		return { tables: reader.manifest.tables.map((table) => reader.nameOf(table) as string), logs: reader.logs };
	} catch (error) {
		if (!isDamage(error)) throw error;
		lose(error.message);
		const names = files.names();
		return {
			tables: names.filter((name) => /^\d{1,15}\.(ldb|sst)$/.test(name)).sort(byNumber),
			logs: names.filter((name) => /^\d{1,15}\.log$/.test(name)).sort(byNumber),
		};
	}
}

const byNumber = (a: string, b: string) => Number.parseInt(a, 10) - Number.parseInt(b, 10);

/**
 * Puts a new store, of what could be read, in the place of a damaged one that nobody has open.
 *
 * @param options.keep gets the damaged files
 * @throws Unfit denied; NotWritten in-use, failed
 */
export async function repairStore(
	folder: UserFolder,
	{ entries, lastSequence }: Pick<Salvage, "entries" | "lastSequence">,
	options: { keep: KeepFolder; guard: () => Promise<void> },
): Promise<void> {
	const before = partsOf(folder);
	copyStore(folder, options.keep);
	const release = await holdLock(folder);
	try {
		if (!sameParts(before, partsOf(folder))) throw moved(folder);
		await options.guard();
		publish(folder, madeOf(entries, lastSequence, highest(folder.names()) + 1), () =>
			withReader(folder, (reader) => reader.check()),
		);
	} finally {
		release();
	}
}

/** @param from no file has this number or a higher one */
function madeOf(entries: readonly Entry[], lastSequence: number, from: number): Rewritten {
	const { bytes: table, smallest, largest } = tableOf(entries);
	const ranges: TableRange[] = [{ level: 0, number: from, size: table.length, smallest, largest }];
	const name = `MANIFEST-${String(from + 2).padStart(6, "0")}`;
	const manifest = manifestOf({ tables: ranges, logNumber: from + 1, nextFile: from + 3, lastSequence });
	return {
		added: [
			{ name: tableName(from), bytes: table },
			{ name: logName(from + 1), bytes: Buffer.alloc(0) },
			{ name, bytes: manifest },
		],
		current: Buffer.from(`${name}\n`),
		kept: new Set([from]),
	};
}
