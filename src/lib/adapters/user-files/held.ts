import { closeSync, constants, openSync, readFileSync, type Stats } from "node:fs";
import { refusalOf } from "../../system-errors.js";
import { t } from "../../text.js";
import { Unfit } from "./unfit.js";
import type { UserFolder } from "./user-folder.js";

/** libuv's `UV_FS_O_EXLOCK`: on Windows nobody else can have the file open meanwhile. Node has no name for it. */
const sharingNothing = 0x10000000;

/**
 * What is to be said where another process holds a lock on a file, or nobody can tell; undefined when nobody does. Linux lists all locks of the machine. On Windows a browser shares its
 * lock file with readers, and its databases with everybody (Chromium: `lockfile` is opened to write, shared to read;
 * `LOCK` and SQLite's files are shared): only who wants to share nothing is refused.
 *
 * @param says what a lock means
 * @throws Unfit denied for a link on Windows, which could lead anywhere
 */
export function whyHeld(folder: UserFolder, name: string, says: string): string | undefined {
	const facts = folder.look(name);
	if (facts === undefined) return undefined;
	if (process.platform !== "win32") {
		const locked = lockedFiles();
		if (locked === null) return t`can't determine whether a browser runs: /proc/locks cannot be read`;
		return locked.has(identity(facts)) ? says : undefined;
	}
	const handle = openAlone(folder, name, constants.O_RDONLY);
	if (handle !== undefined) closeSync(handle);
	return handle === undefined ? says : undefined;
}

/**
 * Opens a file, on Windows, so that nobody else has it open.
 *
 * @returns undefined when somebody has
 * @throws Unfit denied for a link
 */
function openAlone(folder: UserFolder, name: string, access: number): number | undefined {
	const path = folder.at(name);
	if (folder.look(name)?.isSymbolicLink()) {
		throw new Unfit("denied", t`${path} is a link; links inside a profile are not followed.`);
	}
	try {
		return openSync(path, access | sharingNothing);
	} catch (error) {
		// Denied: a file that is being deleted while its last holder still has it, as `lockfile` is.
		const refusal = refusalOf(error);
		if (refusal === "held" || refusal === "denied") return undefined;
		throw error;
	}
}

let told: ReadonlySet<string> | null | undefined;

/**
 * Takes what another process has read of `/proc/locks` (`locksIn`); null: it could not; undefined: each look reads it anew. The first look at
 * that file waits for all processors, for some milliseconds.
 */
export function setLocks(locks: readonly string[] | null | undefined): void {
	told = locks && new Set(locks);
}

/** The locked files of a list of locks, as device and inode. proc(5): `1: POSIX ADVISORY WRITE 3548 08:01:1234 0 EOF`, device in hexadecimal. */
export function locksIn(list: string): string[] {
	return list.split("\n").flatMap((line) => / ([0-9a-f]+:[0-9a-f]+:\d+) /.exec(line)?.[1] ?? []);
}

function lockedFiles(): ReadonlySet<string> | null {
	if (told !== undefined) return told;
	try {
		return new Set(locksIn(readFileSync("/proc/locks", "utf8")));
	} catch {
		return null;
	}
}

function identity({ dev, ino }: Stats): string {
	// makedev(3) of the GNU C library.
	const major = Math.floor(dev / 256) % 4096;
	const minor = (dev % 256) + Math.floor(dev / 2 ** 20) * 256;
	const hex = (part: number) => part.toString(16).padStart(2, "0");
	return `${hex(major)}:${hex(minor)}:${ino}`;
}
