import { chmodSync, constants, copyFileSync, existsSync, renameSync, rmSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { CfmError } from "../../errors.js";
import { recordKinds } from "../../record-kinds.js";
import type { RecordKind } from "../../registry/kind.js";
import type { Origin, RestoreEvent } from "../../registry/port.js";
import { refuseNetworkFolder } from "../files/guard.js";
import { makeFolder, protectFolder, syncFolder } from "../files/own-folder.js";
import { type SqlDatabase, Statements } from "../sqlite/database.js";
import { type Driver, driver } from "../sqlite/driver.js";
import { sqliteCode } from "../sqlite/result-code.js";
import { appendEvents } from "./append-events.js";
import { backup } from "./backup.js";
import { explain } from "./failures.js";
import { madeBy, migrate, migrations } from "./schema.js";
import { isOlder, prepare } from "./store.js";

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
	kinds: readonly RecordKind[] = recordKinds,
): Promise<string | null> {
	const location = resolve(file);
	const folder = dirname(location);
	refuseNetworkFolder(folder);
	const isNew = makeFolder(folder);
	refuseNetworkFolder(folder);
	await protectFolder(folder, { isNew, adopt: false });
	const stamp = `${new Date().toISOString().replace(/[-:.]/g, "")}`;
	const own = `${location}.restoring-${process.pid}`;
	const kept = `${location}.before-restore-${stamp}`;
	try {
		// Checked and used is this private copy, not the file that was named.
		copyFileSync(resolve(copyFile), own, constants.COPYFILE_EXCL);
		chmodSync(own, 0o600);
		const Database = await driver();
		bringUpToDate(Database, own, kinds);
		const there = existsSync(location);
		if (there && (await replaceInPlace(location, kept, own, origin, event, kinds))) return kept;
		const database = new Database(own, { timeout: 30_000 }) as SqlDatabase;
		migrate(database, undefined, kinds);
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

/** A copy that an older cfm wrote has not all the tables yet. Its file is whole afterwards, with nothing beside it. */
function bringUpToDate(Database: Driver, file: string, kinds: readonly RecordKind[]): void {
	const database = new Database(file, { timeout: 30_000 }) as SqlDatabase;
	try {
		if (!isOlder(database)) return;
		migrate(database, undefined, kinds);
		database.pragma("wal_checkpoint(TRUNCATE)");
	} finally {
		database.close();
	}
}

/** @returns false when what is there is too damaged for it */
async function replaceInPlace(
	location: string,
	kept: string,
	copy: string,
	origin: Origin,
	event: Omit<RestoreEvent, "before">,
	kinds: readonly RecordKind[],
): Promise<boolean> {
	const current = await openOrUndefined(location);
	if (current === undefined) return false;
	try {
		backup(current, kept);
		replaceContent(current, copy, origin, event, kinds);
		return true;
	} catch (error) {
		if (!isDamage(error)) throw error;
		rmSync(kept, { force: true });
		return false;
	} finally {
		current.close();
	}
}

function isDamage(error: unknown): boolean {
	const code = sqliteCode(error);
	return code !== undefined
		? /CORRUPT|NOTADB|FORMAT|ERROR/.test(code)
		: error instanceof CfmError && error.kind === "unavailable";
}

async function openOrUndefined(location: string): Promise<SqlDatabase | undefined> {
	const Database = await driver();
	try {
		const database = new Database(location, { timeout: 30_000 }) as SqlDatabase;
		prepare(database, location, { readonly: false });
		database.prepare("SELECT count(*) FROM events").get();
		return database;
	} catch (error) {
		if (isDamage(error)) return undefined;
		throw error;
	}
}

function replaceContent(
	database: SqlDatabase,
	copy: string,
	origin: Origin,
	event: Omit<RestoreEvent, "before">,
	kinds: readonly RecordKind[],
): void {
	const events = (database.prepare("SELECT count(*) AS n FROM events").get() as { n: number }).n;
	database.prepare("ATTACH ? AS copy").run(copy);
	database.exec("BEGIN IMMEDIATE");
	try {
		// Row for row all is as it was in the copy: whether each has its environment is asked when all are there.
		database.pragma("defer_foreign_keys = ON");
		const { tables } = madeBy(migrations(kinds).join("\n"));
		for (const table of tables) database.exec(`DELETE FROM main.${table}`);
		for (const table of tables) database.exec(`INSERT INTO main.${table} SELECT * FROM copy.${table}`);
		appendEvents(new Statements(database), [{ ...event, before: { events } }], origin, new Date().toISOString());
		database.exec("COMMIT");
	} catch (error) {
		if (database.inTransaction) database.exec("ROLLBACK");
		throw error;
	}
	database.exec("DETACH copy");
}
