import type { NearName } from "../../id/allocation.js";
import type { Dialect } from "./dialect.js";

/**
 * The names in the index of who has an ID, which holds little else. Where many begin alike, many are handed over: as whole
 * rows they would take ten times as long.
 *
 * @param table allocations, as the store names them to read that index
 */
export function nearSql(
	{ name, wrong, environment, begins }: NearName,
	table: string,
	dialect: Dialect,
): { sql: string; parameters: unknown[] } {
	const letters = [...name];
	const [first = "", ...others] = piecesOf(letters, wrong + 1);
	const here = `environment = (SELECT environment FROM environments WHERE ${dialect.name("environments.name")} = ?)`;
	// All that begin alike have the first piece: of twice as many pieces of what follows as letters may be wrong, half are whole.
	const follow = piecesOf(letters.slice([...first].length), 2 * wrong);
	const whole = follow.map(() => `CASE WHEN ${dialect.holds("name_key")} THEN 1 ELSE 0 END`).join(" + ") || "0";
	const anyOther = others.map(() => dialect.holds("name_key")).join(" OR ") || "FALSE";
	// The state stands in the text: only so can the partial index be used. What passes by most names is asked first.
	const sql = `SELECT name_key AS name FROM ${table}
		WHERE state = 'allocated'
			AND ${begins ? `name_key BETWEEN ? AND ? AND ${whole} >= ${wrong}` : `(${anyOther}) AND name_key NOT BETWEEN ? AND ?`}
			AND length(name_key) BETWEEN ? AND ?
			${environment === undefined ? "" : `AND ${here}`}`;
	const start = [first, `${first}\u{10ffff}`];
	const parameters = [
		...(begins ? [...start, ...follow] : [...others, ...start]),
		...[letters.length - wrong, letters.length + wrong],
	];
	return { sql, parameters: environment === undefined ? parameters : [...parameters, dialect.folded(environment)] };
}

/**
 * Parts a name into so many pieces: where fewer letters are wrong than there are pieces, one of them is whole. So the database
 * passes by nearly everybody without handing them over.
 */
function piecesOf(letters: readonly string[], count: number): string[] {
	const cut = (number: number) => Math.floor((number * letters.length) / count);
	return Array.from({ length: count }, (_, at) => letters.slice(cut(at), cut(at + 1)).join(""));
}
