import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { crc32c, masked } from "../../src/lib/adapters/leveldb/crc32c.js";

// LevelDB's files with whatever is wished in them, and right checksums: what a user can make by hand.

function varint(number: number | bigint): Buffer {
	const bytes: number[] = [];
	let rest = BigInt(number);
	for (; rest >= 128n; rest >>= 7n) bytes.push(Number(rest & 127n) | 128);
	return Buffer.from([...bytes, Number(rest)]);
}

export const text = (bytes: Buffer | string) => {
	const content = Buffer.from(bytes as string, "latin1");
	return Buffer.concat([varint(content.length), content]);
};

function number32(value: number): Buffer {
	const bytes = Buffer.alloc(4);
	bytes.writeUInt32LE(value);
	return bytes;
}

/** A log: each record in as many pieces as blocks of 32 KB want. */
export function log(records: readonly Buffer[]): Buffer {
	const pieces: Buffer[] = [];
	let at = 0;
	for (const record of records) {
		let left = record;
		for (let first = true; first || left.length > 0; first = false) {
			let room = 32_768 - (at % 32_768);
			if (room < 7) {
				pieces.push(Buffer.alloc(room));
				at += room;
				room = 32_768;
			}
			const length = Math.min(left.length, room - 7);
			const last = length === left.length;
			const body = Buffer.concat([Buffer.of(first ? (last ? 1 : 2) : last ? 4 : 3), left.subarray(0, length)]);
			const size = Buffer.alloc(2);
			size.writeUInt16LE(length);
			pieces.push(number32(masked(crc32c(body, 0, body.length))), size, body);
			at += 6 + body.length;
			left = left.subarray(length);
		}
	}
	return Buffer.concat(pieces);
}

/** One write of a key. */
export function batch(key: string, value: Buffer | string, sequence = 1n): Buffer {
	const head = Buffer.alloc(12);
	head.writeBigUInt64LE(sequence);
	head.writeUInt32LE(1, 8);
	return Buffer.concat([head, Buffer.of(1), text(key), text(value)]);
}

const internal = (key: string) => Buffer.concat([Buffer.from(key, "latin1"), Buffer.from([1, 1, 0, 0, 0, 0, 0, 0])]);
const restarts = Buffer.concat([number32(0), number32(1)]);

function block(content: Buffer): Buffer {
	const typed = Buffer.concat([content, Buffer.of(0)]);
	return Buffer.concat([typed, number32(masked(crc32c(typed, 0, typed.length)))]);
}

/** A table whose index is this, and says that it is so long. */
function table(index: Buffer, length = index.length): Buffer {
	const [meta, all] = [block(restarts), block(index)];
	const handles = Buffer.concat([varint(0), varint(restarts.length), varint(meta.length), varint(length)]);
	const footer = Buffer.concat([handles, Buffer.alloc(40)]).subarray(0, 40);
	return Buffer.concat([meta, all, footer, Buffer.from("57fb808b247547db", "hex")]);
}

/** A small table, of one entry: where the index leads to is not there. */
export const smallTable = (key: string) =>
	table(
		Buffer.concat([varint(0), varint(key.length), varint(2), Buffer.from(key, "latin1"), Buffer.of(0, 8), restarts]),
	);

/** A table that says that its index is of gigabytes. */
export const endlessTable = () => table(restarts, 2 ** 32 - 1);

/**
 * Makes a store in a folder.
 *
 * @param parts.level of the tables, which all hold every key
 * @param parts.sequence the last sequence number, as the list of files has it
 */
export function writeStore(
	folder: string,
	parts: { logs?: Record<number, Buffer>; tables?: Record<number, Buffer>; level?: number; sequence?: bigint },
): void {
	mkdirSync(folder, { recursive: true });
	const { logs = {}, tables = {}, level = 0, sequence = 1000n } = parts;
	const firstLog = Math.min(...Object.keys(logs).map(Number), 100);
	const edit = [varint(1), text("leveldb.BytewiseComparator"), varint(2), varint(firstLog)];
	edit.push(varint(9), varint(0), varint(3), varint(200), varint(4), varint(sequence));
	for (const [name, bytes] of Object.entries(tables)) {
		edit.push(varint(7), varint(level), varint(Number(name)), varint(bytes.length));
		edit.push(text(internal("")), text(internal("\xff\xff")));
		writeFileSync(join(folder, `${name.padStart(6, "0")}.ldb`), bytes);
	}
	for (const [name, bytes] of Object.entries(logs)) writeFileSync(join(folder, `${name.padStart(6, "0")}.log`), bytes);
	if (firstLog === 100) writeFileSync(join(folder, "000100.log"), "");
	writeFileSync(join(folder, "MANIFEST-000001"), log([Buffer.concat(edit)]));
	writeFileSync(join(folder, "CURRENT"), "MANIFEST-000001\n");
}

/** A small table of `count` keys, each of them `length` bytes of which all but the first one's are shared. */
export function prefixBomb(length: number, count: number): Buffer {
	const first = Buffer.concat([Buffer.alloc(length - 8, 0xff), Buffer.alloc(8, 1)]);
	const handle = Buffer.from([0, 8]);
	const one = Buffer.concat([varint(length), varint(0), varint(2), handle]);
	return table(
		Buffer.concat([varint(0), varint(length), varint(2), first, handle, ...Array(count).fill(one), restarts]),
	);
}

/** Chromium's other store, with a web ID and whatever else is wished. */
export function writeDatabase(file: string, site: string, more: (database: Database.Database) => void): void {
	const database = new Database(file);
	database.exec(`
		CREATE TABLE meta(key LONGVARCHAR NOT NULL UNIQUE PRIMARY KEY, value LONGVARCHAR);
		INSERT INTO meta VALUES('version','1');
		CREATE TABLE maps(row_id INTEGER PRIMARY KEY AUTOINCREMENT,storage_key BLOB NOT NULL,last_accessed INTEGER,last_modified INTEGER,total_size INTEGER);
		CREATE UNIQUE INDEX maps_by_storage_key ON maps(storage_key);
		CREATE TABLE map_entries(map_id INTEGER NOT NULL,value_compression_type INTEGER NOT NULL,key BLOB NOT NULL,value BLOB NOT NULL,PRIMARY KEY(map_id, key)) WITHOUT ROWID;
	`);
	database
		.prepare("INSERT INTO maps VALUES(1, ?, 13350000000000000, 13350000000000000, 9)")
		.run(Buffer.from(`${site}/`));
	const [key, value] = ["\x01CFM_ID", "\x019"].map((one) => Buffer.from(one, "latin1"));
	database.prepare("INSERT INTO map_entries VALUES(1, 0, ?, ?)").run(key, value);
	more(database);
	database.close();
}

/** A journal that is to be rolled back, and that names another file as one that belongs to it. */
export function journalNaming(path: string, pages: number): Buffer {
	const magic = Buffer.from("d9d505f920a163d7", "hex");
	const numbers = (...all: number[]) => {
		const bytes = Buffer.alloc(4 * all.length);
		for (const [at, one] of all.entries()) bytes.writeUInt32BE(one, 4 * at);
		return bytes;
	};
	const head = Buffer.concat([magic, numbers(0, 0, pages, 512, 4096), Buffer.alloc(512)]).subarray(0, 512);
	const name = Buffer.from(path);
	const sum = name.reduce((all, byte) => all + byte, 0);
	return Buffer.concat([head, numbers(0x40000000 / 4096 + 1), name, numbers(name.length, sum), magic]);
}
