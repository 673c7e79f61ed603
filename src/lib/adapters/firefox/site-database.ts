import { type Known, known, unknown } from "../../known.js";
import { t } from "../../text.js";
import type { SqlDatabase } from "../sqlite/database.js";
import type { NamedRow, StoredDatabase } from "../sqlite/read-database.js";
import { bytesOf, Text } from "../sqlite/read-rows.js";
import type { Budget } from "../user-files/budget.js";
import type { AreaEdit } from "../user-files/live-store.js";
import { Unfit } from "../user-files/unfit.js";
import { unsnapped } from "../user-files/unsnapped.js";
import { decodeKey, encodeKey } from "./text.js";

/** Version 5.0 of dom/localstorage/ActorsParent.cpp. */
const knownVersion = 80;

const columns = ["key", "utf16_length", "conversion_type", "compression_type", "value"];

/** The tables as Firefox makes them; in a new file, before anything else, the settings of its pages. */
export function makeSiteDatabase(database: SqlDatabase, origin: string): void {
	database.exec(`PRAGMA page_size = 1024; PRAGMA auto_vacuum = INCREMENTAL; PRAGMA user_version = ${knownVersion};
		CREATE TABLE database( origin TEXT NOT NULL, usage INTEGER NOT NULL DEFAULT 0, last_vacuum_time INTEGER NOT NULL DEFAULT 0, last_analyze_time INTEGER NOT NULL DEFAULT 0, last_vacuum_size INTEGER NOT NULL DEFAULT 0);
		CREATE TABLE data( key TEXT PRIMARY KEY, utf16_length INTEGER NOT NULL, conversion_type INTEGER NOT NULL, compression_type INTEGER NOT NULL, last_access_time INTEGER NOT NULL DEFAULT 0, value BLOB NOT NULL);`);
	database.prepare("INSERT INTO database (origin) VALUES (?)").run(origin);
}

/** The site a database is about. @throws Unfit unsupported, damaged */
export function siteOf(database: StoredDatabase): string {
	if (database.userVersion !== knownVersion) {
		throw new Unfit(
			"unsupported",
			t`data.sqlite has version ${database.userVersion}, which this version of cfm does not support`,
		);
	}
	if (!database.has("data") || !database.has("database")) throw database.other();
	const [row] = database.rows("database", ["origin"]);
	if (!(row?.origin instanceof Text)) throw new Unfit("damaged", t`data.sqlite does not name its site`);
	return row.origin.toString();
}

/** All rows are looked at, and not an index of them: a damaged one could hide the key. */
export function valueIn(database: StoredDatabase, key: string, budget: Budget): Known<string | null> {
	const wanted = encodeKey(key);
	let found: Known<string> | undefined;
	for (const row of database.rows("data", columns)) {
		if (row.key !== null && row.key !== undefined && bytesOf(row.key).equals(wanted)) found ??= decoded(row, budget);
	}
	return found ?? known(null);
}

/** @param lose is told what can't be read, which is then left out; without it, that is thrown */
export function entriesIn(
	database: StoredDatabase,
	budget: Budget,
	lose?: (what: string) => void,
): (readonly [string, string])[] {
	const entries: (readonly [string, string])[] = [];
	for (const row of database.rows("data", columns)) {
		const value = decoded(row, budget);
		const why = value.known ? undefined : value.why;
		if (value.known && row.key !== null && row.key !== undefined) {
			entries.push([decodeKey(bytesOf(row.key)), value.value]);
		} else if (lose === undefined) throw why === undefined ? withoutKey() : new Unfit("damaged", why);
		else lose(why ?? withoutKey().message);
	}
	return entries;
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
	const rows = database.prepare("SELECT CAST(key AS BLOB) AS key, utf16_length AS length FROM data").all() as {
		/** null in a damaged file only: SQLite lets a TEXT PRIMARY KEY be that. */
		key: Buffer | null;
		length: number;
	}[];
	const usage = rows.reduce((sum, { key, length }) => {
		if (key === null) throw withoutKey();
		return sum + decodeKey(key).length + length;
	}, 0);
	database.prepare("UPDATE database SET usage = ?").run(usage);
	return usage;
}

function withoutKey(): Unfit {
	return new Unfit("damaged", t`data.sqlite holds a value without a key`);
}

/** @throws Unfit unsupported */
function decoded(row: NamedRow, budget: Budget): Known<string> {
	const { value, compression_type: compression, conversion_type: conversion, utf16_length: length } = row;
	if ((compression !== 0 && compression !== 1) || (conversion !== 0 && conversion !== 1)) {
		throw new Unfit("unsupported", t`a value has a format that this version of cfm does not support`);
	}
	if (value === null || value === undefined) return unknown(t`data.sqlite holds a key without a value`);
	try {
		const stored = bytesOf(value);
		const bytes = compression === 1 ? unsnapped(stored, budget.left) : stored;
		budget.keep(bytes.length);
		const text = bytes.toString(conversion === 1 ? "utf8" : "utf16le");
		return text.length === length ? known(text) : unknown(t`a value has length ${text.length}, not ${String(length)}`);
	} catch (error) {
		return unknown(String((error as Error).message));
	}
}

/** @throws Unfit unsupported where a database is not that of the site whose folder holds it */
export function refuseOtherSite(database: StoredDatabase, origin: string): void {
	const site = siteOf(database);
	if (site !== origin) throw new Unfit("unsupported", t`data.sqlite belongs to ${site}, not to ${origin}`);
}
