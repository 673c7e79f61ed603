import { join } from "node:path";
import { chromiumProfiles } from "../../../src/lib/adapters/browser-profiles/chromium.js";
import { firefoxProfiles } from "../../../src/lib/adapters/browser-profiles/firefox.js";
import { prefsIn } from "../../../src/lib/adapters/firefox/read-prefs.js";
import { type OpenFile, StoreReader } from "../../../src/lib/adapters/leveldb/store-reader.js";
import { StoredDatabase } from "../../../src/lib/adapters/sqlite/read-database.js";
import { Text, type Value } from "../../../src/lib/adapters/sqlite/read-rows.js";
import { ChangedError, DamagedError } from "../../../src/lib/adapters/user-files/damaged.js";
import { bytesInMemory } from "../../../src/lib/adapters/user-files/file-bytes.js";
import { Unfit } from "../../../src/lib/adapters/user-files/unfit.js";
import { UserHome } from "../../../src/lib/adapters/user-files/user-home.js";
import type { Found } from "../../../src/lib/webid/profiles.js";
import type { Files } from "./seeds.js";

/**
 * What `cfm`'s own readers say.
 *
 * @returns rows as texts, or why it refuses; an error of any other kind is a fault of ours, and thrown
 */
export async function read(kind: string, files: Files, folder: string): Promise<string[] | { refused: string }> {
	try {
		return (await readers[kind]?.(files, folder)) as string[];
	} catch (error) {
		if (error instanceof DamagedError || error instanceof Unfit || error instanceof ChangedError) {
			return { refused: error.message };
		}
		throw error;
	}
}

const readers: Record<string, (files: Files, folder: string) => string[] | Promise<string[]>> = {
	sqlite(files) {
		const file = (name: string) => {
			const bytes = files.get(name);
			return bytes && bytesInMemory(name, bytes);
		};
		const database = new StoredDatabase({
			main: file("db") ?? bytesInMemory("db", Buffer.alloc(0)),
			wal: file("db-wal"),
			journal: file("db-journal"),
		});
		const areas = new Map<string, string>();
		for (const row of database.rows("maps", ["row_id", "storage_key"]))
			areas.set(String(row.row_id), hex(row.storage_key));
		return Array.from(
			database.rows("map_entries", ["map_id", "key", "value", "value_compression_type"]),
			({ map_id: id, key, value, value_compression_type: compression }) =>
				[areas.get(String(id)) ?? "none", ...[key, value, compression].map(hex)].join(" "),
		);
	},
	leveldb(files) {
		const reader = new StoreReader({
			names: () => [...files.keys()],
			open(name): OpenFile {
				const bytes = files.get(name);
				if (bytes === undefined) throw new ChangedError(name);
				return { ...bytesInMemory(name, bytes), close: () => undefined };
			},
		});
		const { values, damage } = reader.read([{ from: Buffer.alloc(0), to: Buffer.alloc(40, 255) }]);
		if (damage[0] !== undefined) throw new DamagedError(damage[0].why);
		return [...values].map(([key, value]) => {
			if (!value.known) throw new DamagedError(value.why);
			return `x${Buffer.from(key, "latin1").toString("hex")} x${value.value.toString("hex")}`;
		});
	},
	prefs: (files) => [...prefsIn(String(files.get("prefs.js")))].map((pref) => JSON.stringify(pref)),
	ini: (_, folder) =>
		profilesIn(folder, (home) => firefoxProfiles(user(folder), home, { browser: "firefox", path: home.path })),
	state: (_, folder) =>
		profilesIn(folder, (home) => chromiumProfiles(user(folder), home, { browser: "chrome", path: home.path })),
};

/** The folders of the profiles that are found. A place that leads out is nobody's profile. */
function profilesIn(folder: string, find: (home: UserHome) => Iterable<Found>): string[] {
	const home = UserHome.open(folder);
	try {
		return Array.from(find(home)).flatMap((one) => {
			if (!("missing" in one)) return [one.profile.path];
			if (one.missing.state === "damaged") throw new DamagedError(one.missing.why);
			return [];
		});
	} finally {
		home.close();
	}
}

const user = (folder: string) => ({ account: "ana", sid: null, profileFolder: join(folder) }) as never;

function hex(value: Value | undefined): string {
	if (value instanceof Text) return value.toString();
	if (Buffer.isBuffer(value)) return `x${value.toString("hex")}`;
	// JavaScript's own text of a whole number that SQLite keeps as a fraction lacks the point, on both sides.
	return String(value ?? null);
}
