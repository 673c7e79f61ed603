import { composed, foldName } from "../../account/fold.js";
import type { Column, RecordKind, RecordQuery, Stored } from "../../registry/kind.js";
import { foldedAscii } from "../../registry/name.js";
import { type Dialect, likePattern } from "./dialect.js";

/** The rows of a longer one would be in memory at once, to be put in order. */
const longestPage = 1000;

/** SQL and its parameters. */
export interface Asked {
	sql: string;
	parameters: Stored[];
}

/**
 * The SQL of one kind, made of its declaration.
 *
 * A row that stands in an environment has the environment's number before its key; `number` is that number, null for
 * kinds that stand in none.
 */
export class RecordSql<Row extends object> {
	/** Whether its rows are the environments themselves. */
	readonly isEnvironments: boolean;
	/** Whether its rows stand in one. */
	readonly inEnvironment: boolean;
	private readonly fields: [field: string, Column][];
	private readonly own: string[];
	private readonly beside: [table: string, field: string, column: string][];
	private readonly from: string;
	private readonly columns: string;
	/** The same without what stands in tables beside. */
	private readonly bareFrom: string;
	private readonly bareColumns: string;
	private readonly byKey: string;

	private readonly named: ReadonlySet<string>;

	constructor(
		private readonly kind: RecordKind<Row>,
		private readonly dialect: Dialect,
	) {
		const { name, columns, made, key } = kind.table;
		this.isEnvironments = name === "environments";
		this.inEnvironment = kind.environment !== null && !this.isEnvironments;
		this.fields = Object.entries<string | Column>(columns).map(([field, column]) => [
			field,
			typeof column === "string" ? { column } : column,
		]);
		this.named = new Set(this.fields.flatMap(([, { column, as }]) => (as === "name" ? [column] : [])));
		this.own = [
			...(this.inEnvironment ? ["environment"] : []),
			...this.fields.filter(([, { table }]) => table === undefined).map(([, { column }]) => column),
			...Object.keys(made ?? {}),
		];
		this.beside = this.fields.flatMap(([field, { table, column }]) =>
			table === undefined ? [] : [[table, field, column] as [string, string, string]],
		);
		this.bareFrom = `FROM ${name}${this.inEnvironment ? " JOIN environments USING (environment)" : ""}`;
		this.from = [this.bareFrom, ...this.beside.map(([table]) => `LEFT JOIN ${table} USING (${this.joined})`)].join(" ");
		const columnsOf = (fields: [field: string, Column][]) =>
			[
				...(this.inEnvironment ? ["environments.name AS environment"] : []),
				...fields.map(([field]) => `${this.place(field)} AS "${field}"`),
			].join(", ");
		this.columns = columnsOf(this.fields);
		this.bareColumns = columnsOf(this.fields.filter(([, { table }]) => table === undefined));
		this.byKey = [...(this.inEnvironment ? ["environment"] : []), ...key]
			.map((column) => `${this.compared(column)} = +?`)
			.join(" AND ");
	}

	/** The row with the key of this one. */
	get(row: Partial<Row>, number: number | null): Asked {
		return { sql: `${this.select()} WHERE ${this.byKey}`, parameters: this.keyOf(row, number) };
	}

	/** @param more columns that are wanted beside the row's own */
	select(more = ""): string {
		return `SELECT ${this.columns}${more} ${this.from}`;
	}

	/** All the statements that put a row in the place of another, one after the other. */
	write(before: Row | null, after: Row | null, number: number | null): Asked[] {
		const { name } = this.kind.table;
		const remove = (row: Row) =>
			this.beside.map(([table]) => ({
				sql: `DELETE FROM ${table} WHERE (${this.joined}) IN (SELECT ${this.joined} FROM ${name} WHERE ${this.byKey})`,
				parameters: this.keyOf(row, number),
			}));
		if (after === null) {
			const row = before as Row;
			const sql = `DELETE FROM ${name} WHERE ${this.byKey}`;
			return [...remove(row), { sql, parameters: this.keyOf(row, number) }];
		}
		const stored = this.kind.table.codec?.write(after) ?? after;
		const values = this.own.map((column) => this.valueOf(column, stored, number));
		const columns = this.own.map((column) => `"${column}"`);
		const marks = columns.map(() => "?").join(", ");
		const put =
			before === null
				? { sql: `INSERT INTO ${name} (${columns.join(", ")}) VALUES (${marks})`, parameters: values }
				: {
						sql: `UPDATE ${name} SET ${columns.map((column) => `${column} = ?`).join(", ")} WHERE ${this.byKey}`,
						parameters: [...values, ...this.keyOf(before, number)],
					};
		const added = this.beside.flatMap(([table, field, column]) => {
			const value = this.valueOf(field, stored, number);
			if (value === null) return [];
			const sql = `INSERT INTO ${table} (${this.joined}, "${column}") SELECT ${this.joined}, ? FROM ${name} WHERE ${this.byKey}`;
			return [{ sql, parameters: [value, ...this.keyOf(after, number)] }];
		});
		return [...(before === null ? [] : remove(before)), put, ...added];
	}

