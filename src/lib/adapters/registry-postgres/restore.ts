import { join } from "node:path";
import { isoTime } from "../../iso-time.js";
import { loginsOf } from "../../operator/change.js";
import { listOperators, operators } from "../../operator/operator.js";
import { type RecordKind, recordChange } from "../../registry/kind.js";
import type { Decide, Replaced, Secrets } from "../../registry/provider.js";
import type { Attribution, Change, Registry } from "../../registry/registry.js";
import { eventsEverWritten, withReplaced } from "../../registry/written.js";
import { ourFolders } from "../files/places.js";
import { backupFolder } from "../registry-sqlite/backup-folder.js";
import { contentOf } from "../registry-sqlite/copy.js";
import { backup } from "./backup.js";
import type { Connection } from "./connection.js";
import { onServer } from "./create.js";
import { putLook } from "./looks.js";
import { beOwner, databaseOf, recordWhole } from "./owner.js";
import { identifier } from "./roles.js";
import { contentTables } from "./schema.js";
import { PostgresTransaction } from "./transaction.js";

/** Rows that travel together. */
const chunkSize = 1000;

/**
 * Replaces a registry's content by that of a backup, in one transaction, which has the lock when `decide` looks. What was
 * there is kept in a file of this machine. Whoever does it must be a member of the registry's role `admin`.
 *
 * @param options.kept the file for what was there, when that is not among this machine's backups
 */
export async function replacePostgresRegistry(
	location: string,
	copy: Registry,
	attribution: Attribution,
	decide: Decide,
	{ secrets, kinds, kept: wanted }: { secrets: Secrets; kinds: readonly RecordKind[]; kept?: string },
): Promise<Replaced> {
	return onServer(location, { readonly: false, secrets }, async (connection) => {
		const database = await databaseOf(connection);
		await connection.ask("BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE");
		await beOwner(connection, database);
		await connection.ask("SELECT FROM chain FOR UPDATE");
		const transaction = new PostgresTransaction(connection, location);
		try {
			const { event, changes, looks = [] } = await decide(transaction);
			const kept = wanted ?? (await keptFile(database));
			await backup(transaction, kept, kinds);
			const namedBefore = await loginsNamed(connection);
			const before = { events: await transaction.countEvents({}), written: await eventsEverWritten(transaction) };
			await fill(
				connection,
				kinds,
				(table) => contentOf(copy).prepare(`SELECT * FROM ${table}`).iterate() as Iterable<object>,
			);
			await connection.ask("UPDATE cfm.registry SET moved_to = NULL");
			await recordWhole(connection, withReplaced(event, before), attribution);
			const logins = await withLogins(transaction);
			await transaction.apply([...changes, ...logins], attribution);
			await transaction.send();
			for (const login of new Set([...namedBefore, ...(await loginsNamed(connection))]))
				await regrant(connection, login);
			for (const look of looks) await putLook(connection, look);
			await transaction.commit(attribution, null);
			return { kept, aside: [], more: logins.length };
		} catch (error) {
			await connection.ask("ROLLBACK").catch(() => {});
			throw error;
		}
	});
}

/** Where what was there is kept: among the backups of this machine. */
async function keptFile(database: string): Promise<string> {
	const folder = await backupFolder(join(ourFolders().closed[0] ?? "", "registry.db"), { make: true });
	return join(folder, `${database}.before-restore-${isoTime(new Date()).replace(/[-:.]/g, "")}`);
}

/** Puts rows in the place of all there are. Must run as the owner, inside a transaction that has the lock. */
export async function fill(
	connection: Connection,
	kinds: readonly RecordKind[],
	rowsOf: (table: string) => Iterable<object> | AsyncIterable<object>,
): Promise<void> {
	const tables = contentTables(kinds);
	for (const table of tables.toReversed()) await connection.ask(`DELETE FROM cfm.${table}`);
	for (const table of tables) {
		let chunk: object[] = [];
		const put = async () => {
			const rows = chunk;
			chunk = [];
			if (rows.length === 0) return;
			const columns = Object.keys(rows[0] ?? {})
				.map(identifier)
				.join(", ");
			await connection.ask(
				`INSERT INTO cfm.${table} (${columns}) SELECT ${columns} FROM json_populate_recordset(NULL::cfm.${table}, $1::json)`,
				[JSON.stringify(rows)],
			);
		};
		for await (const row of rowsOf(table)) if (chunk.push(row) === chunkSize) await put();
		await put();
	}
	await connection.ask(`SELECT setval(pg_get_serial_sequence('cfm.environments', 'environment'),
		(SELECT coalesce(max(environment), 0) + 1 FROM cfm.environments), false)`);
	await connection.ask("UPDATE cfm.chain SET seq = 0, hash = ''");
	await connection.ask(`UPDATE cfm.chain SET seq = e.seq, hash = e.hash
		FROM (SELECT seq, hash FROM cfm.events ORDER BY seq DESC LIMIT 1) e`);
}

const namedSql = "SELECT DISTINCT login::text AS login FROM cfm.operators WHERE login IS NOT NULL";

async function loginsNamed(connection: Connection): Promise<string[]> {
	return (await connection.ask(namedSql)).rows.map(({ login }) => String(login));
}

/** Operators from a file have no login: those that the server knows by their names get theirs. */
async function withLogins(view: PostgresTransaction): Promise<Change[]> {
	const without = (await listOperators(view)).filter(({ login }) => login === null);
	const there = await view.logins(without.flatMap(({ name }) => loginsOf(name)));
	return without.flatMap((before) => {
		const login = loginsOf(before.name).find((one) => there.has(one));
		return login === undefined ? [] : [recordChange(operators, "operator.set", before, { ...before, login })];
	});
}

/** Gives a login the roles that its operators have now; where cfm gives none, whoever administers the server goes on to. */
async function regrant(connection: Connection, login: string): Promise<void> {
	await connection.ask(
		"SELECT cfm.regrant($1, 0) WHERE to_regprocedure('cfm.give_role(text,text,boolean)') IS NOT NULL",
		[login],
	);
}
