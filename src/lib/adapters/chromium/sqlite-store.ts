import { type Known, known, unknown } from "../../known.js";
import { t } from "../../text.js";
import { type AreaValue, type ReadRequest, type StoreReading, webIdKey } from "../../webid/stores.js";
import type { SqlDatabase } from "../sqlite/database.js";
import { type StoredDatabase, textOf } from "../sqlite/read-database.js";
import { bytesOf } from "../sqlite/read-rows.js";
import { added, editsOf, repairOf, tried } from "../sqlite/salvage.js";
import {
	checkUserDatabase,
	copyUserDatabase,
	putDatabaseBack,
	readUserDatabase,
	replaceUserDatabase,
	salvageDatabase,
	writeUserDatabase,
} from "../sqlite/user-database.js";
import { Budget } from "../user-files/budget.js";
import { DamagedError } from "../user-files/damaged.js";
import type { KeepFolder } from "../user-files/keep-folder.js";
import type { AreaEdit, EditImage, LiveStore, PutBackOptions, Repair, WriteOptions } from "../user-files/live-store.js";
import { newestChange } from "../user-files/newest-change.js";
import { Unfit } from "../user-files/unfit.js";
import { unsnapped } from "../user-files/unsnapped.js";
import type { UserFolder } from "../user-files/user-folder.js";
import { isAreaName, isOrigin } from "./origin-key.js";
import { decodeText, encodeText } from "./text.js";
import { chromiumTime } from "./time.js";

/** The file's name in the profile. */
export const sqliteFile = "LocalStorage";

interface Entry {
	/** `storage_key` of its site. */
	area: string;
	key: Buffer;
	value: Buffer;
	compression: number;
}

/** Chromium's newer store: the SQLite file `LocalStorage`. */
export class SqliteStore implements LiveStore {
	readonly kind = "sqlite";

	constructor(private readonly folder: UserFolder) {}

	async read({ origins }: ReadRequest): Promise<StoreReading> {
		const budget = new Budget();
		const webId = encodeText(webIdKey);
		const { entries, areas: names } = await this.reading((database) =>
			entriesOf(database, (_, key) => key.equals(webId), budget),
		);
		const found = new Map<string, Known<string | null>>();
		for (const entry of entries) {
			const name = originOf(entry.area) ?? (isAreaName(entry.area) ? entry.area : undefined);
			if (name !== undefined) found.set(name, webValue(entry, budget));
		}
		const isOf = (name: string) => origins !== "all" && origins.some((origin) => name.startsWith(`${origin}/^`));
		const areas = (origins === "all" ? [...found.keys()].filter(isAreaName) : [...names].filter(isOf)).map(
			(name): AreaValue => ({ name, container: null, value: found.get(name) ?? known(null) }),
		);
		const values =
			origins === "all"
				? [...found].filter(([name]) => !isAreaName(name)).map(([origin, value]) => ({ origin, value }))
				: origins.map((origin) => ({ origin, value: found.get(origin) ?? known(null) }));
		const unread = [...values, ...areas].map(({ value }) => (value.known ? "" : value.why)).find(Boolean);
		return {
			store: this.kind,
			state: unread === undefined ? "readable" : "damaged",
			why: unread ?? null,
			modified: newestChange(this.folder, [sqliteFile, `${sqliteFile}-wal`]),
			values,
			areas,
		};
	}

	async entries(origin: string): Promise<(readonly [string, string])[]> {
		const budget = new Budget();
		const area = areaName(origin);
		const { entries } = await this.reading((database) => entriesOf(database, (own) => own === area, budget));
		return entries.map((entry) => {
			const value = webValue(entry, budget);
			if (!value.known) throw new Unfit("damaged", value.why);
			return [decodeText(entry.key), value.value as string] as const;
		});
	}

	async write(edits: readonly AreaEdit[], { now, keep, guard, editImage }: WriteOptions): Promise<void> {
		const edit = { of: "sqlite", edits, now: now.toISOString() } as const;
		await writeUserDatabase(this.folder, sqliteFile, {
			keep,
			guard,
			check: refuseOtherVersion,
			change: async (image) => (await editImage(sqliteFile, image, edit)).image,
		});
	}

