import { t } from "../../text.js";
import type { KeepFolder } from "../user-files/keep-folder.js";
import { NotWritten } from "../user-files/unfit.js";
import type { UserFolder } from "../user-files/user-folder.js";
import { appendedLog, type LevelEdit } from "./append-batch.js";
import { batchOf } from "./batch.js";
import { copyStore, keepWithoutTables } from "./keep-store.js";
import { only } from "./key-ranges.js";
import { holdLock } from "./lock.js";
import { logOf } from "./log-file.js";
import { manifestOf } from "./manifest.js";
import { logName, type NewFile, type Rewritten, rewrittenStore, tableName } from "./rewrite-store.js";
import { failure, isPart, moved, partsOf, readWhole, sameParts, withReader } from "./store-parts.js";
import type { StoreReader } from "./store-reader.js";
import { lastOfAll } from "./table-file.js";

/**
 * Changes a store that nobody has open, in JavaScript alone.
 *
 * What is set or deleted is one write in a new log, numbered above all files: LevelDB reads it as it reads any log at
 * its start. Nothing else is touched, whatever the store's size. Where old values may not stay behind, the tables that
 * hold them are written anew, under names that the store does not use, and become the store in one step, by the name in
 * CURRENT, as LevelDB itself does it. Whenever we die, what is there is a whole store, the old one or the new one.
 *
 * @param options.keep gets the files as they were; of tables, which never change, only the names when they stay
 * @param options.edit says what to change
 * @throws Unfit damaged; NotWritten in-use, failed, refused
 */
export async function writeStore(
	folder: UserFolder,
	options: { keep: KeepFolder; guard: () => Promise<void>; edit: (reader: StoreReader) => LevelEdit },
): Promise<void> {
	const before = partsOf(folder);
	const { wanted, files } = withReader(folder, (reader) => {
		const edit = options.edit(reader);
		const from = Math.max(reader.manifest.nextFile, highest(folder.names()) + 1);
		if (from + reader.manifest.tables.length >= lastOfAll) {
			throw new NotWritten("refused", t`${folder.path}: the store's numbers are at their end.`);
		}
		if (edit.purge.length > 0) return { wanted: edit, files: rewrittenStore(reader, edit, from) };
		// What was read may be less than all: the sequence numbers are in all logs.
		for (const _ of reader.logged());
		return { wanted: edit, files: { name: logName(from), bytes: appendedLog(reader, edit) } };
	});
	if ("current" in files) copyStore(folder, options.keep);
	else keepWithoutTables(folder, options.keep);
	const release = await holdLock(folder);
	try {
		if (!sameParts(before, partsOf(folder))) throw moved(folder);
		await options.guard();
		if ("current" in files) publish(folder, files, () => verify(folder, wanted));
		else append(folder, files, wanted);
	} finally {
		release();
	}
}

/** Puts a new log beside the others; nobody else can open the store. */
function append(folder: UserFolder, { name, bytes }: NewFile, wanted: LevelEdit): void {
	let isAdded = false;
	try {
		folder.add(name, bytes, folder.look("CURRENT") ?? folder.plainFile);
		isAdded = true;
		verify(folder, wanted);
	} catch (error) {
		if (isAdded) folder.remove(name);
		folder.sync();
		if (error instanceof NotWritten) throw error;
		throw new NotWritten("failed", failure(folder, error));
	}
}

/** Reads from the disk what was written, as a browser will at its start. */
function verify(folder: UserFolder, { put, delete: deleted, purge }: LevelEdit): void {
	withReader(folder, (reader) => {
		const { values, certain, damage } = reader.read([...put.map(([key]) => only(key)), ...deleted.map(only), ...purge]);
		const wanted = new Map(put.map(([key, value]) => [key.toString("latin1"), value]));
		const isThere = [...wanted].every(([name, value]) => {
			const found = values.get(name);
			return certain.has(name) && found?.known && found.value.equals(value);
		});
		if (isThere && damage.length === 0 && [...values.keys()].every((name) => wanted.has(name))) return;
		throw new NotWritten("failed", t`What was written can't be read back; ${folder.path} is as it was.`);
	});
}

/** The highest number that a file of a store has. */
export function highest(names: readonly string[]): number {
	return Math.max(0, ...names.map((name) => Number(/^(?:MANIFEST-)?(\d+)/.exec(name)?.[1] ?? 0)));
}

/** Makes a store in an empty folder of a user. */
export function makeStore(folder: UserFolder, put: readonly [Buffer, Buffer][]): void {
	const manifest = manifestOf({ tables: [], logNumber: 2, nextFile: 3, lastSequence: 0 });
	const log = logOf([
		batchOf(
			1,
			put.map(([key, value]) => ({ key, value })),
		),
	]);
	const files = { [logName(2)]: log, "MANIFEST-000001": manifest, CURRENT: Buffer.from("MANIFEST-000001\n") };
	for (const [name, bytes] of Object.entries(files)) folder.rename(folder.write(bytes, folder.plainFile), name);
	folder.sync();
	withReader(folder, (reader) => reader.check());
}

/**
 * Puts the files of a rewritten store in place: nothing names new tables before CURRENT does, and the log among them
 * says nothing to the old manifest. What is no longer needed goes last.
 *
 * @param check reads from the disk what was written, while nobody else can open it
 */
export function publish(folder: UserFolder, { added, current, kept }: Rewritten, check: () => void): void {
	const old = folder.file("CURRENT");
	const like = old?.facts ?? folder.plainFile;
	const before = old?.read(0, old.size);
	old?.close();
	const written: string[] = [];
	// Written now: to go back must not need room on the disk.
	const back = before && folder.write(before, like);
	try {
		for (const { name, bytes } of added) {
			const temporary = folder.write(bytes, like);
			written.push(temporary);
			folder.rename(temporary, name);
			written[written.length - 1] = name;
		}
		folder.sync();
		folder.rename(folder.write(current, like), "CURRENT");
		folder.sync();
		check();
	} catch (error) {
		if (before === undefined || back === undefined) folder.remove("CURRENT");
		else if (readWhole(folder, "CURRENT").equals(before)) folder.remove(back);
		else folder.rename(back, "CURRENT");
		folder.sync();
		for (const name of written) folder.remove(name);
		if (error instanceof NotWritten) throw error;
		throw new NotWritten("failed", failure(folder, error));
	}
	if (back !== undefined) folder.remove(back);
	const names = new Set(["CURRENT", ...added.map(({ name }) => name)]);
	for (const number of kept)
		for (const name of [tableName(number), tableName(number).replace("ldb", "sst")]) names.add(name);
	for (const name of folder.names()) if (isPart(name) && !names.has(name)) folder.remove(name);
	folder.sync();
}
