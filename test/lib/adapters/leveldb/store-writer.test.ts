import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, truncateSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { putStoreBack } from "../../../../src/lib/adapters/leveldb/keep-store.js";
import { type KeyRange, KeyRanges } from "../../../../src/lib/adapters/leveldb/key-ranges.js";
import { makeStore, writeStore } from "../../../../src/lib/adapters/leveldb/store-writer.js";
import { keepIn } from "../../../../src/lib/adapters/user-files/keep-folder.js";
import { Unfit } from "../../../../src/lib/adapters/user-files/unfit.js";
import { UserFolder } from "../../../../src/lib/adapters/user-files/user-folder.js";
import fc from "../../../property.js";
import { memoryDisk, useFolder } from "../temp.js";
import { openLevel } from "./library.js";

const at = useFolder(memoryDisk);
const guard = async () => undefined;

it("an empty folder is no store that could be put back: that is said of it, and is no fault", async () => {
	for (const name of ["kept", "store"]) mkdirSync(at(name));
	const folder = UserFolder.openBelow(at(), at("store")) as UserFolder;
	try {
		await expect(putStoreBack(folder, at("kept"), { guard })).rejects.toBeInstanceOf(Unfit);
		expect(folder.names()).toEqual([]);
	} finally {
		folder.close();
	}
});

/** All that LevelDB finds in a store. */
async function contentOf(folder: string): Promise<Map<string, string>> {
	const level = await openLevel(folder, { createIfMissing: false });
	const found = new Map<string, string>();
	for await (const [key, value] of level.iterator()) found.set(key.toString("hex"), value.toString("hex"));
	await level.close();
	return found;
}

/** A store with tables on several levels and a log. */
async function fill(folder: string, entries: readonly (readonly [Buffer, Buffer])[], rounds: number): Promise<void> {
	mkdirSync(folder, { recursive: true });
	const options = { createIfMissing: true, writeBufferSize: 65_536, blockSize: 256 };
	for (let round = 0; round < rounds; round += 1) {
		const level = await openLevel(folder, options);
		for (const [key, value] of entries) {
			if (key.length % rounds === round) await level.put(key, value);
			else if (key[0] === round) await level.del(key);
		}
		if (round === 1) await level.compactRange(Buffer.of(0), Buffer.of(9));
		await level.close();
	}
}

const key = fc.uint8Array({ minLength: 1, maxLength: 9 }).map((bytes) => Buffer.from(bytes.map((byte) => byte % 4)));
const value = fc.oneof(
	fc.uint8Array({ maxLength: 40 }).map((bytes) => Buffer.from(bytes)),
	fc.integer({ min: 1000, max: 60_000 }).map((length) => Buffer.alloc(length, `${length} `)),
);
const edit = fc.record({
	put: fc.array(fc.tuple(key, value), { maxLength: 4 }),
	delete: fc.array(key, { maxLength: 4 }),
	purge: fc.oneof(
		fc.constant<KeyRange[]>([]),
		fc.tuple(key, key).map(([a, b]) => [Buffer.compare(a, b) <= 0 ? { from: a, to: b } : { from: b, to: a }]),
	),
});

