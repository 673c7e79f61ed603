import {
	chmodSync,
	closeSync,
	constants,
	copyFileSync,
	existsSync,
	fsyncSync,
	linkSync,
	mkdirSync,
	openSync,
	readFileSync,
	renameSync,
	rmSync,
	statSync,
} from "node:fs";
import { dirname, resolve } from "node:path";
import type BetterSqlite3 from "better-sqlite3";
import { CfmError } from "../../errors.js";
import type { Origin, RestoreEvent } from "../../registry/port.js";
import { type SqlDatabase, Statements } from "../../registry/sqlite/database.js";
import { appendEvents } from "../../registry/sqlite/event-log.js";
import { damaged, explain, sqliteCode } from "../../registry/sqlite/failures.js";
import { migrate, patiently, prepare, SqliteRegistry } from "../../registry/sqlite/store.js";
import { t } from "../../text.js";
import { refuseNetworkFolder, refuseOpenToOthers } from "../files/guard.js";

/**
 * Opens a registry.
 *
 * @param options.readonly for commands that only look: works for a user who may not write, too
 * @throws CfmError not-found `no-registry`; usage `registry-on-network`; denied, busy, unavailable as `explain` says
 */
export async function openSqliteRegistry(file: string, options: { readonly: boolean }): Promise<SqliteRegistry> {
	const location = resolve(file);
	if (!existsSync(location)) throw noRegistry(location);
	if (statSync(location).isDirectory()) {
		throw new CfmError("usage", "not-a-file", t`${location} is a folder, not a registry file.`);
	}
	refuseNetworkFolder(dirname(location));
	await refuseFolderOfOthers(dirname(location));
	refuseOpenToOthers(location);
	const Database = await driver();
	const database = await patiently(() => connect(Database, location, options), location);
	return new SqliteRegistry(database, location, { backup });
}

/**
 * Makes a new, empty registry; one that is there already is left as it is.
 *
 * @param options.adopt take a folder over that has a registry already, although nobody knows who made it (Windows)
 * @returns whether it was made now
 */
export async function createSqliteRegistry(file: string, options = { adopt: false }): Promise<boolean> {
	const location = resolve(file);
	const folder = dirname(location);
	makeFolder(folder);
	refuseNetworkFolder(folder);
	const isThere = existsSync(location) && statSync(location).size > 0;
	await protectFolder(folder, { adopt: options.adopt || !isThere });
	if (isThere) {
		(await openSqliteRegistry(location, { readonly: true })).close();
		return false;
	}
	const unfinished = `${location}.unfinished-${process.pid}`;
	try {
		// Built under another name and put in place whole: an init that is cut short must not leave half a registry,
		// which nobody could tell from somebody else's file. Mode before content; -wal and -shm get the same.
		closeSync(openSync(unfinished, "wx", 0o600));
		const database = new (await driver())(unfinished, { timeout: 30_000 }) as SqlDatabase;
		migrate(database);
		database.close();
		syncFile(unfinished);
		if (existsSync(location)) rmSync(location); // an empty file, as somebody's `touch` leaves it
		const isOurs = putInPlace(unfinished, location);
		syncFolder(folder);
		return isOurs;
	} catch (error) {
		throw explain(error, location);
	} finally {
		for (const part of ["", "-wal", "-shm"]) rmSync(unfinished + part, { force: true });
	}
}

/** Gives a finished file its name, unless somebody else was faster; a rename would replace what is there. */
function putInPlace(unfinished: string, location: string): boolean {
	try {
		linkSync(unfinished, location);
		return true;
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
		if (existsSync(location)) throw error;
		renameSync(unfinished, location); // a file system without links
		return true;
	}
}

/**
 * Opens a copy in memory, to look at it: the file itself is neither locked nor changed.
 *
 * @throws CfmError not-found `file-not-found`; unavailable `registry-damaged`, `not-a-registry`; conflict `registry-newer`
 */
export async function openCopy(file: string): Promise<SqliteRegistry> {
	const location = resolve(file);
	if (!existsSync(location)) throw new CfmError("not-found", "file-not-found", t`There is no file ${location}.`);
	const database = inMemory(await driver(), location);
	prepare(database, location, { readonly: true });
	return new SqliteRegistry(database, location, { backup });
}

/**
 * Replaces a registry's content by that of a copy, in one transaction: whoever works on it meanwhile waits, and sees
 * the old content or the new one. What was there is kept in a file beside it.
 *
 * A registry that cannot be opened is moved aside whole, and the copy takes its place.
 *
 * @returns where the old content is kept; null when there was none
 */
