import { mkdirSync, readdirSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openBrowserStores } from "../../../../src/lib/adapters/browsers/open.js";
import { entryKey } from "../../../../src/lib/adapters/chromium/origin-key.js";
import { encodeText } from "../../../../src/lib/adapters/chromium/text.js";
import { batchOf } from "../../../../src/lib/adapters/leveldb/batch.js";
import { crc32c, masked } from "../../../../src/lib/adapters/leveldb/crc32c.js";
import { logOf } from "../../../../src/lib/adapters/leveldb/log-file.js";
import { manifestOf, type TableRange } from "../../../../src/lib/adapters/leveldb/manifest.js";
import { lengthAnd, varint } from "../../../../src/lib/adapters/leveldb/numbers.js";
import { tableOf } from "../../../../src/lib/adapters/leveldb/write-table.js";
import type { BrowserProfile } from "../../../../src/lib/webid/stores.js";
import { memoryDisk, useFolder } from "../temp.js";

// Files with right checksums that end a library by an assertion, fill the memory or take hours: each ends as the state of
// that store, at once, and is not written. The web ID, where it is sound, is told.

const at = useFolder(memoryDisk);
const origin = "https://sign.example";
const key = entryKey(origin, "CFM_ID");
const value = encodeText("7");
const options = { dryRun: false, now: new Date(), keepDays: 7 };

function profile(files: Record<string, Buffer>): BrowserProfile {
	const path = at("Default");
	const folder = join(path, "Local Storage", "leveldb");
	mkdirSync(folder, { recursive: true });
	writeFileSync(join(folder, "CURRENT"), "MANIFEST-000001\n");
	for (const [name, bytes] of Object.entries(files)) writeFileSync(join(folder, name), bytes);
	return {
		...{ user: "ana", sid: null, browser: "chromium", kind: "chromium", name: "Default" },
		...{ path, within: at(), userData: at() },
	};
}

const manifest = (tables: TableRange[] = [], more: { logNumber?: number; lastSequence?: number } = {}) =>
	manifestOf({ tables, logNumber: 3, nextFile: 100, lastSequence: 1000, ...more });
const internal = (name: Buffer, sequence = 5) => {
	const end = Buffer.alloc(8);
	end.writeBigUInt64LE((BigInt(sequence) << 8n) | 1n);
	return Buffer.concat([name, end]);
};
const all = { smallest: internal(Buffer.alloc(0)), largest: internal(Buffer.alloc(40, 255)) };
const range = (bytes: Buffer, more: Partial<TableRange> = {}): TableRange => ({
	...{ level: 0, number: 5, size: bytes.length, ...all },
	...more,
});
const log = (...batches: Buffer[]) => logOf(batches);
const good = batchOf(1, [{ key, value }]);

/** A table with these as its index, or as the only block. */
function table(content: Buffer, { isIndex = false, type = 0 } = {}): Buffer {
	const parts: Buffer[] = [];
	let to = 0;
	const put = (bytes: Buffer, kind = 0) => {
		const block = Buffer.concat([bytes, Buffer.of(kind), Buffer.alloc(4)]);
		block.writeUInt32LE(masked(crc32c(block, 0, bytes.length + 1)), bytes.length + 1);
		parts.push(block);
		to += block.length;
		return Buffer.concat([varint(to - block.length), varint(bytes.length)]);
	};
	const empty = Buffer.from([0, 0, 0, 0, 1, 0, 0, 0]);
	const meta = put(empty);
	const data = isIndex ? undefined : put(content, type);
	const upTo = all.largest;
	const index = data && Buffer.concat([varint(0), varint(upTo.length), varint(data.length), upTo, data, empty]);
	const handles = Buffer.concat([meta, put(index ?? content)]);
	return Buffer.concat([...parts, Buffer.concat([handles], 40), Buffer.from("57fb808b247547db", "hex")]);
}

