// What a site keeps in frames of another one, and which of Firefox's stores is live: in the real browsers.
import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openBrowserStores } from "../../../src/lib/adapters/browsers/open.js";
import { areaNamed } from "../../../src/lib/webid/area.js";
import type { BrowserProfile, Edit } from "../../../src/lib/webid/stores.js";
import { makeFolder } from "../../folders.js";
import {
	browsers,
	type FramingBrowser,
	serveSites,
	startFramingChromium,
	startFramingFirefox,
	twoHosts,
} from "./real-browsers.js";

const folder = makeFolder("frames");
const options = () => ({ dryRun: false, now: new Date(), keepDays: 7 });
const [topHost, framedHost] = twoHosts;
let served: Awaited<ReturnType<typeof serveSites>>;
let top: string;
let site: string;
beforeAll(async () => {
	served = await serveSites(1);
	const { port } = new URL(served.sites[0] ?? "");
	[top, site] = [`http://${topHost}:${port}`, `http://${framedHost}:${port}`];
	mkdirSync(join(folder, "cfm"), { mode: 0o700 });
});
afterAll(() => {
	served.close();
	rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
});
const cfm = openBrowserStores(join(folder, "cfm"));
const set = (origin: string, value: string): Edit => ({ origin, action: "set", value });
const olderStore = `user_pref("dom.storage.enable_unsupported_legacy_implementation", true);\n`;
const get = "localStorage.getItem('CFM_ID')";

async function inBrowser<T>(browser: FramingBrowser, work: (browser: FramingBrowser) => Promise<T>): Promise<T> {
	try {
		return await work(browser);
	} finally {
		await browser.quit();
	}
}

async function reading(profile: BrowserProfile) {
	const { state, stores } = await cfm.stores.read(profile, { origins: [site] });
	const [store] = stores;
	return { state, own: store?.values[0]?.value, areas: store?.areas ?? [] };
}

describe.each([
	{ name: "Chromium with LevelDB", start: startFramingChromium },
	{ name: "Firefox", start: startFramingFirefox },
])("$name", ({ name, start }) => {
	it("what a site keeps in a frame cfm sees, sets and clears, and the site's own stays", async () => {
		const place = join(folder, name);
		mkdirSync(place);
		const profile = browsers.find((one) => one.name === name)?.profile(place) as BrowserProfile;
		const page = `${top}/?frame=${encodeURIComponent(site)}`;
		await inBrowser(await start(place), async ({ visit, inFrame }) => {
			await inFrame(page, "localStorage.setItem('CFM_ID', '9')");
			await visit(site, "localStorage.setItem('CFM_ID', '7')");
		});
		const before = await reading(profile);
		expect(before).toMatchObject({ state: "readable", own: { value: "7" }, areas: [{ value: { value: "9" } }] });
		const area = before.areas[0]?.name ?? "";
		// The site around it: Firefox names it without its port.
		expect(areaNamed(area)).toMatchObject({ site, frame: expect.stringMatching(/^http:\/\/top\.test/) });

		if (name === "Firefox") {
			// A site's folder without this file: the page would read nothing and could not write.
			rmSync(join(place, "storage", "default", site.replace(/[:/]/g, "+"), ".metadata-v2"));
			expect(await reading(profile)).toMatchObject({ state: "damaged", own: { value: null } });
		}
		const edits = [set(area, "12"), set(site, "13")];
		const results = await cfm.stores.edit(profile, edits, options());
		expect(results.map(({ outcome, why }) => [outcome, why])).toEqual(edits.map(() => ["done", null]));
		await inBrowser(await start(place), async ({ visit, inFrame }) => {
			expect(await inFrame(page, get)).toBe("12");
			expect(await visit(site, get)).toBe("13");
			await visit(site, "localStorage.setItem('more', '1')");
		});
		expect(await cfm.stores.edit(profile, [{ origin: area, action: "clear" }], options())).toMatchObject([
			{ outcome: "done", before: { value: "12" } },
		]);
		expect(await reading(profile)).toMatchObject({ state: "readable", own: { value: "13" } });
	});
});

it("Firefox: the older store is live where a preference says so, and cfm writes there", async () => {
	const place = join(folder, "older");
	mkdirSync(place);
	const profile = browsers.find(({ name }) => name === "Firefox")?.profile(place) as BrowserProfile;
	writeFileSync(join(place, "prefs.js"), olderStore);
	await inBrowser(await startFramingFirefox(place), async ({ visit }) => {
		await visit(site, "localStorage.setItem('CFM_ID', '7')");
	});
	expect(readdirSync(place)).toContain("webappsstore.sqlite");
	expect(await reading(profile)).toMatchObject({ state: "readable", own: { value: "7" } });
	expect(await cfm.stores.edit(profile, [set(site, "12")], options())).toMatchObject([
		{ outcome: "done", stores: ["webappsstore"] },
	]);
	await inBrowser(await startFramingFirefox(place), async ({ visit }) => {
		expect(await visit(site, get)).toBe("12");
	});
});

it("Firefox: what the older store keeps in a frame cfm sees and sets, under the names that Firefox gives it", async () => {
	const place = join(folder, "older frames");
	mkdirSync(place);
	const profile = browsers.find(({ name }) => name === "Firefox")?.profile(place) as BrowserProfile;
	// Without it that store keeps nothing of a frame.
	writeFileSync(join(place, "prefs.js"), `${olderStore}user_pref("privacy.firstparty.isolate", true);\n`);
	const page = `${top}/?frame=${encodeURIComponent(site)}`;
	await inBrowser(await startFramingFirefox(place), ({ inFrame }) =>
		inFrame(page, "localStorage.setItem('CFM_ID', '9')"),
	);
	const { areas } = await reading(profile);
	expect(areas).toMatchObject([{ value: { value: "9" } }]);
	const [{ name } = { name: "" }] = areas;
	expect(areaNamed(name)).toEqual({ site, frame: topHost, container: null });
	const row = () => {
		const database = new Database(join(place, "webappsstore.sqlite"), { readonly: true });
		const all = database.prepare("SELECT * FROM webappsstore2").all();
		database.close();
		return all;
	};
	const [firefoxs] = row();
	const [result] = await cfm.stores.edit(profile, [set(name, "13")], options());
	expect(result).toMatchObject({ outcome: "done", stores: ["webappsstore"] });
	expect(row()).toEqual([{ ...Object(firefoxs), value: "13" }]);
	await inBrowser(await startFramingFirefox(place), async ({ inFrame }) => expect(await inFrame(page, get)).toBe("13"));
});
