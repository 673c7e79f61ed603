import { registrySchema } from "../../record-kinds.js";
import type { RecordKind } from "../../registry/kind.js";
import type { Secrets } from "../../registry/provider.js";
import { registryMoved, wrongSchema } from "../../registry/refusals.js";
import type { Attribution } from "../../registry/registry.js";
import { type Connection, ServerRefusal } from "./connection.js";
import { onServer, schemaThere } from "./create.js";
import { noRegistry } from "./failures.js";
import { asOwner, recordWhole } from "./owner.js";
import { otherCode } from "./server-code.js";
import { contentSql, rolesScript } from "./setup.js";

/**
 * The schema that is there, and what the server runs that is not this program's.
 *
 * @throws CfmError not-found `no-registry`; conflict `registry-newer`
 */
export async function schemaOf(
	connection: Connection,
	location: string,
	kinds: readonly RecordKind[],
): Promise<{ from: number; replaced: string[]; gone: string[] }> {
	const from = await schemaThere(connection);
	if (from === 0) throw noRegistry(location);
	if (from > registrySchema) throw wrongSchema(location, from, registrySchema);
	const { names, gone } = await otherCode(async (sql) => (await connection.ask(sql)).rows, kinds);
	return { from, replaced: names, gone };
}

/**
 * Brings the registry to this program's schema, and puts this program's functions and rights in place, in one transaction; the
 * log tells it. Whoever does it must be a member of the registry's role `admin`. No copy is kept: nothing that is there is
 * changed, and what `registry backup` writes is as good.
 *
 * @returns null when there was nothing to do
 */
export async function updatePostgresRegistry(
	location: string,
	attribution: Attribution,
	{ secrets, kinds }: { secrets: Secrets; kinds: readonly RecordKind[] },
): Promise<{ kept: null } | null> {
	return onServer(location, { readonly: false, secrets }, async (connection) => {
		const there = await schemaOf(connection, location, kinds);
		if (there.from === registrySchema && there.replaced.length === 0) {
			await mayGiveRoles(connection);
			return null;
		}
		const done = await asOwner(connection, async (database) => {
			const [row] = (await connection.ask("SELECT moved_to FROM registry")).rows;
			if (row?.moved_to !== null) throw registryMoved(String(row?.moved_to));
			// Somebody else may have been faster: what is there now counts.
			const { from, replaced, gone } = await schemaOf(connection, location, kinds);
			const isOlder = from !== registrySchema;
			if (!isOlder && replaced.length === 0) return null;
			if (gone.length > 0) await connection.ask(gone.join("\n"));
			await connection.ask(contentSql(database, kinds, from));
			const event = { of: "registry", action: "migrate", environment: "" } as const;
			const after = { schema: registrySchema, kept: "", ...(isOlder ? {} : { replaced }) };
			await recordWhole(connection, { ...event, before: { schema: from }, after }, attribution);
			return { kept: null };
		});
		await mayGiveRoles(connection);
		return done;
	});
}

/**
 * Makes what gives roles, where whoever updates may do that: roles are the server's. Anybody else needs nothing of it until
 * they name operators, who are told then what a database administrator must run.
 */
async function mayGiveRoles(connection: Connection): Promise<void> {
	const { rows } = await connection.ask(`SELECT current_database() AS database,
		to_regprocedure('cfm.give_role(text,text,boolean)') IS NOT NULL AS given`);
	if (rows[0]?.given === true) return;
	try {
		for (const sql of rolesScript(String(rows[0]?.database))) await connection.ask(sql);
	} catch (error) {
		await connection.ask("ROLLBACK");
		if (!(error instanceof ServerRefusal)) throw error;
	}
}
