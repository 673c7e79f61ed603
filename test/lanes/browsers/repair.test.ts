// What `web repair` makes of a damaged store, the real browsers read and write.
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { openBrowserStores } from "../../../src/lib/adapters/browsers/open.js";
import { makeFolder } from "../../folders.js";
import { browsers, serveSites } from "./real-browsers.js";

const folder = makeFolder("repaired");
let served: Awaited<ReturnType<typeof serveSites>>;
beforeAll(async () => {
	served = await serveSites(2);
});
afterAll(() => {
	served.close();
	rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
});

/** The largest file in which a store has its entries, of the first site. */
function largest(place: string, store: string): string {
	const names = readdirSync(place, { recursive: true, encoding: "utf8" });
	const isOf = { leveldb: /\.(log|ldb)$/, sqlite: /LocalStorage$/, "data.sqlite": /data\.sqlite$/ }[store] ?? /^$/;
	const files = names.filter((name) => isOf.test(name)).map((name) => join(place, name));
	return files.sort((a, b) => readFileSync(b).length - readFileSync(a).length)[0] ?? "";
}

it.each(browsers)("$name reads and writes what was repaired", async ({ name, start, profile: profileOf, store }) => {
	const place = join(folder, name);
	mkdirSync(place);
	const home = join(folder, `cfm-${store}`);
	mkdirSync(home, { mode: 0o700 });
	const [first = "", second = ""] = served.sites;
	const many = "for (let n = 0; n < 400; n++) localStorage.setItem('key' + n, String(n).repeat(100))";
	const setUp = await start(place);
	await setUp.visit(first, `localStorage.setItem('CFM_ID', '7'); ${many}`);
	await setUp.visit(second, "localStorage.setItem('CFM_ID', '8')");
	await setUp.quit();
	// Merges what a log still holds, so that the file is all there is of it.
	const cfm = openBrowserStores(home);
	const profile = profileOf(place);
	const options = { dryRun: false, now: new Date(), keepDays: 7 };
	const set = (origin: string, value: string) => cfm.stores.edit(profile, [{ origin, action: "set", value }], options);
	expect(await set(first, "17")).toMatchObject([{ outcome: "done" }]);
	const file = largest(place, store);
	const bytes = readFileSync(file);
	// Where values stand, and not at the beginning, which leads to all the rest.
	const from = Math.floor(bytes.length * 0.6);
	bytes.fill(0xab, from, from + (store === "leveldb" ? 300 : 5000));
	writeFileSync(file, bytes);

	const repaired = await cfm.repair(profile, options);
	expect(repaired).toMatchObject({ outcome: "done", stores: [store], why: expect.stringMatching(/^Lost is /) });
	const browser = await start(place);
	const left = await browser.visit<string[]>(first, "Object.keys(localStorage)");
	expect(left.length).toBeGreaterThan(100);
	expect(left.length).toBeLessThan(402);
	const sound = left
		.filter((key) => /^key\d+$/.test(key))
		.map((key) => `localStorage.${key} === '${key.slice(3)}'.repeat(100)`);
	expect(await browser.visit(first, sound.join(" && "))).toBe(true);
	expect(await browser.visit(second, "localStorage.CFM_ID")).toBe("8");
	await browser.visit(first, "localStorage.setItem('after', '1')");
	await browser.quit();
	expect(await set(first, "27")).toMatchObject([{ outcome: "done", after: { known: true, value: "27" } }]);
	const again = await start(place);
	expect(await again.visit(first, "localStorage.CFM_ID + localStorage.after")).toBe("271");
	await again.quit();
});
