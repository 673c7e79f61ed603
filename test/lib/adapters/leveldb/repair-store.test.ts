import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { repairStore, salvageOf } from "../../../../src/lib/adapters/leveldb/repair-store.js";
import { keepIn } from "../../../../src/lib/adapters/user-files/keep-folder.js";
import { UserFolder } from "../../../../src/lib/adapters/user-files/user-folder.js";
import fc from "../../../property.js";
import { memoryDisk, useFolder } from "../temp.js";
import { openLevel } from "./library.js";

const at = useFolder(memoryDisk);
const guard = async () => undefined;

/** What a key had, one value after the other; the last one counts. */
type History = Map<string, string[]>;

/** A store with tables on two levels and a log, which LevelDB makes. */
async function fill(folder: string): Promise<History> {
	mkdirSync(folder, { recursive: true });
	const history: History = new Map();
	for (let round = 0; round < 4; round += 1) {
		const level = await openLevel(folder, { createIfMissing: true, writeBufferSize: 65_536, compression: false });
		for (let n = 0; n < 60; n += 1) {
			if (n % (round + 1) !== 0) continue;
			const [key, value] = [`key-${n}`, `${round}.${n} `.repeat(300)];
			await level.put(Buffer.from(key), Buffer.from(value));
			history.set(key, [...(history.get(key) ?? []), value]);
		}
		if (round === 1) await level.compactRange(Buffer.from("a"), Buffer.from("z"));
		await level.close();
	}
	return history;
}

async function contentOf(folder: string): Promise<Map<string, string>> {
	const level = await openLevel(folder, { createIfMissing: false });
	const found = new Map<string, string>();
	for await (const [key, value] of level.iterator()) found.set(key.toString(), value.toString());
	await level.close();
	return found;
}

/** Repairs it, if something is damaged. @returns what was damaged */
async function repair(path: string, keep: string): Promise<string[] | undefined> {
	mkdirSync(keep);
	const folder = UserFolder.open(path);
	try {
		const salvage = salvageOf(folder);
		if (salvage === undefined) return undefined;
		await repairStore(folder, salvage, { keep: keepIn(keep), guard });
		expect(salvageOf(folder)).toBeUndefined();
		return salvage.lost;
	} finally {
		folder.close();
	}
}

const isPart = (name: string) => /^(CURRENT|MANIFEST-.*|.*\.(log|ldb))$/.test(name);

describe("a damaged store", () => {
	it("that is sound is none", async () => {
		await fill(at("sound"));
		expect(await repair(at("sound"), at("keep"))).toBeUndefined();
	});

	it("is one that LevelDB reads again, with nothing in it that was not there, wherever a byte was turned", async () => {
		const history = await fill(at("whole"));
		const files = readdirSync(at("whole"))
			.filter(isPart)
			.map((name) => ({ name, bytes: readFileSync(at("whole", name)) }));
		let run = 0;
		await fc.assert(
			fc.asyncProperty(fc.nat(), fc.nat(), fc.integer({ min: 1, max: 255 }), async (which, where, turn) => {
				run += 1;
				const [path, keep] = [at(`store-${run}`), at(`keep-${run}`)];
				mkdirSync(path);
				const damaged = files.filter(({ bytes }) => bytes.length > 0)[
					which % files.filter(({ bytes }) => bytes.length > 0).length
				];
				for (const { name, bytes } of files) {
					const own = Buffer.from(bytes);
					if (name === damaged?.name) own[where % own.length] = (own[where % own.length] as number) ^ turn;
					writeFileSync(join(path, name), own);
				}
				const lost = await repair(path, keep);
				if (lost !== undefined) {
					expect(lost.length).toBeGreaterThan(0);
					for (const [key, value] of await contentOf(path)) expect(history.get(key)).toContain(value);
					// The damaged files are what is kept.
					expect(readdirSync(keep).sort()).toEqual(files.map(({ name }) => name).sort());
				}
				rmSync(path, { recursive: true });
				rmSync(keep, { recursive: true });
			}),
			{ numRuns: 60 },
		);
	});

	it.each([
		["CURRENT", (name: string) => name === "CURRENT"],
		["the manifest", (name: string) => name.startsWith("MANIFEST")],
	])("without %s keeps all values there are", async (_, isGone) => {
		const history = await fill(at("store"));
		for (const name of readdirSync(at("store")).filter(isGone)) rmSync(at("store", name));
		expect(await repair(at("store"), at("keep"))).toHaveLength(1);
		const newest = new Map([...history].map(([key, values]) => [key, values.at(-1)]));
		expect(await contentOf(at("store"))).toEqual(newest);
	});

	it("without one of its tables keeps what the others hold", async () => {
		await fill(at("store"));
		const tables = readdirSync(at("store")).filter((name) => name.endsWith(".ldb"));
		expect(tables.length).toBeGreaterThan(1);
		rmSync(at("store", tables[0] ?? ""));
		expect(await repair(at("store"), at("keep"))).toEqual([expect.stringMatching(/^the table \d+ is missing$/)]);
		expect((await contentOf(at("store"))).size).toBeGreaterThan(0);
	});
});
