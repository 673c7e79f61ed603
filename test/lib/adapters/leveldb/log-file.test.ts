import { describe, expect, it } from "vitest";
import { crc32c, masked } from "../../../../src/lib/adapters/leveldb/crc32c.js";
import { DamagedError } from "../../../../src/lib/adapters/leveldb/damaged.js";
import { readLog } from "../../../../src/lib/adapters/leveldb/log-file.js";

/** A log as LevelDB writes it (db/log_writer.cc). */
function log(records: readonly Buffer[]): Buffer {
	const parts: Buffer[] = [];
	let at = 0;
	const put = (bytes: Buffer) => {
		parts.push(bytes);
		at += bytes.length;
	};
	for (const record of records) {
		for (let from = 0, isFirst = true; isFirst || from < record.length; isFirst = false) {
			if (32_768 - (at % 32_768) < 7) put(Buffer.alloc(32_768 - (at % 32_768)));
			const end = Math.min(record.length, from + 32_768 - (at % 32_768) - 7);
			const piece = record.subarray(from, end);
			const type = isFirst ? (end === record.length ? 1 : 2) : end === record.length ? 4 : 3;
			const header = Buffer.alloc(7);
			header.writeUInt16LE(piece.length, 4);
			header[6] = type;
			header.writeUInt32LE(masked(crc32c(Buffer.concat([header.subarray(6), piece]), 0, piece.length + 1)), 0);
			put(Buffer.concat([header, piece]));
			from = end;
		}
	}
	return Buffer.concat(parts);
}

const records = [40, 3, 120, 0, 77].map((length, n) => Buffer.alloc(length, n + 1));

describe("a log", () => {
	it("gives its records, also those of several blocks", () => {
		const long = [...records, Buffer.alloc(100_000, "x"), Buffer.from("end")];
		expect(readLog(log(long), "000003.log")).toEqual({ records: long, whole: true });
	});

	it("with any one bit turned is damaged, never shorter", () => {
		const whole = log(records);
		for (let bit = 0; bit < whole.length * 8; bit += 1) {
			const bent = Buffer.from(whole);
			bent[bit >> 3] = (bent[bit >> 3] as number) ^ (1 << (bit & 7));
			expect(() => readLog(bent, "000003.log"), `bit ${bit}`).toThrow(DamagedError);
		}
	});

	it("cut short anywhere has the records before the cut", () => {
		const whole = log(records);
		const ends = records.map((_, n) => log(records.slice(0, n + 1)).length);
		for (let length = 0; length < whole.length; length += 1) {
			const left = records.slice(0, ends.filter((end) => end <= length).length);
			const isWhole = length === 0 || ends.includes(length);
			expect(readLog(whole.subarray(0, length), "000003.log")).toEqual({ records: left, whole: isWhole });
		}
	});
});
