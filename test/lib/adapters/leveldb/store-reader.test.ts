import { mkdirSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { crc32c } from "../../../../src/lib/adapters/leveldb/crc32c.js";
import { FolderFiles } from "../../../../src/lib/adapters/leveldb/folder-files.js";
import { StoreReader } from "../../../../src/lib/adapters/leveldb/store-reader.js";
import { UserFolder } from "../../../../src/lib/adapters/user-files/user-folder.js";
import fc from "../../../property.js";
import { memoryDisk, useFolder } from "../temp.js";
import { openLevel } from "./library.js";

const at = useFolder(memoryDisk);

describe("a checksum", () => {
	it.each([
		// RFC 3720, appendix B.4
		["00".repeat(32), 0x8a9136aa],
		["ff".repeat(32), 0x62a8ab43],
		[Buffer.from("123456789").toString("hex"), 0xe3069283],
	])("of %s is the one the standard gives", (hex, checksum) => {
		const bytes = Buffer.from(hex, "hex");
		expect(crc32c(bytes, 0, bytes.length)).toBe(checksum);
	});
});

const key = fc.uint8Array({ minLength: 1, maxLength: 12 }).map((bytes) => Buffer.from(bytes.map((byte) => byte % 4)));
const value = fc.oneof(
	fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
	fc.integer({ min: 1000, max: 60_000 }).map((length) => Buffer.alloc(length, `${length} `)),
);
const step = fc.oneof(
	{
		weight: 8,
		arbitrary: fc.record({ puts: fc.array(fc.tuple(key, value), { maxLength: 8 }), deletes: fc.array(key) }),
	},
	{ weight: 1, arbitrary: fc.constant("compact" as const) },
	{ weight: 2, arbitrary: fc.constant("reopen" as const) },
);

const everything = { from: Buffer.alloc(0), to: Buffer.of(255) };

describe("a store", () => {
	it("reads as the library reads it, whatever was written, deleted, compacted", async () => {
		let run = 0;
		await fc.assert(
			fc.asyncProperty(fc.array(step, { maxLength: 20 }), fc.boolean(), async (steps, compression) => {
				run += 1;
				const folder = at(String(run));
				mkdirSync(folder);
				const options = { createIfMissing: true, compression, writeBufferSize: 65_536, blockSize: 256 };
				let level = await openLevel(folder, options);
				for (const one of steps) {
					if (one === "compact") await level.compactRange(Buffer.of(0), Buffer.of(9));
					else if (one === "reopen") {
						await level.close();
						level = await openLevel(folder, options);
					} else {
						await level.batch([
							...one.deletes.map((gone) => ({ type: "del" as const, key: gone })),
							...one.puts.map(([name, content]) => ({ type: "put" as const, key: name, value: content })),
						]);
					}
				}
				const expected = new Map<string, string>();
				for await (const [name, content] of level.iterator())
					expected.set(name.toString("hex"), content.toString("hex"));
				await level.close();
				const reader = new StoreReader(new FolderFiles(UserFolder.open(folder)));
				reader.check();
				const { values, damage } = reader.read([everything]);
				const read = [...values].map(([name, content]) => [
					Buffer.from(name, "latin1").toString("hex"),
					content.known ? content.value.toString("hex") : content,
				]);
				expect(damage).toEqual([]);
				expect(new Map(read as [string, string][])).toEqual(expected);
				const asked = [...expected.keys(), "00", "0303", "020202"];
				const found = reader.get(asked.map((name) => Buffer.from(name, "hex")));
				for (const name of asked) {
					const one = found.get(Buffer.from(name, "hex").toString("latin1"));
					expect(one?.known && (one.value?.toString("hex") ?? null)).toBe(expected.get(name) ?? null);
				}
			}),
			{ numRuns: 60 },
		);
	});
});
