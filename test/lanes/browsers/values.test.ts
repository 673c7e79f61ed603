import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { openBrowserStores } from "../../../src/lib/adapters/browsers/open.js";
import type { BrowserProfile, Edit } from "../../../src/lib/webid/stores.js";
import { makeFolder } from "../../folders.js";
import { dump } from "../../lib/adapters/browsers/profiles.js";
import { until } from "../../until.js";
import { browsers, type RunningBrowser, serveSites } from "./real-browsers.js";

const folder = makeFolder("browsers");
const options = () => ({ dryRun: false, now: new Date(), keepDays: 7 });
let served: Awaited<ReturnType<typeof serveSites>>;
let sites: string[];
beforeAll(async () => {
	served = await serveSites(4);
	sites = served.sites;
	mkdirSync(join(folder, "cfm"), { mode: 0o700 });
});
afterAll(() => {
	served.close();
	rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
});
const cfm = openBrowserStores(join(folder, "cfm"));
const set = (origin: string, value: string): Edit => ({ origin, action: "set", value });
const entries = "JSON.stringify(Object.entries(localStorage).sort())";

/** Keys and values of every kind, written by a page. */
const strange = `for (const [key, value] of [
	["CFM_ID", "7"], ["", "an empty key"], ["nul\\u0000key", "nul\\u0000value"], ["é€", "ÿ"], ["Ÿ", "日本 🙂"],
	["half \\udc00", "\\ud800 half"], ["long", "abc€".repeat(3000)], ["plain", "abc".repeat(3000)],
]) localStorage.setItem(key, value)`;