export async function restoreSqliteRegistry(
	file: string,
	copyFile: string,
	origin: Origin,
	event: Omit<RestoreEvent, "before">,
): Promise<string | null> {
	const location = resolve(file);
	const folder = dirname(location);
	makeFolder(folder);
	refuseNetworkFolder(folder);
	await protectFolder(folder, { adopt: !existsSync(location) });
	const stamp = `${new Date().toISOString().replace(/[-:.]/g, "")}`;
	const own = `${location}.restoring-${process.pid}`;
	const kept = `${location}.before-restore-${stamp}`;
	try {
		// Checked and used is this private copy, not the file that was named.
		copyFileSync(resolve(copyFile), own, constants.COPYFILE_EXCL);
		chmodSync(own, 0o600);
		const there = existsSync(location);
		const current = there ? await openOrUndefined(location) : undefined;
		if (current !== undefined) {
			try {
				backup(current, kept);
				replaceContent(current, own, origin, event);
			} finally {
				current.close();
			}
			return kept;
		}
		const Database = await driver();
		const database = new Database(own, { timeout: 30_000 }) as SqlDatabase;
		migrate(database);
		database.exec("BEGIN IMMEDIATE");
		appendEvents(new Statements(database), [{ ...event, before: null }], origin, new Date().toISOString());
		database.exec("COMMIT");
		database.close();
		if (there)
			for (const part of ["", "-wal", "-shm"])
				if (existsSync(location + part)) renameSync(location + part, kept + part);
		renameSync(own, location);
		syncFolder(folder);
		return there ? kept : null;
	} catch (error) {
		throw explain(error, location);
	} finally {
		for (const part of ["", "-wal", "-shm", "-journal"]) rmSync(own + part, { force: true });
	}
}

async function openOrUndefined(location: string): Promise<SqlDatabase | undefined> {
	const Database = await driver();
	try {
		const database = new Database(location, { timeout: 30_000 }) as SqlDatabase;
		prepare(database, location, { readonly: false });
		database.prepare("SELECT count(*) FROM events").get();
		return database;
	} catch (error) {
		const code = sqliteCode(error);
		const isDamaged =
			code !== undefined
				? /CORRUPT|NOTADB|FORMAT|ERROR/.test(code)
				: error instanceof CfmError && error.kind === "unavailable";
		if (isDamaged) return undefined;
		throw error;
	}
}

function replaceContent(
	database: SqlDatabase,
	copy: string,
	origin: Origin,
	event: Omit<RestoreEvent, "before">,
): void {
	const events = (database.prepare("SELECT count(*) AS n FROM events").get() as { n: number }).n;
	database.prepare("ATTACH ? AS copy").run(copy);
	database.exec("BEGIN IMMEDIATE");
	try {
		const tables = ["requests", "events", "installations", "allocations", "free", "environments"];
		for (const table of tables) database.exec(`DELETE FROM main.${table}`);
		for (const table of tables.toReversed()) database.exec(`INSERT INTO main.${table} SELECT * FROM copy.${table}`);
		appendEvents(new Statements(database), [{ ...event, before: { events } }], origin, new Date().toISOString());
		database.exec("COMMIT");
	} catch (error) {
		if (database.inTransaction) database.exec("ROLLBACK");
		throw error;
	}
	database.exec("DETACH copy");
}

type Driver = typeof BetterSqlite3;

/** The library's entry point for this platform: named one by one, so that a bundle holds its code and knows its binary. */
async function driver(): Promise<Driver> {
	const platform = `${process.platform}-${process.arch}`;
	switch (platform) {
		case "linux-x64":
			return (await import("better-sqlite3/linux-x64")).default;
		case "linux-arm64":
			return (await import("better-sqlite3/linux-arm64")).default;
		case "win32-x64":
			return (await import("better-sqlite3/win32-x64")).default;
		case "win32-arm64":
			return (await import("better-sqlite3/win32-arm64")).default;
		default:
			throw new CfmError("unavailable", "platform-not-supported", t`cfm does not run on ${platform}.`, {
				hints: [t`Use Windows or Linux, x64 or arm64.`],
			});
	}
}

