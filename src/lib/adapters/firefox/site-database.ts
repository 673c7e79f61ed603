import { uncompress } from "snappyjs";
import { type Known, known, unknown } from "../../known.js";
import { t } from "../../text.js";
import type { SqlDatabase } from "../sqlite/database.js";
import type { AreaEdit } from "../user-files/live-store.js";
import { Unfit } from "../user-files/unfit.js";
import { decodeKey, encodeKey } from "./text.js";

/** Version 5.0 of dom/localstorage/ActorsParent.cpp. */
const knownVersion = 80;
const longestValue = 64 << 20;

interface Row {
	/** null in a damaged file only: SQLite lets a TEXT PRIMARY KEY be that. */
	key: Buffer | null;
	length: number;
	conversion: number;
	compression: number;
	value: Buffer;
}

const columns =
	"CAST(key AS BLOB) AS key, utf16_length AS length, conversion_type AS conversion, compression_type AS compression, CAST(value AS BLOB) AS value";

/** The tables as Firefox makes them; in a new file, before anything else, the settings of its pages. */
export function makeSiteDatabase(database: SqlDatabase, origin: string): void {
	database.exec(`PRAGMA page_size = 1024; PRAGMA auto_vacuum = INCREMENTAL; PRAGMA user_version = ${knownVersion};
		CREATE TABLE database( origin TEXT NOT NULL, usage INTEGER NOT NULL DEFAULT 0, last_vacuum_time INTEGER NOT NULL DEFAULT 0, last_analyze_time INTEGER NOT NULL DEFAULT 0, last_vacuum_size INTEGER NOT NULL DEFAULT 0);
		CREATE TABLE data( key TEXT PRIMARY KEY, utf16_length INTEGER NOT NULL, conversion_type INTEGER NOT NULL, compression_type INTEGER NOT NULL, last_access_time INTEGER NOT NULL DEFAULT 0, value BLOB NOT NULL);`);
	database.prepare("INSERT INTO database (origin) VALUES (?)").run(origin);
}

/** Whether Firefox has made the file and not yet written to it: there is nothing in it. */
export function isUnused(database: SqlDatabase): boolean {
	return database.prepare("SELECT name FROM sqlite_schema").all().length === 0;
}

/** The site a database is about. @throws Unfit unsupported */
export function siteOf(database: SqlDatabase): string {
	const version = database.pragma("user_version", { simple: true });
	if (version !== knownVersion) {
		throw new Unfit(
			"unsupported",
			t`data.sqlite has version ${String(version)}, which this version of cfm does not support`,
		);
	}
	const tables = database
		.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name IN ('data', 'database')")
		.all();
	if (tables.length < 2)
		throw new Unfit("unsupported", t`data.sqlite has tables that this version of cfm does not support`);
	const { origin } = (database.prepare("SELECT origin FROM database").get() ?? {}) as { origin?: unknown };
	if (typeof origin !== "string") throw new Unfit("damaged", t`data.sqlite does not name its site`);
	return origin;
}

export function valueIn(database: SqlDatabase, key: string): Known<string | null> {
	// Not through the index of keys: a damaged one could hide it.
	const row = database.prepare(`SELECT ${columns} FROM data WHERE CAST(key AS BLOB) = ?`).get(encodeKey(key));
	return row === undefined ? known(null) : decoded(row as Row);
}

export function entriesIn(database: SqlDatabase): (readonly [string, string])[] {
	return (database.prepare(`SELECT ${columns} FROM data`).all() as Row[]).map((row) => {
		const value = decoded(row);
		if (!value.known) throw new Unfit("damaged", value.why);
		return [keyOf(row), value.value as string] as const;
	});
}

/** @returns how much the site has stored now */
export function changeSite(database: SqlDatabase, edit: AreaEdit): number {
	const remove = database.prepare("DELETE FROM data WHERE CAST(key AS BLOB) = ?");
	if (edit.clear) database.prepare("DELETE FROM data").run();
	for (const key of edit.remove) remove.run(encodeKey(key));
	const insert = database.prepare(
		`INSERT INTO data (key, utf16_length, conversion_type, compression_type, value)
		VALUES (CAST(? AS TEXT), ?, ?, 0, ?)`,
	);
	for (const [key, value] of edit.set) {
		remove.run(encodeKey(key));
		const isPlain = value.isWellFormed();
		insert.run(encodeKey(key), value.length, Number(isPlain), Buffer.from(value, isPlain ? "utf8" : "utf16le"));
	}
	const rows = database.prepare("SELECT CAST(key AS BLOB) AS key, utf16_length AS length FROM data").all() as Row[];
	const usage = rows.reduce((sum, row) => sum + keyOf(row).length + row.length, 0);
	database.prepare("UPDATE database SET usage = ?").run(usage);
	return usage;
}

function keyOf({ key }: Pick<Row, "key">): string {
	if (key === null) throw new Unfit("damaged", t`data.sqlite holds a value without a key`);
	return decodeKey(key);
}

function decoded({ value, compression, conversion, length }: Row): Known<string | null> {
	try {
		if (compression > 1 || conversion > 1)
			return unknown(t`a value has a format that this version of cfm does not support`);
		const bytes = compression === 1 ? Buffer.from(uncompress(value, longestValue)) : value;
		const text = bytes.toString(conversion === 1 ? "utf8" : "utf16le");
		return text.length === length ? known(text) : unknown(t`a value has length ${text.length}, not ${length}`);
	} catch (error) {
		return unknown(String((error as Error).message));
	}
}
