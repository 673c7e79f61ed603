import { type Account, domainOf } from "../account/account.js";
import type { Meant } from "../account/whose.js";
import { type Hint, line } from "../command-line.js";
import { CfmError } from "../errors.js";
import { t } from "../text.js";
import type { Environment } from "./environment.js";

/** Who could be meant: registered with an ID, or a user of a machine. */
interface Candidate {
	user: string;
	id?: number;
	sid?: string | null;
}

/**
 * Refuses where nobody but an administrator can tell whom an account means, and says how to tell it.
 *
 * @param environment undefined where the question is about no environment
 */
export function undecided(
	environment: Pick<Environment, "name"> | undefined,
	account: Account,
	{ why, among }: Omit<Extract<Meant<Candidate>, { is: "unsure" }>, "is">,
): CfmError {
	const { spelling } = account;
	const names = among.map(({ user, id }) => (id === undefined ? user : `${user} (ID ${id})`)).join(", ");
	const here = { environment: environment?.name };
	const release = (say: string): Hint[] =>
		among.flatMap(({ id }) => (id === undefined ? [] : { say, line: line("ids release", [id], here) }));
	const data = { user: spelling, users: among.map(({ user, id }) => (id === undefined ? user : { user, id })) };
	if (why === "recreated") {
		const message = t`${spelling} is not the account that ${names} was: the name is the same, the SID is another.`;
		const keep = line("ids allocate", [spelling], { sid: account.sid, "same-person": true, ...here });
		const hints = [
			{ say: t`If it is the same person, whose account was recreated, keep the ID:`, line: keep },
			...release(t`If it is another person, release the ID first:`),
		];
		return new CfmError("conflict", "user-recreated", message, { hints, data: { ...data, sid: account.sid } });
	}
	if (why === "domain") {
		// As it was spelled: so it is shown from then on.
		const domain = domainOf(spelling) || domainOf(among[0]?.user ?? "");
		const message = t`${spelling} may be the same account as ${names}: one has a domain, the other does not.`;
		const set = line("environments set", [environment?.name ?? "default"], { domain });
		const say = t`If names without a domain belong to ${domain}, set it:`;
		return new CfmError("conflict", "user-ambiguous", message, { hints: [{ say, line: set }], data });
	}
	const hints =
		account.domain === "" ? [t`Include the domain in the user name.`] : release(t`Release the ID that is not in use:`);
	return new CfmError("conflict", "user-ambiguous", t`${spelling} may be any of ${names}.`, { hints, data });
}
