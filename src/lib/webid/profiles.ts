import type { LocalUser } from "../client/machine.js";
import type { BrowserProfile } from "./stores.js";

/** The browsers that `cfm` knows, as commands and answers name them. */
export const browsers = [
	"chrome",
	"chrome-beta",
	"chrome-dev",
	"chrome-canary",
	"chrome-for-testing",
	"chromium",
	"edge",
	"edge-beta",
	"edge-dev",
	"edge-canary",
	"brave",
	"brave-beta",
	"brave-nightly",
	"vivaldi",
	"vivaldi-snapshot",
	"opera",
	"opera-beta",
	"opera-developer",
	"yandex",
	"yandex-beta",
	"firefox",
	"librewolf",
	"waterfox",
	"ie",
	"old-edge",
] as const;

export type Browser = (typeof browsers)[number];

/** A place where profiles should be, or may be, and nobody could look: not the same as none. */
export interface MissingPlace {
	user: string;
	sid: string | null;
	/** null: of all browsers, because the user's whole home is not there. */
	browser: Browser | null;
	path: string;
	state: "unreachable" | "denied" | "damaged" | "failed";
	/** In words. */
	why: string;
}

export type Found = { profile: BrowserProfile } | { missing: MissingPlace };

/** Which browser profiles does this user have? They come one by one. */
export interface ProfileFinder {
	/** Nothing in a user's home is trusted: never follows a link out of it, reads little, and does not wait. */
	find(user: LocalUser): AsyncIterable<Found>;
}
