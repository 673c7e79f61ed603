import { closeSync, existsSync, openSync, renameSync, rmSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { CfmError } from "../../errors.js";
import { t } from "../../text.js";
import { refuseOpenToOthers } from "../files/guard.js";
import { syncFile, syncFolder } from "../files/own-folder.js";
import type { SqlDatabase } from "../sqlite/database.js";

/** `VACUUM INTO` sees one consistent state and writes a whole file; copying the live one would miss what is in -wal. */
export function backup(database: SqlDatabase, file: string): void {
	const target = resolve(file);
	if (existsSync(target)) {
		throw new CfmError("conflict", "file-exists", t`${target} already exists.`, {
			hints: [t`Specify a file that does not exist yet.`],
		});
	}
	if (!existsSync(dirname(target))) {
		throw new CfmError("not-found", "no-folder", t`There is no folder ${dirname(target)}.`, {
			hints: [t`Create it first, or specify a file in an existing folder.`],
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
