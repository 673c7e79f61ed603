import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import Database from "better-sqlite3";
import { describe, expect, it } from "vitest";
import { forgettingOf } from "../../../../src/lib/adapters/browsers/forgets.js";
import { linuxBrowserPolicies } from "../../../../src/lib/adapters/linux/browser-policies.js";
import { WindowsBrowserPolicies } from "../../../../src/lib/adapters/windows/browser-policies.js";
import { known } from "../../../../src/lib/known.js";
import type { BrowserPolicies } from "../../../../src/lib/webid/forgetting.js";
import type { BrowserProfile } from "../../../../src/lib/webid/stores.js";
import { memoryDisk, useFolder } from "../temp.js";

// What each setting does was seen in Chromium 156 and Firefox ESR 153; the lane of real browsers tries some of them.

const at = useFolder(memoryDisk);
const site = "https://sign.example.com:8443";
const other = "https://portal.example.org";

function write(path: string, content: unknown): void {
	mkdirSync(dirname(at(path)), { recursive: true });
	writeFileSync(at(path), typeof content === "string" ? content : JSON.stringify(content));
}

function aProfile(browser: string, name = "Default"): BrowserProfile {
	const kind = /fox|wolf/.test(browser) ? "firefox" : "chromium";
	const path = kind === "firefox" ? at("home", name) : at("home", "data", name);
	mkdirSync(path, { recursive: true });
	const userData = kind === "firefox" ? null : at("home", "data");
	return { user: "ana", sid: null, browser, kind, name, path, within: at("home"), userData };
}

/** Way, ruler and setting for each of the two sites; null where the browser keeps what is stored. */
async function forgotten(profile: BrowserProfile, policies: BrowserPolicies = linuxBrowserPolicies(at("machine"))) {
	const forgetting = await forgettingOf(profile, policies);
	return [site, other].map((origin) => {
		const found = forgetting(origin);
		return found === undefined ? null : [found.way, found.by, found.setting].join(" ");
	});
}

