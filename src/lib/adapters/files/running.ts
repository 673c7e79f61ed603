import { closeSync, constants, openSync, statSync } from "node:fs";
import { type Known, known, unknown } from "../../known.js";

/** Whether a file is there. "No permission to look" is not "no". */
export function fileThere(path: string): Known<boolean> {
	try {
		return known(statSync(path).isFile());
	} catch (error) {
		const code = (error as NodeJS.ErrnoException).code;
		return code === "ENOENT" || code === "ENOTDIR" ? known(false) : unknown(String(code));
	}
}

/**
 * Whether a program runs, asked of its file: a system lets nobody open the image of a running program for writing
 * (Windows: sharing violation, EBUSY; Linux: ETXTBSY). It is the user's own file, so no other user's program of the
 * same name is meant; nothing is written.
 */
export function isRunning(program: string): Known<boolean> {
	try {
		// Not through a link, and not waiting: with administrators' rights the file may be anything a user put there.
		closeSync(openSync(program, constants.O_RDWR | (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0)));
		return known(false);
	} catch (error) {
		const code = (error as NodeJS.ErrnoException).code;
		if (code === "ENOENT" || code === "ENOTDIR") return known(false);
		return code === "EBUSY" || code === "ETXTBSY" ? known(true) : unknown(String(code));
	}
}
