import type { Account } from "../account/account.js";
import { holdingOfUser } from "../client/list.js";
import type { LocalUser } from "../client/machine.js";
import type { Environment } from "../environment/environment.js";
import { holdingOf } from "../id/holder.js";
import type { RegistryView } from "../registry/registry.js";
import type { Expectation } from "./verdict.js";

/**
 * The ID a user's browsers must have: the user's allocation. Of one whose name nobody could say (on Windows) it is known
 * by the SID only: a folder is not always called after its account, and a namesake of another domain has another ID.
 */
export async function expectationOf(
	view: RegistryView,
	environment: Environment,
	user: LocalUser | Account,
): Promise<Expectation> {
	const meant = await ("spelling" in user
		? holdingOf(view, environment, user)
		: holdingOfUser(view, environment, user));
	if (meant.is === "one") return { id: meant.one.id };
	return { id: null, why: meant.is === "nobody" ? "unallocated" : "unknown" };
}
