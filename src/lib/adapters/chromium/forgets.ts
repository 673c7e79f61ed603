import { t } from "../../text.js";
import type { Forgetting, PolicyValues } from "../../webid/forgetting.js";
import type { BrowserProfile } from "../../webid/stores.js";
import { Unfit } from "../user-files/unfit.js";
import { UserFolder } from "../user-files/user-folder.js";
import { patternFor } from "./content-pattern.js";

/** Preferences grow with extensions; seen up to some megabytes. */
const longest = 32 << 20;

/** `ContentSetting` in components/content_settings/core/common/content_settings.mojom. */
const settings: Readonly<Record<number, Forgetting["way"] | undefined>> = { 2: "blocked", 4: "session-only" };

/** The lists of sites that policies have, and the setting of each. */
const siteLists = [
	["CookiesAllowedForUrls", 1],
	["CookiesBlockedForUrls", 2],
	["CookiesSessionOnlyForUrls", 4],
] as const;

/** What a switch that a browser has besides is called in `Preferences`: Brave's, and Edge's. */
const clearingSwitches = ["browser.clear_data.cookies_on_exit", "browser.clear_data_on_exit.cookies"];

/** What the user has set for sites: for single ones, and for all others. */
const exceptionsName = "profile.content_settings.exceptions.cookies";
const everywhereName = "profile.default_content_setting_values.cookies";

/**
 * Whether a profile of the Chromium family keeps what sites store, by what it is, by policies and by its preferences. The
 * user can write the preferences.
 *
 * @returns what says for a site that it does not; undefined where it does
 * @throws Unfit
 */
export function chromiumForgets(
	profile: BrowserProfile,
	policies: PolicyValues,
): (origin: string) => Forgetting | undefined {
	const wholly = byProfile(profile) ?? byPolicy(policies);
	if (wholly !== undefined) return () => wholly;
	const preferences = jsonIn(profile, profile.path, "Preferences");
	const clearing = clearingSwitches.find((name) => at(preferences, ...name.split(".")) === true);
	return (origin) =>
		clearedByEdge(policies, origin) ??
		(clearing === undefined ? undefined : { way: "clear-on-exit", by: "preference", setting: clearing }) ??
		byCookieSetting(policies, preferences, origin);
}

function byProfile(profile: BrowserProfile): Forgetting | undefined {
	const { name, userData } = profile;
	if (name === "Guest Profile") return { way: "guest", by: "profile", setting: null };
	if (name === "System Profile") return { way: "system", by: "profile", setting: null };
	const state = userData === null ? undefined : jsonIn(profile, userData, "Local State");
	const isEphemeral = at(state, "profile", "info_cache", name, "is_ephemeral") === true;
	return isEphemeral ? { way: "ephemeral", by: "profile", setting: null } : undefined;
}

function byPolicy(policies: PolicyValues): Forgetting | undefined {
	const by = "policy";
	if (isOn(policies.value("BrowserGuestModeEnforced")))
		return { way: "guest", by, setting: "BrowserGuestModeEnforced" };
	for (const setting of ["IncognitoModeAvailability", "InPrivateModeAvailability"]) {
		if (Number(policies.value(setting)) === 2) return { way: "private", by, setting };
	}
	if (isOn(policies.value("ForceEphemeralProfiles")))
		return { way: "ephemeral", by, setting: "ForceEphemeralProfiles" };
	const list = "ClearBrowsingDataOnExitList";
	if (policies.list(list).includes("cookies_and_other_site_data")) return { way: "clear-on-exit", by, setting: list };
	return undefined;
}

function clearedByEdge(policies: PolicyValues, origin: string): Forgetting | undefined {
	const setting = "ClearBrowsingDataOnExit";
	if (!isOn(policies.value(setting))) return undefined;
	const isSaved = patternFor(origin, policies.list("SaveCookiesOnExit")) !== undefined;
	return isSaved ? undefined : { way: "clear-on-exit", by: "policy", setting };
}

/** A policy goes before the user's exceptions, also where it only says what is usual; of several patterns the narrowest. */
function byCookieSetting(policies: PolicyValues, preferences: unknown, origin: string): Forgetting | undefined {
	const listed = new Map(
		siteLists.flatMap(([list, value]) => policies.list(list).map((one) => [one, { list, value }])),
	);
	const ruled = listed.get(patternFor(origin, [...listed.keys()]) ?? "");
	const usual = policies.value("DefaultCookiesSetting");
	if (ruled !== undefined) return forgetting(ruled.value, "policy", ruled.list);
	if (usual !== undefined) return forgetting(Number(usual), "policy", "DefaultCookiesSetting");
	const exceptions = at(preferences, ...exceptionsName.split("."));
	const own = new Map<string, unknown>();
	for (const [patterns, exception] of Object.entries(exceptions ?? {})) {
		// The second pattern is the site around it: of a page itself it must be any.
		const [first = "", second] = patterns.split(",");
		if (second === "*") own.set(first, at(exception, "setting"));
	}
	const found = patternFor(origin, [...own.keys()]);
	if (found !== undefined) return forgetting(Number(own.get(found)), "preference", exceptionsName);
	const everywhere = at(preferences, ...everywhereName.split("."));
	return forgetting(Number(everywhere), "preference", everywhereName);
}

function forgetting(value: number, by: Forgetting["by"], setting: string): Forgetting | undefined {
	const way = settings[value];
	return way && { way, by, setting };
}

/** The Windows Registry keeps yes and no as numbers. */
const isOn = (value: unknown) => value === true || value === 1;

function at(value: unknown, ...names: string[]): unknown {
	let found = value;
	for (const name of names) {
		if (typeof found !== "object" || found === null || !Object.hasOwn(found, name)) return undefined;
		found = (found as Record<string, unknown>)[name];
	}
	return found;
}

/** What a file of the profile says; nothing where Chromium could not read it either, and begins anew. */
function jsonIn(profile: BrowserProfile, path: string, name: string): unknown {
	const folder = UserFolder.openBelow(profile.within, path);
	const file = folder?.file(name);
	try {
		if (file === undefined) return undefined;
		if (file.size > longest) throw new Unfit("unsupported", t`${file.path} is too long.`);
		return JSON.parse(
			file
				.read(0, file.size)
				.toString("utf8")
				.replace(/^\uFEFF/, ""),
		);
	} catch (error) {
		if (error instanceof SyntaxError) return undefined;
		throw error;
	} finally {
		file?.close();
		folder?.close();
	}
}
