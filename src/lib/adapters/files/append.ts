import { constants, fstatSync, openSync, readSync, writeSync } from "node:fs";
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
		const { O_RDWR, O_APPEND, O_CREAT, O_NOFOLLOW = 0 } = constants;
		handle = openSync(target, O_RDWR | O_APPEND | O_CREAT | O_NOFOLLOW, 0o600);
	} catch (error) {
		throw fileError(error, target, "write");
	}
	return (text) => {
		try {
			const whole = endsInALine(handle) ? text : `\n${text}`;
			return writeSync(handle, whole) === Buffer.byteLength(whole);
		} catch {
			return false;
		}
	};
}

/** Where a disk was full, part of a line stands last: what follows must not become part of it. */
function endsInALine(handle: number): boolean {
	const stats = fstatSync(handle);
	if (!stats.isFile() || stats.size === 0) return true;
	const last = Buffer.alloc(1);
	return readSync(handle, last, 0, 1, stats.size - 1) === 0 || last[0] === 0x0a;
}
