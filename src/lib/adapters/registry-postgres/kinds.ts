import { type Column, isEnvironments, type RecordKind, type Stored, undoAction } from "../../registry/kind.js";
import { rolesFrom } from "../../registry/role.js";
import { sqlOf } from "./dialect.js";

/** One of the tables that the rows of a kind stand in, as the server's function is told of it. */
export interface KindTable {
	table: string;
	/** Which row of it (`x`) another one (`r`) is in the place of. */
	match: string;
	/** Its columns, as an SQL list; without the number of an environment, which the server gives. */
	columns: string;
	/** Columns that hold a field of the row as the event tells it: column → field. */
	plain: Record<string, string>;
	/** The action that writes a user's new name, and the columns that it may change. */
	rename?: string;
	renamed?: string[];
}

/** What the server's function must know of a kind to apply its changes. */
export interface KindFacts {
	name: string;
	actions: readonly string[];
	changed_by: readonly string[] | null;
	in_environment: boolean;
	tables: readonly KindTable[];
}

/** Of every kind but IDs, which are changed another way. */
export function kindFacts(kinds: readonly RecordKind[]): KindFacts[] {
	return kinds
		.filter(({ name }) => name !== "allocation")
		.map((kind) => ({
			name: kind.name,
			actions: [...kind.actions, undoAction(kind)],
			changed_by: kind.changedBy === undefined ? null : rolesFrom(kind.changedBy),
			in_environment: sqlOf(kind).inEnvironment,
			tables: tablesOf(kind),
		}));
}

/** Fills the table `kinds`. */
export function kindRows(kinds: readonly RecordKind[]): string {
	const rows = kindFacts(kinds).map(({ name, actions, changed_by, in_environment, tables }) => {
		const by = changed_by === null ? "NULL" : array(changed_by);
		return `(${literal(name)}, ${array(actions)}, ${by}, ${in_environment}, ${literal(JSON.stringify(tables))})`;
	});
	return `DELETE FROM kinds;\nINSERT INTO kinds VALUES\n\t${rows.join(",\n\t")};`;
}

/** The rows of a kind's tables that a row of it stands in, by table; null where it has none there. */
export function storedRows(kind: RecordKind, row: object): Record<string, Record<string, Stored> | null> {
	const sql = sqlOf(kind);
	const { made = {}, codec } = kind.table;
	const stored = codec?.write(row as never) ?? row;
	const own: Record<string, Stored> = {};
	const beside: Record<string, Record<string, Stored> | null> = {};
	for (const [field, one] of fieldsOf(kind)) {
		const value = sql.value(one.table === undefined ? one.column : field, stored);
		if (one.table === undefined) own[one.column] = value;
		else beside[one.table] = value === null ? null : { [one.column]: value };
	}
	for (const column of Object.keys(made)) own[column] = sql.value(column, row);
	const key = Object.fromEntries(kind.table.key.map((column) => [column, own[column] ?? null]));
	const joined = isEnvironments(kind) ? {} : key;
	for (const [table, values] of Object.entries(beside)) if (values !== null) beside[table] = { ...joined, ...values };
	return { [kind.table.name]: own, ...beside };
}

function tablesOf(kind: RecordKind): KindTable[] {
	const fields = fieldsOf(kind);
	const { name, key, made = {}, codec } = kind.table;
	const named = new Set(fields.flatMap(([, { column, as }]) => (as === "name" ? [column] : [])));
	const inEnvironment = sqlOf(kind).inEnvironment;
	const same = (column: string) =>
		named.has(column) ? `lower(x."${column}") = lower(r."${column}")` : `x."${column}" = r."${column}"`;
	const where = [...(inEnvironment ? ["x.environment = r.environment"] : []), ...key.map(same)].join(" AND ");
	const list = (columns: readonly string[]) => columns.map((column) => `"${column}"`).join(", ");
	const own = fields.filter(([, { table }]) => table === undefined);
	const tables = [...new Set(fields.flatMap(([, { table }]) => (table === undefined ? [] : [table])))];
	const plain =
		codec !== undefined && name !== "environments" ? [] : own.filter(([, { as }]) => as === undefined || as === "name");
	return [
		{
			table: name,
			match: where,
			columns: list([...own.map(([, { column }]) => column), ...Object.keys(made)]),
			plain: Object.fromEntries(plain.map(([field, { column }]) => [column, field])),
			...(kind.rename === undefined
				? {}
				: { rename: kind.rename, renamed: [...columnsAbout(kind), ...Object.keys(made)] }),
		},
		...tables.map((table) => ({
			table,
			match: isEnvironments(kind) ? "x.environment = r.environment" : where,
			columns: list([
				...(isEnvironments(kind) ? [] : key),
				...fields.flatMap(([, one]) => (one.table === table ? [one.column] : [])),
			]),
			plain: {},
		})),
	];
}

/** The columns of its own table that name users. */
function columnsAbout({ about, table }: RecordKind): string[] {
	const columns: Readonly<Record<string, string | Column>> = table.columns;
	return about.flatMap((field) => {
		const column = columns[field];
		return column === undefined ? [] : [typeof column === "string" ? column : column.column];
	});
}

function fieldsOf(kind: RecordKind): [field: string, Column][] {
	return Object.entries<string | Column>(kind.table.columns).map(([field, column]) => [
		field,
		typeof column === "string" ? { column } : column,
	]);
}

function array(texts: readonly string[]): string {
	return `ARRAY[${texts.map(literal).join(", ")}]::text[]`;
}

function literal(text: string): string {
	return `'${text.replaceAll("'", "''")}'`;
}
