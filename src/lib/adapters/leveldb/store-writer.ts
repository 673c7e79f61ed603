import { createHash } from "node:crypto";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { codeOf, refusalOf } from "../../system-errors.js";
import { t } from "../../text.js";
import { inPrivateFolder } from "../files/private-folder.js";
import { NotWritten, Unfit } from "../user-files/unfit.js";
import { type UserFile, UserFolder } from "../user-files/user-folder.js";
import { ChangedError, DamagedError } from "./damaged.js";
import { FolderFiles } from "./folder-files.js";
import { type Level, openLevel } from "./library.js";
import { holdLock } from "./lock.js";
import { currentManifest, StoreReader } from "./store-reader.js";

export interface LevelEdit {
	put: [Buffer, Buffer][];
	delete: Buffer[];
	/** Ranges of keys whose old values shall not stay behind in the files. */
	compact: [Buffer, Buffer][];
}

/** The files a store consists of; not LOCK, and not what LevelDB tells in LOG. */
const isPart = (name: string) => /^(CURRENT|MANIFEST-\d+|\d+\.(log|ldb|sst))$/.test(name);

/**
 * Changes a store that nobody has open.
 *
 * LevelDB works on a private copy only. What comes out of it is checked and put beside the user's files, under names
 * they do not have, and becomes the store in one step, by the name in CURRENT, as LevelDB itself does it: whenever we
 * die, what is there is a whole store, the old one or the new one.
 *
 * @param options.keep gets the files as they were
 * @param options.edit decides what to change; may read the private copy
 * @throws Unfit damaged; NotWritten in-use, failed
 */
export async function writeStore(
	folder: UserFolder,
	options: { keep: string; guard: () => void; edit: (level: Level) => Promise<LevelEdit> },
): Promise<void> {
	await inPrivateFolder(async (own) => {
		const before = partsOf(folder);
		const [copy, lock] = ["copy", "lock"].map((name) => join(own, name)) as [string, string];
		for (const made of [copy, lock]) mkdirSync(made, { mode: 0o700 });
		for (const name of before.keys()) {
			const file = present(folder, name);
			try {
				file.copyTo(join(options.keep, name));
				file.copyTo(join(copy, name));
			} finally {
				file.close();
			}
		}
		checked(copy);
		await change(copy, options.edit);
		checked(copy);
		const release = await holdLock(folder, lock);
		try {
			if (!sameParts(before, partsOf(folder))) throw moved(folder);
			options.guard();
			publish(folder, copy);
		} finally {
			await release();
		}
	});
}

/** Copies the files of a store into a folder of our own. */
export function copyStore(folder: UserFolder, own: string): void {
	for (const name of partsOf(folder).keys()) {
		const file = present(folder, name);
		try {
			file.copyTo(join(own, name));
		} finally {
			file.close();
		}
	}
}

/**
 * Makes a store in an empty folder of a user.
 */
export async function makeStore(folder: UserFolder, edit: (level: Level) => Promise<LevelEdit>): Promise<void> {
	await inPrivateFolder(async (own) => {
		const level = await openLevel(own, { createIfMissing: true });
		try {
			await apply(level, await edit(level));
		} finally {
			await level.close();
		}
		checked(own);
		fill(folder, own);
	});
}

/** Copies a store of our own into an empty folder of a user. */
function fill(folder: UserFolder, own: string): void {
	within(own, (made) => {
		for (const name of made.names().filter(isPart)) {
			const file = present(made, name);
			try {
				folder.rename(folder.write(file, folder.plainFile), name);
			} finally {
				file.close();
			}
		}
	});
	folder.sync();
}

/**
 * Puts a store back as it was kept, with all its files. What has the kept files' names now may be something else, so
 * the folder is emptied before they get them, CURRENT first and last. Killed within these milliseconds the store is not
 * there, and is still kept; a full disk is met before.
 */
export async function putStoreBack(folder: UserFolder, keep: string, options: { guard: () => void }): Promise<void> {
	checked(keep);
	await inPrivateFolder(async (own) => {
		const release = await holdLock(folder, own);
		const written: [string, string][] = [];
		try {
			options.guard();
			within(keep, (kept) => {
				for (const name of kept.names().filter(isPart)) {
					const file = present(kept, name);
					try {
						written.push([folder.write(file, folder.plainFile), name]);
					} finally {
						file.close();
					}
				}
			});
			for (const name of ["CURRENT", ...folder.names().filter(isPart)]) folder.remove(name);
			const last = (name: string) => Number(name === "CURRENT");
			for (const [name, to] of written.sort((a, b) => last(a[1]) - last(b[1]))) folder.rename(name, to);
			folder.sync();
		} catch (error) {
			for (const [name] of written) folder.remove(name);
			if (error instanceof NotWritten || error instanceof Unfit) throw error;
			throw new NotWritten("failed", failure(folder, error));
		} finally {
			await release();
		}
	});
}

async function change(copy: string, edit: (level: Level) => Promise<LevelEdit>): Promise<void> {
	const level = await openLevel(copy, { createIfMissing: false });
	try {
		const wanted = await edit(level);
		const touched = new Set([...wanted.put.map(([key]) => key), ...wanted.delete].map((key) => key.toString("latin1")));
		const before = await digest(level, touched);
		await apply(level, wanted);
		if ((await digest(level, touched)) !== before) {
			throw new NotWritten("failed", t`Other entries would have changed; nothing was written.`);
		}
	} finally {
		await level.close();
	}
}

