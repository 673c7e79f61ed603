import { existsSync, statfsSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { type Known, known, unknown } from "../../known.js";

/** How much room is on the disk where a file is, or will be. */
export function roomAt(file: string): Known<{ free: number; all: number }> {
	let folder = dirname(resolve(file));
	while (!existsSync(folder) && dirname(folder) !== folder) folder = dirname(folder);
	try {
		const { bavail, blocks, bsize } = statfsSync(folder);
		return known({ free: bavail * bsize, all: blocks * bsize });
	} catch (error) {
		return unknown(error instanceof Error ? error.message : String(error));
	}
}
