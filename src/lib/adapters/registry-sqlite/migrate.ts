import { dirname, resolve } from "node:path";
import { registrySchema } from "../../record-kinds.js";
import type { Attribution } from "../../registry/registry.js";
import { refuseNetworkFolder } from "../files/guard.js";
import { refuseFolderOfOthers, syncFolder } from "../files/own-folder.js";
import type { SqlDatabase } from "../sqlite/database.js";
import { driver } from "../sqlite/driver.js";
import { alone } from "./alone.js";
import { appendEvents } from "./append-events.js";
import { backup } from "./backup.js";
import { whereItIs } from "./connection.js";
import { explain } from "./failures.js";
import { removeLeftovers } from "./leftovers.js";
import { hasLostLog } from "./log-end.js";
import { changesLost } from "./lost-log.js";
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
	const { database, location } = await openWhole(file);
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
export async function migrateSqliteRegistry(file: string, attribution: Attribution): Promise<string | null> {
	return alone(whereItIs(resolve(file)), () => migrateAlone(file, attribution));
}

async function migrateAlone(file: string, attribution: Attribution): Promise<string | null> {
	const { database, location } = await openWhole(file);
	try {
		const from = versionOf(database);
		if (from === registrySchema) return null;
		removeLeftovers(dirname(location));
		const kept = `${location}.schema-${from}-${new Date().toISOString().replace(/[-:.]/g, "")}`;
		await patiently(() => backup(database, kept), location);
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
					appendEvents(statements, [event], attribution, new Date().toISOString());
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

/** Opens a registry to work on it as a whole, also one of an older schema. */
export async function openWhole(file: string): Promise<{ database: SqlDatabase; location: string }> {
	refuseNetworkFolder(dirname(resolve(file)));
	const location = whereItIs(resolve(file));
	refuseNetworkFolder(dirname(location));
	await refuseFolderOfOthers(dirname(location));
	const Database = await driver();
	if (hasLostLog(location)) throw changesLost(location);
	const database = await patiently(() => {
		const opened = new Database(location, { timeout: 0 }) as SqlDatabase;
		try {
			// An older one is what this is for; everything else is refused as ever.
			if (!isOlder(opened)) prepare(opened, location, { readonly: false });
			return opened;
		} catch (error) {
			opened.close();
			throw error;
		}
	}, location);
	return { database, location };
}

function versionOf(database: SqlDatabase): number {
	return database.pragma("user_version", { simple: true }) as number;
}
