import { resolve } from "node:path";
import type { RegistryProvider } from "../../registry/provider.js";

/** Registries in SQLite files. What is done seldom is loaded when it is done. */
export const sqliteRegistries: RegistryProvider = {
	openCopy: async (file) => (await import("./copy.js")).openCopy(file),
	create: async (location, options) => (await import("./create.js")).createSqliteRegistry(location, options),
	schema: async (location) => (await import("./migrate.js")).schemaOf(location),
	migrate: async (location, origin) => (await import("./migrate.js")).migrateSqliteRegistry(location, origin),
	restore: async (location, file, origin, event) =>
		(await import("./restore.js")).restoreSqliteRegistry(resolve(location), file, origin, event),
};
