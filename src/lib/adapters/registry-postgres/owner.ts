import { isoTime } from "../../iso-time.js";
import { eventOf } from "../../registry/event-chain.js";
import type { Attribution } from "../../registry/registry.js";
import { wellFormedAttribution } from "../../registry/well-formed.js";
import type { Connection } from "./connection.js";
import { number, reading, text } from "./read-rows.js";
import { identifier, rolePrefix } from "./roles.js";

/** The database that a connection is in. */
export async function databaseOf(connection: Connection): Promise<string> {
	const { rows } = await connection.ask("SELECT current_database() AS database");
	return text(rows[0]?.database, "database");
}

/** For the rest of the transaction: whoever may administer the registry acts as its owner. */
export async function beOwner(connection: Connection, database: string): Promise<void> {
	await Promise.all([
		connection.ask(`SET LOCAL ROLE ${identifier(`${rolePrefix(database)}_owner`)}`),
		connection.ask("SET LOCAL search_path = pg_catalog, cfm"),
	]);
}

/** Runs one transaction as the registry's owner, who has the lock; what it changes is durable when this has ended. */
export async function asOwner<T>(connection: Connection, work: (database: string) => Promise<T>): Promise<T> {
	const database = await databaseOf(connection);
	await connection.ask("BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE");
	try {
		await beOwner(connection, database);
		await connection.ask("SELECT set_config('synchronous_commit', 'on', true)");
		await connection.ask("SELECT FROM chain FOR UPDATE");
		const done = await work(database);
		await connection.ask("COMMIT");
		return done;
	} catch (error) {
		await connection.ask("ROLLBACK").catch(() => {});
		throw error;
	}
}

const toEnd = reading<{ seq: number; hash: string }>({ seq: number, hash: text });

/** Appends the event of what is about the whole registry: no function does that, only its owner. */
export async function recordWhole(
	connection: Connection,
	recorded: Parameters<typeof eventOf>[1],
	attribution: Attribution,
): Promise<void> {
	const { rows } = await connection.ask("SELECT seq, hash FROM cfm.chain");
	const last = toEnd(rows[0] ?? {});
	const event = eventOf(last, recorded, wellFormedAttribution(attribution), isoTime(new Date()));
	await connection.ask(
		`INSERT INTO cfm.events (seq, at, actor, machine, command, action, environment, subject, id, before, after, note, request_key, hash)
		SELECT seq, at, actor, machine, command, action, environment, subject, id, before, after, note, request_key, hash
		FROM json_populate_record(NULL::cfm.events, $1::json)`,
		[JSON.stringify(event)],
	);
	await connection.ask("UPDATE cfm.chain SET seq = $1, hash = $2", [event.seq, event.hash]);
}
