import { existsSync } from "node:fs";
import { resolve } from "node:path";
import type { RegistryProvider } from "../../registry/provider.js";

/** Registries in SQLite files. What is done seldom is loaded when it is done. */
export const sqliteRegistries: RegistryProvider = {
	openCopy: async (file) => (await import("./copy.js")).openCopy(file),
	create: async (location, options) => (await import("./create.js")).createSqliteRegistry(location, options),
	isThere: async (location) => existsSync(location),
	schema: async (location) => (await import("./migrate.js")).schemaOf(location),
	async migrate(location, attribution) {
		const kept = await (await import("./migrate.js")).migrateSqliteRegistry(location, attribution);
		return kept === null ? null : { kept };
	},
	backupFolder: async (location, options) => (await import("./backup-folder.js")).backupFolder(location, options),
	backupFiles: async (folder, options) => (await import("./backup-folder.js")).backupFiles(folder, options),
	removeBackup: async (file) => (await import("./backup-folder.js")).removeBackup(file),
	replace: async (location, copy, attribution, decide) =>
		(await import("./restore.js")).replaceSqliteRegistry(resolve(location), copy, attribution, decide),
	leave: async (location, to, attribution) =>
		(await import("./leave.js")).leaveSqliteRegistry(location, to, attribution),
};
