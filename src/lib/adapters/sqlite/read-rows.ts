import { t } from "../../text.js";
import { DamagedError } from "../user-files/damaged.js";
import type { DatabasePages } from "./database-pages.js";

/** A text as its bytes are: half characters and damage included. */
export class Text {
	constructor(
		readonly bytes: Buffer,
		private readonly encoding: number,
	) {}

	toString(): string {
		if (this.encoding === 1) return this.bytes.toString("utf8");
		const whole = this.bytes.subarray(0, this.bytes.length & ~1);
		return (this.encoding === 2 ? whole : Buffer.from(whole).swap16()).toString("utf16le");
	}
}

/** One field of a row. */
export type Value = null | number | bigint | Text | Buffer;

export interface Row {
	/** null in a table without. */
	rowid: bigint | null;
	values: Value[];
}

const [innerIndex, innerTable, leafIndex, leafTable] = [2, 5, 10, 13];
const deepest = 20;

/**
 * All rows of a tree, in its order. What SQLite's own `integrity_check` asks of each page is asked here: cells and free
 * space account for every byte, and keys ascend.
 *
 * @param root the page of its root
 * @param kind a table with row numbers, or one that is its own index (`WITHOUT ROWID`)
 * @param lose is told what is wrong with a page, whose other rows are then passed over; left out: it is thrown
 * @throws DamagedError
 */
export function* readRows(
	pages: DatabasePages,
	root: number,
	kind: "table" | "index",
	lose?: (what: string) => void,
): Generator<Row> {
	yield* tree(pages, root, kind === "index", 0, { last: undefined, lose });
}

/** Where a look at a tree is: what comes next must be behind the last row. */
interface Way {
	last: Row | undefined;
	lose: ((what: string) => void) | undefined;
}

function* tree(pages: DatabasePages, number: number, isIndex: boolean, depth: number, order: Way): Generator<Row> {
	try {
		yield* pageRows(pages, number, isIndex, depth, order);
	} catch (error) {
		if (order.lose === undefined || !(error instanceof DamagedError)) throw error;
		order.lose(error.message);
	}
}

function* pageRows(pages: DatabasePages, number: number, isIndex: boolean, depth: number, order: Way): Generator<Row> {
	if (depth > deepest) throw pages.bad(t`a tree that has no end`);
	const page = pages.page(number).subarray(0, pages.usable);
	const header = number === 1 ? 100 : 0;
	const type = page[header] as number;
	const isInner = type === innerIndex || type === innerTable;
	if (type !== (isIndex ? (isInner ? innerIndex : leafIndex) : isInner ? innerTable : leafTable)) {
		throw pages.bad(t`page ${number} is of another kind (${type})`);
	}
	const cells = cellsOf(pages, page, number, header, isInner, isIndex);
	for (const cell of cells) {
		if (isInner) yield* tree(pages, page.readUInt32BE(cell.at), isIndex, depth + 1, order);
		if (!isIndex && isInner) continue;
		const row = { rowid: cell.rowid, values: fields(pages, payload(pages, page, cell)) };
		if (order.last !== undefined && !ascends(order.last, row)) throw pages.bad(t`page ${number} is not sorted`);
		order.last = row;
		yield row;
	}
	if (isInner) yield* tree(pages, page.readUInt32BE(header + 8), isIndex, depth + 1, order);
}

interface Cell {
	at: number;
	end: number;
	rowid: bigint | null;
	/** How long the payload is, where in the page it begins and how much of it stands there. */
	length: number;
	from: number;
	local: number;
}

/** The cells of a page, and that they, free blocks and fragments are all there is behind the first of them. */
function cellsOf(
	pages: DatabasePages,
	page: Buffer,
	number: number,
	header: number,
	isInner: boolean,
	isIndex: boolean,
): Cell[] {
	const bad = (what: string) => pages.bad(t`page ${number}: ${what}`);
	const count = page.readUInt16BE(header + 3);
	const start = header + (isInner ? 12 : 8);
	const content = page.readUInt16BE(header + 5) || 65_536;
	if (start + 2 * count > content || content > page.length) throw bad(t`too many cells`);
	const cells: Cell[] = [];
	for (let n = 0; n < count; n += 1) {
		const at = page.readUInt16BE(start + 2 * n);
		if (at < content || at > page.length - 4) throw bad(t`a cell outside`);
		cells.push(cellAt(pages, page, at, isInner, isIndex));
	}
	const used = cells.map(({ at, end }) => [at, end] as const);
	for (let free = page.readUInt16BE(header + 1), last = 0; free !== 0; ) {
		if (free <= last || free < content || free > page.length - 4) throw bad(t`a free block outside`);
		used.push([free, free + page.readUInt16BE(free + 2)]);
		last = free;
		free = page.readUInt16BE(free);
	}
	let [reached, fragments] = [content, 0];
	for (const [from, to] of used.sort((a, b) => a[0] - b[0])) {
		if (from < reached) throw bad(t`cells lie over each other`);
		fragments += from - reached;
		reached = to;
	}
	if (reached > page.length) throw bad(t`a cell outside`);
	fragments += page.length - reached;
	if (fragments !== page[header + 7]) throw bad(t`${fragments} bytes belong to nothing`);
	return cells;
}

