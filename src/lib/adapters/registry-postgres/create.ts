import { CfmError } from "../../errors.js";
import { registrySchema } from "../../record-kinds.js";
import type { RecordKind } from "../../registry/kind.js";
import type { Secrets } from "../../registry/provider.js";
import { wrongSchema } from "../../registry/refusals.js";
import { t } from "../../text.js";
import { connect } from "./connect.js";
import { type Connection, ServerRefusal } from "./connection.js";
import { explain } from "./failures.js";
import { setupSql } from "./setup.js";

/** Runs work on a connection of its own, in the tool's words where it fails. */
export async function onServer<T>(
	location: string,
	options: { readonly: boolean; secrets: Secrets },
	work: (connection: Connection) => Promise<T>,
): Promise<T> {
	const connection = await connect(location, options).catch((error) => Promise.reject(explain(error, location)));
	try {
		return await work(connection);
	} catch (error) {
		throw explain(error, location);
	} finally {
		await connection.close();
	}
}

/** The schema of the registry that is there; 0 where there is none. */
export async function schemaThere(connection: Connection): Promise<number> {
	try {
		const { rows } = await connection.ask("SELECT schema FROM cfm.registry");
		return (rows[0]?.schema as number | undefined) ?? 0;
	} catch (error) {
		if (error instanceof ServerRefusal && ["42P01", "3F000"].includes(error.code)) return 0;
		throw error;
	}
}

/**
 * Makes a new, empty registry in the database; one that is there already is left as it is.
 *
 * @throws CfmError denied `may-not-create` with the way on: a DBA runs what `init --print-sql` prints
 */
export async function createPostgresRegistry(
	location: string,
	secrets: Secrets,
	kinds: readonly RecordKind[],
): Promise<{ created: boolean; aside: string[] }> {
	return onServer(location, { readonly: false, secrets }, async (connection) => {
		const there = await schemaThere(connection);
		if (there === registrySchema) return { created: false, aside: [] };
		if (there !== 0) throw wrongSchema(location, there, registrySchema);
		const { rows } = await connection.ask(
			"SELECT current_database() AS database, current_setting('server_encoding') AS encoding",
		);
		const [row] = rows as { database: string; encoding: string }[];
		if (row?.encoding !== "UTF8") {
			throw new CfmError(
				"usage",
				"database-not-utf8",
				t`The database of ${location} keeps texts as ${row?.encoding ?? ""}, and a registry needs UTF8.`,
				{
					hints: [t`Create a database with the encoding UTF8.`],
				},
			);
		}
		await runSetup(connection, location, setupSql(row.database, kinds));
		return { created: true, aside: [] };
	});
}

/** Runs what makes a registry, in one transaction. */
async function runSetup(connection: Connection, location: string, sql: string): Promise<void> {
	const [, made] = await Promise.allSettled([connection.ask("BEGIN"), connection.ask(sql)]);
	if (made.status === "fulfilled") {
		await connection.ask("COMMIT");
		return;
	}
	await connection.ask("ROLLBACK");
	const error: unknown = made.reason;
	if (error instanceof ServerRefusal && error.code === "42501") {
		throw new CfmError(
			"denied",
			"may-not-create",
			t`Your account may not create roles and tables there: ${error.message}.`,
			{
				hints: [
					{
						say: t`Let a database administrator run what this prints, and make your account a member of a role:`,
						line: { again: { "print-sql": true } },
					},
				],
				data: { registry: location },
				cause: error,
			},
		);
	}
	throw error;
}