	async repair(editImage: EditImage): Promise<Repair | undefined> {
		const webId = encodeText(webIdKey);
		const check = (database: StoredDatabase) => {
			refuseOtherVersion(database);
			const { entries } = entriesOf(database, (_, key) => key.equals(webId), new Budget());
			const unread = entries.map((entry) => webValue(entry, new Budget())).find((value) => !value.known);
			return unread?.known === false ? unread.why : undefined;
		};
		const look = async () =>
			(await readUserDatabase(this.folder, sqliteFile, check)) ?? checkUserDatabase(this.folder, sqliteFile, editImage);
		const salvage = await salvageDatabase(this.folder, sqliteFile, look, (database, lose) => {
			const sites = new Map<string, Map<string, string>>();
			const missing = tables.filter((table) => !database?.has(table));
			for (const table of missing) lose(t`the table ${table}`);
			if (database === undefined || missing.length > 0) return sites;
			const budget = new Budget();
			tried(lose, () => refuseOtherVersion(database, lose));
			const { entries } = tried(lose, () => entriesOf(database, () => true, budget)) ?? { entries: [] };
			for (const entry of entries) {
				const name = originOf(entry.area) ?? (isAreaName(entry.area) ? entry.area : undefined);
				const value = webValue(entry, budget);
				if (!value.known || name === undefined) lose(value.known ? t`values of ${entry.area}` : value.why);
				else added(sites, name).set(decodeText(entry.key), value.value ?? "");
			}
			return sites;
		});
		if (salvage === undefined) return undefined;
		const { found, lost } = salvage;
		return repairOf(found, lost, async ({ now, ...options }) => {
			const edit = { of: "sqlite", edits: editsOf(found), now: now.toISOString(), isNew: true } as const;
			const { image } = await options.editImage(sqliteFile, Buffer.alloc(0), edit);
			await replaceUserDatabase(this.folder, sqliteFile, image, options);
		});
	}

	async copyTo(keep: KeepFolder): Promise<void> {
		copyUserDatabase(this.folder, sqliteFile, keep);
	}

	async putBack(keep: string, options: PutBackOptions): Promise<void> {
		await putDatabaseBack(this.folder, sqliteFile, keep, options);
	}

	private async reading<T>(read: (database: StoredDatabase) => T): Promise<T> {
		const result = await readUserDatabase(this.folder, sqliteFile, (database) => {
			refuseOtherVersion(database);
			return { value: read(database) };
		});
		if (result === undefined) throw new Unfit("damaged", t`${sqliteFile} no longer exists`);
		return result.value;
	}
}

/**
 * The entries of those sites and keys. Each table is read from its first row to its last and not through an index: a
 * damaged one could hide a site.
 */
function entriesOf(
	database: StoredDatabase,
	wanted: (area: string, key: Buffer) => boolean,
	budget: Budget,
): { entries: Entry[]; areas: Iterable<string> } {
	const areas = new Map<string, string>();
	for (const { row_id: id, storage_key: key } of database.rows("maps", ["row_id", "storage_key"])) {
		const area = key === null || key === undefined ? "" : bytesOf(key).toString("utf8");
		budget.keep(area.length);
		areas.set(String(id), area);
	}
	const entries: Entry[] = [];
	const columns = ["map_id", "key", "value", "value_compression_type"];
	for (const row of database.rows("map_entries", columns)) {
		const area = areas.get(String(row.map_id));
		const { key, value, value_compression_type: compression } = row;
		// Rows of a site that is no longer there may be left over.
		if (area === undefined || !Buffer.isBuffer(key) || !wanted(area, key)) continue;
		if (!Buffer.isBuffer(value)) throw new DamagedError(t`${sqliteFile}: a value of another kind`);
		budget.keep(key.length + value.length);
		entries.push({ area, key: Buffer.from(key), value: Buffer.from(value), compression: Number(compression) });
	}
	return { entries, areas: areas.values() };
}

/** The tables as Chromium makes them (components/services/storage/dom_storage/local_storage_database.cc; seen in 156). */
export function makeSqliteStore(database: SqlDatabase): void {
	database.exec(`CREATE TABLE meta(key LONGVARCHAR NOT NULL UNIQUE PRIMARY KEY, value LONGVARCHAR);
		INSERT INTO meta VALUES ('version', '1'), ('last_compatible_version', '1');
		CREATE TABLE maps(row_id INTEGER PRIMARY KEY AUTOINCREMENT,storage_key BLOB NOT NULL,last_accessed INTEGER,last_modified INTEGER,total_size INTEGER);
		CREATE UNIQUE INDEX maps_by_storage_key ON maps(storage_key);
		CREATE TABLE map_entries(map_id INTEGER NOT NULL,value_compression_type INTEGER NOT NULL,key BLOB NOT NULL,value BLOB NOT NULL,PRIMARY KEY(map_id, key)) WITHOUT ROWID;`);
}

