import { registrySchema } from "../../record-kinds.js";
import type { RecordKind } from "../../registry/kind.js";
import type { Secrets } from "../../registry/provider.js";
import { kindRows } from "./kinds.js";
import { functionsSql, grantsSql, identifier, keeperSql, rolePrefix, rolesSql } from "./roles.js";
import { migration } from "./schema.js";
import { findTarget } from "./target.js";

/**
 * The same as a whole script for psql. The server is not asked: whoever prints it may not be able to log in there yet.
 *
 * @throws CfmError usage `bad-registry-address`
 */
export async function setupScript(location: string, secrets: Secrets, kinds: readonly RecordKind[]): Promise<string> {
	const { database } = await findTarget(location, secrets.variables);
	return [
		"-- Run it in the database, which must have the encoding UTF8:",
		`--   psql -v ON_ERROR_STOP=1 -d ${database} -f FILE`,
		"BEGIN;",
		setupSql(database, kinds),
		"COMMIT;",
		"",
	].join("\n");
}

/**
 * What lets `cfm operators` give roles on a server whose registry was made before it could, as one transaction: begun, done,
 * committed. It is run once by whoever administers the server, and safe to run again.
 */
export function rolesScript(database: string): readonly [string, string, string] {
	const prefix = rolePrefix(database);
	const owner = identifier(`${prefix}_owner`);
	return ["BEGIN;", [rolesSql(prefix), keeperSql(prefix), `REVOKE ${owner} FROM CURRENT_USER;`].join("\n"), "COMMIT;"];
}

const tablesIn = (sql: string) => [...sql.matchAll(/^CREATE TABLE (\w+)/gm)].map(([, name = ""]) => name);

/**
 * The SQL that makes a registry of an empty database: roles, tables, functions, rights. It is one transaction's; a DBA can run
 * it as it stands (`cfm init --print-sql`).
 */
export function setupSql(database: string, kinds: readonly RecordKind[]): string {
	const prefix = rolePrefix(database);
	const owner = identifier(`${prefix}_owner`);
	return [
		"-- The roles are those of the whole server. Nobody logs in as one: make accounts members of them.",
		rolesSql(prefix),
		`GRANT ${owner} TO CURRENT_USER;`,
		`GRANT CREATE ON DATABASE ${identifier(database)} TO ${owner};`,
		`REVOKE CREATE ON SCHEMA public FROM PUBLIC;`,
		`REVOKE TEMPORARY ON DATABASE ${identifier(database)} FROM PUBLIC;`,
		`SET LOCAL ROLE ${owner};`,
		"CREATE SCHEMA cfm;",
		contentSql(database, kinds, 0),
		"RESET ROLE;",
		keeperSql(prefix),
		`REVOKE CREATE ON DATABASE ${identifier(database)} FROM ${owner};`,
		`GRANT ${identifier(`${prefix}_admin`)} TO CURRENT_USER;`,
		`REVOKE ${owner} FROM CURRENT_USER;`,
	].join("\n");
}

/**
 * The SQL that makes what is in the registry's schema, or brings it up to date: tables, functions, rights. Run as its owner.
 *
 * @param from the schema that is there; 0 for none
 */
export function contentSql(database: string, kinds: readonly RecordKind[], from: number): string {
	return [
		"SET LOCAL search_path = cfm, pg_catalog;",
		migration(kinds, from),
		kindRows(kinds),
		`UPDATE registry SET schema = ${registrySchema};`,
		functionsSql(),
		grantsSql(rolePrefix(database), tablesIn(migration(kinds, 0))),
	].join("\n");
}