	list(query: RecordQuery<Row>): Asked {
		const filter = this.filter(query);
		const parameters = [...filter.parameters, query.limit ?? this.dialect.noLimit, query.offset ?? 0];
		const by = this.orderOf(query);
		const page = `${filter.where} ORDER BY ${by} LIMIT ? OFFSET ?`;
		const selected = query.bare
			? `SELECT ${this.bareColumns}${this.madeColumns} ${this.fromFor(query)}`
			: this.select(this.madeColumns);
		if (!this.turnsByKey(query)) return { sql: `${selected} ${page}`, parameters };
		// Rows that are not on the page are not read: what narrows and orders them is in an index.
		const { name, key } = this.kind.table;
		const keys = `SELECT ${this.compared(key[0] ?? "")} ${this.fromFor(query)} ${page}`;
		return { sql: `${selected} WHERE ${name}."${key[0]}" IN (${keys}) ORDER BY ${by}`, parameters };
	}

	/** Whether a page is looked up by the keys of its rows: one that people read, of rows that one column tells apart. */
	private turnsByKey({ limit, order }: RecordQuery<Row>): boolean {
		const isPage = limit !== undefined && limit <= longestPage && order !== undefined;
		return isPage && !this.inEnvironment && this.kind.table.key.length === 1;
	}

	private orderOf(query: RecordQuery<Row>): string {
		const direction = query.descending ? "DESC" : "ASC";
		const wanted = query.after === undefined && query.order !== undefined ? this.kind.orders[query.order] : undefined;
		const first = (wanted ?? []).map((name) =>
			this.isName(name) ? this.dialect.name(this.place(name)) : this.place(name),
		);
		const order = [...new Set([...first, ...this.wholeKey])];
		const nulls = this.dialect.nulls(direction);
		return order.map((column) => `${column} ${direction}${first.includes(column) ? nulls : ""}`).join(", ");
	}

	count(query: RecordQuery<Row>): Asked {
		const { where, parameters } = this.filter(query);
		return { sql: `SELECT count(*) AS n ${this.fromFor(query)} ${where}`, parameters };
	}

	/** The tables that tell which rows are meant: those beside, which have a row at most, only where something is asked of them. */
	private fromFor({ where }: RecordQuery<Row>): string {
		const isAskedBeside = Object.keys(where ?? {}).some((name) => {
			const by = this.kind.filters[name]?.by;
			return this.fields.some(([field, { table }]) => field === by && table !== undefined);
		});
		return isAskedBeside ? this.from : this.bareFrom;
	}

	/** The row that was read, and whether what was made of it to find it by is still what it was made of. */
	read(stored: Record<string, Stored>): { row: Row; isFindable: boolean } {
		const row: Record<string, unknown> = this.inEnvironment ? { environment: stored.environment } : {};
		for (const [field, { as }] of this.fields) {
			const value = stored[field] ?? null;
			if (as === "boolean") row[field] = value === 1;
			else row[field] = as === "json" && value !== null ? JSON.parse(String(value)) : value;
		}
		const { made, codec } = this.kind.table;
		const whole = codec?.read(row as Row) ?? (row as Row);
		const isFindable = Object.entries(made ?? {}).every(([column, make]) => stored[`made ${column}`] === make(whole));
		return { row: whole, isFindable };
	}

	/** What a row's key is compared by, as the store compares it. */
	identity(row: Row): string {
		const { key } = this.kind.table;
		const values = key.map((column) => {
			const value = this.valueOf(column, row, null);
			return typeof value === "string" && this.named.has(column) ? foldedAscii(value) : value;
		});
		return JSON.stringify(values);
	}

	/** The value of one of its own columns, or of a field that stands in a table beside, as it is stored. */
	value(name: string, row: object): Stored {
		return this.valueOf(name, row as Partial<Row>, null);
	}

