import { closeSync, openSync, readFileSync, type Stats } from "node:fs";
import { refusalOf } from "../../system-errors.js";
import type { UserFolder } from "./user-folder.js";

/**
 * Whether another process holds a lock on a file. Linux lists all locks of the machine; on Windows a browser opens its
 * lock file so that nobody else can open it.
 */
export function isHeld(folder: UserFolder, name: string): boolean {
	const facts = folder.look(name);
	if (facts === undefined) return false;
	if (process.platform !== "win32") return lockedFiles().has(identity(facts));
	try {
		closeSync(openSync(folder.at(name), "r"));
		return false;
	} catch (error) {
		const refusal = refusalOf(error);
		return refusal === "held" || refusal === "denied";
	}
}

/** proc(5): `1: POSIX ADVISORY WRITE 3548 08:01:1234 0 EOF`, device in hexadecimal. */
function lockedFiles(): Set<string> {
	try {
		return new Set(
			readFileSync("/proc/locks", "utf8")
				.split("\n")
				.map((line) => / ([0-9a-f]+:[0-9a-f]+:\d+) /.exec(line)?.[1] ?? ""),
		);
	} catch {
		return new Set();
	}
}

function identity({ dev, ino }: Stats): string {
	// makedev(3) of the GNU C library.
	const major = Math.floor(dev / 256) % 4096;
	const minor = (dev % 256) + Math.floor(dev / 2 ** 20) * 256;
	const hex = (part: number) => part.toString(16).padStart(2, "0");
	return `${hex(major)}:${hex(minor)}:${ino}`;
}
