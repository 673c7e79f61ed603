import { constants, openSync, writeSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { fileError } from "../../system-errors.js";
import { refuseOutFolderOfOthers } from "./guard.js";

/**
 * Opens a file that texts are added to, for its owner alone. Where it leads is checked as for every file that an administrator
 * asks for, and no link is followed: a log must not grow in a place that somebody else chose.
 *
 * @returns adds a text, and says whether it was written: where a disk is full a log goes on without it
 * @throws CfmError denied `open-to-others`, `file-not-writable`; not-found `no-folder`
 */
export async function appendTo(file: string): Promise<(text: string) => boolean> {
	const target = resolve(file);
	await refuseOutFolderOfOthers(dirname(target));
	let handle: number;
	try {
		const { O_WRONLY, O_APPEND, O_CREAT, O_NOFOLLOW = 0 } = constants;
		handle = openSync(target, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW, 0o600);
	} catch (error) {
		throw fileError(error, target, "write");
	}
	return (text) => {
		try {
			return writeSync(handle, text) === Buffer.byteLength(text);
		} catch {
			return false;
		}
	};
}