describe.each(browsers)("$name", ({ start, profile: profileOf, store }) => {
	let place: string;
	let profile: BrowserProfile;
	beforeEach(() => {
		place = mkdtempSync(join(folder, "profile-"));
		profile = profileOf(place);
	});

	async function inBrowser<T>(work: (browser: RunningBrowser) => Promise<T>): Promise<T> {
		const browser = await start(place);
		try {
			return await work(browser);
		} finally {
			await browser.quit();
		}
	}
	const webIds = async () => {
		const { state, why, stores } = await cfm.stores.read(profile, { origins: sites });
		expect([state, why]).toEqual(["readable", null]);
		expect(stores.map((one) => one.store)).toEqual([store]);
		return stores[0]?.values.map(({ value }) => (value.known ? value.value : value.why));
	};
	const seenByPages = () =>
		inBrowser(async ({ visit }) => {
			const seen: [string, string][][] = [];
			for (const site of sites) seen.push(JSON.parse(await visit(site, entries)));
			return seen;
		});

	it("what pages write cfm sees, and what cfm writes pages see; nothing else changes", async () => {
		await inBrowser(async ({ visit }) => {
			await visit(sites[0] ?? "", strange);
			await visit(sites[1] ?? "", "localStorage.setItem('CFM_ID', '8'); localStorage.setItem('other', 'é')");
			await visit(sites[2] ?? "", "localStorage.setItem('other', '1')");
		});
		expect(await webIds()).toEqual(["7", "8", null, null]);
		const before = await seenByPages();

		const stored = await dump(profile, store);
		const wanted = [set(sites[0] ?? "", "12"), set(sites[2] ?? "", "é€🙂"), set(sites[3] ?? "", "14")];
		const results = await cfm.stores.edit(profile, wanted, options());
		expect(results.map(({ outcome, why }) => [outcome, why])).toEqual(wanted.map(() => ["done", null]));
		const changed = Object.entries(await dump(profile, store)).filter(([name, value]) => stored[name] !== value);
		expect(changed.filter(([name]) => !name.startsWith("META"))).toHaveLength(3);
		const id = (list: [string, string][] = [], value: string | undefined) => [
			...(value === undefined ? [] : [["CFM_ID", value]]),
			...list.filter(([key]) => key !== "CFM_ID"),
		];
		const sorted = (list: string[][]) => [...list].sort((a, b) => ((a[0] ?? "") < (b[0] ?? "") ? -1 : 1));
		expect(await seenByPages()).toEqual([
			sorted(id(before[0], "12")),
			sorted(id(before[1], "8")),
			sorted(id(before[2], "é€🙂")),
			[["CFM_ID", "14"]],
		]);

		const gone: Edit[] = [
			{ origin: sites[1] ?? "", action: "remove" },
			{ origin: sites[0] ?? "", action: "clear" },
		];
		expect((await cfm.stores.edit(profile, gone, options())).map(({ outcome }) => outcome)).toEqual(["done", "done"]);
		expect(await seenByPages()).toEqual([[], id(before[1], undefined), expect.anything(), [["CFM_ID", "14"]]]);

		const [backup] = await cfm.backups.list();
		const undone = await cfm.backups.restore(backup?.id ?? "", { ...options(), whole: false });
		expect(undone.map(({ outcome }) => outcome)).toEqual(["done", "done"]);
		const after = await seenByPages();
		expect(after[0]).toEqual(sorted(id(before[0], "12")));
		expect(after[1]).toEqual(sorted(id(before[1], "8")));
		expect((await cfm.backups.restore(backup?.id ?? "", { ...options(), whole: true }))[0]?.outcome).toBe("done");
		expect((await seenByPages())[0]).toEqual(sorted(id(before[0], "12")));
	});

	if (store === "leveldb") {
		it("a damaged store that was repaired is one that the browser reads and goes on in", async () => {
			await inBrowser(async ({ visit }) => {
				await visit(sites[0] ?? "", "localStorage.setItem('CFM_ID', '7')");
			});
			rmSync(join(profile.path, "Local Storage", "leveldb", "CURRENT"));
			expect((await cfm.stores.read(profile, { origins: sites })).state).toBe("damaged");
			expect(await cfm.repair(profile, options())).toMatchObject({ outcome: "done" });
			await inBrowser(async ({ visit }) => {
				expect(await visit(sites[0] ?? "", entries)).toBe('[["CFM_ID","7"]]');
				await visit(sites[1] ?? "", "localStorage.setItem('CFM_ID', '8')");
			});
			expect(await webIds()).toEqual(["7", "8", null, null]);
		});
	}

	it("a profile that never stored anything gets a web ID for sites never visited", async () => {
		await inBrowser(async ({ page }) => page.goto("about:blank"));
		const results = await cfm.stores.edit(profile, [set(sites[0] ?? "", "5"), set(sites[1] ?? "", "6")], options());
		expect(results.map(({ outcome, why }) => [outcome, why])).toEqual([
			["done", null],
			["done", null],
		]);
		const seen = await seenByPages();
		// Chromium takes the LevelDB that it finds; with its SQLite store switched on it ignores it, and cfm cannot know.
		if (store !== "sqlite") expect(seen.slice(0, 2)).toEqual([[["CFM_ID", "5"]], [["CFM_ID", "6"]]]);
		await inBrowser(async ({ visit }) => visit(sites[0] ?? "", "localStorage.setItem('more', '1')"));
		if (store !== "sqlite")
			expect((await seenByPages())[0]).toEqual([
				["CFM_ID", "5"],
				["more", "1"],
			]);
	});

	it("is read 200 times while it runs and writes, never wrong; and is not written", async () => {
		await inBrowser(async ({ visit }) => {
			await visit(sites[0] ?? "", "localStorage.setItem('CFM_ID', '0'); localStorage.setItem('fixed', 'é€')");
			await visit(sites[1] ?? "", "localStorage.setItem('CFM_ID', 'fixed')");
			let [written, isOver, last, distinct, reads] = [0, false, -1, 0, 0];
			const writing = (async () => {
				while (!isOver) {
					await visit(
						sites[0] ?? "",
						`localStorage.setItem('CFM_ID', '${written + 1}'); localStorage.setItem('filling', String(${written}).repeat(30000))`,
					);
					written += 1;
				}
			})();
			// Firefox writes every five seconds: more reads, until its file was seen to change under them.
			await until("the file to change under the reads", async () => {
				const reading = await cfm.stores.read(profile, { origins: sites });
				expect(reading.state, reading.why ?? "").toBe("running");
				const [first, second] = reading.stores[0]?.values ?? [];
				const value = first?.value.known ? Number(first.value.value ?? -1) : Number.NaN;
				expect(value).toBeGreaterThanOrEqual(last);
				expect(value).toBeLessThanOrEqual(written + 1);
				if (value !== last) distinct += 1;
				last = value;
				expect([
					{ known: true, value: "fixed" },
					{ known: true, value: null },
				]).toContainEqual(second?.value);
				reads += 1;
				return reads >= 200 && distinct > 2;
			});
			isOver = true;
			await writing;
			const [refused] = await cfm.stores.edit(profile, [set(sites[0] ?? "", "x")], options());
			expect(refused).toMatchObject({ outcome: "in-use", why: expect.stringMatching(/runs/) });
		});
	});
});

it("all browsers run on for more than a minute with what cfm wrote, and keep it", async () => {
	await Promise.all(
		browsers.map(async ({ name, start, profile: profileOf, store }) => {
			const place = mkdtempSync(join(folder, "minute-"));
			const profile = profileOf(place);
			const first = await start(place);
			await first.visit(sites[0] ?? "", "localStorage.setItem('CFM_ID', '7')");
			await first.quit();
			const results = await cfm.stores.edit(
				profile,
				sites.map((site) => set(site, "42")),
				options(),
			);
			expect(results.map(({ outcome, why }) => [name, outcome, why])).toEqual(sites.map(() => [name, "done", null]));
			// Chromium looks its store through after a minute: wrong times there crash it, or make it forget the site.
			const second = await start(place);
			await second.page.goto(sites[3] ?? "");
			await pause(75_000);
			for (const site of sites) expect(await second.visit(site, "localStorage.CFM_ID"), name).toBe("42");
			await second.quit();
			const { stores } = await cfm.stores.read(profile, { origins: sites });
			expect(stores.map((one) => one.store)).toEqual([store]);
			expect(stores[0]?.values.map(({ value }) => value)).toEqual(sites.map(() => ({ known: true, value: "42" })));
		}),
	);
});
