import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { dirname } from "node:path";
import { describe, expect, it } from "vitest";
import { WindowsBrowserProfiles } from "../../../../src/lib/adapters/windows/browser-profiles.js";
import type { LocalUser } from "../../../../src/lib/client/machine.js";
import { known, unknown } from "../../../../src/lib/known.js";
import type { Found } from "../../../../src/lib/webid/profiles.js";
import { useFolder } from "../temp.js";

// The real registry and real paths are in the Wine lane; here are the rules, on the paths of the machine at hand.

const at = useFolder();
const user = (own: Partial<LocalUser> = {}): LocalUser => ({
	...{ account: "CORP\\ana", sid: "S-1-5-21-1", profileFolder: at("Users", "ana"), isCurrent: false },
	...own,
});

function make(...paths: string[]): void {
	for (const path of paths) {
		const full = at(path);
		mkdirSync(path.endsWith("/") ? full : dirname(full), { recursive: true });
		if (!path.endsWith("/")) writeFileSync(full, "");
	}
}

/** Values by `HKLM key name` and `HIVE key name`. */
async function found(values: Record<string, string> = {}, one = user(), isLoaded = true): Promise<string[]> {
	const finder = new WindowsBrowserProfiles({
		machineText: (path, name) => known(values[`HKLM ${path} ${name}`] ?? null),
		text: ({ user: hive }, path, name) =>
			isLoaded ? known(values[`${hive} ${path} ${name}`] ?? null) : unknown("the user's registry is not loaded"),
	});
	const all: Found[] = await Array.fromAsync(finder.find(one));
	return all.map((it) =>
		"profile" in it
			? `${it.profile.browser} ${it.profile.path.replace(`${at()}/`, "")}`
			: `${it.missing.browser ?? "all"} ${it.missing.state}: ${it.missing.why}`.replaceAll(at(), "@"),
	);
}

const policy = (product: string) => `Software\\Policies\\${product} UserDataDir`;

describe("profiles on Windows", () => {
	it("are in the usual folders of every browser and channel", async () => {
		const store = "Default/LocalStorage";
		make(
			`Users/ana/AppData/Local/Google/Chrome/User Data/${store}`,
			`Users/ana/AppData/Local/Google/Chrome Beta/User Data/${store}`,
			`Users/ana/AppData/Local/Google/Chrome for Testing/User Data/${store}`,
			`Users/ana/AppData/Local/Microsoft/Edge/User Data/${store}`,
			`Users/ana/AppData/Local/BraveSoftware/Brave-Browser-Beta/User Data/${store}`,
			`Users/ana/AppData/Local/Vivaldi Snapshot/User Data/${store}`,
			`Users/ana/AppData/Local/Yandex/YandexBrowser/User Data/${store}`,
			`Users/ana/AppData/Roaming/Opera Software/Opera Stable/${store}`,
			`Users/ana/AppData/Roaming/Opera Software/Opera Developer/${store}`,
			"Users/ana/AppData/Roaming/librewolf/Profiles/z.default/storage/default/",
			"Users/ana/AppData/Roaming/Mozilla/Firefox/Profiles/x.default/storage/default/",
			"Users/ana/AppData/Local/Packages/Mozilla.Firefox_n80bbvh6b1yt2/LocalCache/Roaming/Mozilla/Firefox/Profiles/y.default/storage/default/",
			"Users/ana/AppData/Local/Microsoft/Internet Explorer/DOMStore/",
			"Users/ana/AppData/LocalLow/Microsoft/Internet Explorer/DOMStore/",
			"Users/ana/AppData/Local/Packages/Microsoft.MicrosoftEdge_8wekyb3d8bbwe/AC/#!001/MicrosoftEdge/User/Default/DOMStore/",
		);
		const local = "Users/ana/AppData/Local";
		expect(await found()).toEqual([
			`chrome ${local}/Google/Chrome/User Data/Default`,
			`chrome-beta ${local}/Google/Chrome Beta/User Data/Default`,
			`chrome-for-testing ${local}/Google/Chrome for Testing/User Data/Default`,
			`edge ${local}/Microsoft/Edge/User Data/Default`,
			`brave-beta ${local}/BraveSoftware/Brave-Browser-Beta/User Data/Default`,
			`vivaldi-snapshot ${local}/Vivaldi Snapshot/User Data/Default`,
			`yandex ${local}/Yandex/YandexBrowser/User Data/Default`,
			"opera Users/ana/AppData/Roaming/Opera Software/Opera Stable/Default",
			"opera-developer Users/ana/AppData/Roaming/Opera Software/Opera Developer/Default",
			"firefox Users/ana/AppData/Roaming/Mozilla/Firefox/Profiles/x.default",
			`firefox ${local}/Packages/Mozilla.Firefox_n80bbvh6b1yt2/LocalCache/Roaming/Mozilla/Firefox/Profiles/y.default`,
			"librewolf Users/ana/AppData/Roaming/librewolf/Profiles/z.default",
			`ie ${local}/Microsoft/Internet Explorer/DOMStore`,
			"ie Users/ana/AppData/LocalLow/Microsoft/Internet Explorer/DOMStore",
			`old-edge ${local}/Packages/Microsoft.MicrosoftEdge_8wekyb3d8bbwe/AC/#!001/MicrosoftEdge/User/Default/DOMStore`,
		]);
	});

	it("of old Edge that cannot be looked for are said", async () => {
		make("Users/ana/AppData/Local/Packages/", "elsewhere/");
		symlinkSync(at("elsewhere"), at("Users/ana/AppData/Local/Packages/Microsoft.MicrosoftEdge_8wekyb3d8bbwe"));
		expect(await found()).toEqual(["old-edge denied: a link leads out of the user's folder"]);
	});

	it("that are not mounted are unreachable: not the same as empty", async () => {
		const why = "a roaming or container profile exists only while its user is signed in";
		expect(await found()).toEqual([`all unreachable: the user's profile does not exist here; ${why}`]);
		make("Users/ana/");
		expect(await found()).toEqual([`all unreachable: the user's profile does not exist here; ${why}`]);
	});
});

