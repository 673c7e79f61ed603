import type { Stored } from "../../registry/kind.js";
import type { KeptSighting, SightingQuery } from "../../registry/look.js";
import type { Dialect } from "./dialect.js";
import type { Asked } from "./record-sql.js";

/** What was looked at last; of a machine where only some users ever were, too. */
export function looksSql(query: Pick<SightingQuery, "environment" | "machine" | "kinds">, dialect: Dialect): Asked {
	const { where, parameters } = narrowed("looks", query, dialect);
	const ofLook = `s.environment = looks.environment AND s.kind = looks.kind
		AND ${dialect.name("s.machine")} = ${dialect.name("looks.machine")}`;
	return {
		sql: `SELECT environments.name AS environment, looks.machine, looks.kind, looks.at, looks.beyond AS "left",
				(SELECT count(*) FROM sightings s WHERE ${ofLook}) AS total,
				(SELECT count(*) FROM sightings s WHERE ${ofLook} AND s.attention = 1) AS attention
			FROM looks JOIN environments USING (environment) ${where} ORDER BY looks.environment, looks.machine, looks.kind`,
		parameters,
	};
}

/** What the last looks showed. @param order SQL that gives them in the order in which they were kept */
export function sightingsSql(query: SightingQuery, dialect: Dialect, order: string): Asked {
	const { where, parameters } = narrowed("sightings", query, dialect);
	return {
		sql: `SELECT environments.name AS environment, sightings.machine, sightings.kind, sightings.at, sightings."user",
				sightings.id, sightings.attention, sightings.facts
			FROM sightings JOIN environments USING (environment) ${where} ORDER BY ${order}`,
		parameters,
	};
}

/** A row of `sightingsSql`. */
export function toSighting(stored: object): KeptSighting {
	const row = stored as Omit<KeptSighting, "attention" | "facts"> & { attention: number; facts: string };
	return { ...row, attention: row.attention === 1, facts: JSON.parse(row.facts) as object };
}

function narrowed(
	table: "looks" | "sightings",
	{ environment, machine, kinds, account, id, attention }: SightingQuery,
	dialect: Dialect,
): { where: string; parameters: Stored[] } {
	const conditions: string[] = [];
	const parameters: Stored[] = [];
	const add = (condition: string, ...values: Stored[]) => {
		conditions.push(condition);
		parameters.push(...values);
	};
	if (environment !== undefined) add(`${dialect.name("environments.name")} = +?`, dialect.folded(environment));
	if (machine !== undefined) add(`${dialect.name(`${table}.machine`)} = +?`, dialect.folded(machine));
	if (kinds !== undefined) add(`${table}.kind IN (${kinds.map(() => "?").join(", ")})`, ...kinds);
	if (account !== undefined) add("sightings.name_key = +?", account.name);
	if (id !== undefined) add("sightings.id = +?", id);
	if (attention !== undefined) add("sightings.attention = +?", attention ? 1 : 0);
	return { where: conditions.length === 0 ? "" : `WHERE ${conditions.join(" AND ")}`, parameters };
}
