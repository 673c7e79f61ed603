import { dirname, resolve } from "node:path";
import { registrySchema } from "../../record-kinds.js";
import type { Origin } from "../../registry/port.js";
import { refuseNetworkFolder } from "../files/guard.js";
import { refuseFolderOfOthers, syncFolder } from "../files/own-folder.js";
import type { SqlDatabase } from "../sqlite/database.js";
import { driver } from "../sqlite/driver.js";
import { appendEvents } from "./append-events.js";
import { backup } from "./backup.js";
import { explain } from "./failures.js";
import { whereItIs } from "./open.js";
import { migrate } from "./schema.js";
import { isOlder, patiently, prepare } from "./store.js";

/** The schema a registry has, the one this program works with, and where the registry is. */
export interface SchemaState {
	location: string;
	from: number;
	to: number;
}

/**
 * What `migrateSqliteRegistry` would do.
 *
 * @throws CfmError as `openSqliteRegistry`, but for `registry-older`
 */
export async function schemaOf(file: string): Promise<SchemaState> {
	const { database, location } = await open(file);
	try {
		return { location, from: versionOf(database), to: registrySchema };
	} finally {
		database.close();
	}
}

/**
 * Brings a registry of an older schema up to date, in one transaction; whoever works on it meanwhile waits. A copy of
 * what was there is kept in a file beside it.
 *
 * @returns where that copy is; null when there was nothing to do
 */
export async function migrateSqliteRegistry(file: string, origin: Origin): Promise<string | null> {
	const { database, location } = await open(file);
	try {
		const from = versionOf(database);
		if (from === registrySchema) return null;
		const kept = `${location}.schema-${from}-${new Date().toISOString().replace(/[-:.]/g, "")}`;
		backup(database, kept);
		syncFolder(dirname(location));
		await patiently(
			() =>
				migrate(database, (statements, before) => {
					const event = {
						of: "registry",
						action: "migrate",
						environment: "",
						before: { schema: before },
						after: { schema: registrySchema, kept },
					} as const;
					appendEvents(statements, [event], origin, new Date().toISOString());
				}),
			location,
		);
		return kept;
	} catch (error) {
		throw explain(error, location);
	} finally {
		database.close();
	}
}

async function open(file: string): Promise<{ database: SqlDatabase; location: string }> {
	refuseNetworkFolder(dirname(resolve(file)));
	const location = whereItIs(resolve(file));
	refuseNetworkFolder(dirname(location));
	await refuseFolderOfOthers(dirname(location));
	const Database = await driver();
	const database = new Database(location, { timeout: 0 }) as SqlDatabase;
	try {
		// An older one is what this is for; everything else is refused as ever.
		if (!isOlder(database)) prepare(database, location, { readonly: false });
		return { database, location };
	} catch (error) {
		database.close();
		throw explain(error, location);
	}
}

function versionOf(database: SqlDatabase): number {
	return database.pragma("user_version", { simple: true }) as number;
}