describe("a profile of the Chromium family", () => {
	const preferences = (content: unknown) => write("home/data/Default/Preferences", content);
	const cookies = (exceptions: Record<string, number>, everywhere?: number) =>
		preferences({
			profile: {
				...(everywhere !== undefined && { default_content_setting_values: { cookies: everywhere } }),
				content_settings: {
					exceptions: {
						cookies: Object.fromEntries(Object.entries(exceptions).map(([name, setting]) => [name, { setting }])),
					},
				},
			},
		});
	const own = "profile.content_settings.exceptions.cookies";
	const all = "profile.default_content_setting_values.cookies";
	const policy = (folder: string, content: unknown) => write(`machine/etc/${folder}/policies/managed/a.json`, content);

	it("keeps what is stored where nothing says otherwise", async () => {
		expect(await forgotten(aProfile("chrome"))).toEqual([null, null]);
		preferences("{ this is no JSON");
		expect(await forgotten(aProfile("chrome"))).toEqual([null, null]);
		cookies({}, 1);
		expect(await forgotten(aProfile("chrome"))).toEqual([null, null]);
	});

	it.each([
		["for all sites", {}, 4, [`session-only preference ${all}`, `session-only preference ${all}`]],
		["for one site", { "https://sign.example.com:8443,*": 4 }, undefined, [`session-only preference ${own}`, null]],
		["but for one", { "https://[*.]example.com:8443,*": 1 }, 4, [null, `session-only preference ${all}`]],
		[
			"for a domain, but for a site of it",
			{ "[*.]example.com,*": 4, "https://sign.example.com:8443,*": 1 },
			1,
			[null, null],
		],
		[
			"for a site of a domain that is allowed",
			{ "[*.]example.com,*": 1, "sign.example.com,*": 4 },
			1,
			[`session-only preference ${own}`, null],
		],
		[
			"of another port or scheme",
			{ "https://sign.example.com:443,*": 4, "http://portal.example.org:80,*": 4 },
			1,
			[null, null],
		],
		["in frames of another site only", { "https://sign.example.com:8443,https://top.example": 4 }, 1, [null, null]],
		["blocked", { "sign.example.com,*": 2 }, undefined, [`blocked preference ${own}`, null]],
	])("keeps cookies for a session, by preference, %s", async (_, exceptions, everywhere, expected) => {
		cookies(exceptions, everywhere);
		expect(await forgotten(aProfile("chrome"))).toEqual(expected);
	});

	it("clears when it is closed, by the preferences of Brave and of Edge", async () => {
		preferences({ browser: { clear_data: { cookies_on_exit: true } } });
		const brave = "clear-on-exit preference browser.clear_data.cookies_on_exit";
		expect(await forgotten(aProfile("brave"))).toEqual([brave, brave]);
		preferences({ browser: { clear_data_on_exit: { cookies: true } } });
		const edge = "clear-on-exit preference browser.clear_data_on_exit.cookies";
		expect(await forgotten(aProfile("edge"))).toEqual([edge, edge]);
	});

	it.each([
		["ClearBrowsingDataOnExitList", { ClearBrowsingDataOnExitList: ["cookies_and_other_site_data"] }, "clear-on-exit"],
		["ForceEphemeralProfiles", { ForceEphemeralProfiles: true }, "ephemeral"],
		["BrowserGuestModeEnforced", { BrowserGuestModeEnforced: true }, "guest"],
		["IncognitoModeAvailability", { IncognitoModeAvailability: 2 }, "private"],
		["DefaultCookiesSetting", { DefaultCookiesSetting: 4 }, "session-only"],
	])("forgets all sites by the policy %s, of its own browser only", async (setting, content, way) => {
		policy("opt/chrome", content);
		const all = `${way} policy ${setting}`;
		expect(await forgotten(aProfile("chrome-beta"))).toEqual([all, all]);
		expect(await forgotten(aProfile("chromium"))).toEqual([null, null]);
		// Whose policies a folder is under that an administrator named nobody knows.
		expect(await forgotten({ ...aProfile("chrome"), within: "/" })).toEqual([null, null]);
	});

	it("keeps what a policy does not mean", async () => {
		policy("chromium", {
			...{ ClearBrowsingDataOnExitList: ["browsing_history"], ForceEphemeralProfiles: false },
			...{ IncognitoModeAvailability: 1, BrowserGuestModeEnforced: false, DefaultCookiesSetting: 1 },
		});
		// A policy for all sites goes before what the user says of one.
		cookies({ "sign.example.com,*": 4 });
		expect(await forgotten(aProfile("chromium"))).toEqual([null, null]);
	});

	it("allows a site by policy where the others are for a session", async () => {
		policy("chromium", { DefaultCookiesSetting: 4, CookiesAllowedForUrls: ["https://[*.]example.com"] });
		expect(await forgotten(aProfile("chromium"))).toEqual([null, "session-only policy DefaultCookiesSetting"]);
		policy("chromium", { CookiesSessionOnlyForUrls: ["https://sign.example.com"] });
		expect(await forgotten(aProfile("chromium"))).toEqual(["session-only policy CookiesSessionOnlyForUrls", null]);
	});

	it("of Edge saves the sites of SaveCookiesOnExit", async () => {
		policy("opt/edge", { ClearBrowsingDataOnExit: true, SaveCookiesOnExit: ["[*.]example.com"] });
		expect(await forgotten(aProfile("edge"))).toEqual([null, "clear-on-exit policy ClearBrowsingDataOnExit"]);
	});

	it("may be a guest's, the browser's own, or one that is removed", async () => {
		expect(await forgotten(aProfile("chrome", "Guest Profile"))).toEqual(["guest profile ", "guest profile "]);
		expect(await forgotten(aProfile("chrome", "System Profile"))).toEqual(["system profile ", "system profile "]);
		write("home/data/Local State", { profile: { info_cache: { "Profile 2": { is_ephemeral: true }, Default: {} } } });
		expect(await forgotten(aProfile("chrome", "Profile 2"))).toEqual(["ephemeral profile ", "ephemeral profile "]);
		expect(await forgotten(aProfile("chrome"))).toEqual([null, null]);
	});
});

