import { recordKinds } from "../../record-kinds.js";
import type { RecordKind } from "../../registry/kind.js";
import type { OpenOptions } from "../../registry/provider.js";
import { openWith } from "./open-with.js";
import type { PostgresRegistry } from "./store.js";

/** Opens a registry on a PostgreSQL server, with all that can be done with it. @throws CfmError as `openWith` */
export async function open(
	location: string,
	options: OpenOptions,
	kinds: readonly RecordKind[] = recordKinds,
): Promise<PostgresRegistry> {
	return openWith(location, options, {
		info: async (connection, at) => (await import("./info.js")).infoOf(connection, at),
		check: async (connection, view, those) => (await import("./check.js")).checkRegistry(connection, view, those),
		backup: async (view, file) => (await import("./backup.js")).backup(view, file, kinds),
	});
}