function prefixBomb(length: number, count: number, isIndex: boolean): Buffer {
	const first = internal(Buffer.alloc(length - 8, "_"));
	const one = Buffer.concat([varint(length), varint(0), varint(2), Buffer.of(0, 8)]);
	const parts = [varint(0), varint(length), varint(2), first, Buffer.of(0, 8), ...Array(count).fill(one)];
	return table(Buffer.concat([...parts, Buffer.from([0, 0, 0, 0, 1, 0, 0, 0])]), { isIndex });
}

const one = tableOf([{ key, sequence: 5, value }]).bytes;
const wraps = Buffer.concat([Buffer.from("ffffffffffffffff02000000", "hex"), good.subarray(12), good.subarray(12)]);

const damaged: [string, () => Record<string, Buffer>][] = [
	[
		"a sequence number beyond the limit",
		() => ({ "000003.log": log(batchOf(2 ** 57, [{ key, value }])), "MANIFEST-000001": manifest() }),
	],
	["a sequence number that wraps in a write", () => ({ "000003.log": log(wraps), "MANIFEST-000001": manifest() })],
	[
		"two writes of one number",
		() => ({ "000003.log": log(good, batchOf(1, [{ key, value: encodeText("8") }])), "MANIFEST-000001": manifest() }),
	],
	[
		"a manifest whose sequence number is at its end",
		() => ({ "000003.log": log(good), "MANIFEST-000001": manifest([], { lastSequence: 2 ** 53 }) }),
	],
	["the log 0", () => ({ "000000.log": log(good), "MANIFEST-000001": manifest([], { logNumber: 0 }) })],
	[
		"a log with the highest number there is",
		() => ({ "18446744073709551615.log": log(good), "000003.log": log(good), "MANIFEST-000001": manifest() }),
	],
	[
		"the table 0",
		() => ({ "000003.log": log(), "000000.ldb": one, "MANIFEST-000001": manifest([range(one, { number: 0 })]) }),
	],
	[
		"a table that is named on two levels",
		() => ({
			"000003.log": log(),
			"000005.ldb": one,
			"MANIFEST-000001": manifest([range(one), range(one, { level: 1 })]),
		}),
	],
	[
		"tables over each other",
		() => ({
			"000003.log": log(),
			"000005.ldb": one,
			"000006.ldb": one,
			"MANIFEST-000001": manifest([range(one, { level: 1 }), range(one, { level: 1, number: 6 })]),
		}),
	],
	[
		"a level that does not exist",
		() => ({ "000003.log": log(), "000005.ldb": one, "MANIFEST-000001": manifest([range(one, { level: 99 })]) }),
	],
	[
		"a smallest key of no bytes",
		() => ({
			"000003.log": log(),
			"000005.ldb": one,
			"MANIFEST-000001": manifest([range(one, { smallest: Buffer.alloc(0) })]),
		}),
	],
	[
		"keys in the wrong order",
		() => {
			const bytes = tableOf([
				{ key: Buffer.from("_z"), sequence: 5, value },
				{ key, sequence: 5, value },
			]).bytes;
			return { "000003.log": log(), "000005.ldb": bytes, "MANIFEST-000001": manifest([range(bytes)]) };
		},
	],
	[
		"a key shorter than its own end",
		() => {
			const bytes = table(
				Buffer.concat([
					varint(0),
					lengthAnd(Buffer.of(1)).subarray(0, 1),
					varint(0),
					Buffer.of(1),
					Buffer.from([0, 0, 0, 0, 1, 0, 0, 0]),
				]),
			);
			return { "000003.log": log(), "000005.ldb": bytes, "MANIFEST-000001": manifest([range(bytes)]) };
		},
	],
	[
		"kilobytes that say gigabytes of keys",
		() => {
			const bytes = prefixBomb(100_000, 20_000, false);
			return { "000003.log": log(), "000005.ldb": bytes, "MANIFEST-000001": manifest([range(bytes)]) };
		},
	],
	[
		"an index that says gigabytes of keys",
		() => {
			const bytes = prefixBomb(100_000, 20_000, true);
			return { "000003.log": log(), "000005.ldb": bytes, "MANIFEST-000001": manifest([range(bytes)]) };
		},
	],
	[
		"a compressed block of four gigabytes",
		() => {
			const bytes = table(Buffer.from("ffffffff0f00", "hex"), { type: 1 });
			return { "000003.log": log(), "000005.ldb": bytes, "MANIFEST-000001": manifest([range(bytes)]) };
		},
	],
	[
		"an index that names one block a hundred thousand times",
		() => {
			const handle = Buffer.concat([varint(13), varint(8)]);
			const entry = (n: number) =>
				Buffer.concat([
					varint(0),
					varint(16),
					varint(handle.length),
					internal(Buffer.from(String(n).padStart(8, "0"))),
					handle,
				]);
			const bytes = table(
				Buffer.concat([...Array.from({ length: 100_000 }, (_, n) => entry(n)), Buffer.from([0, 0, 0, 0, 1, 0, 0, 0])]),
				{ isIndex: true },
			);
			return { "000003.log": log(), "000005.ldb": bytes, "MANIFEST-000001": manifest([range(bytes)]) };
		},
	],
	[
		"a number that was never given",
		() => {
			const bytes = tableOf([{ key, sequence: 5000, value }]).bytes;
			return { "000003.log": log(), "000005.ldb": bytes, "MANIFEST-000001": manifest([range(bytes)]) };
		},
	],
];

