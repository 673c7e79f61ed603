import { join } from "node:path";
import { recordKinds, registrySchema } from "../../record-kinds.js";
import type { RecordKind } from "../../registry/kind.js";
import type { RegistryProvider, Secrets } from "../../registry/provider.js";
import { sqliteRegistries } from "../registry-sqlite/provider.js";

/** Registries on PostgreSQL servers. Their backups are files as those of files are. What is done seldom is loaded when it is done. */
export function postgresRegistries(secrets: Secrets, kinds: readonly RecordKind[] = recordKinds): RegistryProvider {
	return {
		...sqliteRegistries,
		create: async (location) => (await import("./create.js")).createPostgresRegistry(location, secrets, kinds),
		async setupSql(location) {
			const { setupScript } = await import("./setup.js");
			return setupScript(location, secrets, kinds);
		},
		async rolesSql(location) {
			const [{ rolesScript }, { findTarget }] = await Promise.all([import("./setup.js"), import("./target.js")]);
			return `${rolesScript((await findTarget(location, secrets.variables)).database).join("\n")}\n`;
		},
		async isThere(location) {
			const { onServer, schemaThere } = await import("./create.js");
			return onServer(location, { readonly: true, secrets }, async (connection) => (await schemaThere(connection)) > 0);
		},
		async schema(location) {
			const [{ onServer }, { schemaOf }] = await Promise.all([import("./create.js"), import("./update.js")]);
			const { from, replaced } = await onServer(location, { readonly: true, secrets }, (connection) =>
				schemaOf(connection, location, kinds),
			);
			return { location, from, to: registrySchema, replaced };
		},
		migrate: async (location, attribution) =>
			(await import("./update.js")).updatePostgresRegistry(location, attribution, { secrets, kinds }),
		async backupFolder(_location, options) {
			const [{ ourFolders }, { backupFolder }] = await Promise.all([
				import("../files/places.js"),
				import("../registry-sqlite/backup-folder.js"),
			]);
			// Beside where a registry in a file would be.
			return backupFolder(join(ourFolders().closed[0] ?? "", "registry.db"), options);
		},
		replace: async (location, copy, attribution, decide) =>
			(await import("./restore.js")).replacePostgresRegistry(location, copy, attribution, decide, { secrets, kinds }),
		async refuseOthers(location) {
			const [{ onServer }, { beOwner, databaseOf }] = await Promise.all([import("./create.js"), import("./owner.js")]);
			await onServer(location, { readonly: false, secrets }, async (connection) => {
				await connection.ask("BEGIN");
				await beOwner(connection, await databaseOf(connection));
				await connection.ask("ROLLBACK");
			});
		},
		leave: async (location, to, attribution) =>
			(await import("./leave.js")).leavePostgresRegistry(location, to, attribution, secrets),
	};
}
