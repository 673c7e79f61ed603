import { writeFileSync } from "node:fs";
import Database from "better-sqlite3";
import { expect, it } from "vitest";
import { StoredDatabase } from "../../../../src/lib/adapters/sqlite/read-database.js";
import { bytesInMemory } from "../../../../src/lib/adapters/user-files/file-bytes.js";
import { memoryDisk, useFolder } from "../temp.js";

const at = useFolder(memoryDisk);

const pageSize = 512;
const sector = 512;
const nonce = 12_345;

/** A database of one table, whose rows fill several pages. */
function databaseOf(letter: string): Buffer {
	const database = new Database(":memory:");
	database.pragma(`page_size = ${pageSize}`);
	database.exec("CREATE TABLE maps(row_id INTEGER PRIMARY KEY, storage_key BLOB NOT NULL)");
	for (let id = 1; id <= 12; id += 1) database.prepare("INSERT INTO maps VALUES (?, ?)").run(id, letter.repeat(200));
	return database.serialize();
}

const [before, after, between] = ["b", "a", "c"].map(databaseOf) as [Buffer, Buffer, Buffer];
const pageOf = (image: Buffer, number: number) => image.subarray((number - 1) * pageSize, number * pageSize);

/** A page as a journal holds it (https://www.sqlite.org/fileformat2.html#the_rollback_journal). */
function recordOf(number: number, page: Buffer, isRight = true): Buffer {
	const record = Buffer.alloc(pageSize + 8);
	record.writeUInt32BE(number, 0);
	page.copy(record, 4);
	let sum = isRight ? nonce : nonce + 1;
	for (let at = pageSize - 200; at > 0; at -= 200) sum += page[at] as number;
	record.writeUInt32BE(sum, pageSize + 4);
	return record;
}

function journalOf(records: readonly Buffer[], told = pageSize): Buffer {
	const head = Buffer.alloc(sector);
	Buffer.from("d9d505f920a163d7", "hex").copy(head);
	for (const [n, figure] of [records.length, nonce, before.length / pageSize, sector, told].entries())
		head.writeUInt32BE(figure, 8 + 4 * n);
	return Buffer.concat([head, ...records]);
}

const last = before.length / pageSize;
const all = Array.from({ length: last }, (_, n) => recordOf(n + 1, pageOf(before, n + 1)));

it.each<[string, Buffer]>([
	["is whole", journalOf(all)],
	["says no size of a page", journalOf(all, 0)],
	["holds a page twice", journalOf([...all, recordOf(last, pageOf(between, last))])],
	[
		"ends where a page that came before has a wrong sum",
		journalOf([...all.slice(0, -1), recordOf(2, pageOf(before, 2), false), all.at(-1) as Buffer]),
	],
	["holds a page that the database never had", journalOf([recordOf(last + 9, pageOf(before, 1), false), ...all])],
])("a journal that %s is read as SQLite reads it", (_, journal) => {
	const mine = new StoredDatabase({ main: bytesInMemory("db", after), journal: bytesInMemory("db-journal", journal) });
	const rows = Array.from(mine.rows("maps", ["row_id", "storage_key"]), (row) => [row.row_id, String(row.storage_key)]);
	const file = at("db");
	writeFileSync(file, after);
	writeFileSync(`${file}-journal`, journal);
	const database = new Database(file);
	const theirs = database.prepare("SELECT row_id, storage_key FROM maps").raw().all();
	database.close();
	expect(rows.map(([id, text]) => [Number(id), text])).toEqual(theirs);
});
