import { registrySchema } from "../../record-kinds.js";
import type { OpenOptions, Secrets } from "../../registry/provider.js";
import { wrongSchema } from "../../registry/refusals.js";
import type { ServerStanding } from "../../registry/registry.js";
import { roles } from "../../registry/role.js";
import { connect } from "./connect.js";
import { type Connection, ServerRefusal } from "./connection.js";
import { explain } from "./failures.js";
import { number, orNull, reading, text, truth } from "./read-rows.js";
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
				const [movedTo, standing] = await Promise.all([found(connection, location), standingOn(connection)]);
				return { connection, movedTo, standing };
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

const toStanding = reading<{ login: string; named: boolean; superuser: boolean; held: string[] }>({
	login: text,
	named: truth,
	superuser: truth,
	held: (value) => value as string[],
});

/** What the server gives whoever asks, in the flight that finds the registry; undefined for one that knows no operators yet. */
async function standingOn(connection: Connection): Promise<ServerStanding | undefined> {
	const asked = connection.ask(`SELECT session_user::text AS login, EXISTS (SELECT FROM cfm.operators) AS named,
		(SELECT rolsuper FROM pg_roles WHERE rolname = session_user) AS superuser,
		(SELECT coalesce(jsonb_agg(role), '[]') FROM unnest('{${roles.join(",")}}'::text[]) AS role
			JOIN pg_roles ON rolname = (SELECT regexp_replace(pg_get_userbyid(nspowner), '_owner$', '')
				FROM pg_namespace WHERE nspname = 'cfm') || '_' || role
			WHERE pg_has_role(session_user, pg_roles.oid, 'MEMBER')) AS held`);
	try {
		const { login, named, superuser, held } = toStanding((await asked).rows[0] ?? {});
		const role = roles.findLast((one) => held.includes(one)) ?? null;
		return { login, isNamed: named, role, isSuperuser: superuser };
	} catch (error) {
		// Whatever is wrong with the registry is told by what finds it.
		if (error instanceof ServerRefusal) return undefined;
		throw error;
	}
}
