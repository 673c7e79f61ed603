import { copyFileSync, cpSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { accessKey, entryKey, metaKey } from "../../../../src/lib/adapters/chromium/origin-key.js";
import { encodeText } from "../../../../src/lib/adapters/chromium/text.js";
import { changeSite, makeSiteDatabase } from "../../../../src/lib/adapters/firefox/site-database.js";
import { folderName, originKey } from "../../../../src/lib/adapters/firefox/text.js";
import type { BrowserProfile, StoreKind } from "../../../../src/lib/webid/stores.js";
import { makeFolder, temporary } from "../../../folders.js";
import { openLevel } from "../leveldb/library.js";

/** What is stored: for each site its keys and values. */
export type Content = Record<string, Record<string, string>>;

export const kinds: Exclude<StoreKind, "domstore">[] = ["leveldb", "sqlite", "data.sqlite", "webappsstore"];

/** What two sites, a third party's area and texts of all kinds look like. */
export const someContent: Content = {
	"https://sign.example": { CFM_ID: "7", "": "an empty key", "é€": "\u0000y\u0000", "\ud800": "half \udc00", Ÿ: "ä" },
	"https://sign.example:8443": { CFM_ID: "8", long: "abc€".repeat(3000) },
	"https://other.example": { theme: "dark" },
};

/** A profile as a browser leaves it, made without one. */
export async function makeProfile(
	kind: StoreKind,
	content: Content = someContent,
	parent = temporary,
): Promise<BrowserProfile> {
	const folder = makeFolder("profile", parent);
	const path = join(folder, "Default");
	mkdirSync(path);
	if (kind === "leveldb") await addLevelDb(path, content);
	if (kind === "sqlite") addSqlite(path, content);
	if (kind === "data.sqlite") addData(path, content);
	if (kind === "webappsstore") addWebapps(path, content);
	const isChromium = kind === "leveldb" || kind === "sqlite";
	return {
		user: "ana",
		sid: null,
		browser: isChromium ? "chromium" : "firefox",
		kind: isChromium ? "chromium" : "firefox",
		name: "Default",
		path,
		within: folder,
		userData: isChromium ? folder : null,
	};
}

const time = 13_400_000_000_000_000n;

/** @param entries more of them, as they stand in the store */
export async function addLevelDb(path: string, content: Content, entries: [Buffer, Buffer][] = []): Promise<string> {
	const folder = join(path, "Local Storage", "leveldb");
	mkdirSync(folder, { recursive: true });
	const level = await openLevel(folder, { createIfMissing: true });
	await level.put(Buffer.from("VERSION"), Buffer.from("1"));
	for (const [origin, values] of Object.entries(content)) {
		await level.batch([
			...Object.entries(values).map(([key, value]) => ({
				type: "put" as const,
				key: entryKey(origin, key),
				value: encodeText(value),
			})),
			{ type: "put", key: metaKey(origin), value: Buffer.from([8, 1, 16, 1]) },
			{ type: "put", key: accessKey(origin), value: Buffer.from([8, 1]) },
		]);
	}
	await level.batch([
		...entries.map(([key, value]) => ({ type: "put" as const, key, value })),
		{
			type: "put",
			key: Buffer.from("_https://sign.example/^0https://top.example\0\x01CFM_ID", "latin1"),
			value: Buffer.from("\x0199", "latin1"),
		},
	]);
	await level.close();
	return folder;
}

export function addSqlite(path: string, content: Content): string {
	const file = join(path, "LocalStorage");
	const database = new Database(file);
	database.pragma("page_size = 4096");
	database.pragma("journal_mode = WAL");
	database.exec(`CREATE TABLE maps(row_id INTEGER PRIMARY KEY AUTOINCREMENT,storage_key BLOB NOT NULL,last_accessed INTEGER,last_modified INTEGER,total_size INTEGER);
		CREATE UNIQUE INDEX maps_by_storage_key ON maps(storage_key);
		CREATE TABLE map_entries(map_id INTEGER NOT NULL,value_compression_type INTEGER NOT NULL,key BLOB NOT NULL,value BLOB NOT NULL,PRIMARY KEY(map_id, key)) WITHOUT ROWID;
		CREATE TABLE meta(key LONGVARCHAR NOT NULL UNIQUE PRIMARY KEY, value LONGVARCHAR);
		INSERT INTO meta VALUES ('mmap_status', '-1'), ('version', '1'), ('last_compatible_version', '1');`);
	const third = { "https://sign.example/^0https://top.example": { CFM_ID: "99" } };
	for (const [origin, values] of Object.entries({ ...content, ...third })) {
		const key = Buffer.from(origin.includes("^") ? origin : `${origin}/`);
		const { lastInsertRowid: map } = database
			.prepare("INSERT INTO maps (storage_key, last_accessed, last_modified, total_size) VALUES (?, ?, ?, 0)")
			.run(key, time, time);
		for (const [name, value] of Object.entries(values)) {
			database.prepare("INSERT INTO map_entries VALUES (?, 0, ?, ?)").run(map, encodeText(name), encodeText(value));
		}
	}
	database.close();
	return file;
}

export function addData(path: string, content: Content): void {
	for (const [origin, values] of Object.entries(content)) {
		const ls = join(path, "storage", "default", folderName(origin), "ls");
		mkdirSync(ls, { recursive: true });
		writeFileSync(join(ls, "..", ".metadata-v2"), "");
		const database = new Database(join(ls, "data.sqlite"));
		makeSiteDatabase(database as never, origin);
		changeSite(database as never, { origin, clear: false, remove: [], set: Object.entries(values) });
		database.close();
	}
	mkdirSync(join(path, "storage", "default"), { recursive: true });
	writeFileSync(join(path, "storage.sqlite"), "");
	addWebapps(join(path, "storage"), {}, "ls-archive.sqlite");
}

export function addWebapps(path: string, content: Content, name = "webappsstore.sqlite"): void {
	const database = new Database(join(path, name));
	database.exec(`PRAGMA user_version = 2;
		CREATE TABLE IF NOT EXISTS webappsstore2 (originAttributes TEXT, originKey TEXT, scope TEXT, key TEXT, value TEXT);
		CREATE UNIQUE INDEX IF NOT EXISTS origin_key_index ON webappsstore2(originAttributes, originKey, key);`);
	for (const [origin, values] of Object.entries(content)) {
		for (const [key, value] of Object.entries(values)) {
			database
				.prepare("INSERT INTO webappsstore2 VALUES ('', ?, ?, ?, ?)")
				.run(originKey(origin), originKey(origin), key.toWellFormed(), value.toWellFormed());
		}
	}
	database.close();
}

/** Everything a store holds, by the libraries alone: site and key (or table and row) to bytes, as hexadecimal text. */
export async function dump(profile: BrowserProfile, kind: StoreKind): Promise<Record<string, string>> {
	if (kind === "leveldb") return dumpLevelDb(join(profile.path, "Local Storage", "leveldb"));
	if (kind === "sqlite") {
		return rows(
			join(profile.path, "LocalStorage"),
			`SELECT hex(storage_key) || ' ' || hex(key) AS name, hex(value) || value_compression_type AS value
			FROM maps JOIN map_entries ON map_id = row_id`,
		);
	}
	if (kind === "webappsstore") {
		return rows(
			join(profile.path, "webappsstore.sqlite"),
			"SELECT originKey || ' ' || hex(key) AS name, hex(value) AS value FROM webappsstore2",
		);
	}
	const sites = join(profile.path, "storage", "default");
	const all = readdirSync(sites).map((site) => {
		const found = rows(
			join(sites, site, "ls", "data.sqlite"),
			`SELECT '${site} ' || hex(key) AS name,
			hex(value) || ' ' || utf16_length || conversion_type || compression_type AS value FROM data`,
		);
		return found;
	});
	return Object.assign({}, ...all);
}

async function dumpLevelDb(folder: string): Promise<Record<string, string>> {
	const copy = makeFolder("dump");
	try {
		cpSync(folder, copy, { recursive: true });
		const level = await openLevel(copy, { createIfMissing: false });
		const found: Record<string, string> = {};
		for await (const [key, value] of level.iterator()) found[key.toString("latin1")] = value.toString("hex");
		await level.close();
		return found;
	} finally {
		rmSync(copy, { recursive: true, force: true });
	}
}

function rows(file: string, sql: string): Record<string, string> {
	const copy = makeFolder("dump");
	try {
		for (const end of ["", "-wal", "-journal"]) {
			if (existsSync(file + end)) copyFileSync(file + end, join(copy, `db${end}`));
		}
		const database = new Database(join(copy, "db"));
		const found = database.prepare(sql).all() as { name: string; value: string }[];
		database.close();
		return Object.fromEntries(found.map(({ name, value }) => [name, value]));
	} finally {
		rmSync(copy, { recursive: true, force: true });
	}
}
