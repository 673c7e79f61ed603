import { keysOf } from "../../account/account.js";
import { type KeptLook, type KeptSighting, keptOf, type Look, type SightingQuery } from "../../registry/look.js";
import { looksSql, sightingsSql, toSighting } from "../registry-sql/look-sql.js";
import type { Statements } from "../sqlite/database.js";
import { sqlite } from "./dialect.js";

export function looks(
	statements: Statements,
	query: Pick<SightingQuery, "environment" | "machine" | "kinds">,
): KeptLook[] {
	const { sql, parameters } = looksSql(query, sqlite);
	return statements.sql(sql).all(...parameters) as KeptLook[];
}

export function* sightings(statements: Statements, query: SightingQuery): Generator<KeptSighting> {
	const { sql, parameters } = sightingsSql(query, sqlite, "sightings.rowid");
	for (const row of statements.sql(sql).iterate(...parameters) as IterableIterator<object>) yield toSighting(row);
}

/** Puts a look in the place of the one before. Must run inside a transaction. */
export function keepLook(statements: Statements, look: Look): void {
	const { environment, machine, kind, at, users } = look;
	const row = statements.sql("SELECT environment AS number FROM environments WHERE name = +?").get(environment);
	if (row === undefined) return;
	const { number } = row as { number: number };
	const { kept, left } = keptOf(look);
	const ofLook = "environment = +? AND machine = +? AND kind = +?";
	if (users === null) {
		statements.sql(`DELETE FROM sightings WHERE ${ofLook}`).run(number, machine, kind);
		statements
			.sql(
				`INSERT INTO looks (environment, machine, kind, at, beyond) VALUES (?, ?, ?, ?, ?)
				ON CONFLICT DO UPDATE SET at = excluded.at, beyond = excluded.beyond`,
			)
			.run(number, machine, kind, at, left);
	} else {
		const remove = statements.sql(`DELETE FROM sightings WHERE ${ofLook} AND user = +?`);
		for (const user of users) remove.run(number, machine, kind, user);
		statements
			.sql(
				`INSERT INTO looks (environment, machine, kind, at, beyond) VALUES (?, ?, ?, NULL, 0) ON CONFLICT DO NOTHING`,
			)
			.run(number, machine, kind);
	}
	const put = statements.sql(
		`INSERT INTO sightings (environment, machine, kind, at, user, name_key, id, attention, facts)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
	);
	for (const { user, id, attention, facts } of kept) {
		const name = user === null ? null : keysOf(user).name;
		put.run(number, machine, kind, at, user, name, id, attention ? 1 : 0, JSON.stringify(facts));
	}
}
