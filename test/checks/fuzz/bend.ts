import { crc32c, masked } from "../../../src/lib/adapters/leveldb/crc32c.js";
import { logOf, logRecords } from "../../../src/lib/adapters/leveldb/log-file.js";
import { bytesInMemory } from "../../../src/lib/adapters/user-files/file-bytes.js";
import type { Random } from "../harness.mjs";
import type { Files } from "./seeds.js";

/** Bends one file as crashes and people with time on their hands do; some bends get right checksums afterwards. */
export function bend(kind: string, files: Files, random: Random): void {
	const all = [...files.keys()].filter((name) => (files.get(name)?.length ?? 0) > 0);
	// Of a LevelDB without its list of files nothing more is to be seen.
	const most = all.filter((name) => !/^(CURRENT|MANIFEST)/.test(name));
	const names = most.length > 0 && random.below(8) > 0 ? most : all;
	if (names.length === 0) return;
	const name = random.pick(names);
	const bytes = Buffer.from(files.get(name) as Buffer);
	if (kind === "leveldb" && random.below(2) === 0) files.set(name, checksummed(name, bytes, random));
	else if (name === "db-wal" && random.below(2) === 0) files.set(name, withRightSums(scratch(bytes, random)));
	else files.set(name, any(bytes, random));
}

function any(bytes: Buffer, random: Random): Buffer {
	switch (random.below(5)) {
		case 0:
			return bytes.subarray(0, random.below(bytes.length));
		case 1:
			return Buffer.concat([bytes.subarray(0, random.below(bytes.length)), Buffer.alloc(random.below(9000))]);
		case 2: {
			// A sector or a page of one place in another.
			const size = random.pick([512, 1024, 4096]);
			const [from, to] = [0, 0].map(() => random.below(Math.ceil(bytes.length / size)) * size) as [number, number];
			bytes.copy(bytes, to, from, Math.min(bytes.length, from + size));
			return bytes;
		}
		default:
			return scratch(bytes, random);
	}
}

/** Some bytes are others; mostly near each other, and often small numbers. */
function scratch(bytes: Buffer, random: Random): Buffer {
	const from = random.below(bytes.length);
	for (let n = random.below(4) + 1; n > 0; n -= 1) {
		const at = Math.min(bytes.length - 1, from + random.below(16));
		bytes[at] = random.pick([
			0,
			1,
			2,
			127,
			128,
			255,
			random.below(256),
			(bytes[at] as number) ^ (1 << random.below(8)),
		]);
	}
	return bytes;
}

/** LevelDB's files, bent inside of what checksums are about. */
function checksummed(name: string, bytes: Buffer, random: Random): Buffer {
	if (/^(MANIFEST|.*\.log$)/.test(name)) {
		const records = recordsOf(name, bytes);
		const at = random.below(records.length);
		if (records[at] === undefined) return scratch(bytes, random);
		const how = random.below(6);
		if (how === 0) records.splice(at, 1);
		else if (how === 1) records.push(records[at]);
		else if (records[at].length > 0) scratch(records[at], random);
		return logOf(records);
	}
	if (!name.endsWith(".ldb")) return scratch(bytes, random);
	const blocks = blocksOf(bytes);
	const { at, size } = random.pick(blocks);
	const inside = Buffer.from(bytes.subarray(at, at + size));
	if (size > 0) scratch(inside, random);
	inside.copy(bytes, at);
	bytes.writeUInt32LE(masked(crc32c(bytes, at, at + size + 1)), at + size + 1);
	return bytes;
}

/** None of one that was bent before. */
function recordsOf(name: string, bytes: Buffer): Buffer[] {
	try {
		return Array.from(logRecords(bytesInMemory(name, bytes)), (record) => Buffer.from(record));
	} catch {
		return [];
	}
}

/** Where a sound table's blocks are: from one right checksum to the next. */
function blocksOf(bytes: Buffer): { at: number; size: number }[] {
	const blocks: { at: number; size: number }[] = [];
	const end = bytes.length - 48;
	for (let at = 0; at < end; ) {
		let size = -1;
		for (let crc = -1, to = at; to + 5 <= end; to += 1) {
			crc = (crc >>> 8) ^ (bytewise[(crc ^ (bytes[to] as number)) & 255] as number);
			if (masked(~crc >>> 0) !== bytes.readUInt32LE(to + 1)) continue;
			size = to - at;
			break;
		}
		if (size < 0) break;
		blocks.push({ at, size });
		at += size + 5;
	}
	return blocks.length === 0 ? [{ at: 0, size: 0 }] : blocks;
}

const bytewise = Int32Array.from({ length: 256 }, (_, byte) => {
	let crc = byte;
	for (let bit = 0; bit < 8; bit += 1) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
	return crc;
});

/** A log of SQLite whose every frame counts again. */
function withRightSums(wal: Buffer): Buffer {
	if (wal.length < 32) return wal;
	const isLittle = (wal.readUInt32BE(0) & 1) === 0;
	const pageSize = wal.readUInt32BE(8);
	let [first, second] = [0, 0];
	const sum = (from: number, to: number) => {
		for (let at = from; at + 8 <= to; at += 8) {
			const [a, b] = [at, at + 4].map((one) => (isLittle ? wal.readUInt32LE(one) : wal.readUInt32BE(one))) as [
				number,
				number,
			];
			first = (first + a + second) >>> 0;
			second = (second + b + first) >>> 0;
		}
	};
	sum(0, 24);
	wal.writeUInt32BE(first, 24);
	wal.writeUInt32BE(second, 28);
	if (pageSize < 512 || pageSize > 65_536 || pageSize % 8 !== 0) return wal;
	for (let at = 32; at + 24 + pageSize <= wal.length; at += 24 + pageSize) {
		wal.copy(wal, at + 8, 16, 24);
		sum(at, at + 8);
		sum(at + 24, at + 24 + pageSize);
		wal.writeUInt32BE(first, at + 16);
		wal.writeUInt32BE(second, at + 20);
	}
	return wal;
}
