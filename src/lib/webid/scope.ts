import type { LocalUser } from "../client/ports.js";
import type { BrowserProfile } from "./ports.js";
import type { Browser, Found, ProfileFinder } from "./profiles.js";
import { isOfBrowser } from "./select.js";
import type { Expectation } from "./verdict.js";

/** A user, and the ID that is theirs. */
export interface ExpectedUser {
	user: LocalUser;
	expected: Expectation;
}

/** One place to look at: a profile, or where one should be; with the ID that belongs there. */
export type Place = Found & { expected: Expectation };

/** Hears how many of the users (or folders) are done. */
export type PlaceProgress = (done: number, total: number) => void;

/** The profiles of users, one by one, of the browsers that are wanted (none means all). */
export async function* placesOf(
	finder: ProfileFinder,
	users: readonly ExpectedUser[],
	wanted: readonly Browser[],
	progress: PlaceProgress = () => {},
): AsyncIterable<Place> {
	for (const [done, { user, expected }] of users.entries()) {
		progress(done, users.length);
		for await (const found of finder.find(user)) {
			const browser = "profile" in found ? found.profile.browser : found.missing.browser;
			if (browser === null || isOfBrowser(browser, wanted)) yield { ...found, expected };
		}
	}
	progress(users.length, users.length);
}

/** A folder that was named is the only place, whatever the machine's users have. */
export async function* placeOfFolder(profile: BrowserProfile, expected: Expectation): AsyncIterable<Place> {
	yield { profile, expected };
}
