import { readFileSync } from "node:fs";
import { basename } from "node:path";
import { isAlive } from "./is-alive.js";

/** What programs of browsers are called, on Linux. */
const names = /chrom|edge|brave|vivaldi|opera|yandex|browser|firefox|gecko|librewolf|waterfox/i;

/** A Flatpak counts its processes anew: a number in its lock is not one of this machine. */
const sandbox = /\/\.var\/app\//;

/**
 * Whether the process that a browser's lock names may be that browser: the number of one that crashed is given to any
 * other program in time. Who cannot be looked at may be it.
 *
 * @param place the folder with the lock
 */
export function isBrowser(pid: number, place: string): boolean {
	if (!isAlive(pid)) return false;
	if (sandbox.test(place)) return true;
	try {
		// The command line is the program's own, and long names are cut in `comm`: either will do.
		const called = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0")[0] ?? "";
		return names.test(basename(called)) || names.test(readFileSync(`/proc/${pid}/comm`, "utf8"));
	} catch {
		return true;
	}
}
