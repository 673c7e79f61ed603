import { closeSync, existsSync, linkSync, openSync, renameSync, rmSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { line } from "../../command-line.js";
import { CfmError } from "../../errors.js";
import type { RecordKind } from "../../registry/kind.js";
import { refusalOf } from "../../system-errors.js";
import { t } from "../../text.js";
import { refuseNetworkFolder } from "../files/guard.js";
import { makeFolder, protectFolder, syncFile, syncFolder } from "../files/own-folder.js";
import type { SqlDatabase } from "../sqlite/database.js";
import { driver } from "../sqlite/driver.js";
import { explain } from "./failures.js";
import { openSqliteRegistry } from "./open.js";
import { migrate } from "./schema.js";

/**
 * Makes a new, empty registry; one that is there already is left as it is.
 *
 * @param options.kinds what it is to keep, when that is not what this program keeps
 * @param options.adopt take a folder over that is there already, although nobody knows who made it (Windows)
 * @returns whether it was made now
 */
export async function createSqliteRegistry(
	file: string,
	options: { adopt: boolean; kinds?: readonly RecordKind[] } = { adopt: false },
): Promise<boolean> {
	const location = resolve(file);
	const folder = dirname(location);
	refuseNetworkFolder(folder);
	const isNew = makeFolder(folder);
	refuseNetworkFolder(folder);
	await protectFolder(folder, { isNew, adopt: options.adopt });
	if (existsSync(location) && statSync(location).size > 0) {
		(await openSqliteRegistry(location, { readonly: true })).close();
		return false;
	}
	const unfinished = `${location}.unfinished-${process.pid}`;
	try {
		// Built under another name and put in place whole: an init that is cut short must not leave half a registry,
		// which nobody could tell from somebody else's file. Mode before content; -wal and -shm get the same.
		closeSync(openSync(unfinished, "wx", 0o600));
		const database = new (await driver())(unfinished, { timeout: 30_000 }) as SqlDatabase;
		try {
			migrate(database, undefined, options.kinds);
		} finally {
			database.close();
		}
		syncFile(unfinished);
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
		if (refusalOf(error) === "exists") {
			if (statSync(location).size > 0) return false;
			throw new CfmError("conflict", "file-exists", t`${location} already exists and is empty.`, {
				hints: [{ say: t`Remove it, then run:`, line: line("init") }],
				cause: error,
			});
		}
		if (existsSync(location)) throw error;
		renameSync(unfinished, location); // a file system without links
		return true;
	}
}