function connect(Database: Driver, location: string, options: { readonly: boolean }): SqlDatabase {
	let database: SqlDatabase | undefined;
	try {
		// No waiting inside SQLite: `patiently` waits, with a random pause.
		database = new Database(location, { timeout: 0 }) as SqlDatabase;
		prepare(database, location, options);
		if (options.readonly) database.prepare("SELECT count(*) FROM environments").get();
		return database;
	} catch (error) {
		database?.close();
		if (options.readonly && isReadOnlyFolder(error)) return readFromMemory(Database, location, error);
		throw error;
	}
}

/** A WAL database needs its -shm file even to be read; a user who may not make one gets these. */
function isReadOnlyFolder(error: unknown): boolean {
	const code = sqliteCode(error);
	return code === "SQLITE_CANTOPEN" || code?.startsWith("SQLITE_READONLY") === true;
}

function readFromMemory(Database: Driver, location: string, cause: unknown): SqlDatabase {
	const log = `${location}-wal`;
	if (existsSync(log) && statSync(log).size > 0) {
		throw new CfmError(
			"denied",
			"registry-not-readable",
			t`The registry ${location} is in use and you may not join in.`,
			{
				hints: [t`Run cfm as an administrator.`],
				cause,
			},
		);
	}
	const database = inMemory(Database, location);
	prepare(database, location, { readonly: true });
	return database;
}

/** Opens a copy in memory. The header's "this is a WAL database" is taken back: memory has no -wal file. */
function inMemory(Database: Driver, location: string): SqlDatabase {
	try {
		const image = readFileSync(location);
		if (image.length < 512 || image.toString("latin1", 0, 15) !== "SQLite format 3") throw damaged(location);
		image[18] = 1;
		image[19] = 1;
		return new Database(image, { readonly: true }) as unknown as SqlDatabase;
	} catch (error) {
		if (error instanceof Error && "code" in error && error.code === "EACCES") {
			throw new CfmError("denied", "file-not-readable", t`You may not read ${location}.`, { cause: error });
		}
		throw explain(error, location);
	}
}

/** `VACUUM INTO` sees one consistent state and writes a whole file; copying the live one would miss what is in -wal. */
function backup(database: SqlDatabase, file: string): void {
	const target = resolve(file);
	if (existsSync(target)) {
		throw new CfmError("conflict", "file-exists", t`${target} exists already.`, {
			hints: [t`Name a file that does not exist yet.`],
		});
	}
	// In a sticky folder like /tmp nobody can put a file in the place of one of ours.
	refuseOpenToOthers(dirname(target), { stickyIsEnough: true });
	const unfinished = `${target}.unfinished-${process.pid}`;
	try {
		closeSync(openSync(unfinished, "wx", 0o600));
		database.prepare("VACUUM INTO ?").run(unfinished);
		syncFile(unfinished);
		renameSync(unfinished, target);
		syncFolder(dirname(target));
	} catch (error) {
		rmSync(unfinished, { force: true });
		throw error;
	}
}

function makeFolder(folder: string): void {
	try {
		const first = mkdirSync(folder, { recursive: true, mode: 0o700 });
		if (first !== undefined) syncFolder(dirname(first));
	} catch (error) {
		throw new CfmError("denied", "folder-not-writable", t`The folder ${folder} cannot be made.`, {
			hints: [t`Run cfm as an administrator, or choose a folder with --registry FILE or CFM_HOME.`],
			cause: error,
		});
	}
}

/** Nobody but administrators may be able to change what an elevated `cfm` believes. */
async function refuseFolderOfOthers(folder: string): Promise<void> {
	if (process.platform !== "win32") return refuseOpenToOthers(folder);
	const { refuseUntrustedFolder } = await import("../windows/trusted-folder.js");
	await refuseUntrustedFolder(folder);
}

/** Makes sure of the above where it can be made sure of: a new folder, or one that is adopted on purpose. */
async function protectFolder(folder: string, options: { adopt: boolean }): Promise<void> {
	if (process.platform !== "win32" || !options.adopt) return refuseFolderOfOthers(folder);
	const { takeFolder } = await import("../windows/trusted-folder.js");
	await takeFolder(folder);
}

function syncFile(file: string): void {
	const handle = openSync(file, "r+");
	fsyncSync(handle);
	closeSync(handle);
}

/** Makes new names in a folder durable. Windows has no such call: NTFS journals them. */
function syncFolder(folder: string): void {
	if (process.platform === "win32") return;
	const handle = openSync(folder, "r");
	fsyncSync(handle);
	closeSync(handle);
}

function noRegistry(location: string): CfmError {
	return new CfmError("not-found", "no-registry", t`There is no registry yet at ${location}.`, {
		hints: ["cfm init"],
		data: { registry: location },
	});
}
