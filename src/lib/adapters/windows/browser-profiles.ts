import { hostname } from "node:os";
import { basename, dirname, join, resolve } from "node:path";
import { tryAccount } from "../../account/account.js";
import type { LocalUser } from "../../client/machine.js";
import type { Known } from "../../known.js";
import { t } from "../../text.js";
import type { Browser, Found, ProfileFinder } from "../../webid/profiles.js";
import { chromiumProfiles, type UserData } from "../browser-profiles/chromium.js";
import { eachUserApart, missingHome } from "../browser-profiles/each-user.js";
import { firefoxProfiles } from "../browser-profiles/firefox.js";
import { Unfit } from "../user-files/unfit.js";
import { UserHome } from "../user-files/user-home.js";
import { hiveOf } from "./client.js";
import type { WindowsRegistry } from "./registry.js";

/** What is asked of the Windows registry. */
export type RegistryTexts = Pick<WindowsRegistry, "text" | "machineText">;

interface Family {
	/** Where its policies are, below `Software\Policies`; Opera has none that is published. */
	policies?: string;
	/** Each channel's folder, below `AppData`. */
	channels: readonly (readonly [Browser, string])[];
}

const families: readonly Family[] = [
	{
		policies: "Google\\Chrome",
		channels: [
			["chrome", "Local/Google/Chrome/User Data"],
			["chrome-beta", "Local/Google/Chrome Beta/User Data"],
			["chrome-dev", "Local/Google/Chrome Dev/User Data"],
			["chrome-canary", "Local/Google/Chrome SxS/User Data"],
			["chrome-for-testing", "Local/Google/Chrome for Testing/User Data"],
		],
	},
	{ policies: "Chromium", channels: [["chromium", "Local/Chromium/User Data"]] },
	{
		policies: "Microsoft\\Edge",
		channels: [
			["edge", "Local/Microsoft/Edge/User Data"],
			["edge-beta", "Local/Microsoft/Edge Beta/User Data"],
			["edge-dev", "Local/Microsoft/Edge Dev/User Data"],
			["edge-canary", "Local/Microsoft/Edge SxS/User Data"],
		],
	},
	{
		policies: "BraveSoftware\\Brave",
		channels: [
			["brave", "Local/BraveSoftware/Brave-Browser/User Data"],
			["brave-beta", "Local/BraveSoftware/Brave-Browser-Beta/User Data"],
			["brave-nightly", "Local/BraveSoftware/Brave-Browser-Nightly/User Data"],
		],
	},
	{
		policies: "Vivaldi",
		channels: [
			["vivaldi", "Local/Vivaldi/User Data"],
			["vivaldi-snapshot", "Local/Vivaldi Snapshot/User Data"],
		],
	},
	{
		policies: "YandexBrowser",
		channels: [
			["yandex", "Local/Yandex/YandexBrowser/User Data"],
			["yandex-beta", "Local/Yandex/YandexBrowserBeta/User Data"],
		],
	},
	{
		channels: [
			["opera", "Roaming/Opera Software/Opera Stable"],
			["opera", "Roaming/Opera Software/Opera GX Stable"],
			["opera-beta", "Roaming/Opera Software/Opera Next"],
			["opera-beta", "Roaming/Opera Software/Opera Beta"],
			["opera-developer", "Roaming/Opera Software/Opera Developer"],
		],
	},
];

/** Installed as usual, and from Microsoft's store. */
const firefoxFolders: readonly (readonly [Browser, string])[] = [
	["firefox", "Roaming/Mozilla/Firefox"],
	["firefox", "Local/Packages/Mozilla.Firefox_n80bbvh6b1yt2/LocalCache/Roaming/Mozilla/Firefox"],
	["librewolf", "Roaming/librewolf"],
	["waterfox", "Roaming/Waterfox"],
];

const oldEdge = "Local/Packages/Microsoft.MicrosoftEdge_8wekyb3d8bbwe/AC";

/** Where Internet Explorer keeps localStorage: for sites of high and of low integrity. */
const explorerStores = ["Local", "LocalLow"].map((part) => `${part}/Microsoft/Internet Explorer/DOMStore`);

const shellFolders = "Software\\Microsoft\\Windows\\CurrentVersion\\Explorer\\User Shell Folders";

/** The browser profiles of a Windows machine's users. */
export class WindowsBrowserProfiles implements ProfileFinder {
	constructor(private readonly registry: RegistryTexts) {}

	find(user: LocalUser): AsyncIterable<Found> {
		return eachUserApart(notMounted, (one, home) => this.profilesOf(one, home)).find(user);
	}

	private async *profilesOf(user: LocalUser, home: UserHome): AsyncGenerator<Found> {
		// A container profile (FSLogix) or a roaming one that is not mounted leaves an empty folder at most.
		if (home.look("AppData") === "none") return yield missingHome(user, notMounted());
		const below = (path: string) => home.at("AppData", ...path.split("/"));
		for (const { policies, channels } of families) {
			const moved = policies === undefined ? undefined : this.movedBy(policies, user, home);
			if (moved !== undefined) yield* moved(channels[0]?.[0] ?? "chrome");
			// What lies at the usual place may still be in use: by a channel or a start that the policy does not reach.
			for (const [browser, path] of channels) yield* chromiumProfiles(user, home, { browser, path: below(path) });
		}
		for (const [browser, path] of firefoxFolders) yield* firefoxProfiles(user, home, { browser, path: below(path) });
		for (const path of explorerStores) yield* domStore(user, home, "ie", below(path));
		const zones = home.names(below(oldEdge));
		if (!zones.known) {
			const path = below(oldEdge);
			yield {
				missing: { user: user.account, sid: user.sid, browser: "old-edge", path, state: "denied", why: zones.why },
			};
		}
		for (const zone of zones.known ? ["", ...zones.value] : []) {
			yield* domStore(
				user,
				home,
				"old-edge",
				join(below(oldEdge), zone, "MicrosoftEdge", "User", "Default", "DOMStore"),
			);
		}
		yield* this.redirected(user, home);
	}

