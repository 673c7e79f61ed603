import { t } from "../text.js";
import type { BrowserProfile } from "./stores.js";

/**
 * Why a browser does not keep what a page stores.
 *
 * `clear-on-exit`: it removes it when it is closed. `session-only`: the site may store for a session. `ephemeral`: the whole
 * profile is removed. `private`: it never reads what is on the disk. `guest`: guests have a new profile each time. `system`: the
 * profile is for the browser's own windows. `blocked`: the site may store nothing.
 */
export const forgettingWays = [
	"clear-on-exit",
	"session-only",
	"ephemeral",
	"private",
	"guest",
	"system",
	"blocked",
] as const;

/** Who says so: an administrator, the user, or what kind of profile it is. */
export const forgettingRulers = ["policy", "preference", "profile"] as const;

/** A browser that does not keep web IDs. */
export interface Forgetting {
	way: (typeof forgettingWays)[number];
	by: (typeof forgettingRulers)[number];
	/** The policy or the preference, as the browser calls it; null where none says so. */
	setting: string | null;
}

/** One site whose web ID a profile does not keep. */
export interface ForgottenSite extends Forgetting {
	origin: string;
}

/** What administrators have set for the browsers of a machine. */
export interface BrowserPolicies {
	of(profile: BrowserProfile): PolicyValues;
}

/** Policies of one browser. */
export interface PolicyValues {
	/** The value of a policy, or of a part of one; undefined when it is not set. */
	value(...name: string[]): unknown;
	/** The texts of a list; empty when it is not set. */
	list(...name: string[]): readonly string[];
}

/** What becomes of the web ID, and what to set: a clause. */
export function forgettingText({ way, by, setting }: Forgetting): string {
	const what = becomes(way);
	if (setting === null) return t`${what}; use an ordinary profile`;
	const mends = mending[setting];
	if (mends !== undefined) return t`${what} (policy ${setting}): ${mends()}`;
	if (by === "policy") return t`${what}: change the policy ${setting}`;
	return t`${what} (${setting}): change this in the browser's settings, or allow the site to keep its data there`;
}

function becomes(way: Forgetting["way"]): string {
	switch (way) {
		case "clear-on-exit":
			return t`the web ID will not stay: the browser removes it when it is closed`;
		case "session-only":
			return t`the web ID will not stay: the site may keep its data for one session only`;
		case "ephemeral":
			return t`the web ID will not stay: the browser removes the whole profile when it is closed`;
		case "private":
			return t`the web ID has no effect: the browser runs in private mode only`;
		case "guest":
			return t`the web ID will not stay: guests get a new profile each time`;
		case "system":
			return t`the web ID has no effect: no page is opened in this profile`;
		case "blocked":
			return t`the web ID has no effect: the browser lets the site store nothing`;
	}
}

/** What mends a policy whose name does not say it. */
const mending: Readonly<Record<string, () => string>> = {
	ClearBrowsingDataOnExitList: () => t`take cookies_and_other_site_data out of it`,
	ClearBrowsingDataOnExit: () => t`turn it off, or add the site to SaveCookiesOnExit`,
	DefaultCookiesSetting: () => t`add the site to CookiesAllowedForUrls`,
	CookiesSessionOnlyForUrls: () => t`take the site out of it`,
	CookiesBlockedForUrls: () => t`take the site out of it`,
	SanitizeOnShutdown: () => t`add the site to Allow in the policy Cookies`,
	"Cookies, AllowSession": () => t`move the site to Allow in the policy Cookies`,
	"Cookies, Block": () => t`move the site to Allow in the policy Cookies`,
};
