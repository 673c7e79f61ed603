import { lstatSync, readdirSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { CfmError } from "../../errors.js";
import { fileError } from "../../system-errors.js";
import { t } from "../../text.js";
import { removeIfThere } from "../disk/names.js";
import { makeFolder, syncFolder } from "../files/own-folder.js";
import { whereItIs } from "./connection.js";
import { removeLeftovers } from "./leftovers.js";

/** Backups go beside the registry when nobody says another folder: whoever may change the one may change the others. */
export async function backupFolder(location: string, options: { make: boolean }): Promise<string> {
	const folder = join(dirname(resolve(location)), "backups");
	if (options.make && !(await makeFolder(folder))) removeLeftovers(folder);
	return folder;
}

/**
 * The files `*.db` of a folder: no links, no registry that is in use, nor the one that is backed up.
 *
 * @throws CfmError not-found `no-folder`; denied `file-not-readable`
 */
export async function backupFiles(folder: string, { besides }: { besides: string }): Promise<string[]> {
	const own = realOf(besides);
	try {
		const names = readdirSync(folder);
		return names
			.filter((name) => /\.db$/i.test(name) && !names.includes(`${name}-wal`))
			.map((name) => join(resolve(folder), name))
			.filter((file) => lstatSync(file, { throwIfNoEntry: false })?.isFile() && realOf(file) !== own)
			.sort();
	} catch (error) {
		throw fileError(error, folder, "read", (refusal) =>
			refusal === "gone" ? ["not-found", "no-folder", t`There is no folder ${folder}.`] : undefined,
		);
	}
}

export async function removeBackup(file: string): Promise<void> {
	try {
		removeIfThere(file);
		syncFolder(dirname(file));
	} catch (error) {
		throw fileError(error, file, "write");
	}
}

function realOf(file: string): string {
	try {
		return whereItIs(resolve(file));
	} catch (error) {
		if (error instanceof CfmError) return resolve(file);
		throw error;
	}
}
