import { existsSync, mkdirSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { ClassicLevel } from "classic-level";
import type { Random } from "../harness.mjs";

/** The files of one sound store, by name. */
export type Files = Map<string, Buffer>;

const chromium = `CREATE TABLE meta(key LONGVARCHAR NOT NULL UNIQUE PRIMARY KEY, value LONGVARCHAR);
	CREATE TABLE maps(row_id INTEGER PRIMARY KEY AUTOINCREMENT,storage_key BLOB NOT NULL,last_accessed INTEGER,last_modified INTEGER,total_size INTEGER);
	CREATE UNIQUE INDEX maps_by_storage_key ON maps(storage_key);
	CREATE TABLE map_entries(map_id INTEGER NOT NULL,value_compression_type INTEGER NOT NULL,key BLOB NOT NULL,value BLOB NOT NULL,PRIMARY KEY(map_id, key)) WITHOUT ROWID;
	INSERT INTO meta VALUES ('version', '1');`;

/**
 * A database as a crash leaves it: of several page sizes and journal modes, with a log or a journal beside it, whose
 * last change was committed or not.
 */
export function sqliteSeed(folder: string, random: Random): Files {
	mkdirSync(folder);
	const file = join(folder, "db");
	const database = new Database(file);
	const mode = random.pick(["WAL", "WAL", "DELETE", "TRUNCATE", "PERSIST"]);
	database.pragma(`page_size = ${random.pick([512, 1024, 4096, 4096, 65_536])}`);
	database.pragma(`auto_vacuum = ${random.pick([0, 0, 2])}`);
	database.pragma(`journal_mode = ${mode}`);
	database.pragma("wal_autocheckpoint = 0");
	database.pragma(`cache_size = ${random.pick([1, 2, 100])}`);
	database.exec(chromium);
	const bytes = (length: number) => Buffer.from(Array.from({ length }, () => random.below(256)));
	const fill = (rounds: number) => {
		for (let n = 0; n < rounds; n += 1) {
			const map = random.below(12) + 1;
			database
				.prepare("INSERT OR IGNORE INTO maps VALUES (?, ?, 1, 1, 1)")
				.run(map, Buffer.from(`https://site${map}.example/`));
			const value = bytes(random.pick([1, 5, 40, 300, 3000, 9000]));
			database
				.prepare("INSERT OR REPLACE INTO map_entries VALUES (?, 0, ?, ?)")
				.run(map, bytes(random.below(20) + 1), value);
			if (random.below(4) === 0) database.prepare("DELETE FROM map_entries WHERE map_id = ?").run(random.below(12) + 1);
		}
	};
	fill(10 + random.below(40));
	if (mode === "WAL" && random.below(2) === 0)
		database.pragma(`wal_checkpoint(${random.pick(["PASSIVE", "RESTART"])})`);
	fill(random.below(20));
	const isOpen = random.below(3) > 0;
	if (isOpen) {
		database.exec("BEGIN");
		fill(40);
	}
	const files: Files = new Map();
	for (const end of ["", "-wal", "-journal"])
		if (existsSync(file + end)) files.set(`db${end}`, readFileSync(file + end));
	database.close();
	return files;
}

/** A LevelDB with tables on several levels, deletions and a log. */
export async function leveldbSeed(folder: string, random: Random): Promise<Files> {
	const options = {
		...({ keyEncoding: "buffer", valueEncoding: "buffer", createIfMissing: true } as const),
		...{ writeBufferSize: 65_536, blockSize: 512, compression: random.below(2) === 0 },
	};
	for (let n = random.below(4) + 1; n > 0; n -= 1) {
		const level = new ClassicLevel<Buffer, Buffer>(folder, options);
		await level.open();
		for (let entry = random.below(60); entry > 0; entry -= 1) {
			const key = Buffer.from(`_https://site${random.below(9)}.example\0\x01key${random.below(30)}`, "latin1");
			if (random.below(5) === 0) await level.del(key);
			else await level.put(key, Buffer.alloc(random.pick([1, 8, 100, 4000]), `${random.below(1e6)}`));
		}
		if (random.below(3) === 0) await level.compactRange(Buffer.of(0), Buffer.of(255));
		await level.close();
	}
	const files: Files = new Map();
	for (const name of readdirSync(folder)) {
		if (/^(CURRENT|MANIFEST-\d+|\d+\.(log|ldb))$/.test(name)) files.set(name, readFileSync(join(folder, name)));
	}
	return files;
}

/** Folders that are there, whatever a list says: a profile is only one that is. */
export const profileFolders: Readonly<Record<string, readonly string[]>> = {
	state: ["Default", "Profile 1", "Profile 11", "é", "Path=z", "info_cache", "0"],
	ini: ["Profiles", ...Array.from({ length: 12 }, (_, n) => `Profiles/${n}.default`), "a;b", "Path=z", "é", '"q"', "1"],
};

export function textSeed(kind: "prefs" | "ini" | "state", random: Random): Files {
	const word = () => random.pick(["Default", "Profile 1", "dom.storage.next_gen", "é", "a\\b", 'x"y', "", "Path=z"]);
	const many = Array.from({ length: random.below(12) }, word);
	const mark = random.below(8) === 0 ? "\uFEFF" : "";
	if (kind === "state") {
		const cache = Object.fromEntries(many.map((name) => [name, { name, is_ephemeral: false }]));
		const state = { browser: { x: [1, null, "info_cache"] }, profile: { info_cache: cache, last_used: "Default" } };
		const text = JSON.stringify(state, null, random.pick([0, 2]));
		return new Map([
			["Local State", Buffer.from(mark + (random.below(2) === 0 ? text : text.replace(/é/g, "\\u00e9")))],
		]);
	}
	if (kind === "prefs") {
		const value = () => random.pick([JSON.stringify(word()), "true", "false", String(random.below(1e6)), "-5"]);
		const lines = many.map((name) => `user_pref(${JSON.stringify(name)}, ${value()});`);
		return new Map([["prefs.js", Buffer.from(`// Mozilla User Preferences\n${lines.join("\n")}\n`)]]);
	}
	const end = random.pick(["\n", "\r\n"]);
	const folder = () => random.pick([...(profileFolders.ini ?? []), "../elsewhere", "/etc", "Profiles/../é"]);
	const sections = many.map((_, n) =>
		random.below(4) === 0
			? [`[Install${n}]`, `Default=${folder()}`, "Locked=1", ""]
			: [`[Profile${n}]`, "Name=x", "IsRelative=1", `Path=${folder()}`, ...random.pick([[], ["Default=1"]]), ""],
	);
	return new Map([["profiles.ini", Buffer.from(mark + sections.flat().join(end))]]);
}