	private filter({ environment, where, after, descending }: RecordQuery<Row>): { where: string; parameters: Stored[] } {
		const conditions: string[] = [];
		const parameters: Stored[] = [];
		const add = (condition: string, ...values: Stored[]) => {
			conditions.push(condition);
			parameters.push(...values);
		};
		if (environment !== undefined)
			add(`${this.dialect.name("environments.name")} = +?`, this.dialect.folded(environment));
		for (const [name, value] of Object.entries<Stored | undefined>(where ?? {})) {
			const filter = this.kind.filters[name];
			if (filter === undefined || value === undefined) continue;
			const place = this.place(filter.by);
			if (value === null) add(`${place} IS NULL`);
			else if (filter.test === "among") add(this.dialect.among(place), value);
			else if (filter.test === "like") {
				const isFolded = this.kind.table.made?.[filter.by] !== undefined;
				const pattern = likePattern(isFolded ? foldName(composed(String(value))) : String(value));
				add(`${this.dialect.name(place)} LIKE ? ESCAPE '!'`, this.dialect.folded(pattern));
			} else {
				const test = { is: "=", from: ">=", to: "<=" }[filter.test];
				if (this.isName(filter.by)) add(`${this.dialect.name(place)} ${test} +?`, this.dialect.folded(value));
				else add(`${place} ${test} +?`, value);
			}
		}
		if (after !== undefined) {
			const key = this.keyOf(after, null).slice(this.inEnvironment ? 1 : 0);
			const environment = this.dialect.folded(String((after as { environment?: string }).environment));
			const values = this.inEnvironment ? [environment, ...key] : key;
			const marks = values.map(() => "?").join(", ");
			add(`(${this.wholeKey.join(", ")}) ${descending ? "<" : ">"} (${marks})`, ...values);
		}
		return { where: conditions.length === 0 ? "" : `WHERE ${conditions.join(" AND ")}`, parameters };
	}

	private keyOf(row: Partial<Row>, number: number | null): Stored[] {
		const key = this.kind.table.key.map((column) => {
			const value = this.valueOf(column, row, number);
			return this.named.has(column) ? this.dialect.folded(value) : value;
		});
		return this.inEnvironment ? [number, ...key] : key;
	}

	/** The value of a column, or of a field that stands in one beside. */
	private valueOf(name: string, row: Partial<Row>, number: number | null): Stored {
		if (name === "environment" && this.inEnvironment) return number;
		const make = this.kind.table.made?.[name];
		if (make !== undefined) return make(row as Row);
		const found = this.fields.find(([field, { column, table }]) => (table === undefined ? column : field) === name);
		const value: unknown = found && (row as Record<string, unknown>)[found[0]];
		if (value === undefined || value === null) return null;
		if (found?.[1].as === "json") return JSON.stringify(value);
		return typeof value === "boolean" ? Number(value) : (value as Stored);
	}

	/** Where a field or a made column is found. */
	private place(name: string): string {
		if (name === "environment") return this.inEnvironment ? "environments.name" : `${this.kind.table.name}.name`;
		const found = this.fields.find(([field]) => field === name)?.[1];
		return `${found?.table ?? this.kind.table.name}."${found?.column ?? name}"`;
	}

	private get wholeKey(): string[] {
		const key = this.kind.table.key.map((column) => this.compared(column));
		return this.inEnvironment ? [this.dialect.name("environments.name"), ...key] : key;
	}

	/** A column of the kind's own table, as it is compared. */
	private compared(column: string): string {
		const place = `${this.kind.table.name}."${column}"`;
		return this.named.has(column) ? this.dialect.name(place) : place;
	}

	private isName(name: string): boolean {
		if (name === "environment") return true;
		return this.fields.find(([field]) => field === name)?.[1].as === "name";
	}

	private get madeColumns(): string {
		const { name, made } = this.kind.table;
		return Object.keys(made ?? {})
			.map((column) => `, ${name}."${column}" AS "made ${column}"`)
			.join("");
	}

	/** What rows of a table beside are joined by. */
	private get joined(): string {
		if (this.isEnvironments) return "environment";
		return [...(this.inEnvironment ? ["environment"] : []), ...this.kind.table.key].join(", ");
	}
}

/** Makes the SQL of each kind once. */
export function recordSql(dialect: Dialect): <Row extends object>(kind: RecordKind<Row>) => RecordSql<Row> {
	const known = new WeakMap<object, RecordSql<object>>();
	return <Row extends object>(kind: RecordKind<Row>) => {
		let sql = known.get(kind);
		if (sql === undefined) {
			sql = new RecordSql(kind, dialect) as unknown as RecordSql<object>;
			known.set(kind, sql);
		}
		return sql as unknown as RecordSql<Row>;
	};
}
