import { uncompress } from "snappyjs";
import { type Known, known, unknown } from "../../known.js";
import { t } from "../../text.js";
import { type ReadRequest, type StoreReading, webIdKey } from "../../webid/ports.js";
import { DamagedError } from "../leveldb/damaged.js";
import type { SqlDatabase } from "../sqlite/database.js";
import { copyUserDatabase, putDatabaseBack, readUserDatabase, writeUserDatabase } from "../sqlite/user-database.js";
import type { AreaEdit, LiveStore, WriteOptions } from "../user-files/live-store.js";
import { newestChange } from "../user-files/newest-change.js";
import { Unfit } from "../user-files/unfit.js";
import type { UserFolder } from "../user-files/user-folder.js";
import { isOrigin } from "./origin-key.js";
import { decodeText, encodeText } from "./text.js";
import { chromiumTime } from "./time.js";

/** The file's name in the profile. */
export const sqliteFile = "LocalStorage";

const longestValue = 64 << 20;

interface Row {
	key: Buffer;
	value: Buffer;
	compression: number;
}

/** Chromium's newer store: the SQLite file `LocalStorage`. */
export class SqliteStore implements LiveStore {
	readonly kind = "sqlite";

	constructor(private readonly folder: UserFolder) {}

	async read({ origins }: ReadRequest): Promise<StoreReading> {
		const values = await this.reading((database) => {
			const rows = database.prepare(
				`SELECT storage_key AS origin, key, value, value_compression_type AS compression
				FROM maps JOIN map_entries ON map_id = row_id WHERE key = ?`,
			);
			// Read row by row, not through the index of origins: it could be damaged, and a site would seem not to be there.
			const found = new Map<string, Known<string | null>>();
			for (const row of rows.iterate(encodeText(webIdKey)) as Iterable<Row & { origin: Buffer }>) {
				const origin = originOf(row.origin);
				if (origin !== undefined) found.set(origin, webValue(row));
			}
			if (origins === "all") return [...found].map(([origin, value]) => ({ origin, value }));
			return origins.map((origin) => ({ origin, value: found.get(origin) ?? known(null) }));
		});
		const unread = values.map(({ value }) => (value.known ? "" : value.why)).find(Boolean);
		return {
			store: this.kind,
			state: unread === undefined ? "readable" : "damaged",
			why: unread ?? null,
			modified: newestChange(this.folder, [sqliteFile, `${sqliteFile}-wal`]),
			values,
		};
	}

	async entries(origin: string): Promise<(readonly [string, string])[]> {
		return this.reading((database) => {
			const rows = database
				.prepare(
					`SELECT key, value, value_compression_type AS compression
					FROM maps JOIN map_entries ON map_id = row_id WHERE storage_key = ?`,
				)
				.all(storageKey(origin)) as Row[];
			return rows.map((row) => {
				const value = webValue(row);
				if (!value.known) throw new Unfit("damaged", value.why);
				return [decodeText(row.key), value.value as string] as const;
			});
		});
	}

	async write(edits: readonly AreaEdit[], { now, keep, guard }: WriteOptions): Promise<void> {
		await writeUserDatabase(this.folder, sqliteFile, {
			keep,
			guard,
			change(database) {
				refuseOtherVersion(database);
				database.exec("BEGIN");
				for (const edit of edits) change(database, edit, now);
				database.exec("COMMIT");
			},
		});
	}

	async copyTo(keep: string): Promise<void> {
		copyUserDatabase(this.folder, sqliteFile, keep);
	}

	async putBack(keep: string, options: Pick<WriteOptions, "guard">): Promise<void> {
		await putDatabaseBack(this.folder, sqliteFile, keep, options);
	}

	private async reading<T>(read: (database: SqlDatabase) => T): Promise<T> {
		try {
			const result = await readUserDatabase(this.folder, sqliteFile, (database) => {
				refuseOtherVersion(database);
				return { value: read(database) };
			});
			if (result === undefined) throw new Unfit("damaged", t`${sqliteFile} no longer exists`);
			return result.value;
		} catch (error) {
			if (error instanceof DamagedError) throw new Unfit("damaged", error.message);
			throw error;
		}
	}
}

function change(database: SqlDatabase, edit: AreaEdit, now: Date): void {
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

/** The origin with a slash behind it; a third party's has more behind that. */
const storageKey = (origin: string) => Buffer.from(`${origin}/`, "utf8");

function originOf(key: Buffer): string | undefined {
	const text = key.toString("utf8");
	return text.endsWith("/") && isOrigin(text.slice(0, -1)) ? text.slice(0, -1) : undefined;
}

function webValue({ value, compression }: Row): Known<string | null> {
	try {
		return known(decodeText(plain(value, compression)));
	} catch (error) {
		return unknown(String((error as Error).message));
	}
}

/** Long values may be compressed; a web ID never is. */
function plain(value: Buffer, compression: number): Buffer {
	if (compression === 0) return value;
	if (compression === 2) return Buffer.from(uncompress(value, longestValue));
	const { zstdDecompressSync } = process.getBuiltinModule("node:zlib");
	// Node 22.15 and 23.8 brought it.
	if (compression !== 1 || zstdDecompressSync === undefined) {
		throw new Unfit(
			"unsupported",
			t`a value uses a compression (${compression}) that this version of cfm does not support`,
		);
	}
	return zstdDecompressSync(value, { maxOutputLength: longestValue });
}

function refuseOtherVersion(database: SqlDatabase): void {
	const tables = database
		.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name IN ('meta', 'maps', 'map_entries')")
		.all();
	if (tables.length < 3)
		throw new Unfit("unsupported", t`${sqliteFile} has tables that this version of cfm does not support`);
	const { value } = (database.prepare("SELECT value FROM meta WHERE key = 'version'").get() ?? {}) as {
		value?: unknown;
	};
	if (String(value) !== "1") {
		throw new Unfit(
			"unsupported",
			t`${sqliteFile} has version ${String(value)}, which this version of cfm does not support`,
		);
	}
}
