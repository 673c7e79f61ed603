import { setTimeout as pause } from "node:timers/promises";
import { codeOf, refusalOf } from "../../system-errors.js";
import { t } from "../../text.js";
import { ChangedError, DamagedError } from "../user-files/damaged.js";
import { bytesOfFile } from "../user-files/file-bytes.js";
import type { KeepFolder } from "../user-files/keep-folder.js";
import type { EditImage, PutBackOptions, WriteOptions } from "../user-files/live-store.js";
import { NotWritten, Unfit } from "../user-files/unfit.js";
import type { UserFile } from "../user-files/user-file.js";
import { UserFolder } from "../user-files/user-folder.js";
import type { DatabaseFiles } from "./database-pages.js";
import { committedImage, longest } from "./edit-database.js";
import { StoredDatabase } from "./read-database.js";

/** What belongs to a database: the log of a WAL database, or the journal of a change that was cut short. */
const companions = ["", "-wal", "-journal"];
/** Pages are read some at a time. */
const ahead = 1 << 16;

/**
 * Reads a browser's database where it lies, as bytes. It is never opened as one: even an idle connection makes a
 * Chromium that starts delete it, and what a user can write SQLite would carry out.
 *
 * @returns undefined when there is no such file
 * @throws Unfit damaged, unsupported, denied, running
 */
export async function readUserDatabase<T>(
	folder: UserFolder,
	name: string,
	read: (database: StoredDatabase) => T,
): Promise<T | undefined> {
	for (let left = 6; ; left -= 1) {
		const before = partsOf(folder, name);
		if (!before.has(name)) return undefined;
		try {
			const value = withFiles(folder, name, (files) => read(new StoredDatabase(files)));
			if (same(before, partsOf(folder, name))) return value;
		} catch (error) {
			if (!(error instanceof DamagedError || error instanceof ChangedError)) throw error;
			// Two changes in one tick of the file system's clock look like none: what was read may be half of each.
			if (left === 0 || !isBeingChanged(folder, name)) throw new Unfit("damaged", error.message);
		}
		if (left === 0) throw new Unfit("running", t`${folder.path}: ${name} changes faster than it can be read.`);
		await pause(20);
	}
}

/** Works with the files of a database, held open. */
function withFiles<T>(folder: UserFolder, name: string, work: (files: DatabaseFiles) => T): T {
	const open: UserFile[] = [];
	const bytes = (end: string) => {
		const file = folder.file(name + end);
		if (file === undefined) return undefined;
		open.push(file);
		return bytesOfFile(name + end, file, ahead);
	};
	try {
		const main = bytes("");
		if (main === undefined) throw new ChangedError(t`${name} is not there any more`);
		return work({ main, wal: bytes("-wal"), journal: bytes("-journal") });
	} finally {
		for (const file of open) file.close();
	}
}

function isBeingChanged(folder: UserFolder, name: string): boolean {
	return companions.some((end) => Date.now() - (folder.look(name + end)?.mtimeMs ?? 0) < 10_000);
}

export interface WriteDatabase {
	/** Gets the files as they were. */
	keep: KeepFolder;
	/** Throws when the browser has been started meanwhile. */
	guard(): Promise<void>;
	/** Throws for a database of another kind. */
	check(stored: StoredDatabase): void;
	/** What the database becomes. */
	change(image: Buffer): Promise<Buffer>;
}

/**
 * Changes a browser's database that nobody has open: what it becomes is made in memory, and takes its place.
 *
 * When a log or a journal of a browser that crashed is there, the database with that log merged in takes its place
 * first: with the log still beside it, it is the same database, so that it may go then. Whenever we die, what is there is
 * the old content or the new one.
 *
 * @throws Unfit damaged, unsupported; NotWritten in-use, failed
 */
