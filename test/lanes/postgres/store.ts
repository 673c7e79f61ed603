import { rmSync } from "node:fs";
import { join } from "node:path";
import { createPostgresRegistry } from "../../../src/lib/adapters/registry-postgres/create.js";
import { open } from "../../../src/lib/adapters/registry-postgres/open.js";
import { replacePostgresRegistry } from "../../../src/lib/adapters/registry-postgres/restore.js";
import { contentTables } from "../../../src/lib/adapters/registry-postgres/schema.js";
import { openCopy } from "../../../src/lib/adapters/registry-sqlite/copy.js";
import { recordKinds } from "../../../src/lib/record-kinds.js";
import type { RecordKind } from "../../../src/lib/registry/kind.js";
import type { Secrets } from "../../../src/lib/registry/provider.js";
import type { Registry } from "../../../src/lib/registry/registry.js";
import { anAttribution, type Store } from "../../contract/store.js";
import { makeFolder } from "../../folders.js";
import { makeDatabase, owner, psql, type Reach } from "./server.js";

/** Where a database of the lane's server is, for whoever owns the server. */
export function locationOf({ port }: Pick<Reach, "port">, database: string): string {
	return `postgres://${owner.name}@127.0.0.1:${port}/${database}?sslmode=disable`;
}

/** How the owner proves it. */
export const secrets: Secrets = { variables: {}, ask: async () => owner.password };

/** The databases that were made, by server and by what they keep: an empty registry takes half a second, emptying one none. */
const databases = new Map<string, WeakMap<readonly RecordKind[], string>>();

async function emptyDatabase(reach: Reach, kinds: readonly RecordKind[]): Promise<string> {
	const ofServer = databases.get(reach.folder) ?? new WeakMap<readonly RecordKind[], string>();
	databases.set(reach.folder, ofServer);
	const there = ofServer.get(kinds);
	if (there !== undefined) {
		const tables = contentTables(kinds).map((table) => `cfm.${table}`);
		psql(reach, `TRUNCATE ${tables.join(", ")}; UPDATE cfm.chain SET seq = 0, hash = ''`, owner, there);
		return there;
	}
	const database = makeDatabase(reach);
	await createPostgresRegistry(locationOf(reach, database), secrets, kinds);
	ofServer.set(kinds, database);
	return database;
}

/** An empty registry on the lane's server. @param port where it is opened: the server's, or a pooler's before it */
export async function postgresStore(
	reach: Reach,
	kinds: readonly RecordKind[] = recordKinds,
	port = reach.port,
): Promise<Store> {
	const database = await emptyDatabase(reach, kinds);
	const folder = makeFolder("postgres-store");
	const location = locationOf({ port }, database);
	const opened: Registry[] = [];
	const keep = <R extends Registry>(registry: R): R => {
		opened.push(registry);
		return registry;
	};
	const connect = async () => keep(await open(location, { readonly: false, secrets }, kinds));
	const registry = await connect();
	return {
		registry,
		flights: () => registry.flights,
		login: owner.name,
		folder,
		another: connect,
		openCopy: async (file) => keep(await openCopy(file)),
		async restore(file, looks = []) {
			const event = {
				of: "registry",
				action: "restore",
				environment: "",
				after: { backup: file, forgotten: 0 },
			} as const;
			const copy = await openCopy(file);
			const decide = async () => ({ event, changes: [], looks });
			const kept = join(folder, "kept.db");
			await replacePostgresRegistry(location, copy, anAttribution(), decide, { secrets, kinds, kept });
			await copy.close();
		},
		// Rules between tables are off, as for whoever repairs a database by hand.
		tamper: async (sql) => {
			psql(reach, `SET session_replication_role = replica; SET search_path = cfm; ${sql}`, owner, database);
		},
		async close() {
			for (const registry of opened) await registry.close();
			rmSync(folder, { recursive: true });
		},
	};
}
