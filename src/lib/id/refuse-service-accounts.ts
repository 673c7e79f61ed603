import type { Account } from "../account/account.js";
import { isServiceAccount } from "../account/service.js";
import { line } from "../command-line.js";
import type { Environment } from "../environment/environment.js";
import { CfmError } from "../errors.js";
import { plural, t } from "../text.js";

/**
 * Refuses accounts that are no person's: a script that runs where no user is would use up an ID on every server.
 *
 * @throws CfmError usage `service-account`, naming all
 */
export function refuseServiceAccounts(accounts: readonly Account[], { name }: Environment): void {
	const users = accounts.filter(isServiceAccount).map(({ spelling }) => spelling);
	if (users.length === 0) return;
	const named = users.slice(0, 5).join(", ");
	throw new CfmError(
		"usage",
		"service-account",
		plural(users.length, {
			one: `${named} is a machine or service account, not a person.`,
			other: `${users.length} of these are machine or service accounts, not persons: ${named}.`,
		}),
		{
			hints: [
				{
					say: t`If it must have an ID:`,
					line: line("ids allocate", users.slice(0, 5), { "service-account": true, environment: name }),
				},
			],
			data: { users: users.slice(0, 100), total: users.length },
		},
	);
}

/** What stands against an account of a file that is no person's; undefined for everybody's else. */
export function problemOfService(account: Account): string | undefined {
	if (!isServiceAccount(account)) return undefined;
	return t`${account.spelling} is a machine or service account, not a person (--service-account allows it)`;
}