it.each(damaged)("%s: damaged, at once, and left alone", async (_, files) => {
	const where = profile(files());
	const folder = join(where.path, "Local Storage", "leveldb");
	const before = readdirSync(folder);
	const { stores } = openBrowserStores(at("cfm"));
	const memory = process.memoryUsage.rss();
	for (const origins of ["all", [origin]] as const) {
		expect((await stores.read(where, { origins })).state).toBe("damaged");
	}
	expect(process.memoryUsage.rss() - memory).toBeLessThan(400e6);
	const edit = { origin, action: "set" as const, value: "12" };
	expect(await stores.edit(where, [edit], options)).toMatchObject([{ outcome: "refused" }]);
	expect(readdirSync(folder)).toEqual(before);
});

describe("what costs nothing", () => {
	const reading = async (where: BrowserProfile) =>
		(await openBrowserStores(at("cfm")).stores.read(where, { origins: [origin] })).stores[0]?.values[0]?.value;

	it("a million tiny entries in a log", async () => {
		const tiny = Array.from({ length: 1_000_000 }, (_, n) => ({
			key: Buffer.of(n & 255, (n >> 8) & 255, n >> 16),
			value: undefined,
		}));
		const where = profile({
			"000003.log": log(batchOf(2, tiny), batchOf(2_000_000, [{ key, value }])),
			"MANIFEST-000001": manifest(),
		});
		const memory = process.memoryUsage.rss();
		expect(await reading(where)).toEqual({ known: true, value: "7" });
		expect(process.memoryUsage.rss() - memory).toBeLessThan(400e6);
	});

	it("a log of 200 megabytes of nothing", async () => {
		const where = profile({ "000003.log": log(good), "MANIFEST-000001": manifest() });
		const file = join(where.path, "Local Storage", "leveldb", "000003.log");
		truncateSync(file, 200 << 20);
		expect(await reading(where)).toEqual({ known: true, value: "7" });
	});
});

it("a log that a later one replaced is not missed", async () => {
	const where = profile({ "000009.log": log(good), "MANIFEST-000001": manifest() });
	const { stores } = openBrowserStores(at("cfm"));
	expect(await stores.read(where, { origins: [origin] })).toMatchObject({ state: "readable" });
	const edit = { origin, action: "set" as const, value: "12" };
	expect(await stores.edit(where, [edit], options)).toMatchObject([{ outcome: "done" }]);
	// Above every number, also those that the manifest has given away.
	expect(readFileSync(join(where.path, "Local Storage", "leveldb", "000100.log")).length).toBeGreaterThan(20);
});
