import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { CfmError } from "../../errors.js";
import { t } from "../../text.js";
import { driver } from "../sqlite/driver.js";
import { copying, inMemory } from "./open.js";
import { migrate } from "./schema.js";
import { isOlder, prepare, SqliteRegistry } from "./store.js";

/**
 * Opens a copy in memory, to look at it: the file itself is neither locked nor changed.
 *
 * @throws CfmError not-found `file-not-found`; unavailable `registry-damaged`, `not-a-registry`; conflict `registry-newer`
 */
export async function openCopy(file: string): Promise<SqliteRegistry> {
	const location = resolve(file);
	if (!existsSync(location)) throw new CfmError("not-found", "file-not-found", t`There is no file ${location}.`);
	try {
		const database = inMemory(await driver(), location, { readonly: false });
		if (isOlder(database)) migrate(database);
		prepare(database, location, { readonly: true });
		return new SqliteRegistry(database, location, copying);
	} catch (error) {
		if (!(error instanceof CfmError) || error.kind !== "unavailable") throw error;
		throw new CfmError("unavailable", error.code, error.message, {
			hints: [t`Use another backup.`],
			data: error.data,
			cause: error,
		});
	}
}
