import type { Dialect } from "../registry-sql/dialect.js";
import { recordSql } from "../registry-sql/record-sql.js";

/** The columns that hold names are COLLATE NOCASE, and LIKE folds A to Z by itself. */
export const sqlite: Dialect = {
	name: (place) => place,
	text: (place) => `${place} COLLATE NOCASE`,
	folded: (value) => value,
	holds: (place) => `instr(${place}, ?) > 0`,
	among: (place) => `${place} IN (SELECT value FROM json_each(?))`,
	noLimit: -1,
	nulls: () => "",
};

export const sqlOf = recordSql(sqlite);
