/** A table in which nothing runs: no check, no computed column, no trigger, nothing of another module. */
export interface PlainTable {
	/** In lower case, in the order of the text. */
	columns: string[];
	/** The column that is the row's number (`INTEGER PRIMARY KEY`); undefined when there is none. */
	rowid: string | undefined;
	/** The columns that a table without row numbers is sorted by. */
	sortedBy: string[] | undefined;
}

const name = String.raw`(?:"([a-z_]\w*)"|\[([a-z_]\w*)\]|([a-z_]\w*))`;
const type = "(?: ?(?:integer|int|text|blob|real|numeric|longvarchar|varchar))?";
const constraint = "(?: (?:not null|null|unique|autoincrement|primary key(?: asc)?|default (?:-?\\d+|null|'[^']*')))*";
const column = new RegExp(`^${name}(${type})(${constraint})$`);
const list = /^(?:primary key|unique) ?\( ?(\w+(?: ?, ?\w+)*) ?\)$/;
const table = new RegExp(`^create table (?:if not exists )?${name} ?\\( ?(.*?) ?\\)( ?without rowid)?$`);
const index = new RegExp(
	`^create (?:unique )?index (?:if not exists )?${name} on ${name} ?\\( ?\\w+(?: ?, ?\\w+)* ?\\)$`,
);

/** Longer than any browser's, so that no expression above has much to look at. */
const longest = 4096;

const plain = (sql: string) => sql.replace(/\s+/g, " ").trim().toLowerCase();

/**
 * What a `CREATE TABLE` says, when it says no more than names, types, keys and constant defaults. The text of a user's
 * database is compared with this grammar before SQLite sees a byte of it: an expression in it is code of the user's.
 *
 * @returns undefined for any other text
 */
export function plainTable(sql: string): PlainTable | undefined {
	const [, , , , body, without] = (sql.length > longest ? null : table.exec(plain(sql))) ?? [];
	if (body === undefined) return undefined;
	const columns: string[] = [];
	let rowid: string | undefined;
	let keys: string[] | undefined;
	for (const part of body.split(/ ?, ?(?![^(]*\))/)) {
		const names = list.exec(part)?.[1]?.split(/ ?, ?/);
		if (names !== undefined) {
			if (part.startsWith("primary")) keys = names;
			continue;
		}
		const found = column.exec(part);
		const own = found?.[1] ?? found?.[2] ?? found?.[3];
		if (found === null || own === undefined) return undefined;
		columns.push(own);
		if (!/primary key/.test(found[5] ?? "")) continue;
		keys = [own];
		if (found[4]?.trim() === "integer") rowid = own;
	}
	if (without !== undefined) return keys && { columns, rowid: undefined, sortedBy: keys };
	return { columns, rowid, sortedBy: undefined };
}

/** Whether a `CREATE INDEX` is one of plain columns, without a condition or an expression. */
export function isPlainIndex(sql: string): boolean {
	return sql.length <= longest && index.test(plain(sql));
}
