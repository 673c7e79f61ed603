import { foldedAscii } from "../../registry/name.js";
import type { Dialect } from "../registry-sql/dialect.js";
import { recordSql } from "../registry-sql/record-sql.js";

/** All texts are COLLATE "C": `lower` folds A to Z and nothing else, and the order is that of their bytes. */
export const postgres: Dialect = {
	name: (place) => `lower(${place})`,
	text: (place) => `lower(${place})`,
	folded: (value) => (typeof value === "string" ? foldedAscii(value) : value),
	holds: (place) => `strpos(${place}, ?) > 0`,
	among: (place) => `${place} = ANY (ARRAY(SELECT jsonb_array_elements_text(?::jsonb)::bigint))`,
	noLimit: null,
	nulls: (direction) => (direction === "ASC" ? " NULLS FIRST" : " NULLS LAST"),
};

export const sqlOf = recordSql(postgres);

/** Gives the parameters of a statement the numbers that PostgreSQL wants. */
export function numbered(sql: string): string {
	let number = 0;
	return sql.replace(/\+?\?/g, () => `$${++number}`);
}
