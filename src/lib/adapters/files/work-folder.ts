import { closeSync, lstatSync, openSync, readdirSync } from "node:fs";
import { join } from "node:path";
import type { WorkFolder } from "../../client/machine.js";
import { refusalOf } from "../../system-errors.js";
import { removeAll } from "../disk/names.js";
import { isAlive } from "./is-alive.js";
import { findOwnPlace, type OwnPlace } from "./own-place.js";

/** The start of every name, then the process that made it. */
export const workPrefix = "cfm-work-";

/**
 * Makes a folder that only this account can enter. It goes when it is discarded, and what was left, by a kill that nobody can
 * hear or for a program that still ran in it, goes the next time.
 *
 * @throws CfmError denied `open-to-others`; the system's error when nothing can be written
 */
export async function makeWorkFolder(): Promise<WorkFolder> {
	const place = await findOwnPlace("work");
	removeLeftOvers(place);
	const path = place.make(`${workPrefix}${process.pid}-`);
	return {
		path,
		discard({ later = false } = {}) {
			if (!later) discard(path);
		},
	};
}

function discard(folder: string): void {
	try {
		removeAll(folder);
	} catch (error) {
		// A virus scanner holds a file of it: the next time it goes.
		if (refusalOf(error) === undefined) throw error;
	}
}

const swept = new Set<string>();

/** What was made within the last hour stays: its process can be one that this one can't see, in a container for instance. */
const youngest = 3_600_000;

/**
 * Folders of processes that are gone, in which nothing runs any more. Where others work too, another account's stays,
 * though root could remove it: anybody can make the name.
 */
function removeLeftOvers({ path, isOwn }: OwnPlace): void {
	if (swept.has(path)) return;
	swept.add(path);
	for (const name of readdirSync(path)) {
		const pid = Number(new RegExp(`^${workPrefix}(\\d+)-`).exec(name)?.[1] ?? 0);
		if (pid === 0 || isAlive(pid)) continue;
		const folder = join(path, name);
		try {
			const age = Date.now() - lstatSync(folder).mtimeMs;
			if (age > youngest && isOwn(folder) && !isUsed(folder)) removeAll(folder);
		} catch {
			// it went meanwhile, or cannot be removed
		}
	}
}

/** Whether a program in it runs: an installer that works on when `cfm` has ended. No system lets it be opened for writing. */
function isUsed(folder: string): boolean {
	return readdirSync(folder, { withFileTypes: true }).some((entry) => {
		if (!entry.isFile()) return false;
		try {
			closeSync(openSync(join(folder, entry.name), "r+"));
			return false;
		} catch (error) {
			return refusalOf(error) === "held";
		}
	});
}