export async function writeUserDatabase(folder: UserFolder, name: string, options: WriteDatabase): Promise<void> {
	const parts = copyUserDatabase(folder, name, options.keep);
	if (!parts.has(name)) throw moved(folder, name);
	const before = imageIn(folder, name, options.check);
	await exchange(folder, name, parts, { before, after: await options.change(before) }, options.guard);
}

/** More damaged places are not told: a user could make millions. */
const mostLost = 1000;

/** What can be read of a damaged database, and what can't. */
export interface Salvaged<T> {
	found: T;
	lost: string[];
}

/**
 * Reads what can be read of a database that is damaged.
 *
 * @param look says what is wrong with it, or throws it
 * @param read what it can't read it tells to `lose`
 * @returns undefined when nothing is wrong with it, or it is not there
 * @throws Unfit unsupported, denied, running; NotWritten refused
 */
export async function salvageDatabase<T>(
	folder: UserFolder,
	name: string,
	look: () => Promise<string | undefined>,
	read: (database: StoredDatabase | undefined, lose: (what: string) => void) => T,
): Promise<Salvaged<T> | undefined> {
	const lost = new Set<string>();
	const lose = (what: string) => {
		if (lost.size < mostLost) lost.add(what);
	};
	try {
		const wrong = await look();
		if (wrong === undefined) return undefined;
		lose(wrong);
	} catch (error) {
		if (!(error instanceof Unfit) || error.state !== "damaged") throw error;
		lose(error.message);
	}
	return withFiles(folder, name, (files) => ({ found: read(opened(files, lose), lose), lost: [...lost] }));
}

/** Has SQLite itself check a database, in memory: of its indexes and of pages that nothing uses only it knows. @throws Unfit */
export async function checkUserDatabase(folder: UserFolder, name: string, editImage: EditImage): Promise<undefined> {
	if (folder.look(name) !== undefined) await editImage(name, imageIn(folder, name), { of: "any" });
}

/** A database as far as it can be read; undefined when not even its first page can. */
function opened(files: DatabaseFiles, lose: (what: string) => void): StoredDatabase | undefined {
	try {
		return new StoredDatabase(files, lose);
	} catch (error) {
		if (!(error instanceof DamagedError)) throw error;
		lose(error.message);
		return undefined;
	}
}

/** Puts a new database in the place of a damaged one that nobody has open. @throws NotWritten in-use, failed */
export async function replaceUserDatabase(
	folder: UserFolder,
	name: string,
	image: Buffer,
	{ keep, guard }: Pick<WriteOptions, "keep" | "guard">,
): Promise<void> {
	const parts = copyUserDatabase(folder, name, keep);
	await exchange(folder, name, parts, { before: undefined, after: image }, guard);
}

/** Puts a database back as it was kept. @throws Unfit damaged; NotWritten in-use, failed */
export async function putDatabaseBack(
	folder: UserFolder,
	name: string,
	keep: string,
	options: PutBackOptions,
): Promise<void> {
	const parts = partsOf(folder, name);
	const kept = UserFolder.open(keep);
	let after: Buffer;
	try {
		after = (await options.editImage(name, imageIn(kept, name), { of: "any" })).image;
	} finally {
		kept.close();
	}
	let before: Buffer | undefined;
	if (parts.has(name)) {
		try {
			before = withFiles(folder, name, (files) => new StoredDatabase(files).image());
		} catch (error) {
			// What is damaged is what is put back for; should that fail, too, the file gets its own bytes again.
			if (!(error instanceof DamagedError || error instanceof Unfit)) throw error;
			before = withFiles(folder, name, ({ main }) => main.read(0, main.size));
		}
	}
	await exchange(folder, name, parts, { before, after }, options.guard);
}

/** The content of a database. */
function imageIn(folder: UserFolder, name: string, check?: (stored: StoredDatabase) => void): Buffer {
	try {
		return withFiles(folder, name, (files) => committedImage(files, check));
	} catch (error) {
		if (error instanceof ChangedError) throw new Unfit("damaged", error.message);
		throw error;
	}
}

