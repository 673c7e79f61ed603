import type { Machine } from "../client/ports.js";
import type { ClientProfile } from "../client/profile.js";
import { type Hint, line } from "../command-line.js";
import { CfmError } from "../errors.js";
import type { Known } from "../known.js";
import { plural, t } from "../text.js";
import type { Here, ListedPort } from "./list.js";
import type { Listener, NetworkPort } from "./network.js";

/** What listens now. @throws CfmError unavailable `listeners-unknown` when it could not be told: none is no answer then */
export async function lookAtListeners(network: NetworkPort): Promise<Listener[]> {
	const listeners = await network.listeners();
	if (listeners.known) return listeners.value;
	throw listenersUnknownError(listeners.why);
}

export function listenersUnknownError(why: string): CfmError {
	return new CfmError("unavailable", "listeners-unknown", t`Can't determine what listens here: ${why}`);
}

/** Who has a profile on a machine, and a way to look whether their client is there; undefined when nobody could tell. */
export async function lookForClients(
	{ profiles, client }: Pick<Machine, "profiles" | "client">,
	profile: ClientProfile,
	remark: (text: string) => void,
): Promise<Here["clients"]> {
	const users = await profiles.users();
	if (users.known) return { users: users.value, isInstalled: (user) => client.isInstalled(user, profile) };
	remark(t`Can't determine who has a profile here, so missing listeners may not be listed: ${users.why}`);
	return undefined;
}

/** What an administrator can do about owners that could not be told. */
export function unclearOwners(rows: readonly ListedPort[], elevated: Known<boolean>, environment: string): Hint[] {
	const unclear = rows.filter(({ verdict }) => verdict === "unknown-owner");
	const nameless = unclear.filter(({ user }) => user === null).length;
	const remarks: Hint[] = [];
	if (nameless > 0) {
		// Who has the rights already is not told to get them.
		const text =
			elevated.known && elevated.value
				? plural(nameless, {
						one: "Even an administrator can't see who owns 1 listener on the port of an ID.",
						other: `Even an administrator can't see who owns ${nameless} listeners on ports of IDs.`,
					})
				: plural(nameless, {
						one: "cfm can't determine the owner of 1 listener on the port of an ID: run cfm as an administrator.",
						other: `cfm can't determine the owners of ${nameless} listeners on ports of IDs: run cfm as an administrator.`,
					});
		remarks.push(text);
	}
	if (unclear.length > nameless) {
		remarks.push({
			say: plural(unclear.length - nameless, {
				one: "1 user has a domain here and none in the registry. To set it:",
				other: `${unclear.length - nameless} users have a domain here and none in the registry. To set it:`,
			}),
			line: line("environments set", [environment], { domain: { fill: "DOMAIN" } }),
		});
	}
	return remarks;
}
