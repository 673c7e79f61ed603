import { copyFileSync, existsSync, mkdirSync, rmSync, statSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { codeOf, refusalOf } from "../../system-errors.js";
import { t } from "../../text.js";
import { inPrivateFolder } from "../files/private-folder.js";
import { NotWritten, Unfit } from "../user-files/unfit.js";
import { type UserFile, UserFolder } from "../user-files/user-folder.js";
import type { SqlDatabase } from "./database.js";
import { driver } from "./driver.js";
import { sqliteCode } from "./result-code.js";

/** What belongs to a database: the log of a WAL database, or the journal of a change that was cut short. */
const companions = ["", "-wal", "-journal"];

/**
 * Reads a private copy of a browser's database, its log merged in. The database itself is never opened: even an idle
 * connection makes a Chromium that starts delete it.
 *
 * @returns undefined when there is no such file
 * @throws Unfit damaged, unsupported, denied
 */
export async function readUserDatabase<T>(
	folder: UserFolder,
	name: string,
	read: (database: SqlDatabase) => T,
): Promise<T | undefined> {
	for (let left = 5; ; left -= 1) {
		try {
			return await inPrivateFolder(async (own) => {
				if (!copyUserDatabase(folder, name, own).has(name)) return undefined;
				return await withDatabase(join(own, name), { changing: false }, read);
			});
		} catch (error) {
			// Two changes in one tick of the file system's clock look like none: the copy may be half of each.
			if (!(error instanceof Unfit) || left === 0 || !isBeingChanged(folder, name)) throw error;
			await pause(20);
		}
	}
}

function isBeingChanged(folder: UserFolder, name: string): boolean {
	return companions.some((end) => Date.now() - (folder.look(name + end)?.mtimeMs ?? 0) < 10_000);
}

/**
 * Changes a browser's database that nobody has open: a private copy is changed and checked, and takes its place.
 *
 * When a log or a journal of a browser that crashed is there, the database with that log merged in takes its place
 * first: with the log still beside it, it is the same database, so that it may go then. Whenever we die, what is there is
 * the old content or the new one.
 *
 * @throws Unfit damaged; NotWritten in-use, failed
 */
export async function writeUserDatabase(
	folder: UserFolder,
	name: string,
	options: { keep: string; guard: () => void; change: (database: SqlDatabase) => void },
): Promise<void> {
	await inPrivateFolder(async (own) => {
		const before = copyUserDatabase(folder, name, own);
		if (!before.has(name)) throw moved(folder, name);
		for (const part of before.keys()) copyFileSync(join(own, part), join(options.keep, part));
		const merged = await mergedCopy(own, name, before);
		const next = join(own, "next");
		copyFileSync(join(own, name), next);
		await withDatabase(next, { changing: true }, options.change);
		exchange(folder, name, before, { merged, next, own }, options.guard);
	});
}

/** Puts a database back as it was kept. @throws Unfit damaged; NotWritten in-use, failed */
export async function putDatabaseBack(
	folder: UserFolder,
	name: string,
	keep: string,
	options: { guard: () => void },
): Promise<void> {
	await inPrivateFolder(async (own) => {
		const [live, kept] = [join(own, "live"), join(own, "kept")];
		for (const made of [live, kept]) mkdirSync(made, { mode: 0o700 });
		const before = copyUserDatabase(folder, name, live);
		for (const part of companions.map((end) => name + end)) {
			if (existsSync(join(keep, part))) copyFileSync(join(keep, part), join(kept, part));
		}
		await withDatabase(join(kept, name), { changing: true }, () => undefined);
		const merged = before.has(name) ? await mergedCopy(live, name, before) : undefined;
		exchange(folder, name, before, { merged, next: join(kept, name), own: live }, options.guard);
	});
}

/** Puts a new database into a folder of a user that has none of that name. */
export async function makeUserDatabase(
	folder: UserFolder,
	name: string,
	make: (database: SqlDatabase) => void,
): Promise<void> {
	await inPrivateFolder(async (own) => {
		await withDatabase(join(own, name), { changing: true, isNew: true }, make);
		const file = opened(own, name);
		try {
			folder.rename(folder.write(file, folder.plainFile), name);
		} finally {
			file.close();
		}
		folder.sync();
	});
}

type Parts = ReadonlyMap<string, string>;

/** Copies a database with its companions, again when they were changed meanwhile. @returns what was there */
export function copyUserDatabase(folder: UserFolder, name: string, own: string): Parts {
	for (let left = 6; ; left -= 1) {
		const before = partsOf(folder, name);
		for (const end of companions) {
			rmSync(join(own, name + end), { force: true });
			const file = before.has(name + end) ? folder.file(name + end) : undefined;
			if (file === undefined) continue;
			try {
				file.copyTo(join(own, name + end));
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

/** Merges log and journal into the private copy. @returns whether there was anything to merge */
async function mergedCopy(own: string, name: string, before: Parts): Promise<boolean> {
	const hasMore = companions.slice(1).some((end) => before.has(name + end) && statSync(join(own, name + end)).size > 0);
	await withDatabase(join(own, name), { changing: hasMore }, () => undefined);
	return hasMore;
}

/** @throws Unfit damaged */
async function withDatabase<T>(
	file: string,
	options: { changing: boolean; isNew?: boolean },
	work: (database: SqlDatabase) => T,
): Promise<T> {
	const Database = await driver();
	let database: SqlDatabase | undefined;
	try {
		database = new Database(file, { fileMustExist: options.isNew !== true }) as SqlDatabase;
		// The user made this file: nothing in its schema may call what is dangerous, and no page is believed unseen.
		database.exec("PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON; PRAGMA secure_delete = ON");
		if (options.isNew !== true) intact(database);
		const result = work(database);
		if (options.changing) {
			intact(database);
			if (database.pragma("journal_mode", { simple: true }) === "wal") database.pragma("wal_checkpoint(TRUNCATE)");
		}
		return result;
	} catch (error) {
		const code = sqliteCode(error);
		if (code === undefined || /^SQLITE_(FULL|IOERR)/.test(code)) throw error;
		throw new Unfit("damaged", `${file.split(/[\\/]/).at(-1)}: ${String((error as Error).message)}`);
	} finally {
		database?.close();
	}
}

function intact(database: SqlDatabase): void {
	const found = database.pragma("integrity_check(1)", { simple: true });
	if (found !== "ok") throw new Unfit("damaged", String(found));
}

function exchange(
	folder: UserFolder,
	name: string,
	before: Parts,
	{ merged, next, own }: { merged: boolean | undefined; next: string; own: string },
	guard: () => void,
): void {
	const like = folder.look(name) ?? folder.plainFile;
	const written: string[] = [];
	const write = (file: UserFile) => {
		try {
			written.push(folder.write(file, like));
			return written.at(-1) as string;
		} finally {
			file.close();
		}
	};
	let changed = false;
	try {
		// All of it is on the disk before the first name changes: a full one is met here.
		const old = before.has(name) ? write(opened(own, name)) : undefined;
		const now = write(opened(...split(next)));
		guard();
		if (!same(before, partsOf(folder, name))) throw moved(folder, name);
		if (merged === true && old !== undefined) {
			folder.rename(old, name);
			folder.sync();
		}
		for (const end of ["-wal", "-shm", "-journal"]) folder.remove(name + end);
		folder.sync();
		folder.rename(now, name);
		changed = true;
		folder.sync();
		if (!isEqual(folder, name, next)) throw new Error("the new file reads differently");
		// A browser that was started in these microseconds has not opened its stores yet: it locks its profile first.
	} catch (error) {
		if (changed) {
			const back = write(opened(own, name));
			folder.rename(back, name);
		}
		if (error instanceof NotWritten || error instanceof Unfit) throw error;
		throw new NotWritten("failed", reason(folder, name, error));
	} finally {
		for (const left of written) folder.remove(left);
	}
}

function isEqual(folder: UserFolder, name: string, file: string): boolean {
	const [there, here] = [folder.file(name), opened(...split(file))];
	try {
		if (there === undefined || there.size !== here.size) return false;
		const pieces = here.pieces();
		for (const piece of there.pieces()) if (!piece.equals(pieces.next().value as Buffer)) return false;
		return true;
	} finally {
		there?.close();
		here.close();
	}
}

function split(path: string): [string, string] {
	const at = Math.max(path.lastIndexOf("/"), path.lastIndexOf("\\"));
	return [path.slice(0, at), path.slice(at + 1)];
}

/** A file of our own. */
function opened(own: string, name: string): UserFile {
	const folder = UserFolder.open(own);
	const file = folder.file(name);
	folder.close();
	if (file === undefined) throw new NotWritten("failed", t`${join(own, name)} disappeared.`);
	return file;
}

function moved(folder: UserFolder, name: string): NotWritten {
	return new NotWritten("in-use", t`${name} in ${folder.path} was changed by somebody else in the meantime.`);
}

function reason(folder: UserFolder, name: string, error: unknown): string {
	if (refusalOf(error) === "full") return t`${folder.path}: the disk is full; nothing was changed.`;
	return t`${name} in ${folder.path} could not be written (${codeOf(error) || String(error)}); it is as it was.`;
}
