import { recordKinds } from "../../record-kinds.js";
import type { RecordKind } from "../../registry/kind.js";
import type { Look } from "../../registry/look.js";
import type { Attribution, Change, MoveEvent, RestoreEvent } from "../../registry/registry.js";
import { wellFormedAttribution } from "../../registry/well-formed.js";
import { type SqlDatabase, Statements } from "../sqlite/database.js";
import { driver } from "../sqlite/driver.js";
import { appendEvents } from "./append-events.js";
import { keepLook } from "./looks.js";
import { madeBy, migrate, migrations } from "./schema.js";
import { SqliteTransaction } from "./transaction.js";

/** An object of a schema: a table, an index, a trigger, a view. */
export interface SchemaObject {
	type: string;
	name: string;
	tbl_name: string;
	/** null for an index that a key brings with it */
	sql: string | null;
}

/** Every object of a file, also those that SQLite keeps from sight: a trigger called `sqlite_…` runs all the same. */
export const allObjects = "SELECT type, name, tbl_name, sql FROM sqlite_schema ORDER BY name, type";

/** What the migrations make, object for object. */
export async function expectedObjects(kinds: readonly RecordKind[] = recordKinds): Promise<SchemaObject[]> {
	const database = new (await driver())(":memory:") as unknown as SqlDatabase;
	try {
		migrate(database, undefined, kinds);
		return database.prepare(allObjects).all() as SchemaObject[];
	} finally {
		database.close();
	}
}

/** What SQLite's ANALYZE leaves: it does nothing but help to find the shortest way. */
const statistics = /^sqlite_stat[134]$/;

/** In what a file's schema is not what the migrations make: objects that are another or too many, and those that are missing. */
export function schemaDifferences(
	found: readonly SchemaObject[],
	expected: readonly SchemaObject[],
): { wrong: string[]; missing: string[] } {
	const text = (one: SchemaObject) => JSON.stringify([one.type, one.name, one.tbl_name, one.sql]);
	const rest = new Map(expected.map((one) => [text(one), one.name]));
	const wrong = found
		.filter((one) => !(rest.delete(text(one)) || (one.type === "table" && statistics.test(one.name))))
		.map(({ name }) => name);
	return { wrong: [...new Set(wrong)], missing: [...rest.values()].filter((name) => !wrong.includes(name)) };
}

/** What becomes of a registry beside the content it gets. */
export interface Renewal {
	event: RestoreEvent | MoveEvent;
	changes: readonly Change[];
	/** What was seen since the copy was made. */
	looks: readonly Look[];
	attribution: Attribution;
	/** ISO 8601 UTC. */
	at: string;
}

/**
 * Puts the rows of a copy in the place of all there are, makes the changes, and tells both in the log. Must run inside a
 * transaction.
 */
export async function renew(
	database: SqlDatabase,
	copy: SqlDatabase,
	{ event, changes, looks, attribution, at }: Renewal,
	kinds: readonly RecordKind[] = recordKinds,
): Promise<void> {
	// Row for row all is as it was in the copy: whether each has its environment is asked when all are there.
	database.pragma("defer_foreign_keys = ON");
	const { tables } = madeBy(migrations(kinds).join("\n"));
	for (const table of tables) database.exec(`DELETE FROM ${table}`);
	for (const table of tables) {
		const rows = copy.prepare(`SELECT * FROM ${table}`).iterate() as IterableIterator<object>;
		let put: { run(...values: unknown[]): unknown } | undefined;
		for (const row of rows) {
			const values = Object.values(row);
			put ??= database.prepare(`INSERT INTO ${table} VALUES (${values.map(() => "?").join(", ")})`);
			put.run(...values);
		}
	}
	const statements = new Statements(database);
	appendEvents(statements, [event], wellFormedAttribution(attribution), at);
	await new SqliteTransaction(statements).apply(changes, attribution);
	for (const look of looks) keepLook(statements, look);
}