/** Carries an edit out in the database. */
export function changeArea(database: SqlDatabase, edit: AreaEdit, now: Date): void {
	const key = storageKey(edit.origin);
	const one = (sql: string, ...values: unknown[]) => database.prepare(sql).get(...values) as { n: number } | undefined;
	const run = (sql: string, ...values: unknown[]) => database.prepare(sql).run(...values);
	const time = chromiumTime(now);
	let map = one("SELECT row_id AS n FROM maps WHERE storage_key = ?", key)?.n;
	if (map === undefined) {
		if (edit.set.length === 0) return;
		run(
			"INSERT INTO maps (storage_key, last_accessed, last_modified, total_size) VALUES (?, ?, ?, 0)",
			key,
			time,
			time,
		);
		map = one("SELECT row_id AS n FROM maps WHERE storage_key = ?", key)?.n;
	}
	if (edit.clear) run("DELETE FROM map_entries WHERE map_id = ?", map);
	for (const name of edit.remove) run("DELETE FROM map_entries WHERE map_id = ? AND key = ?", map, encodeText(name));
	for (const [name, value] of edit.set) {
		run(
			"INSERT OR REPLACE INTO map_entries (map_id, value_compression_type, key, value) VALUES (?, 0, ?, ?)",
			map,
			encodeText(name),
			encodeText(value),
		);
	}
	const { n: left } = one("SELECT count(*) AS n FROM map_entries WHERE map_id = ?", map) ?? { n: 0 };
	if (left === 0) run("DELETE FROM maps WHERE row_id = ?", map);
	else {
		const { n: size } = one("SELECT sum(length(key) + length(value)) AS n FROM map_entries WHERE map_id = ?", map) as {
			n: number;
		};
		run("UPDATE maps SET last_accessed = ?, last_modified = ?, total_size = ? WHERE row_id = ?", time, time, size, map);
	}
}

/** The origin with a slash behind it; a frame's area has more behind that. */
const areaName = (origin: string) => (isAreaName(origin) ? origin : `${origin}/`);
const storageKey = (origin: string) => Buffer.from(areaName(origin), "utf8");

function originOf(area: string): string | undefined {
	return area.endsWith("/") && isOrigin(area.slice(0, -1)) ? area.slice(0, -1) : undefined;
}

function webValue({ value, compression }: Entry, budget: Budget): Known<string | null> {
	try {
		return known(decodeText(plain(value, compression, budget)));
	} catch (error) {
		return unknown(String((error as Error).message));
	}
}

/** Long values may be compressed; a web ID never is. */
function plain(value: Buffer, compression: number, budget: Budget): Buffer {
	if (compression === 0) return value;
	const result = compression === 2 ? unsnapped(value, budget.left) : unzipped(value, compression, budget.left);
	budget.keep(result.length);
	return result;
}

function unzipped(value: Buffer, compression: number, longest: number): Buffer {
	const { zstdDecompressSync } = process.getBuiltinModule("node:zlib");
	// Node 22.15 and 23.8 brought it.
	if (compression !== 1 || zstdDecompressSync === undefined) {
		throw new Unfit(
			"unsupported",
			t`a value uses a compression (${compression}) that this version of cfm does not support`,
		);
	}
	return zstdDecompressSync(value, { maxOutputLength: Math.max(1, longest) });
}

const tables = ["meta", "maps", "map_entries"];

/** @param lose is told where nothing says the version; left out: it is refused @throws Unfit unsupported */
function refuseOtherVersion(database: StoredDatabase, lose?: (what: string) => void): void {
	if (!tables.every((table) => database.has(table))) throw database.other();
	const meta = [...database.rows("meta", ["key", "value"])];
	const value = meta.find(({ key }) => textOf(key) === "version")?.value ?? null;
	const version = value === null ? "" : bytesOf(value).toString("utf8");
	if (version === "1") return;
	if (value === null && lose !== undefined) {
		lose(t`the version`);
		return;
	}
	throw new Unfit("unsupported", t`${sqliteFile} has version ${version}, which this version of cfm does not support`);
}
