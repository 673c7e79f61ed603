import { type Account, parseSid, tryAccount } from "../../lib/account/account.js";
import { parseDomains } from "../../lib/account/domains.js";
import { isSid } from "../../lib/account/raw-name.js";
import { CfmError } from "../../lib/errors.js";
import type { Host } from "../../lib/host/host.js";
import type { Known } from "../../lib/known.js";
import { t } from "../../lib/text.js";

/** What a text is as a user's: an account, or why it is none. */
type Read = Account | { problem: string };

/**
 * Reads users as command lines and lists have them. SIDs among them are looked up first, all at once.
 *
 * @param texts the users that will be read
 * @param domain what bare names belong to, so that staff numbers are names, too
 * @returns what reads a user and, from a column of its own, their SID; an empty SID is none
 * @throws CfmError usage `bad-domain`
 */
export async function accountReader(
	texts: Iterable<string>,
	domain: string | undefined,
	host: Pick<Host, "accountNames">,
): Promise<(text: string, sid?: string) => Read> {
	const home = domain === undefined ? undefined : parseDomains([domain])[0]?.name;
	const sids = [...texts].filter(isSid).map(parseSid);
	const names = sids.length === 0 ? undefined : await host.accountNames(sids);
	return (text, sid = "") => {
		if (names !== undefined && isSid(text)) return accountOf(parseSid(text), names);
		const isBare = home !== undefined && !/[\\@]/.test(text) && !isEmpty(text);
		const account = tryAccount(isBare ? `${home}\\${text.trim()}` : text);
		return "problem" in account || isEmpty(sid) ? account : withSid(account, sid);
	};
}

function isEmpty(text: string): boolean {
	return text.trim() === "";
}

function withSid(account: Account, sid: string): Read {
	try {
		return { ...account, sid: parseSid(sid) };
	} catch (error) {
		if (error instanceof CfmError) return { problem: error.message };
		throw error;
	}
}

function accountOf(sid: string, names: Known<ReadonlyMap<string, string>>): Read {
	if (!names.known) return { problem: t`${sid} is a SID, not an account name: ${names.why}` };
	const name = names.value.get(sid);
	if (name === undefined) return { problem: t`${sid} is a SID of an account that Windows can't name` };
	const account = tryAccount(name);
	return "problem" in account ? account : { ...account, sid };
}
