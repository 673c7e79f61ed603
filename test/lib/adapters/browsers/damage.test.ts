import { cpSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openBrowserStores } from "../../../../src/lib/adapters/browsers/open.js";
import { entryKey } from "../../../../src/lib/adapters/chromium/origin-key.js";
import { encodeText } from "../../../../src/lib/adapters/chromium/text.js";
import type { BrowserProfile, StoreReading } from "../../../../src/lib/webid/stores.js";
import { randomFrom } from "../../../checks/harness.mjs";
import { openLevel } from "../leveldb/library.js";
import { memoryDisk, useFolder } from "../temp.js";
import { type Content, kinds, makeProfile } from "./profiles.js";

const at = useFolder(memoryDisk);
const options = { dryRun: false, now: new Date(), keepDays: 7 };
const sites = Array.from({ length: 30 }, (_, n) => `https://site${n}.example`);
const seed = Number(process.env.CFM_SEED ?? 20_261_123);

/** Values with which a changed byte cannot be taken for another value of the test. */
const content: Content = Object.fromEntries(
	sites.map((site, n) => [site, { CFM_ID: `${1000 + n}-${"v".repeat(20)}`, filling: String(n).repeat(700) }]),
);

type Damage = { name: string; at: number; mask?: number };

/** One file of the profile, cut short or with a bit turned, repeatable by the seed. */
function damage(profile: BrowserProfile, random: ReturnType<typeof randomFrom>): Damage {
	const files = readdirSync(profile.path, { recursive: true, encoding: "utf8" })
		.filter((name) => /CURRENT|MANIFEST|\.log$|\.ldb$|LocalStorage|data\.sqlite|webappsstore/.test(name))
		.filter((name) => statSync(join(profile.path, name)).isFile() && statSync(join(profile.path, name)).size > 0)
		.sort();
	const name = random.pick(files);
	const file = join(profile.path, name);
	const bytes = readFileSync(file);
	const where = random.below(bytes.length);
	if (random.below(3) === 0) {
		truncateSync(file, where);
		return { name, at: where };
	}
	const mask = 1 << random.below(8);
	bytes[where] = (bytes[where] ?? 0) ^ mask;
	writeFileSync(file, bytes);
	return { name, at: where, mask };
}

describe.each(kinds)("300 damaged stores: %s", (kind) => {
	it("never crash, never tell a wrong value with a clean bill, and are never written", async () => {
		const whole = await makeProfile(kind, content, at());
		const earlier: Content = { ...content };
		if (kind === "leveldb") await rewrite(whole, earlier);
		const random = randomFrom(seed);
		const seen = { clean: 0, told: 0, refused: 0, silent: 0 };
		for (let n = 0; n < 75; n += 1) {
			const path = at(`case-${n}`);
			cpSync(whole.within, path, { recursive: true });
			const profile = { ...whole, within: path, path: join(path, "Default"), userData: whole.userData && path };
			const done = damage(profile, random);
			const what = `seed ${seed}, case ${n}: ${JSON.stringify(done)}`;
			const before = fingerprint(profile.path);
			const { stores } = openBrowserStores(at("cfm"));
			const reading = await stores.read(profile, { origins: sites });
			const all = await stores.read(profile, { origins: "all" });
			const wrong = [...reading.stores, ...all.stores].flatMap((store) => wrongIn(store));
			if (reading.state === "damaged" || reading.state === "unsupported") seen.told += 1;
			else if (wrong.length === 0 && reading.stores.length > 0) seen.clean += 1;
			if (kind === "leveldb") {
				// Cut at the end of a write, a log is the log of a moment before: every value is one that was there then.
				const isOlder = done.mask === undefined && done.name.endsWith(".log");
				const never = wrong.filter((one) => !isOlder || !/: (an older value|null)$/.test(one));
				expect(never, what).toEqual([]);
			} else if (wrong.length > 0) {
				// SQLite's pages have no checksums: a bit of the value itself is the value, and nobody can tell.
				expect(done.mask, what).toBeDefined();
				expect(wrong.length, what).toBeLessThanOrEqual(2);
				seen.silent += 1;
			}
			expect(fingerprint(profile.path), what).toEqual(before);
			if (reading.state === "damaged" && kind !== "data.sqlite") {
				const edit = { origin: "https://site3.example", action: "set" as const, value: "1" };
				const [result] = await stores.edit(profile, [edit], options);
				if (kind === "leveldb" && result?.outcome === "done") {
					// Its own part of the store is sound: it is one log more, and what is damaged is as it was.
					expect(fingerprint(profile.path), what).toEqual(expect.arrayContaining(before));
					const again = await stores.read(profile, { origins: [edit.origin] });
					expect(again.stores[0]?.values[0]?.value, what).toEqual({ known: true, value: "1" });
				} else {
					expect(result?.outcome, what).toMatch(/^(refused|failed|not-present)$/);
					expect(fingerprint(profile.path), what).toEqual(before);
					seen.refused += 1;
				}
			}
			rmSync(path, { recursive: true });
		}
		if (process.env.CFM_SEED !== undefined) console.log(kind, seen);
		expect(seen.told, JSON.stringify(seen)).toBeGreaterThan(10);
		expect(seen.silent, JSON.stringify(seen)).toBeLessThan(8);
	});
});

/** Values that are told as known and are not what was stored. */
function wrongIn(store: StoreReading): string[] {
	return store.values.flatMap(({ origin, value }) => {
		if (!value.known || value.value === content[origin]?.CFM_ID) return [];
		// Nothing of a store of which it is said that it is damaged: what is missing there is said to be missing.
		return [`${origin}: ${value.value}`];
	});
}

/** Some of it in tables, some in the log; older values of the same keys in the tables. */
async function rewrite(profile: BrowserProfile, values: Content): Promise<void> {
	const folder = join(profile.path, "Local Storage", "leveldb");
	const level = await openLevel(folder, { createIfMissing: false });
	for (const site of sites) await level.put(entryKey(site, "CFM_ID"), encodeText("an older value"));
	await level.compactRange(Buffer.of(0), Buffer.of(255));
	for (const [site, entries] of Object.entries(values).slice(0, 20)) {
		await level.put(entryKey(site, "CFM_ID"), encodeText(entries.CFM_ID ?? ""));
	}
	await level.compactRange(Buffer.of(0), Buffer.of(255));
	for (const [site, entries] of Object.entries(values).slice(10)) {
		await level.put(entryKey(site, "CFM_ID"), encodeText(entries.CFM_ID ?? ""));
	}
	await level.close();
}

function fingerprint(folder: string): string[] {
	return readdirSync(folder, { recursive: true, encoding: "utf8" })
		.map((name) => join(folder, name))
		.sort()
		.map((name) => {
			const facts = statSync(name);
			return facts.isFile() ? `${name} ${readFileSync(name).toString("base64")}` : name;
		});
}
