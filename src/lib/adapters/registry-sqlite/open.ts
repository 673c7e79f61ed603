import { openWith } from "./connection.js";
import type { SqliteRegistry, StoreTools } from "./store.js";

/** What is done seldom is loaded when it is done; the commands that scripts run in loops go without (`hot-host.ts`). */
export const tools: StoreTools = {
	async backup(database, file) {
		const { backup, refuseBackupPlace } = await import("./backup.js");
		await refuseBackupPlace(file);
		backup(database, file);
	},
	async check(statements, kinds, location) {
		return (await import("./check.js")).checkRegistry(statements, kinds, location);
	},
};

/** Opens a registry that can do all that one can do. @throws as `openWith` */
export function openSqliteRegistry(file: string, options: { readonly: boolean }): Promise<SqliteRegistry> {
	return openWith(file, options, tools);
}
