import { parseAccount } from "../account/account.js";
import { type Meant, told } from "../account/whose.js";
import { line } from "../command-line.js";
import { type Environment, portOf } from "../environment/environment.js";
import { CfmError } from "../errors.js";
import { needsAttention } from "../finding/verdict.js";
import type { Allocation } from "../id/allocation.js";
import { holdingOf } from "../id/holder.js";
import type { Sighting } from "../registry/look.js";
import type { RegistryView } from "../registry/registry.js";
import { t } from "../text.js";
import { type ClientVerdict, clientVerdicts } from "./findings.js";
import { type SeenClient, seen } from "./look.js";
import type { LocalUser, Machine } from "./machine.js";
import type { ClientProfile } from "./profile.js";
import { findLocalUser } from "./this-user.js";

export interface ListedClient extends SeenClient {
	allocatedId: number | null;
	verdict: ClientVerdict;
}

/** The clients of everybody who has a profile here and either a client or an ID, or may have one. */
export async function listClients(
	machine: Pick<Machine, "client" | "loopback">,
	profile: ClientProfile,
	view: RegistryView,
	environment: Environment,
	users: readonly LocalUser[],
): Promise<ListedClient[]> {
	const listed: ListedClient[] = [];
	for (const user of users) {
		const client = await showClient(machine, profile, view, environment, user);
		const traces = client.installed !== false || client.clientId !== null || client.registered === true;
		if (traces || client.allocatedId !== null || client.unknown.includes("allocatedId")) listed.push(client);
	}
	return listed;
}

/** What a last look keeps of clients. */
export function clientsSeen(clients: readonly ListedClient[]): Sighting[] {
	return clients.map(({ user, clientId, folder: _, unknown: __, ...facts }) => ({
		user,
		id: clientId,
		attention: needsAttention(clientVerdicts[facts.verdict]),
		facts: { clientId, ...facts },
	}));
}

/** One user's client, whatever is there. */
export async function showClient(
	machine: Pick<Machine, "client" | "loopback">,
	profile: ClientProfile,
	view: RegistryView,
	environment: Environment,
	user: LocalUser,
): Promise<ListedClient> {
	const client = await seen(machine, await machine.client.look(user, profile), (id) => portOf(environment, id));
	const meant = await holdingOfUser(view, environment, user);
	if (meant.is === "unsure") {
		return { ...client, allocatedId: null, verdict: "unknown", unknown: [...client.unknown, "allocatedId"] };
	}
	const allocatedId = meant.is === "one" ? meant.one.id : null;
	return { ...client, allocatedId, verdict: verdictOf(client, allocatedId) };
}

/**
 * The local user that was named, or the one who runs cfm.
 *
 * @throws CfmError not-found `no-local-user`; conflict `user-ambiguous`; unavailable `users-unknown`
 */
export async function requireLocalUser(
	machine: Machine,
	environment: Environment | undefined,
	named: string | undefined,
): Promise<LocalUser> {
	if (named === undefined) return machine.profiles.currentUser();
	const users = await machine.profiles.users();
	if (!users.known) throw usersUnknown(machine, users.why);
	const user = findLocalUser(users.value, parseAccount(named), environment);
	if (user !== undefined) return user;
	throw new CfmError("not-found", "no-local-user", t`${named} has no profile on ${machine.name}.`, {
		hints: [line("client list", [], { environment: environment?.name })],
	});
}

export function usersUnknown(machine: Machine, why: string): CfmError {
	return new CfmError("unavailable", "users-unknown", t`Can't determine who has a profile on ${machine.name}: ${why}`);
}

/**
 * What a user of this machine has an ID by. Whom the machine cannot name is known by the SID, or not at all; one whose
 * name the registry would not take has no ID.
 */
export async function holdingOfUser(
	view: RegistryView,
	environment: Environment,
	{ account: name, sid, nameUnknown }: Pick<LocalUser, "account" | "sid" | "nameUnknown">,
): Promise<Meant<Allocation>> {
	if (nameUnknown) {
		const one = sid === null ? undefined : await view.allocatedToSid(sid, environment.name);
		return one === undefined ? { is: "unsure", why: "domain", among: [] } : { is: "one", one, by: "sid" };
	}
	const account = told(name, sid);
	return account === undefined ? { is: "nobody" } : holdingOf(view, environment, account);
}

function verdictOf(client: SeenClient, allocatedId: number | null): ClientVerdict {
	if (client.installed === null || client.unknown.includes("clientId")) return "unknown";
	if (!client.installed) return "not-installed";
	if (allocatedId === null) return "no-allocation";
	if (client.clientId !== allocatedId) return "wrong-id";
	// After its ID was changed a client listens on its old port until it is started again.
	return client.running === true && client.listening === false ? "not-listening" : "ok";
}
