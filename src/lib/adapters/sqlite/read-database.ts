import { t } from "../../text.js";
import { Unfit } from "../user-files/unfit.js";
import { type DatabaseFiles, DatabasePages } from "./database-pages.js";
import { isPlainIndex, type PlainTable, plainTable } from "./plain-table.js";
import { readRows, Text, type Value } from "./read-rows.js";

/** A row by the names of its columns, in lower case. */
export type NamedRow = Readonly<Record<string, Value>>;

interface Entry {
	type: string;
	name: string;
	/** The table that an index is of. */
	table: string;
	root: number;
	sql: string | null;
}

/** A browser's database, read as bytes: no SQL, no path, no lock (docs/decisions/0030). */
export class StoredDatabase {
	private readonly pages: DatabasePages;
	private readonly schema: Entry[];

	/**
	 * @param lose is told what can't be read, which is then passed over; left out: it is thrown
	 * @throws DamagedError; Unfit unsupported
	 */
	constructor(
		private readonly files: DatabaseFiles,
		private readonly lose?: (what: string) => void,
	) {
		this.pages = new DatabasePages(files, lose !== undefined);
		this.schema =
			this.pages.count === 0 ? [] : [...readRows(this.pages, 1, "table", lose)].map(({ values }) => entry(values));
	}

	/** Whether it was made and holds no table yet. */
	get isUnused(): boolean {
		return this.schema.length === 0;
	}

	get userVersion(): number {
		return this.pages.userVersion;
	}

	has(table: string): boolean {
		return this.schema.some(({ type, name }) => type === "table" && name.toLowerCase() === table);
	}

	/**
	 * All rows of a table. A table is read once; its pages cannot be had twice.
	 *
	 * @throws DamagedError; Unfit unsupported when there is no such table or its text is not one that a browser writes
	 */
	*rows(table: string, columns: readonly string[]): Generator<NamedRow> {
		const { root, plain } = this.table(table);
		if (columns.some((column) => !plain.columns.includes(column))) throw this.other();
		// A table without row numbers holds the columns of its key first.
		const key = plain.sortedBy ?? [];
		const stored = [...key, ...plain.columns.filter((column) => !key.includes(column))];
		const kind = plain.sortedBy === undefined ? "table" : "index";
		for (const { rowid, values } of readRows(this.pages, root, kind, this.lose)) {
			if (values.length > stored.length) throw this.pages.bad(t`a row of ${values.length} fields in ${table}`);
			const named: Record<string, Value> = {};
			for (const column of columns) named[column] = values[stored.indexOf(column)] ?? null;
			if (plain.rowid !== undefined && plain.rowid in named) named[plain.rowid] = rowid;
			yield named;
		}
	}

	columnsOf(table: string): readonly string[] {
		return this.table(table).plain.columns;
	}

	/**
	 * Says no to a database in which anything could run: before SQLite is handed its bytes.
	 *
	 * @throws Unfit unsupported
	 */
	refuseCode(): void {
		for (const { type, name, sql } of this.schema) {
			const isOwn = sql === null && type === "index" && name.startsWith("sqlite_autoindex_");
			const isTable = type === "table" && sql !== null && (sqlitesOwn.includes(sql) || plainTable(sql) !== undefined);
			const isIndex = type === "index" && sql !== null && isPlainIndex(sql);
			if (!isOwn && !isTable && !isIndex) throw this.other();
		}
	}

	/**
	 * Reads all of it, tables and indexes, when nothing was read before: an index must have as many rows as its table.
	 *
	 * @throws DamagedError; Unfit unsupported
	 */
	check(): void {
		const counts = new Map<string, number>();
		for (const { type, root, sql, table } of this.schema.toSorted((a, b) => (a.type < b.type ? 1 : -1))) {
			const isIndex = type === "index" || (sql !== null && plainTable(sql)?.sortedBy !== undefined);
			let count = 0;
			for (const _ of readRows(this.pages, root, isIndex ? "index" : "table")) count += 1;
			if (type === "table") counts.set(table, count);
			else if (counts.get(table) !== count) throw this.pages.bad(t`an index of ${table} does not fit it`);
		}
	}

	/** The whole of it in one file: what was committed, and nothing else. */
	image(): Buffer {
		return this.pages.image();
	}

	other(): Unfit {
		return new Unfit("unsupported", t`${this.files.main.name} has tables that this version of cfm does not support`);
	}

	private table(table: string): { root: number; plain: PlainTable } {
		const all = this.schema.filter(({ name }) => name.toLowerCase() === table);
		const [found] = all;
		const plain = found?.type === "table" && found.sql !== null ? plainTable(found.sql) : undefined;
		if (found === undefined || all.length > 1 || plain === undefined) throw this.other();
		return { root: found.root, plain };
	}
}

/** Tables that SQLite keeps for itself: the highest row numbers, and what ANALYZE found. */
const sqlitesOwn = [
	"CREATE TABLE sqlite_sequence(name,seq)",
	"CREATE TABLE sqlite_stat1(tbl,idx,stat)",
	"CREATE TABLE sqlite_stat4(tbl,idx,neq,nlt,ndlt,sample)",
];

function entry([type, name, table, root, sql]: Value[]): Entry {
	const [kind, own, above] = [type, name, table].map((one) => textOf(one) ?? "") as [string, string, string];
	return { type: kind, name: own, table: above, root: Number(root ?? 0), sql: textOf(sql) };
}

/** A text, or bytes that stand for one; null for anything else. */
export function textOf(value: Value | undefined): string | null {
	if (value instanceof Text) return value.toString();
	return Buffer.isBuffer(value) ? value.toString("utf8") : null;
}