describe("the policy UserDataDir", () => {
	it("of the machine leads anywhere, with its variables; the usual place is looked at, too", async () => {
		make("Users/ana/AppData/Local/", `data/${hostname()}/ana/Default/LocalStorage`);
		const template = `${at("data")}/\${machine_name}/\${user_name}`;
		expect(await found({ [`HKLM ${policy("Google\\Chrome")}`]: template })).toEqual([
			`chrome data/${hostname()}/ana/Default`,
		]);
		make("Users/ana/AppData/Local/Google/Chrome/User Data/Default/LocalStorage");
		expect(await found({ [`HKLM ${policy("Google\\Chrome")}`]: template })).toHaveLength(2);
	});

	it.each([
		["CORP\\ana", "ana"],
		["ana@corp.example.com", "ana"],
		["ana", "ana"],
	])("takes the name of %s", async (account, name) => {
		make("Users/ana/AppData/", `data/${name}/Default/LocalStorage`);
		const values = { [`HKLM ${policy("Microsoft\\Edge")}`]: `${at("data")}/\${user_name}` };
		expect(await found(values, user({ account }))).toEqual([`edge data/${name}/Default`]);
	});

	it("of the user leads within the home", async () => {
		make("Users/ana/AppData/Local/Mine/Default/LocalStorage", "elsewhere/Default/LocalStorage");
		const key = `S-1-5-21-1 ${policy("Google\\Chrome")}`;
		expect(await found({ [key]: `\${local_app_data}/Mine` })).toEqual(["chrome Users/ana/AppData/Local/Mine/Default"]);
		expect(await found({ [key]: at("elsewhere") })).toEqual([
			"chrome unreachable: a policy in the user's profile leads out of the user's folder",
		]);
		expect(await found({ [key]: at("elsewhere") }, user(), false)).toEqual([]);
		expect(
			await found(
				{ [`current ${policy("Google\\Chrome")}`]: `\${profile}/AppData/Local/Mine` },
				user({ isCurrent: true }),
			),
		).toEqual(["chrome Users/ana/AppData/Local/Mine/Default"]);
	});

	it("whose folder is not there, or depends on the session, is unreachable", async () => {
		make("Users/ana/AppData/");
		const machine = `HKLM ${policy("Google\\Chrome")}`;
		expect(await found({ [machine]: at("gone") })).toEqual([
			"chrome unreachable: the folder named by a policy does not exist",
		]);
		expect(await found({ [machine]: `\${profile}/gone` })).toEqual([
			"chrome unreachable: the folder named by a policy does not exist",
		]);
		for (const variable of ["client_name", "session_name", "constructor"]) {
			const [only] = await found({ [machine]: `${at()}/\${${variable}}` });
			expect(only).toContain("depends on the session");
		}
	});
});

it("redirected folders are said, and not followed", async () => {
	make("Users/ana/AppData/");
	const folders = "S-1-5-21-1 Software\\Microsoft\\Windows\\CurrentVersion\\Explorer\\User Shell Folders";
	expect(
		await found({
			[`${folders} AppData`]: at("share/ana"),
			[`${folders} Local AppData`]: "%USERPROFILE%/AppData/Local",
		}),
	).toEqual(["firefox unreachable: AppData\\Roaming is redirected to @/share/ana; cfm does not look there"]);
});
