import type { Hint } from "../command-line.js";
import type { CfmError } from "../errors.js";
import type { RecordChange } from "./registry.js";
import type { Role } from "./role.js";

/** What a store keeps in one column. */
export type Stored = string | number | null;

/** The name of a field; of a row that is not known, any. */
export type FieldOf<Row extends object> = [keyof Row] extends [never] ? string : keyof Row & string;

/** Where a field stands. */
export interface Column {
	column: string;
	/**
	 * The table beside the kind's own that it stands in, where it has a row for those that have this field: a table is never
	 * altered, so this is how a kind gets a field later.
	 */
	table?: string;
	/** How it is stored: a truth as 0 or 1, a list as JSON; `name` is a text that is compared without case (A to Z). */
	as?: "boolean" | "json" | "name";
}

/** Makes a column of a row. The type of a method, so that a kind of any row is a kind. */
type Make<Row extends object> = { of(row: Row): Stored }["of"];

/** How the rows of a kind stand in a store: the same tables everywhere, SQL is made of it. */
export interface Table<Row extends object> {
	name: string;
	/** Every field but `environment`, the environment's name, which stands there as the number of its row. */
	columns: Readonly<Record<Exclude<keyof Row, "environment">, string | Column>>;
	/** Columns that are made of a row to find it by: names folded. */
	made?: Readonly<Record<string, Make<Row>>>;
	/** The columns, beside the environment's, that tell two rows apart. */
	key: readonly string[];
	/** Where a row is not, field by field, what its columns say. */
	codec?: {
		read(row: Row): Row;
		write(row: Row): object;
	};
}

/**
 * What a list can be narrowed by: a field or made column, and how it is compared; `like` takes `*` and `?`, `among` whole numbers
 * as a JSON list.
 */
export interface Filter {
	by: string;
	test: "is" | "like" | "from" | "to" | "among";
}

/**
 * A kind of record: all that the registry must know to apply, check, list, page, log and restore rows of a noun. It is
 * declared in the noun's own room and named in one list, `src/lib/record-kinds.ts`; nothing else knows of it.
 */
export interface RecordKind<
	Row extends object = object,
	Action extends string = string,
	Filters extends string = string,
	Orders extends string = string,
> {
	/** In the singular: `site`. */
	readonly name: string;
	/** What its events tell of, all there ever were. New ones are `noun.verb`. */
	readonly actions: readonly Action[];
	/** The field that names the environment a row stands in; null for rows of the whole registry. */
	readonly environment: FieldOf<Row> | null;
	/** The fields, beside the environment's, that a row is found by. */
	readonly key: readonly FieldOf<Row>[];
	/** What an event of a row says it is about. */
	subject(row: Row): string;
	/** The ID an event of a row is about, where it is about one. */
	id?(row: Row): number;
	/** The fields that name users: `ids history USER` finds whatever is about them. */
	readonly about: readonly FieldOf<Row>[];
	/**
	 * What the event is called that writes a user's new name into these fields (`ids rename`). A kind that is `about` users
	 * has one.
	 */
	readonly rename?: Action;
	/** Whether a row says that the ID it is about is in use: an ID that was given cannot be taken back by `undo` then. */
	usesId?(row: Row): boolean;
	/** What undoes a change that tells of something outside the registry; undefined where the registry was all of it. */
	undoneBy?(change: { action: string; before: Row | null; after: Row | null }): readonly Hint[] | undefined;
	/** A row in words, to stand after a colon: `site https://a.example`. */
	called(row: Row): string;
	/**
	 * The field with a row's state, and from each state those it may move to; `""` is "not there". Without it every move is
	 * allowed.
	 */
	readonly states?: { readonly field: FieldOf<Row>; readonly moves: Readonly<Record<string, readonly string[]>> };
	/** The role that may change it, once operators are named; without it, `operator`. */
	readonly changedBy?: Role;
	/**
	 * What must be so of all rows together once a change of some is made, looked at under the lock: why it is not, if so. The
	 * server's function `keep_rules` knows it, too.
	 */
	holds?(rows: readonly Row[]): CfmError | undefined;
	readonly filters: Readonly<Record<Filters, Filter>>;
	/** By which fields or made columns a list can be ordered; each order is made one with the key behind it. */
	readonly orders: Readonly<Record<Orders, readonly string[]>>;
	readonly table: Table<Row>;
	/** A row as the event log tells it, where that is not the row: the log of a change must never come out otherwise. */
	logged?(row: Row): object;
	/** The SQL that makes and changes its tables, by the number of the registry's schema, for each store. Never edited. */
	readonly schema: { readonly sqlite: Readonly<Record<number, string>> };
}

/** Which rows of a kind, in which order. */
export interface RecordQuery<Row extends object, Filters extends string = string, Orders extends string = string> {
	environment?: string | undefined;
	where?: { readonly [F in Filters]?: Stored | undefined };
	/** Without it, by environment and key. */
	order?: Orders | undefined;
	descending?: boolean | undefined;
	limit?: number | undefined;
	offset?: number | undefined;
	/** Without the fields that stand in tables beside the kind's own, which are null then. */
	bare?: boolean | undefined;
	/** Only what comes behind this row (its environment and key), in the order of the key. */
	after?: Partial<Row> | undefined;
}

/** A change of one row, as `apply` takes it. */
export function recordChange<Row extends object, Action extends string>(
	of: RecordKind<Row, Action>,
	action: NoInfer<Action>,
	before: Row | null,
	after: Row | null,
	note: string | null = null,
): RecordChange {
	const kind = of as unknown as RecordKind;
	return { of: kind, action, environment: environmentOf(kind, (after ?? before) as Row), before, after, note };
}

/** What the event of an inverse change is called: `allocation.undo`. */
export function undoAction({ name }: Pick<RecordKind, "name">): string {
	return `${name}.undo`;
}

/** A row as an event tells it, made whole: fields that came later are as where they were never said. */
export function rowFromLog(kind: RecordKind, told: object): object {
	const empty = Object.fromEntries(Object.keys(kind.table.columns).map((field) => [field, null]));
	const row = { ...empty, ...told };
	return kind.logged === undefined ? row : (kind.table.codec?.read(row) ?? row);
}

/** Whether the rows of a kind are the environments themselves. */
export function isEnvironments({ environment, key }: RecordKind): boolean {
	return environment !== null && key.includes(environment);
}

/** The name of the environment a row stands in, or is; empty for a kind of the whole registry. */
export function environmentOf({ environment }: RecordKind, row: object): string {
	return environment === null ? "" : String((row as Record<string, unknown>)[environment]);
}

/** Whether two rows are one, field by field; a field that is not there is null. */
export function isSameRow(now: object | undefined, expected: object | null): boolean {
	if (now === undefined || expected === null) return now === undefined && expected === null;
	return Object.entries(expected).every(([field, value]) =>
		isSameValue((now as Record<string, unknown>)[field], value),
	);
}

export function isSameValue(one: unknown, other: unknown): boolean {
	if (typeof one !== "object" || one === null) return (one ?? null) === (other ?? null);
	return JSON.stringify(one) === JSON.stringify(other);
}
