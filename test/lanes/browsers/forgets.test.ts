// Browsers that do not keep what sites store: what cfm says of each site is what a page finds at the next start.
import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { afterAll, beforeAll, expect, it } from "vitest";
import { forgettingOf } from "../../../src/lib/adapters/browsers/forgets.js";
import { linuxBrowserPolicies } from "../../../src/lib/adapters/linux/browser-policies.js";
import type { BrowserProfile } from "../../../src/lib/webid/stores.js";
import { makeFolder } from "../../folders.js";
import { browsers, type RunningBrowser, serveSites } from "./real-browsers.js";

/** Where Debian's Chromium looks for policies, as in `policy.test.ts`. */
const policies = "/etc/chromium/policies/managed";
const policyFile = join(policies, `cfm-lane-${process.pid}.json`);

const folder = makeFolder("forgets");
let served: Awaited<ReturnType<typeof serveSites>>;
beforeAll(async () => {
	served = await serveSites(3);
	mkdirSync(policies, { recursive: true });
	for (const left of readdirSync(policies).filter((name) => name.startsWith("cfm-lane-"))) rmSync(join(policies, left));
});
afterAll(() => {
	rmSync(policyFile, { force: true });
	served.close();
	rmSync(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 });
});

/** The profile of one of the lane's browsers, in a folder of its own below another: it is a user's, not one that was named. */
function place(name: string) {
	const browser = browsers.find((one) => one.name === name);
	if (browser === undefined) throw new Error(name);
	const path = join(folder, name);
	mkdirSync(path);
	return { path, profile: browser.profile(path), start: browser.start };
}

/** What each site's page finds at a start of the browser. */
async function visitAll(start: (folder: string) => Promise<RunningBrowser>, path: string, script: string) {
	const browser = await start(path);
	const found = [];
	for (const site of served.sites) found.push(await browser.visit(site, script));
	await browser.quit();
	return found;
}

/** What says, by cfm, that a site's web ID will not stay. */
async function saidOf(profile: BrowserProfile) {
	const forgetting = await forgettingOf(profile, linuxBrowserPolicies());
	return served.sites.map((site) => forgetting(site)?.setting ?? null);
}

const set = "localStorage.setItem('CFM_ID', '7')";
const get = "localStorage.getItem('CFM_ID')";

it("Chromium: one site by policy, one by preference, and one is kept", async () => {
	const { path, profile, start } = place("Chromium with LevelDB");
	const [byPolicy = "", byPreference = ""] = served.sites;
	writeFileSync(policyFile, JSON.stringify({ CookiesSessionOnlyForUrls: [byPolicy] }));
	mkdirSync(profile.path);
	const exceptions = { cookies: { [`${byPreference},*`]: { setting: 4 } } };
	writeFileSync(join(profile.path, "Preferences"), JSON.stringify({ profile: { content_settings: { exceptions } } }));
	await visitAll(start, path, set);
	const setting = "profile.content_settings.exceptions.cookies";
	expect(await saidOf(profile)).toEqual(["CookiesSessionOnlyForUrls", setting, null]);
	expect(await visitAll(start, path, get)).toEqual([null, null, "7"]);
});

it("Firefox: all sites are cleared when it is closed, but for a host that its user allowed", async () => {
	const { path, profile, start } = place("Firefox");
	const setting = "privacy.sanitize.sanitizeOnShutdown";
	writeFileSync(join(path, "prefs.js"), `user_pref("${setting}", true);\n`);
	await visitAll(start, path, set);
	expect(await saidOf(profile)).toEqual(Array(3).fill(setting));
	const database = new Database(join(path, "permissions.sqlite"));
	database.prepare("INSERT INTO moz_perms VALUES (99, 'http://127.0.0.1', 'cookie', 1, 0, 0, 0)").run();
	database.close();
	expect(await visitAll(start, path, `const there = ${get}; ${set}; there`)).toEqual([null, null, null]);
	expect(await saidOf(profile)).toEqual([null, null, null]);
	expect(await visitAll(start, path, get)).toEqual(["7", "7", "7"]);
});
