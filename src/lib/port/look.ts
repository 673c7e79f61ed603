import type { Machine } from "../client/ports.js";
import type { ClientProfile } from "../client/profile.js";
import { type Hint, line } from "../command-line.js";
import { CfmError } from "../errors.js";
import type { Known } from "../known.js";
import { t } from "../text.js";
import type { Here, ListedPort } from "./list.js";
import type { Listener, NetworkPort } from "./network.js";

/** What listens now. @throws CfmError unavailable `listeners-unknown` when it could not be told: none is no answer then */
export async function lookAtListeners(network: NetworkPort): Promise<Listener[]> {
	const listeners = await network.listeners();
	if (listeners.known) return listeners.value;
	throw new CfmError("unavailable", "listeners-unknown", t`Can't determine what listens here: ${listeners.why}`);
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

/** What ends a sentence about owners that could not be told. Who has the rights already is not told to get them. */
export function askForRights(elevated: Known<boolean>): string {
	return elevated.known && elevated.value ? t`, by an administrator either` : t`: run cfm as an administrator`;
}

/** What an administrator can do about owners that could not be told. */
export function unclearOwners(rows: readonly ListedPort[], elevated: Known<boolean>, environment: string): Hint[] {
	const unclear = rows.filter(({ verdict }) => verdict === "unknown-owner");
	const nameless = unclear.filter(({ user }) => user === null).length;
	const remarks: Hint[] = [];
	if (nameless > 0) {
		remarks.push(t`Whose ${nameless} listeners on ports of IDs are could not be told${askForRights(elevated)}.`);
	}
	if (unclear.length > nameless) {
		remarks.push({
			say: t`${unclear.length - nameless} users have a domain here and none in the registry. To set their domain:`,
			line: line("environments set", [environment], { domain: { fill: "DOMAIN" } }),
		});
	}
	return remarks;
}
