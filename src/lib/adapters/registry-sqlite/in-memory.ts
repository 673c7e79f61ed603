import type { SqlDatabase } from "../sqlite/database.js";
import type { Driver } from "../sqlite/driver.js";
import { damaged, explain } from "./failures.js";

/**
 * Opens a copy in memory. The header's "this is a WAL database" is taken back: memory has no -wal file.
 *
 * @param location where the bytes were read
 */
export function inMemory(
	Database: Driver,
	image: Buffer,
	location: string,
	options: { readonly: boolean },
): SqlDatabase {
	try {
		if (image.length < 512 || image.toString("latin1", 0, 15) !== "SQLite format 3") throw damaged(location);
		image[18] = 1;
		image[19] = 1;
		return new Database(image, options) as unknown as SqlDatabase;
	} catch (error) {
		throw explain(error, location);
	}
}
