import { keysOf } from "../../account/account.js";
import type { Asker } from "../../operator/asker.js";
import { accountNames } from "./account-names.js";
import { loadWindows } from "./native.js";
import { groupsInUse } from "./token.js";
import { whoAmI } from "./who-am-i.js";

/** BUILTIN\\Administrators, and the system itself. */
const administrators = "S-1-5-32-544";
const system = "S-1-5-18";

/**
 * Who runs `cfm`, by the token of this process. A group that is only there to deny gives nothing: that is what
 * administrators have of Administrators until they start a program elevated.
 */
export async function windowsAsker(): Promise<Asker> {
	const { account, sid } = await whoAmI();
	const groups = new Set(await ownGroups());
	return {
		account,
		sid,
		administers: sid === system || groups.has(administrators),
		async memberOf(among) {
			const unnamed = among.filter((one) => one.sid === null);
			// Whoever named a group while no controller answered has left its name only.
			const names = unnamed.length === 0 ? new Map<string, string>() : await accountNames([...groups]);
			const called = new Set([...names.values()].map(key));
			return among.filter((one) =>
				one.sid === null ? called.has(key(one.name)) : groups.has(one.sid) || one.sid === sid,
			);
		},
	};
}

const key = (name: string) => JSON.stringify(keysOf(name));

async function ownGroups(): Promise<readonly string[]> {
	try {
		return groupsInUse(await loadWindows());
	} catch {
		// Without koffi's binary nobody is known to belong to anything.
		return [];
	}
}
