import { execFileSync } from "node:child_process";
import { mkdirSync, symlinkSync, truncateSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { describe, expect, it } from "vitest";
import { eachUserApart } from "../../../../src/lib/adapters/browser-profiles/each-user.js";
import { linuxBrowserProfiles } from "../../../../src/lib/adapters/linux/browser-profiles.js";
import type { LocalUser } from "../../../../src/lib/client/machine.js";
import type { Found } from "../../../../src/lib/webid/profiles.js";
import { memoryDisk, useFolder } from "../temp.js";

const at = useFolder(memoryDisk);
const user = (own: Partial<LocalUser> = {}): LocalUser => ({
	...{ account: "ana", sid: "1001", profileFolder: at("ana"), isCurrent: false },
	...own,
});

/** Makes folders (a path with a `/` at its end) and files below the user's home. */
function home(...entries: (string | [file: string, content: string])[]): void {
	for (const entry of entries) {
		const [path, content] = typeof entry === "string" ? [entry, undefined] : entry;
		const full = at("ana", path);
		mkdirSync(path.endsWith("/") ? full : dirname(full), { recursive: true });
		if (!path.endsWith("/")) writeFileSync(full, content ?? "");
	}
}

/** What was found, a line each: browser, name, or what is wrong. */
async function found(one = user()): Promise<string[]> {
	const all: Found[] = await Array.fromAsync(linuxBrowserProfiles.find(one));
	return all.map((it) =>
		"profile" in it
			? `${it.profile.browser} ${it.profile.path.replace(`${it.profile.within}/`, "")}`
			: `${it.missing.browser ?? "all"} ${it.missing.state}: ${it.missing.why}`.replaceAll(`${one.profileFolder}/`, ""),
	);
}

const localState = (...names: string[]) =>
	JSON.stringify({ profile: { info_cache: Object.fromEntries(names.map((name) => [name, {}])) } });

describe("Chromium's profiles", () => {
	it("are those that Local State lists, and every folder that holds a store", async () => {
		home(
			[".config/google-chrome/Local State", localState("Default", "Profile 1", "Gone", "Ärzte & Söhne")],
			".config/google-chrome/Default/Local Storage/leveldb/",
			".config/google-chrome/Profile 1/",
			".config/google-chrome/Ärzte & Söhne/",
			".config/google-chrome/Guest Profile/LocalStorage",
			".config/google-chrome/Crash Reports/",
			".config/chromium/Default/Local Storage/leveldb/",
		);
		expect(await found()).toEqual([
			"chrome .config/google-chrome/Default",
			"chrome .config/google-chrome/Guest Profile",
			"chrome .config/google-chrome/Profile 1",
			"chrome .config/google-chrome/Ärzte & Söhne",
			"chromium .config/chromium/Default",
		]);
	});

	it("say where their browser's lock is, and the folder that no link may lead out of", async () => {
		home(".config/google-chrome/Default/LocalStorage");
		const [first] = await Array.fromAsync(linuxBrowserProfiles.find(user()));
		expect(first).toEqual({
			profile: {
				...{ user: "ana", sid: "1001", browser: "chrome", kind: "chromium", name: "Default" },
				path: at("ana", ".config/google-chrome/Default"),
				within: at("ana"),
				userData: at("ana", ".config/google-chrome"),
			},
		});
	});

	it("are found in snaps and flatpaks, through the links that snaps have", async () => {
		home(
			"snap/brave/412/.config/BraveSoftware/Brave-Browser/Default/Local Storage/leveldb/",
			"snap/chromium/common/chromium/Default/LocalStorage",
			".var/app/com.microsoft.Edge/config/microsoft-edge/Default/LocalStorage",
		);
		symlinkSync("412", at("ana", "snap/brave/current"));
		expect(await found()).toEqual([
			"chromium snap/chromium/common/chromium/Default",
			"brave snap/brave/412/.config/BraveSoftware/Brave-Browser/Default",
			"edge .var/app/com.microsoft.Edge/config/microsoft-edge/Default",
		]);
	});

	it("of old Opera are the folder itself", async () => {
		home(".config/opera/Local Storage/leveldb/");
		expect(await found()).toEqual(["opera .config/opera"]);
	});

	it("of Opera that its user has added are found, too", async () => {
		home(".config/opera/Default/LocalStorage", ".config/opera/_side_profiles/5F3A/Default/Local Storage/leveldb/");
		expect(await found()).toEqual(["opera .config/opera/Default", "opera .config/opera/_side_profiles/5F3A/Default"]);
	});

	it("are found in every channel, and in browsers made from it", async () => {
		const places = {
			"chrome-canary": ".config/google-chrome-canary",
			"chrome-for-testing": ".config/google-chrome-for-testing",
			"brave-nightly": ".config/BraveSoftware/Brave-Browser-Nightly",
			"vivaldi-snapshot": ".config/vivaldi-snapshot",
			"opera-developer": ".config/opera-developer",
			yandex: ".config/yandex-browser",
			"opera-beta": "snap/opera-beta/current/.config/opera-beta",
			"edge-dev": ".var/app/com.microsoft.EdgeDev/config/microsoft-edge-dev",
		};
		for (const place of Object.values(places)) home(`${place}/Default/LocalStorage`);
		expect(await found()).toEqual(Object.entries(places).map(([browser, place]) => `${browser} ${place}/Default`));
	});

	it("are read from a Local State with a byte order mark", async () => {
		home([".config/chromium/Local State", `\uFEFF${localState("Default")}`], ".config/chromium/Default/");
		expect(await found()).toEqual(["chromium .config/chromium/Default"]);
	});

	it.each([
		["not JSON", "{"],
		["a list", "[]"],
		["null", "null"],
		["empty", ""],
		["of another shape", '{"profile": {"info_cache": 7}}'],
	])("are found although Local State is %s, and that is said: what it lists is not known", async (_, text) => {
		home([".config/chromium/Local State", text], ".config/chromium/Default/LocalStorage");
		expect(await found()).toEqual([
			"chromium damaged: Local State: it is not what Chromium writes",
			"chromium .config/chromium/Default",
		]);
	});

	it("are never where a Local State full of ways out leads", async () => {
		const names = ["..", ".", "../../ben", "/etc", "a/b", "a\\b", "", "C:", "x".repeat(5000), "a\0b"];
		home([".config/chromium/Local State", localState(...names)], ".config/chromium/Default/LocalStorage");
		expect(await found()).toEqual(["chromium .config/chromium/Default"]);
	});
});

describe("Firefox's profiles", () => {
	it("are those that profiles.ini and installs.ini name, and folders that hold a store", async () => {
		home(
			[
				".mozilla/firefox/profiles.ini",
				"[Install4F96D1932A9F858E]\nDefault=abc.default-esr\nLocked=1\n\n[Profile0]\nName=default\nIsRelative=1\nPath=abc.default-esr\nDefault=1\n\n[General]\nStartWithLastProfile=1\n",
			],
			[".mozilla/firefox/installs.ini", "[4F96D1932A9F858E]\nDefault=def.other\nLocked=1\n"],
			".mozilla/firefox/abc.default-esr/",
			".mozilla/firefox/def.other/",
			".mozilla/firefox/ghi.unlisted/storage/default/",
			".mozilla/firefox/Crash Reports/",
		);
		expect(await found()).toEqual([
			"firefox .mozilla/firefox/abc.default-esr",
			"firefox .mozilla/firefox/def.other",
			"firefox .mozilla/firefox/ghi.unlisted",
		]);
	});

	it("are found for browsers made from it, by their own names", async () => {
		home(
			[".librewolf/profiles.ini", "[Profile0]\nIsRelative=1\nPath=a.default\n"],
			".librewolf/a.default/",
			".waterfox/b.default/storage/default/",
		);
		expect(await found()).toEqual(["librewolf .librewolf/a.default", "waterfox .waterfox/b.default"]);
	});

	it("may be elsewhere in the home, but not outside it", async () => {
		mkdirSync(at("ben"));
		home(
			[
				".mozilla/firefox/profiles.ini",
				`[Profile0]\nIsRelative=0\nPath=${at("ana", "Documents/fox")}\n[Profile1]\nIsRelative=0\nPath=${at("ben")}\n[Profile2]\nIsRelative=1\nPath=../../../ben\n`,
			],
			"Documents/fox/",
		);
		expect(await found()).toEqual(["firefox Documents/fox", "firefox denied: a link leads out of the user's folder"]);
	});

	it("cannot be told when profiles.ini is a folder, a pipe or enormous, and nobody waits", async () => {
		home(
			".mozilla/firefox/profiles.ini/",
			".config/mozilla/firefox/",
			"snap/firefox/common/.mozilla/firefox/profiles.ini",
			"snap/firefox/common/.mozilla/firefox/x.unlisted/storage/default/",
		);
		execFileSync("mkfifo", [at("ana", ".config/mozilla/firefox/profiles.ini")]);
		truncateSync(at("ana", "snap/firefox/common/.mozilla/firefox/profiles.ini"), 20 * 1024 ** 3);
		expect(await found()).toEqual([
			"firefox denied: profiles.ini: .mozilla/firefox/profiles.ini is not a plain file.",
			"firefox denied: profiles.ini: .config/mozilla/firefox/profiles.ini is not a plain file.",
			"firefox denied: profiles.ini: snap/firefox/common/.mozilla/firefox/profiles.ini is larger than 2 GB.",
			"firefox snap/firefox/common/.mozilla/firefox/x.unlisted",
		]);
	});

	it("are those that Firefox reads there: nothing is quoted, escaped or commented within a line", async () => {
		const lines = [
			"A=null\nPath=before.any",
			"[A.B]\n ;Path=odd\nPath=a;b #c",
			'[Profile0]\n\tPath="q"\nPath =no.key\n;Path=no.comment',
			"[Profile1]\nPath=first.default\nPath=last.default",
			"[Profile2]and more\nPath=no.section\n[Profile3\nPath=no.end",
			"[Profile1]  \nName=x",
		];
		const folders = ["before.any", "a;b #c", '"q"', "q", "no.key", "no.comment", "first.default", "last.default"];
		home(
			[".mozilla/firefox/profiles.ini", `\uFEFF${lines.join("\r\n")}`],
			...[...folders, "no.section", "no.end"].map((name) => `.mozilla/firefox/${name}/`),
		);
		expect(await found()).toEqual(["a;b #c", '"q"', "last.default"].map((name) => `firefox .mozilla/firefox/${name}`));
	});

	it("cannot be told when profiles.ini or installs.ini is a link out of the home", async () => {
		mkdirSync(at("ben"));
		writeFileSync(at("ben", "profiles.ini"), "");
		home(".mozilla/firefox/abc/");
		for (const file of ["profiles.ini", "installs.ini"]) {
			symlinkSync(at("ben", "profiles.ini"), at("ana", ".mozilla/firefox", file));
		}
		expect(await found()).toEqual([
			"firefox denied: profiles.ini: a link leads out of the user's folder",
			"firefox denied: installs.ini: a link leads out of the user's folder",
		]);
	});
});

describe("what a user may have put in place of a folder", () => {
	it("a link out of the home is refused, not followed and not passed over", async () => {
		mkdirSync(at("ben", "Default", "Local Storage", "leveldb"), { recursive: true });
		home(".config/google-chrome/Default/LocalStorage", [".config/google-chrome/Local State", localState("Linked")]);
		symlinkSync(at("ben"), at("ana", ".config/chromium"));
		symlinkSync(at("ben", "Default"), at("ana", ".config/google-chrome/Linked"));
		expect(await found()).toEqual([
			"chrome .config/google-chrome/Default",
			"chrome denied: a link leads out of the user's folder",
			"chromium denied: a link leads out of the user's folder",
		]);
	});

	it("a link within the home is followed, through as many others as there are", async () => {
		home("real/Default/LocalStorage", "way/");
		symlinkSync(at("ana", "way", "on"), at("ana", ".config"));
		symlinkSync("../further", at("ana", "way", "on"));
		mkdirSync(at("ana", "further"));
		symlinkSync(at("ana", "real"), at("ana", "further", "chromium"));
		expect(await found()).toEqual(["chromium real/Default"]);
	});

	it("a link out of the home and back again is refused: nobody looks where it leads", async () => {
		home("real/Default/LocalStorage", ".config/");
		symlinkSync(at("ana"), at("back"));
		symlinkSync(at("back", "real"), at("ana", ".config/chromium"));
		expect(await found()).toEqual(["chromium denied: a link leads out of the user's folder"]);
	});

	it("a link that runs in circles, a file and a pipe are no profile", async () => {
		home(".config/chromium", ".config/google-chrome/");
		symlinkSync("loop", at("ana", ".config/google-chrome/loop"));
		execFileSync("mkfifo", [at("ana", ".config/vivaldi")]);
		expect(await found()).toEqual([]);
	});

	it("what may be a store and cannot be looked at is said, though nothing lists the profile", async () => {
		mkdirSync(at("ben", "leveldb"), { recursive: true });
		home(
			".config/chromium/Guest Profile/",
			".config/chromium/Default/LocalStorage",
			".config/opera/",
			".mozilla/firefox/x.unlisted/",
		);
		symlinkSync(at("ben"), at("ana", ".config/chromium/Guest Profile/Local Storage"));
		symlinkSync(at("ben"), at("ana", ".config/chromium/SingletonSocket"));
		symlinkSync(at("ben"), at("ana", ".config/opera/Local Storage"));
		symlinkSync(at("ben"), at("ana", ".mozilla/firefox/x.unlisted/storage"));
		expect(await found()).toEqual([
			"chromium .config/chromium/Default",
			"chromium denied: a link leads out of the user's folder",
			"opera denied: a link leads out of the user's folder",
			"firefox denied: a link leads out of the user's folder",
		]);
	});

	it("a Local State that cannot be read is said: what it lists is not known", async () => {
		mkdirSync(at("ben"));
		writeFileSync(at("ben", "state"), localState("Listed"));
		home(".config/chromium/Default/LocalStorage", ".config/chromium/Listed/", ".config/google-chrome/");
		symlinkSync(at("ben", "state"), at("ana", ".config/chromium/Local State"));
		execFileSync("mkfifo", [at("ana", ".config/google-chrome/Local State")]);
		expect(await found()).toEqual([
			"chrome denied: Local State: .config/google-chrome/Local State is not a plain file.",
			"chromium denied: Local State: a link leads out of the user's folder",
			"chromium .config/chromium/Default",
		]);
	});

	it("more folders than any browser makes are refused", async () => {
		home(".config/chromium/");
		for (let count = 0; count <= 10_000; count++) writeFileSync(at("ana", ".config/chromium", `${count}`), "");
		expect(await found()).toEqual(["chromium denied: .config/chromium holds more entries than any browser creates."]);
	});
});

it("what nobody foresaw in one home is told of its user alone", async () => {
	mkdirSync(at("ana"));
	const finder = eachUserApart(String, async function* (): AsyncGenerator<Found> {
		yield* [];
		new URL("x");
	});
	const why = expect.stringMatching(/^Unexpected error in cfm: TypeError: Invalid URL \[.*linux\.test\.ts:/);
	expect(await Array.fromAsync(finder.find(user()))).toEqual([
		{ missing: { user: "ana", sid: "1001", browser: null, path: at("ana"), state: "unreachable", why } },
	]);
});

describe("a home", () => {
	it("that is not there is unreachable: not the same as empty", async () => {
		expect(await found()).toEqual(["all unreachable: the user's home folder does not exist; it may not be mounted"]);
	});

	it("without any browser has no profile", async () => {
		home("Documents/");
		expect(await found()).toEqual([]);
	});

	it("may itself be a link, which is the administrator's", async () => {
		home(".config/chromium/Default/LocalStorage");
		symlinkSync(at("ana"), at("home-of-ana"));
		home([".mozilla/firefox/profiles.ini", `[Profile0]\nIsRelative=0\nPath=${at("home-of-ana", "fox")}\n`], "fox/");
		expect(await found(user({ profileFolder: join(at("home-of-ana")) }))).toEqual([
			"chromium .config/chromium/Default",
			"firefox fox",
		]);
	});
});
