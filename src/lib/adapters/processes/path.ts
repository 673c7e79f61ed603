import { realpathSync } from "node:fs";
import { relative, sep } from "node:path";
import type { LocalUser, RunningProcess } from "../../client/machine.js";
import { type Known, known } from "../../known.js";

/** Whether a program's file is in a folder or below it, links followed; without case where the system has none. */
export function isBelow(file: string | null, folder: string): boolean {
	return file !== null && isInside(plain(file), plain(folder));
}

/** The same of two real paths, neither of which is looked at: they may be a user's. Windows' have no case. */
function isInside(file: string, folder: string): boolean {
	const [first] = relative(folder, file).split(sep);
	return first !== "" && first !== ".." && !first?.includes(":");
}

/** A path in the one form in which two are compared. What is gone has only the path that was given. */
function plain(path: string): string {
	let real = path;
	try {
		real = realpathSync.native(path);
	} catch {
		// it is gone, as a program can be that still runs
	}
	return process.platform === "win32" ? withoutMark(real).toLowerCase() : real;
}

/** Without what Windows puts before a path that is taken as it is: a path of Linux has no such beginning. */
export function withoutMark(path: string): string {
	return path.replace(/^\\\\\?\\/, "");
}

/**
 * Those of a user's own processes that run from a folder; of whom nobody knows the account, none is anybody's.
 *
 * @param folder its real path
 */
export function runningBelow(
	all: Known<readonly RunningProcess[]>,
	folder: string,
	{ sid }: LocalUser,
): Known<RunningProcess[]> {
	if (!all.known) return all;
	return known(
		all.value.filter(
			(one) => sid !== null && one.sid === sid && one.image !== null && isInside(withoutMark(one.image), folder),
		),
	);
}
