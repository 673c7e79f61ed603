import { readFileSync } from "node:fs";
import type { SqlDatabase } from "../sqlite/database.js";
import type { Driver } from "../sqlite/driver.js";
import { inMemory } from "./in-memory.js";
import { type LogContent, logBeside } from "./lost-log.js";

/** Looks before somebody else is said to be using the file without a pause. */
const attempts = 5;

/**
 * Reads a registry into memory, with what is in its log of changes: for whoever only looks where the disk has no room for the
 * memory that SQLite shares.
 *
 * A checkpoint meanwhile only writes pages into the file that the log has, too. When the log begins anew meanwhile, all is
 * read again.
 */
export function readWithLog(Database: Driver, location: string): SqlDatabase {
	for (let attempt = 1; ; attempt += 1) {
		const log = logBeside(location);
		const image = readFileSync(location);
		if (logBeside(location)?.salts !== log?.salts && attempt < attempts) continue;
		return inMemory(Database, log === undefined ? image : withPages(image, log), location, { readonly: true });
	}
}

/** The file as it will be when the log is copied into it. */
function withPages(image: Buffer, { pages, pageSize, size }: LogContent): Buffer {
	if (pages.size === 0) return image;
	const whole = Buffer.alloc(size * pageSize);
	image.copy(whole);
	for (const [number, page] of pages) page.copy(whole, (number - 1) * pageSize);
	return whole;
}