function cellAt(pages: DatabasePages, page: Buffer, at: number, isInner: boolean, isIndex: boolean): Cell {
	const cursor = { bytes: page, at: at + (isInner ? 4 : 0) };
	const least = (end: number) => Math.max(end, at + 4);
	if (isInner && !isIndex) {
		const rowid = signed(pages, cursor);
		return { at, end: least(cursor.at), rowid, length: 0, from: cursor.at, local: 0 };
	}
	const length = unsigned(pages, cursor);
	const rowid = isIndex ? null : signed(pages, cursor);
	const local = localPart(pages, length, isIndex);
	const end = cursor.at + local + (local < length ? 4 : 0);
	if (end > page.length) throw pages.bad(t`a record that does not end in its page`);
	return { at, end: least(end), rowid, length, from: cursor.at, local };
}

/** How much of a record stands in the page itself: https://www.sqlite.org/fileformat2.html#cell_payload. */
function localPart({ usable }: DatabasePages, length: number, isIndex: boolean): number {
	const most = isIndex ? Math.floor(((usable - 12) * 64) / 255) - 23 : usable - 35;
	if (length <= most) return length;
	const least = Math.floor(((usable - 12) * 32) / 255) - 23;
	const part = least + ((length - least) % (usable - 4));
	return part <= most ? part : least;
}

function payload(pages: DatabasePages, page: Buffer, { length, from, local }: Cell): Buffer {
	const here = page.subarray(from, from + local);
	if (local === length) return here;
	if (length > pages.count * pages.pageSize) throw pages.bad(t`a record longer than the database`);
	const parts = [here];
	let left = length - local;
	for (let next = page.readUInt32BE(from + local); left > 0; ) {
		const more = pages.page(next);
		const part = more.subarray(4, Math.min(pages.usable, 4 + left));
		parts.push(part);
		left -= part.length;
		next = more.readUInt32BE(0);
		if (left === 0 && next !== 0) throw pages.bad(t`a record that goes on behind its end`);
	}
	return Buffer.concat(parts);
}

/** The fields of a record: https://www.sqlite.org/fileformat2.html#record_format. */
function fields(pages: DatabasePages, record: Buffer): Value[] {
	const cursor = { bytes: record, at: 0 };
	const values: Value[] = [];
	let at = unsigned(pages, cursor);
	const end = at;
	if (end > record.length) throw pages.bad(t`a record without its fields`);
	while (cursor.at < end) {
		const type = unsigned(pages, cursor);
		const length = type >= 12 ? (type - 12 - (type & 1)) / 2 : (integerSizes[type] ?? 8);
		if (type === 10 || type === 11 || at + length > record.length) throw pages.bad(t`a field outside of its record`);
		values.push(field(record.subarray(at, at + length), type, pages.encoding));
		at += length;
	}
	if (cursor.at !== end || at !== record.length) throw pages.bad(t`a record of another length`);
	return values;
}

const integerSizes = [0, 1, 2, 3, 4, 6, 8, 8, 0, 0];

function field(bytes: Buffer, type: number, encoding: number): Value {
	if (type === 0) return null;
	if (type === 8 || type === 9) return type - 8;
	if (type === 6) return bytes.readBigInt64BE(0);
	if (type === 7) return bytes.readDoubleBE(0);
	if (type < 6) return bytes.readIntBE(0, bytes.length);
	return type & 1 ? new Text(bytes, encoding) : bytes;
}

interface Cursor {
	bytes: Buffer;
	at: number;
}

/** A number of one to nine bytes. */
function varint(pages: DatabasePages, cursor: Cursor): bigint {
	let value = 0n;
	for (let n = 0; n < 9; n += 1) {
		const byte = cursor.bytes[cursor.at];
		if (byte === undefined) throw pages.bad(t`a number that does not end`);
		cursor.at += 1;
		if (n === 8) return (value << 8n) | BigInt(byte);
		value = (value << 7n) | BigInt(byte & 127);
		if (byte < 128) return value;
	}
	return value;
}

function signed(pages: DatabasePages, cursor: Cursor): bigint {
	return BigInt.asIntN(64, varint(pages, cursor));
}

function unsigned(pages: DatabasePages, cursor: Cursor): number {
	const byte = cursor.bytes[cursor.at];
	if (byte !== undefined && byte < 128) {
		cursor.at += 1;
		return byte;
	}
	const value = varint(pages, cursor);
	if (value > 0x7fffffffn) throw pages.bad(t`a length that no record has`);
	return Number(value);
}

function ascends(before: Row, now: Row): boolean {
	if (before.rowid !== null && now.rowid !== null) return before.rowid < now.rowid;
	for (let n = 0; n < before.values.length && n < now.values.length; n += 1) {
		const order = compare(before.values[n] as Value, now.values[n] as Value);
		if (order !== 0) return order < 0;
	}
	return false;
}

/** As SQLite sorts them: nothing, numbers, texts, bytes. */
function compare(a: Value, b: Value): number {
	const [rankA, rankB] = [rank(a), rank(b)];
	if (rankA !== rankB) return rankA - rankB;
	if (a === null || b === null) return 0;
	if (typeof a === "object" && typeof b === "object") return Buffer.compare(bytesOf(a), bytesOf(b));
	return a < b ? -1 : Number(a > b);
}

function rank(value: Value): number {
	if (value === null) return 0;
	if (typeof value !== "object") return 1;
	return value instanceof Text ? 2 : 3;
}

/** What `CAST(… AS BLOB)` makes of it. */
export function bytesOf(value: Exclude<Value, null>): Buffer {
	if (typeof value !== "object") return Buffer.from(String(value));
	return value instanceof Text ? value.bytes : value;
}