type Parts = ReadonlyMap<string, string>;

/** Copies a database with its companions, again when they were changed meanwhile. @returns what was there */
export function copyUserDatabase(folder: UserFolder, name: string, own: KeepFolder): Parts {
	for (let left = 6; ; left -= 1) {
		const before = partsOf(folder, name);
		const size = companions.reduce((sum, end) => sum + (folder.look(name + end)?.size ?? 0), 0);
		// A file of a terabyte with nothing in it is made at once, and copied whole.
		if (size > 2 * longest)
			throw new NotWritten("refused", t`${folder.path}: ${name} is larger than any browser's store.`);
		for (const end of companions) {
			const file = before.has(name + end) ? folder.file(name + end) : undefined;
			if (file === undefined) {
				own.remove(name + end);
				continue;
			}
			try {
				own.copy(name + end, file);
			} finally {
				file.close();
			}
		}
		if (same(before, partsOf(folder, name))) return before;
		if (left === 0) throw new Unfit("running", t`${folder.path}: ${name} changes faster than it can be copied.`);
	}
}

function partsOf(folder: UserFolder, name: string): Parts {
	const parts = new Map<string, string>();
	for (const end of companions) {
		const facts = folder.look(name + end);
		if (facts !== undefined) parts.set(name + end, `${facts.ino} ${facts.size} ${facts.mtimeMs}`);
	}
	return parts;
}

const same = (before: Parts, now: Parts) =>
	before.size === now.size && [...before].every(([name, facts]) => now.get(name) === facts);

async function exchange(
	folder: UserFolder,
	name: string,
	parts: Parts,
	{ before, after }: { before: Buffer | undefined; after: Buffer },
	guard: () => Promise<void>,
): Promise<void> {
	const like = folder.look(name) ?? folder.plainFile;
	const written: string[] = [];
	const write = (bytes: Buffer) => {
		written.push(folder.write(bytes, like));
		return written.at(-1) as string;
	};
	const hasMore = companions.slice(1).some((end) => (folder.look(name + end)?.size ?? 0) > 0);
	let changed = false;
	try {
		// All of it is on the disk before the first name changes: a full one is met here.
		const old = before && write(before);
		const now = write(after);
		await guard();
		if (!same(parts, partsOf(folder, name))) throw moved(folder, name);
		if (hasMore && old !== undefined) {
			folder.rename(old, name);
			folder.sync();
		}
		const beside = ["-wal", "-shm", "-journal"]
			.map((end) => name + end)
			.filter((one) => folder.look(one) !== undefined);
		for (const one of beside) folder.remove(one);
		if (beside.length > 0) folder.sync();
		folder.rename(now, name);
		changed = true;
		folder.sync();
		if (!isEqual(folder, name, after)) throw new Error("the new file reads differently");
		// A browser that was started in these microseconds has not opened its stores yet: it locks its profile first.
	} catch (error) {
		if (changed && before !== undefined) folder.rename(write(before), name);
		if (error instanceof NotWritten || error instanceof Unfit) throw error;
		throw new NotWritten("failed", reason(folder, name, error));
	} finally {
		for (const left of written) folder.remove(left);
	}
}

function isEqual(folder: UserFolder, name: string, bytes: Buffer): boolean {
	const there = folder.file(name);
	try {
		return there?.size === bytes.length && there.read(0, there.size).equals(bytes);
	} finally {
		there?.close();
	}
}

function moved(folder: UserFolder, name: string): NotWritten {
	return new NotWritten("in-use", t`${name} in ${folder.path} was changed by somebody else in the meantime.`);
}

function reason(folder: UserFolder, name: string, error: unknown): string {
	if (refusalOf(error) === "full") return t`${folder.path}: the disk is full; nothing was changed.`;
	return t`${name} in ${folder.path} could not be written (${codeOf(error) || String(error)}); it is as it was.`;
}
