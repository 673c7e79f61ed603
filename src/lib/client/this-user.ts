import { type Account, compareAccounts, type Likeness, parseAccount, tryAccount } from "../account/account.js";
import { line } from "../command-line.js";
import { CfmError } from "../errors.js";
import { t } from "../text.js";
import type { LocalUser, Machine } from "./ports.js";

/**
 * The user whose session this is, checked against the one that was named.
 *
 * The client belongs into a user's own profile and session: for anybody else cfm must run there.
 *
 * @param home the domain of bare names, folded
 * @param environment the name of the environment that the command is about
 * @throws CfmError unavailable `other-session`
 */
export async function requireThisUser(
	machine: Machine,
	named: string | undefined,
	home: string,
	environment: string,
): Promise<{ user: LocalUser; account: Account }> {
	const user = await machine.profiles.currentUser();
	const current = parseAccount(user.account);
	if (named === undefined) return { user, account: current };
	const account = parseAccount(named);
	if (compareAccounts(account, current, home) !== "different") return { user, account };
	throw new CfmError(
		"unavailable",
		"other-session",
		t`cfm runs as ${user.account}; the client of ${account.spelling} must be installed in that user's own session.`,
		{
			hints: [
				{
					say: t`Run the command as ${account.spelling}, from a logon script for instance:`,
					line: line("install", [], { silent: true, user: account.spelling, environment }),
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
export function findLocalUser(users: readonly LocalUser[], account: Account, home: string): LocalUser | undefined {
	const found = among(
		users.filter(({ nameUnknown }) => !nameUnknown),
		account,
		home,
	);
	if (found !== undefined || account.domain !== "") return found;
	return among(
		users.filter(({ nameUnknown }) => nameUnknown),
		account,
		home,
	);
}

function among(users: readonly LocalUser[], account: Account, home: string): LocalUser | undefined {
	const like = (wanted: Likeness) =>
		users.filter((user) => {
			// A folder, or an account of another system, may be called anything.
			const other = tryAccount(user.account);
			return !("problem" in other) && compareAccounts(account, other, home) === wanted;
		});
	const [same] = like("same");
	const perhaps = like("perhaps");
	if (same !== undefined || perhaps.length < 2) return same ?? perhaps[0];
	const names = perhaps.map((user) => user.account).join(", ");
	throw new CfmError("conflict", "user-ambiguous", t`${account.spelling} may be any of ${names}.`, {
		hints: [t`Include the domain in the user name.`],
		data: { users: perhaps.map((user) => user.account) },
	});
}
