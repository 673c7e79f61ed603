import { registrySchema } from "../../record-kinds.js";
import type { OpenOptions, Secrets } from "../../registry/provider.js";
import { wrongSchema } from "../../registry/refusals.js";
import { connect } from "./connect.js";
import type { Connection } from "./connection.js";
import { explain } from "./failures.js";
import { number, orNull, reading, text } from "./read-rows.js";
import { PostgresRegistry, type StoreTools } from "./store.js";

/** Where nothing but the location is known. */
const none: Secrets = { variables: {} };

/**
 * Opens a registry on a PostgreSQL server.
 *
 * @param tools what it is to be able to do beside reading and changing rows
 * @throws CfmError not-found `no-registry`; conflict `registry-newer`, `registry-older`; denied, unavailable, busy
 */
export async function openWith(
	location: string,
	{ readonly, secrets = none }: OpenOptions,
	tools: StoreTools,
): Promise<PostgresRegistry> {
	const line = {
		location,
		async connect() {
			const connection = await connect(location, { readonly, secrets });
			try {
				return { connection, movedTo: await found(connection, location) };
			} catch (error) {
				await connection.close();
				throw error;
			}
		},
	};
	return new PostgresRegistry(line, tools).open();
}

const toRegistry = reading<{ schema: number; moved_to: string | null }>({ schema: number, moved_to: orNull(text) });

/** Finds a registry that this program can use. @returns where it was moved to; null where it is the one */
async function found(connection: Connection, location: string): Promise<string | null> {
	try {
		const { rows } = await connection.ask("SELECT schema, moved_to FROM cfm.registry");
		const { schema, moved_to } = toRegistry(rows[0] ?? {});
		if (schema !== registrySchema) throw wrongSchema(location, schema, registrySchema);
		return moved_to;
	} catch (error) {
		throw explain(error, location);
	}
}
