import { told } from "../account/whose.js";
import type { Hint } from "../command-line.js";
import type { Environment } from "../environment/environment.js";
import { unsureHolder } from "../id/holder.js";
import type { RegistryView } from "../registry/registry.js";
import { t } from "../text.js";
import { holdingOfUser } from "./list.js";
import type { LocalUser } from "./machine.js";

/** So many users are told of; the rest is in the rows. */
const most = 3;

/**
 * What an administrator should know about users of this machine of whom can't be determined which ID is theirs: why, and
 * the command that decides it.
 */
export async function undecidedUsers(
	view: RegistryView,
	environment: Environment,
	users: readonly LocalUser[],
): Promise<Hint[]> {
	const nameless = users.filter(({ nameUnknown }) => nameUnknown).map(({ account }) => account);
	const hints: Hint[] = [];
	if (nameless.length > 0) {
		const names = nameless.length > most ? `${nameless.slice(0, most).join(", ")}, …` : nameless.join(", ");
		hints.push(
			t`Can't determine whose profiles these are: ${names}. No domain controller may have answered; run cfm again when one does.`,
		);
	}
	let more = 0;
	let said = 0;
	for (const user of users.filter(({ nameUnknown }) => !nameUnknown)) {
		const account = told(user.account, user.sid);
		const meant = await holdingOfUser(view, environment, user);
		if (account === undefined || meant.is !== "unsure") continue;
		if (said++ >= most) more += 1;
		else {
			const error = unsureHolder(environment, account, meant);
			hints.push(error.message, ...error.hints);
		}
	}
	return more === 0 ? hints : [...hints, t`The same is unknown of ${more} more users.`];
}
