import { expect, it } from "vitest";
import { isPlainIndex, plainTable } from "../../../../src/lib/adapters/sqlite/plain-table.js";

it("a table as Chromium and Firefox write it says its columns, its row number and its order", () => {
	const maps =
		"CREATE TABLE maps(row_id INTEGER PRIMARY KEY AUTOINCREMENT,storage_key BLOB NOT NULL,last_accessed INTEGER)";
	expect(plainTable(maps)).toEqual({
		columns: ["row_id", "storage_key", "last_accessed"],
		rowid: "row_id",
		sortedBy: undefined,
	});
	const entries =
		"CREATE TABLE map_entries(map_id INTEGER NOT NULL,value_compression_type INTEGER NOT NULL,key BLOB NOT NULL,value BLOB NOT NULL,PRIMARY KEY(map_id, key)) WITHOUT ROWID";
	expect(plainTable(entries)?.sortedBy).toEqual(["map_id", "key"]);
	const database =
		"CREATE TABLE database( origin TEXT NOT NULL, usage INTEGER NOT NULL DEFAULT 0, last_vacuum_time INTEGER NOT NULL DEFAULT 0)";
	expect(plainTable(database)?.columns).toEqual(["origin", "usage", "last_vacuum_time"]);
	expect(plainTable("CREATE TABLE data( key TEXT PRIMARY KEY, value BLOB NOT NULL)")?.rowid).toBeUndefined();
});

it.each([
	"CREATE TABLE x(a INTEGER, CHECK(length(hex(zeroblob(a)))>0))",
	"CREATE TABLE x(a INTEGER CHECK (a > 0))",
	"CREATE TABLE x(a INTEGER, b AS (a + 1))",
	"CREATE TABLE x(a INTEGER, b GENERATED ALWAYS AS (randomblob(9)) STORED NOT NULL)",
	"CREATE TABLE x(a DEFAULT (load_extension('x')))",
	"CREATE TABLE x(a REFERENCES y(b))",
	"CREATE TABLE x(a TEXT COLLATE nocase)",
	"CREATE VIRTUAL TABLE x USING fts5(a)",
	"CREATE TABLE x AS SELECT 1",
	"CREATE VIEW maps AS SELECT 1",
	`CREATE TABLE x(${"a,".repeat(5000)}b)`,
])("a table in which something runs, or that no browser writes, is none: %.60s", (sql) => {
	expect(plainTable(sql)).toBeUndefined();
});

it("an index is plain when it is of columns alone", () => {
	expect(isPlainIndex("CREATE UNIQUE INDEX maps_by_storage_key ON maps(storage_key)")).toBe(true);
	expect(isPlainIndex("CREATE INDEX x ON maps(hex(storage_key))")).toBe(false);
	expect(isPlainIndex("CREATE INDEX x ON maps(storage_key) WHERE row_id > randomblob(9)")).toBe(false);
});
