import { describe, expect, it } from "vitest";
import { logOf, logRecords } from "../../../../src/lib/adapters/leveldb/log-file.js";
import { DamagedError } from "../../../../src/lib/adapters/user-files/damaged.js";
import { bytesInMemory } from "../../../../src/lib/adapters/user-files/file-bytes.js";

const records = [40, 3, 120, 0, 77].map((length, n) => Buffer.alloc(length, n + 1));
const read = (bytes: Buffer, isManifest = false) => [...logRecords(bytesInMemory("000003.log", bytes), isManifest)];

describe("a log", () => {
	const long = [...records, Buffer.alloc(100_000, "x"), Buffer.from("end")];

	it("gives its records, also those of several blocks", () => {
		expect(read(logOf(long))).toEqual(long);
	});

	it("with any one bit turned is damaged, never shorter", () => {
		const whole = logOf(records);
		for (let bit = 0; bit < whole.length * 8; bit += 1) {
			const bent = Buffer.from(whole);
			bent[bit >> 3] = (bent[bit >> 3] as number) ^ (1 << (bit & 7));
			expect(() => read(bent), `bit ${bit}`).toThrow(DamagedError);
		}
	});

	it("cut short anywhere has the records before the cut", () => {
		const whole = logOf(records);
		const ends = records.map((_, n) => logOf(records.slice(0, n + 1)).length);
		for (let length = 0; length < whole.length; length += 1) {
			const left = records.slice(0, ends.filter((end) => end <= length).length);
			expect(read(whole.subarray(0, length)), `${length} bytes`).toEqual(left);
		}
	});

	it("whose end the disk never got, from anywhere on, has the records before that", () => {
		const whole = logOf(long);
		const ends = long.map((_, n) => logOf(long.slice(0, n + 1)).length);
		for (const from of [...Array(300).keys(), 32_760, 32_768, 40_000, whole.length - 5]) {
			for (const more of [0, 1, 50_000]) {
				const bytes = Buffer.concat([whole.subarray(0, from), Buffer.alloc(whole.length - from + more)]);
				expect(read(bytes), `zeros from ${from}, ${more} more`).toEqual(
					long.slice(0, ends.filter((end) => end <= from).length),
				);
			}
		}
	});

	it("with zeros in its middle is damaged: what follows was written after them", () => {
		const whole = logOf(records);
		for (const from of [0, 20, 60, 100]) {
			const bytes = Buffer.from(whole);
			bytes.fill(0, from, from + 10);
			expect(() => read(bytes), `zeros from ${from}`).toThrow(DamagedError);
		}
	});

	it("that is a manifest may end in the middle of a record, and not in zeros there: LevelDB takes that for damage", () => {
		const whole = logOf(records);
		expect(read(whole.subarray(0, -1), true)).toEqual(records.slice(0, -1));
		expect(read(Buffer.concat([whole, Buffer.alloc(100)]), true)).toEqual(records);
		expect(() => read(Buffer.concat([whole.subarray(0, -1), Buffer.alloc(100)]), true)).toThrow(DamagedError);
	});
});
