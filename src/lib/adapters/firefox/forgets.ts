import type { Forgetting, PolicyValues } from "../../webid/forgetting.js";
import type { BrowserProfile } from "../../webid/stores.js";
import { textOf } from "../sqlite/read-database.js";
import { readUserDatabase } from "../sqlite/user-database.js";
import { Unfit } from "../user-files/unfit.js";
import { UserFolder } from "../user-files/user-folder.js";
import { lastVersion, type PrefValue, readPrefs } from "./read-prefs.js";

/** From this version on what is removed at the end is said by other preferences (browser/modules/Sanitizer.sys.mjs). */
const newerClearing = 128;

/** `nsICookiePermission`: what a user, or a policy, said of a site's cookies and storage. */
const permissions: Readonly<Record<number, "allowed" | Forgetting["way"] | undefined>> = {
	1: "allowed",
	2: "blocked",
	8: "session-only",
};

const sanitize = "privacy.sanitize.sanitizeOnShutdown";
const privateOnly = "browser.privatebrowsing.autostart";

/**
 * Whether a profile of Firefox keeps what sites store, by policies, by preferences and by the exceptions for sites. The user
 * can write the last two.
 *
 * @returns what says for a site that it does not; undefined where it does
 * @throws Unfit
 */
export async function firefoxForgets(
	profile: BrowserProfile,
	policies: PolicyValues,
): Promise<(origin: string) => Forgetting | undefined> {
	const folder = UserFolder.openBelow(profile.within, profile.path);
	if (folder === undefined) return () => undefined;
	try {
		const prefs = readPrefs(folder);
		const ruled = ruledPrefs(policies);
		for (const [name, value] of ruled) prefs.set(name, value);
		const version = profile.browser === "waterfox" ? undefined : lastVersion(folder);
		const wholly = inPrivate(policies, prefs, ruled);
		if (wholly !== undefined) return () => wholly;
		const clearing = clearedAtTheEnd(policies, prefs, ruled, { version, isLibreWolf: profile.browser === "librewolf" });
		const exceptions = await exceptionsIn(folder);
		return (origin) => {
			const host = URL.canParse(origin) ? new URL(origin).hostname : origin;
			const byPolicy = policyException(policies, host);
			if (byPolicy !== undefined) return byPolicy.way === "allowed" ? undefined : byPolicy.forgetting;
			const own = hostsAbove(host).flatMap((one) => exceptions.get(one) ?? [])[0];
			if (own === "allowed") return undefined;
			if (own !== undefined) return { way: own, by: "preference", setting: "permissions.sqlite" };
			return clearing;
		};
	} finally {
		folder.close();
	}
}

function inPrivate(
	policies: PolicyValues,
	prefs: ReadonlyMap<string, PrefValue>,
	ruled: ReadonlyMap<string, PrefValue>,
): Forgetting | undefined {
	const setting = "PrivateBrowsingModeAvailability";
	if (Number(policies.value(setting)) === 2) return { way: "private", by: "policy", setting };
	if (prefs.get(privateOnly) !== true) return undefined;
	return { way: "private", by: ruled.has(privateOnly) ? "policy" : "preference", setting: privateOnly };
}

function clearedAtTheEnd(
	policies: PolicyValues,
	prefs: ReadonlyMap<string, PrefValue>,
	ruled: ReadonlyMap<string, PrefValue>,
	{ version, isLibreWolf }: { version: number | undefined; isLibreWolf: boolean },
): Forgetting | undefined {
	const way = "clear-on-exit";
	const policy = "SanitizeOnShutdown";
	const whole = policies.value(policy);
	const cookies = policies.value(policy, "Cookies");
	if (isOn(whole) || isOn(cookies)) return { way, by: "policy", setting: policy };
	// What the policy says at all cannot be otherwise.
	if (whole !== undefined) return undefined;
	if (prefs.get("network.cookie.lifetimePolicy") === 2) {
		return { way: "session-only", by: "preference", setting: "network.cookie.lifetimePolicy" };
	}
	// LibreWolf's own preference is the other way round; a profile keeps only what was changed.
	if (!(prefs.get(sanitize) ?? isLibreWolf)) return undefined;
	const isMigrated = ["2", "3"].some((end) =>
		prefs.get(`privacy.sanitize.clearOnShutdown.hasMigratedToNewPrefs${end}`),
	);
	const clears =
		version !== undefined && version < newerClearing
			? prefs.get("privacy.clearOnShutdown.offlineApps") === true
			: prefs.get(isMigrated ? "privacy.clearOnShutdown_v2.cookiesAndStorage" : "privacy.clearOnShutdown.cookies") !==
				false;
	return clears ? { way, by: ruled.has(sanitize) ? "policy" : "preference", setting: sanitize } : undefined;
}

/** The policy `Preferences`, whose values are preferences; in the Windows Registry it is a text. */
function ruledPrefs(policies: PolicyValues): Map<string, PrefValue> {
	const found = new Map<string, PrefValue>();
	for (const name of [sanitize, privateOnly]) {
		const value = policies.value("Preferences", name, "Value");
		if (typeof value === "boolean") found.set(name, value);
	}
	return found;
}

type Ruled = { way: "allowed" } | { way: "forgets"; forgetting: Forgetting };

function policyException(policies: PolicyValues, host: string): Ruled | undefined {
	const above = new Set(hostsAbove(host));
	const has = (list: string) =>
		policies.list("Cookies", list).some((site) => URL.canParse(site) && above.has(new URL(site).hostname));
	if (has("Allow")) return { way: "allowed" };
	const forgets = (way: Forgetting["way"], list: string): Ruled => ({
		way: "forgets",
		forgetting: { way, by: "policy", setting: `Cookies, ${list}` },
	});
	if (has("AllowSession")) return forgets("session-only", "AllowSession");
	return has("Block") ? forgets("blocked", "Block") : undefined;
}

/** A host and those above it: an exception is for what is below, too. */
function hostsAbove(host: string): string[] {
	const labels = host.split(".");
	return labels.map((_, at) => labels.slice(at).join("."));
}

/** What the user said of single sites; nothing when that cannot be read. */
async function exceptionsIn(profile: UserFolder): Promise<Map<string, "allowed" | Forgetting["way"]>> {
	const found = new Map<string, "allowed" | Forgetting["way"]>();
	try {
		await readUserDatabase(profile, "permissions.sqlite", (database) => {
			if (!database.has("moz_perms")) return;
			for (const { origin, type, permission } of database.rows("moz_perms", ["origin", "type", "permission"])) {
				if (textOf(type) !== "cookie") continue;
				const site = textOf(origin) ?? "";
				const said = permissions[Number(permission)];
				if (said !== undefined && URL.canParse(site)) found.set(new URL(site).hostname, said);
			}
		});
	} catch (error) {
		if (!(error instanceof Unfit)) throw error;
	}
	return found;
}

/** The Windows Registry keeps yes and no as numbers. */
const isOn = (value: unknown) => value === true || value === 1;
