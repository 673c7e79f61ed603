import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { openCopy } from "../../src/lib/adapters/registry-sqlite/copy.js";
import { createSqliteRegistry } from "../../src/lib/adapters/registry-sqlite/create.js";
import { openSqliteRegistry } from "../../src/lib/adapters/registry-sqlite/open.js";
import { replaceSqliteRegistry } from "../../src/lib/adapters/registry-sqlite/restore.js";
import { recordKinds } from "../../src/lib/record-kinds.js";
import type { Registry } from "../../src/lib/registry/registry.js";
import { memoryDisk } from "../lib/adapters/temp.js";
import { registryContract } from "./registry.js";
import { anAttribution } from "./store.js";

registryContract("SQLite", async (kinds = recordKinds) => {
	const folder = mkdtempSync(join(memoryDisk, "cfm-contract-"));
	const file = join(folder, "registry.db");
	await createSqliteRegistry(file, { adopt: false, kinds });
	const opened: Registry[] = [];
	const keep = (registry: Registry) => {
		opened.push(registry);
		return registry;
	};
	return {
		registry: keep(await openSqliteRegistry(file, { readonly: false })),
		folder,
		another: async () => keep(await openSqliteRegistry(file, { readonly: false })),
		openCopy: async (copy) => keep(await openCopy(copy)),
		restore: async (copy, looks = []) => {
			const event = {
				of: "registry",
				action: "restore",
				environment: "",
				after: { backup: copy, forgotten: 0 },
			} as const;
			const opened = await openCopy(copy);
			await replaceSqliteRegistry(file, opened, anAttribution(), async () => ({ event, changes: [], looks }), kinds);
			opened.close();
		},
		tamper: async (sql) => {
			const database = new Database(file);
			database.pragma("foreign_keys = OFF");
			database.exec(sql);
			database.close();
		},
		close: async () => {
			for (const registry of opened) registry.close();
			rmSync(folder, { recursive: true });
		},
	};
});