describe("a store that is written", () => {
	it("is, to LevelDB, what it was with the change, whatever was in it; twice, and when it goes on", async () => {
		let run = 0;
		await fc.assert(
			fc.asyncProperty(
				fc.array(fc.tuple(key, value), { maxLength: 30 }),
				fc.integer({ min: 1, max: 4 }),
				fc.array(edit, { minLength: 1, maxLength: 3 }),
				async (entries, rounds, edits) => {
					run += 1;
					const path = at(`store-${run}`);
					await fill(path, entries, rounds);
					let expected = await contentOf(path);
					const folder = UserFolder.open(path);
					for (const [n, one] of edits.entries()) {
						const purged = new KeyRanges(one.purge);
						expected = new Map([...expected].filter(([name]) => !purged.has(Buffer.from(name, "hex"))));
						for (const gone of one.delete) expected.delete(gone.toString("hex"));
						for (const [name, content] of one.put) expected.set(name.toString("hex"), content.toString("hex"));
						const keep = at(`keep-${run}-${n}`);
						mkdirSync(keep);
						const before = readdirSync(path);
						await writeStore(folder, {
							keep: keepIn(keep),
							guard,
							edit: () => ({
								...one,
								put: [...new Map(one.put.map(([k, v]) => [k.toString("hex"), [k, v] as [Buffer, Buffer]])).values()],
							}),
						});
						// One file more, and no other touched, when no old value must go.
						if (one.purge.length === 0) {
							expect(readdirSync(path).filter((name) => !before.includes(name) && name !== "LOCK")).toEqual([
								expect.stringMatching(/^\d+\.log$/),
							]);
						}
					}
					folder.close();
					expect(await contentOf(path)).toEqual(expected);
					expect(await contentOf(path)).toEqual(expected);
					const level = await openLevel(path, { createIfMissing: false });
					await level.put(Buffer.from("later"), Buffer.from("1"));
					await level.compactRange(Buffer.alloc(0), Buffer.of(255));
					await level.close();
					expect(await contentOf(path)).toEqual(expected.set(Buffer.from("later").toString("hex"), "31"));
					rmSync(path, { recursive: true });
				},
			),
			{ numRuns: 25 },
		);
	});

	it("behind a torn end of a log loses nothing but what the crash had lost", async () => {
		const path = at("torn");
		await fill(path, [[Buffer.from("a"), Buffer.from("1")]], 1);
		const level = await openLevel(path, { createIfMissing: false });
		for (const name of ["b", "c"]) await level.put(Buffer.from(name), Buffer.from("1"));
		await level.close();
		const log =
			readdirSync(path)
				.filter((name) => name.endsWith(".log"))
				.sort()
				.at(-1) ?? "";
		truncateSync(at("torn", log), statSync(at("torn", log)).size - 3);
		const folder = UserFolder.open(path);
		mkdirSync(at("torn-keep"));
		const put: [Buffer, Buffer][] = [[Buffer.from("d"), Buffer.from("2")]];
		await writeStore(folder, { keep: keepIn(at("torn-keep")), guard, edit: () => ({ put, delete: [], purge: [] }) });
		folder.close();
		expect([...(await contentOf(path)).keys()].map((hex) => Buffer.from(hex, "hex").toString())).toEqual([
			"a",
			"b",
			"d",
		]);
	});

	it("keeps no byte of what had to go", async () => {
		const path = at("purge");
		const secret = (n: number) => [Buffer.from(`secret-${n}`), Buffer.from(`hidden-${n}-`.repeat(50))] as const;
		await fill(
			path,
			[...Array.from({ length: 400 }, (_, n) => secret(n)), [Buffer.from("other"), Buffer.from("stays")]],
			3,
		);
		const folder = UserFolder.open(path);
		mkdirSync(at("purge-keep"));
		const purge = [{ from: Buffer.from("secret-"), to: Buffer.from("secret.") }];
		await writeStore(folder, { keep: keepIn(at("purge-keep")), guard, edit: () => ({ put: [], delete: [], purge }) });
		folder.close();
		for (const name of readdirSync(path).filter((one) => !one.startsWith("LOG"))) {
			expect(readFileSync(at("purge", name)).includes("secret"), name).toBe(false);
		}
		expect(await contentOf(path)).toEqual(
			new Map([[Buffer.from("other").toString("hex"), Buffer.from("stays").toString("hex")]]),
		);
	});

	it("that was made is one", async () => {
		mkdirSync(at("made"));
		const folder = UserFolder.open(at("made"));
		makeStore(folder, [[Buffer.from("VERSION"), Buffer.from("1")]]);
		folder.close();
		expect([...(await contentOf(at("made"))).values()]).toEqual(["31"]);
	});
});