describe("a profile of Firefox", () => {
	const sanitize = "privacy.sanitize.sanitizeOnShutdown";
	const prefs = (content: Record<string, unknown>, name = "prefs.js") =>
		write(
			`home/Default/${name}`,
			Object.entries(content)
				.map(([key, value]) => `user_pref(${JSON.stringify(key)}, ${JSON.stringify(value)});\n`)
				.join(""),
		);
	const policy = (policies: unknown) => write("machine/etc/firefox/policies/policies.json", { policies });
	const cleared = `clear-on-exit preference ${sanitize}`;

	it("keeps what is stored where nothing says otherwise", async () => {
		expect(await forgotten(aProfile("firefox"))).toEqual([null, null]);
		// LibreWolf clears unless its user has said no.
		expect(await forgotten(aProfile("librewolf"))).toEqual([cleared, cleared]);
		prefs({ [sanitize]: false });
		expect(await forgotten(aProfile("librewolf"))).toEqual([null, null]);
	});

	it.each([
		["all that is usual", {}, cleared],
		["not cookies, before they were renamed", { "privacy.clearOnShutdown.cookies": false }, null],
		["what is no longer asked", { "privacy.clearOnShutdown_v2.cookiesAndStorage": false }, cleared],
		[
			"not cookies",
			{
				"privacy.sanitize.clearOnShutdown.hasMigratedToNewPrefs3": true,
				"privacy.clearOnShutdown_v2.cookiesAndStorage": false,
			},
			null,
		],
	])("clears when it is closed: %s", async (_, content, expected) => {
		prefs({ [sanitize]: true, ...content });
		expect(await forgotten(aProfile("firefox"))).toEqual([expected, expected]);
	});

	it("before 128 clears what sites store by a preference of its own; user.js goes before prefs.js", async () => {
		write("home/Default/compatibility.ini", "[Compatibility]\nLastVersion=115.0_2023/2023\n");
		prefs({ [sanitize]: true });
		expect(await forgotten(aProfile("firefox"))).toEqual([null, null]);
		prefs({ "privacy.clearOnShutdown.offlineApps": true }, "user.js");
		expect(await forgotten(aProfile("firefox"))).toEqual([cleared, cleared]);
	});

	it("keeps for a session, or never reads the disk", async () => {
		prefs({ "network.cookie.lifetimePolicy": 2 });
		const session = "session-only preference network.cookie.lifetimePolicy";
		expect(await forgotten(aProfile("firefox"))).toEqual([session, session]);
		prefs({ "browser.privatebrowsing.autostart": true });
		const alone = "private preference browser.privatebrowsing.autostart";
		expect(await forgotten(aProfile("firefox"))).toEqual([alone, alone]);
	});

	it("keeps or forgets a site that its user has named, also below a domain", async () => {
		prefs({ [sanitize]: true });
		const profile = aProfile("firefox");
		const database = new Database(join(profile.path, "permissions.sqlite"));
		database.exec(`PRAGMA user_version = 13;
			CREATE TABLE moz_perms ( id INTEGER PRIMARY KEY,origin TEXT,type TEXT,permission INTEGER,expireType INTEGER,expireTime INTEGER,modificationTime INTEGER);
			INSERT INTO moz_perms VALUES (1, 'https://example.com', 'cookie', 1, 0, 0, 0), (2, 'https://portal.example.org', 'geo', 1, 0, 0, 0);`);
		expect(await forgotten(profile)).toEqual([null, cleared]);
		database.exec("UPDATE moz_perms SET permission = 8, type = 'cookie'");
		database.close();
		prefs({ [sanitize]: false });
		const session = "session-only preference permissions.sqlite";
		expect(await forgotten(profile)).toEqual([session, session]);
	});

	it.each([
		["SanitizeOnShutdown", { SanitizeOnShutdown: true }, "clear-on-exit"],
		["SanitizeOnShutdown", { SanitizeOnShutdown: { Cookies: true } }, "clear-on-exit"],
		["PrivateBrowsingModeAvailability", { PrivateBrowsingModeAvailability: 2 }, "private"],
		[sanitize, { Preferences: { [sanitize]: { Value: true, Status: "locked" } } }, "clear-on-exit"],
	])("forgets all sites by the policy of %s (%j)", async (setting, content, way) => {
		policy(content);
		expect(await forgotten(aProfile("firefox"))).toEqual([`${way} policy ${setting}`, `${way} policy ${setting}`]);
	});

	it("does what a policy says of sites, and not what the user said", async () => {
		policy({ SanitizeOnShutdown: true, Cookies: { Allow: ["https://sign.example.com"] } });
		expect(await forgotten(aProfile("firefox"))).toEqual([null, "clear-on-exit policy SanitizeOnShutdown"]);
		policy({ SanitizeOnShutdown: { Cache: true }, Cookies: { AllowSession: ["https://sign.example.com"] } });
		prefs({ [sanitize]: true });
		expect(await forgotten(aProfile("firefox"))).toEqual(["session-only policy Cookies, AllowSession", null]);
	});
});

