import type { BrowserPolicies, Forgetting } from "../../webid/forgetting.js";
import type { BrowserProfile } from "../../webid/stores.js";
import { chromiumForgets } from "../chromium/forgets.js";
import { firefoxForgets } from "../firefox/forgets.js";
import { Unfit } from "../user-files/unfit.js";

/**
 * Which web IDs a profile will not keep.
 *
 * @returns what says so for a site; undefined where nothing does, also where the profile cannot be read, which is told of what
 *   it stores
 */
export async function forgettingOf(
	profile: BrowserProfile,
	policies: BrowserPolicies,
): Promise<(origin: string) => Forgetting | undefined> {
	try {
		if (profile.kind === "chromium") return chromiumForgets(profile, policies.of(profile));
		if (profile.kind === "firefox") return await firefoxForgets(profile, policies.of(profile));
	} catch (error) {
		if (!(error instanceof Unfit)) throw error;
	}
	return () => undefined;
}