async function apply(level: Level, edit: LevelEdit): Promise<void> {
	await level.batch(
		[
			...edit.delete.map((key) => ({ type: "del" as const, key })),
			...edit.put.map(([key, value]) => ({ type: "put" as const, key, value })),
		],
		{ sync: true },
	);
	for (const [from, to] of edit.compact) await level.compactRange(from, to);
}

/** All entries but some, in one number; memory stays flat. */
async function digest(level: Level, without: ReadonlySet<string>): Promise<string> {
	const hash = createHash("sha256");
	const iterator = level.iterator();
	const lengths = Buffer.alloc(8);
	try {
		for (let batch = await iterator.nextv(1000); batch.length > 0; batch = await iterator.nextv(1000)) {
			for (const [key, value] of batch) {
				if (without.has(key.toString("latin1"))) continue;
				lengths.writeUInt32LE(key.length);
				lengths.writeUInt32LE(value.length, 4);
				hash.update(lengths).update(key).update(value);
			}
		}
	} finally {
		await iterator.close();
	}
	return hash.digest("hex");
}

/** Checks a store in a folder of our own. @throws Unfit damaged */
function checked(own: string): void {
	within(own, (folder) => withReader(folder, (reader) => reader.check()));
}

function within<T>(own: string, work: (folder: UserFolder) => T): T {
	const folder = UserFolder.open(own);
	try {
		return work(folder);
	} finally {
		folder.close();
	}
}

/** Reads a store once; what is damaged makes it unfit, and so does what is not there. */
function withReader<T>(folder: UserFolder, work: (reader: StoreReader) => T): T {
	const files = new FolderFiles(folder);
	try {
		return work(new StoreReader(files));
	} catch (error) {
		if (error instanceof DamagedError) throw new Unfit("damaged", error.message);
		if (error instanceof ChangedError) throw new Unfit("damaged", t`${folder.path}: ${error.message}`);
		throw error;
	} finally {
		files.close();
	}
}

/**
 * Puts the files of a changed copy in place.
 *
 * New tables and logs first: nothing names them yet. (A log with a higher number is read at the next start, also by the
 * old manifest: it holds the very change that is being made.) Then CURRENT, then what is no longer needed goes.
 */
function publish(folder: UserFolder, copy: string): void {
	within(copy, (changed) => {
		const old = present(folder, "CURRENT");
		const [like, current] = [old.facts, old.read(0, old.size)];
		old.close();
		const names = changed.names().filter(isPart);
		const live = withReader(folder, (reader) => new Set(reader.tableNames()));
		const added: string[] = [];
		// Written now: to go back must not need room on the disk.
		const back = folder.write(current, like);
		try {
			for (const name of names.filter((part) => part !== "CURRENT" && !live.has(part))) {
				const file = present(changed, name);
				// The name is free, or that of something left over: the store as it is does not use it.
				if (name === currentManifest(current)) throw new NotWritten("failed", t`${name} is in use.`);
				added.push(name);
				try {
					folder.rename(folder.write(file, like), name);
				} finally {
					file.close();
				}
			}
			folder.sync();
			folder.rename(folder.write(readWhole(changed, "CURRENT"), like), "CURRENT");
			folder.sync();
			// From the disk again, every byte of it, while nobody else can open it.
			withReader(folder, (reader) => reader.check());
		} catch (error) {
			putCurrentBack(folder, current, back, added);
			if (error instanceof NotWritten) throw error;
			throw new NotWritten("failed", failure(folder, error));
		}
		folder.remove(back);
		for (const name of folder.names()) if (isPart(name) && !names.includes(name)) folder.remove(name);
		folder.sync();
	});
}

function putCurrentBack(folder: UserFolder, current: Buffer, back: string, added: readonly string[]): void {
	// The log first: together with the old manifest it would be the change.
	for (const name of added.filter((part) => part.endsWith(".log"))) folder.remove(name);
	if (readWhole(folder, "CURRENT").equals(current)) folder.remove(back);
	else folder.rename(back, "CURRENT");
	for (const name of added) folder.remove(name);
	folder.sync();
}

function present(folder: UserFolder, name: string): UserFile {
	const file = folder.file(name);
	if (file === undefined) throw moved(folder);
	return file;
}

function readWhole(folder: UserFolder, name: string): Buffer {
	const file = present(folder, name);
	try {
		return file.read(0, file.size);
	} finally {
		file.close();
	}
}

function partsOf(folder: UserFolder): Map<string, string> {
	const parts = folder.names().filter(isPart).sort();
	return new Map(
		parts.map((name) => {
			const facts = folder.look(name);
			return [name, `${facts?.ino} ${facts?.size} ${facts?.mtimeMs}`];
		}),
	);
}

function sameParts(before: ReadonlyMap<string, string>, now: ReadonlyMap<string, string>): boolean {
	return before.size === now.size && [...before].every(([name, facts]) => now.get(name) === facts);
}

function moved(folder: UserFolder): NotWritten {
	return new NotWritten("in-use", t`${folder.path} was changed by somebody else in the meantime.`);
}

/** What went wrong on the way, for people. */
function failure(folder: UserFolder, error: unknown): string {
	if (refusalOf(error) === "full") return t`${folder.path}: the disk is full; nothing was changed.`;
	return t`${folder.path} could not be written (${codeOf(error) || String(error)}); it is as it was.`;
}