describe("policies of Windows", () => {
	/** Values by hive, key and name. */
	const registry = (values: Record<string, string>) => ({
		machineText: (path: string, name: string) => known(values[`HKLM ${path} ${name}`] ?? null),
		text: ({ user }: { user: string }, path: string, name: string) => known(values[`${user} ${path} ${name}`] ?? null),
		values: (hive: { user: string } | "machine", path: string) => {
			const start = `${hive === "machine" ? "HKLM" : hive.user} ${path} `;
			return known(Object.keys(values).flatMap((one) => (one.startsWith(start) ? [one.slice(start.length)] : [])));
		},
	});
	const key = (product: string) => `Software\\Policies\\${product}`;
	const windows = (values: Record<string, string>) => new WindowsBrowserPolicies(registry(values), at("programs"));

	it("are those of the machine and of the user, numbers and lists", async () => {
		const list = `${key("Google\\Chrome")}\\ClearBrowsingDataOnExitList`;
		const all = "clear-on-exit policy ClearBrowsingDataOnExitList";
		const lists = windows({
			[`HKLM ${list} 1`]: "browsing_history",
			[`HKLM ${list} 2`]: "cookies_and_other_site_data",
		});
		expect(await forgotten(aProfile("chrome"), lists)).toEqual([all, all]);
		const ephemeral = windows({ [`S-1-5-21-7 ${key("Microsoft\\Edge")} ForceEphemeralProfiles`]: "1" });
		expect(await forgotten({ ...aProfile("edge"), sid: "S-1-5-21-7" }, ephemeral)).toEqual(
			Array(2).fill("ephemeral policy ForceEphemeralProfiles"),
		);
		expect(await forgotten({ ...aProfile("edge"), sid: "S-1-5-21-8" }, ephemeral)).toEqual([null, null]);
	});

	it("of Firefox are keys in keys, a text of JSON, or a file beside the program", async () => {
		const mozilla = key("Mozilla\\Firefox");
		const nested = windows({
			[`HKLM ${mozilla}\\SanitizeOnShutdown Cookies`]: "1",
			[`HKLM ${mozilla}\\Cookies\\Allow 1`]: site,
		});
		expect(await forgotten(aProfile("firefox"), nested)).toEqual([null, "clear-on-exit policy SanitizeOnShutdown"]);
		const name = "browser.privatebrowsing.autostart";
		const json = windows({ [`HKLM ${mozilla} Preferences`]: JSON.stringify({ [name]: { Value: true } }) });
		expect(await forgotten(aProfile("firefox"), json)).toEqual(Array(2).fill(`private policy ${name}`));
		write("programs/Mozilla Firefox/distribution/policies.json", { policies: { PrivateBrowsingModeAvailability: 2 } });
		expect(await forgotten(aProfile("firefox"), windows({}))).toEqual(
			Array(2).fill("private policy PrivateBrowsingModeAvailability"),
		);
	});
});
