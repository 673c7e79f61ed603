import { closeSync, existsSync, fsyncSync, linkSync, openSync, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { CfmError } from "../../errors.js";
import { fileError, refusalOf } from "../../system-errors.js";
import { t } from "../../text.js";
import { removeFile, removeIfThere, rename } from "../disk/names.js";
import { refuseOutFolderOfOthers } from "./guard.js";

/**
 * Writes a file that appears whole or not at all.
 *
 * @param options.force replace a file that is there
 * @throws CfmError conflict `file-exists`; not-found `no-folder`; denied `file-not-writable`, `open-to-others`; unavailable `disk-full`
 */
export async function writeOutFile(
	file: string,
	pieces: AsyncIterable<string | Uint8Array>,
	options: { force: boolean },
): Promise<string> {
	const target = resolve(file);
	await refuseOutFolderOfOthers(dirname(target), true);
	if (!options.force && existsSync(target)) throw exists(target);
	const unfinished = `${target}.unfinished-${process.pid}`;
	try {
		const handle = openSync(unfinished, "wx", 0o600);
		try {
			// Not writeSync: on a disk that is nearly full it writes a part, and does not complain.
			for await (const piece of pieces) writeFileSync(handle, piece);
			fsyncSync(handle);
		} finally {
			closeSync(handle);
		}
		if (options.force || process.platform === "win32") rename(unfinished, target);
		else {
			// A link fails when the name was taken meanwhile; a rename would replace what is there.
			linkSync(unfinished, target);
			removeFile(unfinished);
		}
	} catch (error) {
		removeIfThere(unfinished);
		throw refusalOf(error) === "exists" ? exists(target) : fileError(error, target, "write");
	}
	return target;
}

function exists(target: string): CfmError {
	return new CfmError("conflict", "file-exists", t`${target} already exists.`, {
		hints: [{ say: t`To replace it:`, line: { again: { force: true } } }],
	});
}
