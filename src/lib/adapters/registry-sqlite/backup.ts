import { closeSync, existsSync, linkSync, openSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { CfmError } from "../../errors.js";
import type { RecordKind } from "../../registry/kind.js";
import { refusalOf } from "../../system-errors.js";
import { t } from "../../text.js";
import { rename } from "../disk/names.js";
import { refuseOpenToOthers, refuseOutFolderOfOthers } from "../files/guard.js";
import { syncFile, syncFolder } from "../files/own-folder.js";
import type { SqlDatabase } from "../sqlite/database.js";
import { driver } from "../sqlite/driver.js";
import { explainBackup } from "./failures.js";
import { removeUnfinished, unfinishedHere } from "./leftovers.js";
import { migrate } from "./schema.js";

/**
 * `VACUUM INTO` sees one consistent state and writes a whole file; copying the live one would miss what is in -wal.
 *
 * @throws CfmError conflict `file-exists`, also when the file has come meanwhile: nobody's backup is written over
 */
export function backup(database: SqlDatabase, file: string): void {
	const copy = beginCopy(file);
	try {
		database.prepare("VACUUM INTO ?").run(copy.unfinished);
		copy.finish();
	} finally {
		removeUnfinished(copy.unfinished);
	}
}

/**
 * Makes a copy of what another store holds, row by row.
 *
 * @param fill gives the rows of one table after the other, by their columns
 * @throws CfmError as `backup`
 */
export async function newCopy(
	file: string,
	kinds: readonly RecordKind[],
	fill: (put: (table: string, rows: readonly object[]) => void) => Promise<void>,
): Promise<void> {
	await refuseBackupPlace(file);
	const copy = beginCopy(file);
	try {
		const database = new (await driver())(copy.unfinished, { timeout: 30_000 }) as SqlDatabase;
		try {
			migrate(database, undefined, kinds);
			database.pragma("foreign_keys = OFF");
			database.exec("BEGIN");
			await fill((table, rows) => {
				const columns = Object.keys(rows[0] ?? {});
				const list = columns.map((column) => `"${column}"`).join(", ");
				const insert = database.prepare(`INSERT INTO ${table} (${list}) VALUES (${columns.map(() => "?").join(", ")})`);
				for (const row of rows) insert.run(...columns.map((column) => (row as Record<string, unknown>)[column]));
			});
			database.exec("COMMIT");
			database.pragma("journal_mode = DELETE");
		} finally {
			database.close();
		}
		copy.finish();
	} catch (error) {
		throw explainBackup(error, file, file);
	} finally {
		removeUnfinished(copy.unfinished);
	}
}

/**
 * Refuses a place for a backup where others could read it, or put another one there. In a sticky folder like /tmp nobody can put
 * a file in the place of one of ours.
 *
 * @throws CfmError denied `open-to-others`
 */
export async function refuseBackupPlace(file: string): Promise<void> {
	await refuseOutFolderOfOthers(dirname(resolve(file)), true);
}

/** An empty file beside the one to be, and what gives it its name when it is whole. */
function beginCopy(file: string): { unfinished: string; finish(): void } {
	const target = resolve(file);
	if (existsSync(target)) throw fileExists(target);
	if (!existsSync(dirname(target))) {
		throw new CfmError("not-found", "no-folder", t`There is no folder ${dirname(target)}.`, {
			hints: [t`Create it first, or specify a file in an existing folder.`],
		});
	}
	refuseOpenToOthers(dirname(target), { stickyIsEnough: true });
	const unfinished = unfinishedHere(target);
	closeSync(openSync(unfinished, "wx", 0o600));
	return {
		unfinished,
		finish() {
			syncFile(unfinished);
			nameExclusively(unfinished, target);
			syncFolder(dirname(target));
		},
	};
}

/** Gives a file its name unless another one has it: a rename would replace that one. */
function nameExclusively(unfinished: string, target: string): void {
	try {
		linkSync(unfinished, target);
		return;
	} catch (error) {
		if (refusalOf(error) === "exists") throw fileExists(target);
		// A file system without links, as on many shares: an empty file takes the name first.
		try {
			closeSync(openSync(target, "wx", 0o600));
		} catch (taken) {
			throw refusalOf(taken) === "exists" ? fileExists(target) : taken;
		}
	}
	rename(unfinished, target);
}

function fileExists(target: string): CfmError {
	return new CfmError("conflict", "file-exists", t`${target} already exists.`, {
		hints: [t`Specify a file that does not exist yet.`],
	});
}
