import { closeSync, existsSync, linkSync, openSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { line } from "../../command-line.js";
import { CfmError } from "../../errors.js";
import type { RecordKind } from "../../registry/kind.js";
import type { Created } from "../../registry/provider.js";
import { refusalOf } from "../../system-errors.js";
import { t } from "../../text.js";
import { rename } from "../disk/names.js";
import { refuseNetworkFolder } from "../files/guard.js";
import { makeFolder, protectFolder, syncFile, syncFolder } from "../files/own-folder.js";
import { refuseSpecialFile } from "../files/trusted-file.js";
import type { SqlDatabase } from "../sqlite/database.js";
import { driver } from "../sqlite/driver.js";
import { alone } from "./alone.js";
import { explain } from "./failures.js";
import { removeLeftovers, removeUnfinished, setAside, unfinishedName } from "./leftovers.js";
import { openSqliteRegistry } from "./open.js";
import { migrate } from "./schema.js";

/**
 * Makes a new, empty registry; one that is there already is left as it is.
 *
 * @param options.kinds what it is to keep, when that is not what this program keeps
 * @param options.adopt take a folder over that is there already, although nobody knows who made it (Windows)
 * @param options.removed told the accounts that could change that folder before
 */
export async function createSqliteRegistry(
	file: string,
	options: { adopt: boolean; kinds?: readonly RecordKind[]; removed?(accounts: readonly string[]): void } = {
		adopt: false,
	},
): Promise<Created> {
	const location = resolve(file);
	const folder = dirname(location);
	refuseNetworkFolder(folder);
	const isNew = await makeFolder(folder);
	refuseNetworkFolder(folder);
	const removed = await protectFolder(folder, { isNew, adopt: options.adopt });
	if (removed.length > 0) options.removed?.(removed);
	if (existsSync(location)) {
		refuseSpecialFile(location, statSync(location));
		if (statSync(location).size > 0) {
			(await openSqliteRegistry(location, { readonly: true })).close();
			return { created: false, aside: [] };
		}
	}
	return alone(location, async () => {
		removeLeftovers(folder);
		return place(location, (database) => migrate(database, undefined, options.kinds));
	});
}

/**
 * Makes a registry's file under another name and puts it in place whole: an init that is cut short must not leave half a
 * registry, which nobody could tell from somebody else's file. Must be alone.
 *
 * @param fill makes its content
 * @param makeRoom what is done when the file is whole, before it gets its name
 * @throws CfmError conflict `file-exists` for an empty file of that name
 */
export async function place(
	location: string,
	fill: (database: SqlDatabase) => void | Promise<void>,
	makeRoom: () => void = () => {},
): Promise<Created> {
	const unfinished = unfinishedName(location);
	try {
		// Mode before content; -wal and -shm get the same.
		closeSync(openSync(unfinished, "wx", 0o600));
		const database = new (await driver())(unfinished, { timeout: 30_000 }) as SqlDatabase;
		try {
			await fill(database);
			database.pragma("wal_checkpoint(TRUNCATE)");
		} finally {
			database.close();
		}
		syncFile(unfinished);
		makeRoom();
		// A log of changes of a registry that was here and is gone must not become this one's.
		const aside = existsSync(location) ? [] : setAside(location);
		const created = putInPlace(unfinished, location);
		syncFolder(dirname(location));
		return { created, aside };
	} catch (error) {
		throw explain(error, location);
	} finally {
		removeUnfinished(unfinished);
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
		rename(unfinished, location); // a file system without links
		return true;
	}
}