	/** Where the policy `UserDataDir` moves a browser's profiles; undefined when it moves none. */
	private movedBy(
		policies: string,
		user: LocalUser,
		home: UserHome,
	): ((browser: Browser) => Iterable<Found>) | undefined {
		const key = `Software\\Policies\\${policies}`;
		const machine = textOf(this.registry.machineText(key, "UserDataDir"));
		const hive = hiveOf(user);
		const own = hive === undefined ? undefined : textOf(this.registry.text(hive, key, "UserDataDir"));
		// The machine's policy goes before the user's.
		const template = machine ?? own;
		if (template === undefined) return undefined;
		const missing = (browser: Browser, path: string, why: string): Iterable<Found> => [
			{ missing: { user: user.account, sid: user.sid, browser, path, state: "unreachable", why } },
		];
		const path = expand(template, user, home);
		if (path === undefined) {
			return (browser) =>
				missing(browser, template, t`a policy moves the profiles to a folder that depends on the session: ${template}`);
		}
		return (browser) => {
			const data = { browser, path, expected: true };
			if (isBelow(path, home.path)) return chromiumProfiles(user, home, data);
			// Only an administrator's word leads out of the home: a user's own registry may hold anything.
			if (machine === undefined)
				return missing(browser, path, t`a policy in the user's profile leads out of the user's folder`);
			return elsewhere(user, data);
		};
	}

	/** Folders that are redirected elsewhere, usually to a share: said, and not followed. */
	private *redirected(user: LocalUser, home: UserHome): Generator<Found> {
		const hive = hiveOf(user);
		if (hive === undefined) return;
		for (const [value, usual] of [
			["AppData", "Roaming"],
			["Local AppData", "Local"],
		] as const) {
			const text = textOf(this.registry.text(hive, shellFolders, value));
			const path = text?.replace(/%USERPROFILE%/gi, () => home.path);
			if (path === undefined || isBelow(path, home.path)) continue;
			const why = t`AppData\\${usual} is redirected to ${path}; cfm does not look there`;
			const browser = usual === "Roaming" ? "firefox" : null;
			yield { missing: { user: user.account, sid: user.sid, browser, path, state: "unreachable", why } };
		}
	}
}

function* domStore(user: LocalUser, home: UserHome, browser: Browser, path: string): Generator<Found> {
	const look = home.look(path);
	if (typeof look === "object") {
		yield { missing: { user: user.account, sid: user.sid, browser, path, state: "denied", why: look.refused } };
	}
	const real = home.real(path);
	if (look !== "folder" || !real.known || real.value === null) return;
	yield {
		profile: {
			...{ user: user.account, sid: user.sid, browser, kind: "domstore", name: basename(dirname(path)) },
			...{ path: real.value, within: home.path, userData: null },
		},
	};
}

/** Profiles in a folder outside of the home. */
function* elsewhere(user: LocalUser, data: UserData): Generator<Found> {
	let there: UserHome;
	try {
		there = UserHome.open(data.path);
	} catch (error) {
		if (!(error instanceof Unfit)) throw error;
		const { browser, path } = data;
		const why = t`the folder named by a policy does not exist`;
		return yield { missing: { user: user.account, sid: user.sid, browser, path, state: "unreachable", why } };
	}
	try {
		yield* chromiumProfiles(user, there, { ...data, path: there.path });
	} finally {
		there.close();
	}
}

const notMounted = () =>
	t`the user's profile does not exist here; a roaming or container profile exists only while its user is signed in`;

/**
 * A policy's path with its variables (chromium.org, "User Data Directory Variables"); undefined with one whose value
 * only the user's session knows.
 */
function expand(template: string, user: LocalUser, home: UserHome): string | undefined {
	const account = tryAccount(user.account);
	const name =
		"problem" in account
			? user.account
			: (account.spelling.split(/[\\@]/).at(account.spelling.includes("@") ? 0 : -1) ?? "");
	const variables = process.env;
	const values: Readonly<Record<string, string | undefined>> = {
		user_name: name,
		machine_name: hostname(),
		users: dirname(home.path),
		profile: home.path,
		documents: home.at("Documents"),
		local_app_data: home.at("AppData", "Local"),
		roaming_app_data: home.at("AppData", "Roaming"),
		global_app_data: variables.ProgramData,
		program_files: variables.ProgramFiles,
		windows: variables.SystemRoot,
	};
	let isWhole = true;
	const path = template.replace(/\$\{(\w+)\}/g, (_, variable: string) => {
		isWhole &&= Object.hasOwn(values, variable) && values[variable] !== undefined;
		return values[variable] ?? "";
	});
	return isWhole ? resolve(path) : undefined;
}

/** A value that could not be read is taken for none: the hive of a user who is not signed in is not loaded. */
function textOf(value: Known<string | null>): string | undefined {
	const text = value.known ? value.value : null;
	return text === null || text === "" ? undefined : text;
}

function isBelow(path: string, folder: string): boolean {
	const fold = (text: string) => (process.platform === "win32" ? text.replaceAll("/", "\\").toLowerCase() : text);
	const separator = process.platform === "win32" ? "\\" : "/";
	return fold(path) === fold(folder) || fold(path).startsWith(fold(folder) + separator);
}
