import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach } from "vitest";
import { makeFolder, temporary } from "../../folders.js";

/**
 * A new folder for each test, closed to others.
 *
 * @param disk where; a disk in memory, where there is one, for what needs no real one
 */
export function useFolder(disk = temporary): (...below: string[]) => string {
	let folder: string;
	beforeEach(() => {
		folder = makeFolder("adapter", disk);
	});
	afterEach(() => rmSync(folder, { recursive: true, force: true }));
	return (...below) => join(folder, ...below);
}

/** Tests of what root can bring about, or become another user for; in CI root is there. */
export const isRoot = process.geteuid?.() === 0;
if (!isRoot) console.warn("SKIPPED: tests of other users' rights need root.");

export const memoryDisk = existsSync("/dev/shm") ? "/dev/shm" : temporary;
