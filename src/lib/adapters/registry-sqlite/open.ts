import { existsSync, readFileSync, realpathSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { line } from "../../command-line.js";
import { CfmError } from "../../errors.js";
import { codeOf, fileError, refusalOf } from "../../system-errors.js";
import { t } from "../../text.js";
import { refuseNetworkFolder, refuseOpenToOthers } from "../files/guard.js";
import { refuseFolderOfOthers } from "../files/own-folder.js";
import type { SqlDatabase } from "../sqlite/database.js";
import { type Driver, driver } from "../sqlite/driver.js";
import { sqliteCode } from "../sqlite/result-code.js";
import { damaged, explain } from "./failures.js";
import { patiently, prepare, SqliteRegistry } from "./store.js";

/**
 * Opens a registry.
 *
 * @param options.readonly for commands that only look: works for a user who may not write, too
 * @throws CfmError not-found `no-registry`; usage `registry-on-network`; denied, busy, unavailable as `explain` says
 */
export async function openSqliteRegistry(file: string, options: { readonly: boolean }): Promise<SqliteRegistry> {
	refuseNetworkFolder(dirname(resolve(file)));
	const location = whereItIs(resolve(file));
	refuseNetworkFolder(dirname(location));
	await refuseFolderOfOthers(dirname(location));
	refuseOpenToOthers(resolve(file));
	const Database = await driver();
	const database = await patiently(() => connect(Database, location, options), location);
	return new SqliteRegistry(database, location, copying);
}

/**
 * The registry's own file, links followed: its log and its locks lie beside it, not beside the link.
 *
 * "May not look" is not "not there".
 */
export function whereItIs(location: string): string {
	try {
		if (statSync(location).isDirectory()) {
			throw new CfmError("usage", "not-a-file", t`${location} is a folder, not a registry file.`);
		}
		return realpathSync.native(location);
	} catch (error) {
		if (error instanceof CfmError) throw error;
		if (refusalOf(error) === "gone") throw noRegistry(location);
		throw new CfmError("denied", "registry-not-readable", t`You may not look at ${location} (${codeOf(error)}).`, {
			hints: [
				t`Run cfm as an administrator.`,
				{ say: t`Or specify another registry:`, line: { again: { registry: { fill: "FILE" } } } },
			],
			cause: error,
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
			t`The registry ${location} is in use, and you may not write to its folder.`,
			{
				hints: [t`Run cfm as an administrator.`],
				cause,
			},
		);
	}
	const database = inMemory(Database, location, { readonly: true });
	prepare(database, location, { readonly: true });
	return database;
}

/** Opens a copy in memory. The header's "this is a WAL database" is taken back: memory has no -wal file. */
export function inMemory(Database: Driver, location: string, options: { readonly: boolean }): SqlDatabase {
	try {
		const image = readFileSync(location);
		if (image.length < 512 || image.toString("latin1", 0, 15) !== "SQLite format 3") throw damaged(location);
		image[18] = 1;
		image[19] = 1;
		return new Database(image, options) as unknown as SqlDatabase;
	} catch (error) {
		const refusal = refusalOf(error);
		if (refusal === "held") {
			throw new CfmError("busy", "registry-busy", t`The registry ${location} is in use by another program.`, {
				hints: [t`Try again in a moment.`],
				cause: error,
			});
		}
		throw refusal === "denied" ? fileError(error, location, "read") : explain(error, location);
	}
}

/** How the store writes a copy of itself; loaded when it does. */
export const copying = {
	async backup(database: SqlDatabase, file: string): Promise<void> {
		const { backup } = await import("./backup.js");
		backup(database, file);
	},
};

function noRegistry(location: string): CfmError {
	return new CfmError("not-found", "no-registry", t`There is no registry at ${location} yet.`, {
		hints: [line("init")],
		data: { registry: location },
	});
}
