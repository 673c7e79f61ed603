import type { RegistryInfo } from "../../registry/registry.js";
import type { Connection } from "./connection.js";
import { number, orNull, reading, text, truth } from "./read-rows.js";

/** What there is to know of a registry and its server. Asked inside a transaction that reads. */
export async function infoOf(connection: Connection, location: string): Promise<RegistryInfo> {
	const [{ rows }, { rows: first }] = await Promise.all([
		connection.ask(
			`SELECT (SELECT schema FROM registry) AS schema, current_setting('server_version') AS version,
				(SELECT sum(pg_total_relation_size(oid)) FROM pg_class WHERE relnamespace = 'cfm'::regnamespace AND relkind = 'r')::bigint AS size,
				(SELECT count(*) FROM environments) AS environments, (SELECT count(*) FROM allocations) AS allocations,
				(SELECT count(*) FROM events) AS events, current_setting('synchronous_commit') AS synchronous,
				current_setting('fsync') AS fsync, pg_is_in_recovery() AS standby,
				CASE WHEN pg_is_in_recovery() THEN extract(epoch FROM now() - pg_last_xact_replay_timestamp()) END AS lag,
				current_user AS account, current_database() AS database`,
		),
		connection.ask("SELECT hash FROM events ORDER BY seq LIMIT 1"),
	]);
	const row = toInfo(rows[0] ?? {});
	const { version, database, account, standby, lag, fsync, size, ...rest } = row;
	return {
		location,
		kind: "postgres",
		...rest,
		sizeBytes: size,
		identity: first[0] === undefined ? null : text(first[0].hash, "hash"),
		journalMode: fsync === "on" ? "wal" : "wal, fsync off",
		server: {
			host: connection.host,
			version,
			database,
			account,
			standby,
			lagSeconds: lag === null ? null : Number(lag),
		},
	};
}

const toInfo = reading({
	schema: number,
	version: text,
	size: number,
	environments: number,
	allocations: number,
	events: number,
	synchronous: text,
	fsync: text,
	standby: truth,
	lag: orNull(text),
	account: text,
	database: text,
});
