import { type Account, parseAccount } from "../account/account.js";
import { told, whoIsMeant } from "../account/whose.js";
import { line } from "../command-line.js";
import type { Environment } from "../environment/environment.js";
import { undecided } from "../environment/undecided.js";
import { CfmError } from "../errors.js";
import { t } from "../text.js";
import type { LocalUser, Machine } from "./machine.js";

/**
 * The user whose session this is, checked against the one that was named.
 *
 * The client belongs into a user's own profile and session: for anybody else cfm must run there.
 *
 * @returns the account as it was named, or as the machine calls it where that says more
 * @throws CfmError unavailable `other-session`
 */
export async function requireThisUser(
	machine: Machine,
	named: string | undefined,
	environment: Pick<Environment, "name" | "domains">,
): Promise<{ user: LocalUser; account: Account }> {
	const user = await machine.profiles.currentUser();
	const current = told(user.account, user.sid) ?? parseAccount(user.account);
	if (named === undefined) return { user, account: current };
	const account = parseAccount(named);
	const meant = whoIsMeant(account, [current], (one) => one, environment.domains);
	if (meant.is === "one") return { user, account: meant.by === "only" ? current : { ...current, ...account } };
	throw new CfmError(
		"unavailable",
		"other-session",
		t`cfm runs as ${user.account}; the client of ${account.spelling} must be installed in that user's own session.`,
		{
			hints: [
				{
					say: t`Run the command as ${account.spelling}, from a logon script for instance:`,
					line: line("install", [], { silent: true, user: account.spelling, environment: environment.name }),
				},
			],
			data: { runsAs: user.account, user: account.spelling },
		},
	);
}

/**
 * The local user that an account means, among all who have a profile here. One whose name nobody could say is meant
 * only by the bare name of the folder, and only when nobody is called so: `CORP\ana` may not be who has the folder `ana`.
 *
 * @throws CfmError conflict `user-ambiguous`
 */
export function findLocalUser(
	users: readonly LocalUser[],
	account: Account,
	environment: Pick<Environment, "name" | "domains"> | undefined,
): LocalUser | undefined {
	const among = (some: readonly LocalUser[]) => {
		const meant = whoIsMeant(account, some, (user) => told(user.account, user.sid), environment?.domains ?? []);
		if (meant.is !== "unsure") return meant.is === "one" ? meant.one : undefined;
		const candidates = meant.among.map((user) => ({ user: user.account, sid: user.sid }));
		throw undecided(environment, account, { why: meant.why, among: candidates });
	};
	const found = among(users.filter(({ nameUnknown }) => !nameUnknown));
	if (found !== undefined || account.domain !== "") return found;
	return among(users.filter(({ nameUnknown }) => nameUnknown));
}
