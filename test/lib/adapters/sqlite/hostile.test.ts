import { execFileSync } from "node:child_process";
import { copyFileSync, existsSync, readFileSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { beforeEach, describe, expect, it } from "vitest";
import { openBrowserStores } from "../../../../src/lib/adapters/browsers/open.js";
import { StoredDatabase } from "../../../../src/lib/adapters/sqlite/read-database.js";
import { bytesInMemory } from "../../../../src/lib/adapters/user-files/file-bytes.js";
import { unsnapped } from "../../../../src/lib/adapters/user-files/unsnapped.js";
import type { BrowserProfile } from "../../../../src/lib/webid/stores.js";
import { makeProfile } from "../browsers/profiles.js";
import { memoryDisk, useFolder } from "../temp.js";

// What a user can put into a profile to make whoever reads it open a file, run, or wait: each ends as the state of that
// store, at once, and no byte changes.

const at = useFolder(memoryDisk);
const origin = "https://sign.example";
const stores = () => openBrowserStores(at("cfm")).stores;
const set = { origin, action: "set" as const, value: "12" };
const options = { dryRun: false, now: new Date(), keepDays: 7 };

let where: BrowserProfile;
let file: string;
beforeEach(async () => {
	where = await makeProfile("sqlite", { [origin]: { CFM_ID: "7" } }, at());
	file = join(where.path, "LocalStorage");
});

/** With `writable_schema` a user can write anything into a schema. */
function forge(sql: string): void {
	const database = new Database(file);
	database.unsafeMode();
	database.pragma("journal_mode = DELETE");
	database.exec(sql);
	database.close();
}

it("a journal that names another file: nothing opens it, though it is a pipe without an end", async () => {
	const pipe = at("x-mj00000090a");
	execFileSync("mkfifo", [pipe]);
	forge("PRAGMA user_version = 0");
	const name = Buffer.from(pipe);
	const magic = Buffer.from("d9d505f920a163d7", "hex");
	const head = Buffer.alloc(512);
	magic.copy(head);
	head.writeUInt32BE(statSync(file).size / 4096, 16);
	head.writeUInt32BE(512, 20);
	head.writeUInt32BE(4096, 24);
	const lengths = Buffer.alloc(8);
	lengths.writeUInt32BE(name.length);
	lengths.writeUInt32BE(
		name.reduce((sum, byte) => sum + byte, 0),
		4,
	);
	writeFileSync(`${file}-journal`, Buffer.concat([head, Buffer.from([0, 4, 0, 1]), name, lengths, magic]));
	expect(await stores().read(where, { origins: [origin] })).toMatchObject({ state: "unsupported" });
	expect(await stores().edit(where, [set], options)).toMatchObject([{ outcome: "refused" }]);
	expect(existsSync(`${file}-journal`)).toBe(true);
});

describe("a schema that runs something", () => {
	it.each([
		["a check of hours", "CREATE TABLE x(a INTEGER, CHECK(length(hex(hex(zeroblob(a))))>0))"],
		["a view", "CREATE VIEW v AS SELECT randomblob(1)"],
		["a trigger", "CREATE TRIGGER y INSERT ON maps BEGIN SELECT hex(zeroblob(1e8)); END"],
		[
			"a trigger that is called as SQLite's own tables",
			"CREATE TRIGGER y INSERT ON maps BEGIN SELECT 1; END; PRAGMA writable_schema = ON; UPDATE sqlite_schema SET name = 'sqlite_y' WHERE name = 'y'",
		],
		["a computed column", "CREATE TABLE x(a INTEGER, b AS (hex(zeroblob(a))))"],
		["an index of an expression", "CREATE INDEX i ON maps(hex(storage_key))"],
		["a condition of an index", "CREATE INDEX i ON maps(storage_key) WHERE length(hex(storage_key)) > 0"],
	])("%s: is read, as bytes, and never handed to SQLite", async (_, sql) => {
		forge(sql);
		const before = readFileSync(file);
		expect(await stores().read(where, { origins: [origin] })).toMatchObject({
			state: "readable",
			stores: [{ values: [{ value: { known: true, value: "7" } }] }],
		});
		expect(await stores().edit(where, [set], options)).toMatchObject([{ outcome: "refused" }]);
		expect(readFileSync(file).equals(before)).toBe(true);
	});

	it("a view in the place of a table is no table", async () => {
		forge("ALTER TABLE maps RENAME TO m; CREATE VIEW maps AS SELECT * FROM m");
		expect(await stores().read(where, { origins: [origin] })).toMatchObject({ state: "unsupported" });
	});
});

describe("a tree", () => {
	it("that shares a page with another is damaged", () => {
		forge("VACUUM");
		const bytes = readFileSync(file);
		const rootOf = (name: string) => {
			const database = new Database(file, { readonly: true });
			const { root } = database.prepare("SELECT rootpage AS root FROM sqlite_schema WHERE name = ?").get(name) as {
				root: number;
			};
			database.close();
			return root;
		};
		const walk = (main: Buffer) => {
			const stored = new StoredDatabase({ main: bytesInMemory("x", main) });
			for (const table of ["meta", "maps", "map_entries"]) for (const _ of stored.rows(table, []));
		};
		expect(() => walk(bytes)).not.toThrow();
		// An inner page whose only child is the page itself.
		const bent = Buffer.from(bytes);
		const root = rootOf("maps");
		bent.fill(0, (root - 1) * 4096, root * 4096);
		bent[(root - 1) * 4096] = 5;
		bent.writeUInt16BE(4096, (root - 1) * 4096 + 5);
		bent.writeUInt32BE(root, (root - 1) * 4096 + 8);
		expect(() => walk(bent)).toThrow(/twice/);
	});
});

describe("a file of two gigabytes of nothing", () => {
	it.each(["LocalStorage", "LocalStorage-wal", "LocalStorage-journal"])("%s: costs nothing", async (name) => {
		forge("VACUUM");
		copyFileSync(file, at("own"));
		if (name !== "LocalStorage") writeFileSync(join(where.path, name), "");
		truncateSync(join(where.path, name), 2000 * 2 ** 20);
		const reading = await stores().read(where, { origins: [origin] });
		expect(reading.stores[0]?.values).toMatchObject([{ value: { known: true, value: "7" } }]);
	});
});

describe("compressed bytes", () => {
	it.each([
		["a length of gigabytes", "ffffffff0f00"],
		["a literal of minus some bytes, which would be read for ever", "10fcf0ffffff61616161"],
		["a copy from before the beginning", "0401ff"],
		["less than was promised", "080061"],
		["nothing", ""],
	])("%s: damaged", (_, hex) => {
		expect(() => unsnapped(Buffer.from(hex, "hex"), 1 << 20)).toThrow(/uncompressed/);
	});

	it("are what they were", () => {
		// "abc" and a copy of nine bytes that reaches into itself.
		expect(unsnapped(Buffer.from("0c0861626315 03".replace(" ", ""), "hex"), 100).toString()).toBe("abcabcabcabc");
	});
});
