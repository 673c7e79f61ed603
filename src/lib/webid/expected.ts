import { type Account, tryAccount } from "../account/account.js";
import type { LocalUser } from "../client/ports.js";
import type { Environment } from "../environment/environment.js";
import { holdings } from "../id/holder.js";
import type { RegistryView } from "../registry/port.js";
import type { Expectation } from "./verdict.js";

/**
 * The ID a user's browsers must have: the user's allocation. A user named without a domain stands for the only account
 * with that name; one whose name nobody could say (on Windows) stands for nobody: a folder is not always called after
 * its account, and a namesake of another domain has another ID.
 */
export async function expectationOf(
	view: RegistryView,
	environment: Environment,
	user: LocalUser | Account,
): Promise<Expectation> {
	if ("nameUnknown" in user) return { id: null, why: "unknown" };
	const account = "spelling" in user ? user : tryAccount(user.account);
	if ("problem" in account) return { id: null, why: "unallocated" };
	const { same, perhaps } = await holdings(view, environment, account);
	if (same !== undefined) return { id: same.id };
	const [only, ...others] = perhaps;
	if (only === undefined) return { id: null, why: "unallocated" };
	return account.domain === "" && others.length === 0 ? { id: only.id } : { id: null, why: "unknown" };
}
