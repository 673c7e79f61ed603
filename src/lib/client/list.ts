import { compareAccounts, parseAccount, tryAccount } from "../account/account.js";
import { line } from "../command-line.js";
import { type Environment, portOf } from "../environment/environment.js";
import { CfmError } from "../errors.js";
import type { Allocation } from "../id/allocation.js";
import type { RegistryView } from "../registry/port.js";
import { t } from "../text.js";
import type { ClientVerdict } from "./findings.js";
import { type SeenClient, seen } from "./look.js";
import type { LocalUser, Machine } from "./ports.js";
import type { ClientProfile } from "./profile.js";
import { findLocalUser } from "./this-user.js";

export interface ListedClient extends SeenClient {
	allocatedId: number | null;
	verdict: ClientVerdict;
}

/** The clients of everybody who has a profile here and either a client or an ID, or may have one. */
export async function listClients(
	machine: Machine,
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

/** One user's client, whatever is there. */
export async function showClient(
	machine: Machine,
	profile: ClientProfile,
	view: RegistryView,
	environment: Environment,
	user: LocalUser,
): Promise<ListedClient> {
	const client = await seen(machine, await machine.client.look(user, profile), (id) => portOf(environment, id));
	if (user.nameUnknown) {
		return { ...client, allocatedId: null, verdict: "unknown", unknown: [...client.unknown, "allocatedId"] };
	}
	const allocated = await allocatedTo(view, environment, user);
	return { ...client, allocatedId: allocated?.id ?? null, verdict: verdictOf(client, allocated?.id ?? null) };
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
	const user = findLocalUser(users.value, parseAccount(named), environment?.domain?.toLowerCase() ?? "");
	if (user !== undefined) return user;
	throw new CfmError("not-found", "no-local-user", t`${named} has no profile on ${machine.name}.`, {
		hints: [line("client list", [], { environment: environment?.name })],
	});
}

export function usersUnknown(machine: Machine, why: string): CfmError {
	return new CfmError("unavailable", "users-unknown", t`Can't determine who has a profile on ${machine.name}: ${why}`);
}

/**
 * What a user of this machine has an ID by. A name that the machine tells without a domain stands for the only user with
 * that name; one that the registry would not take has no ID.
 */
export async function allocatedTo(
	view: RegistryView,
	environment: Environment,
	user: LocalUser,
): Promise<Allocation | undefined> {
	const account = tryAccount(user.account);
	if ("problem" in account) return undefined;
	const home = environment.domain?.toLowerCase() ?? "";
	const candidates = await view.allocationsNamed(account.name, "allocated", environment.name);
	const like = (wanted: "same" | "perhaps") =>
		candidates.filter((one) => compareAccounts(account, parseAccount(one.user ?? ""), home) === wanted);
	const [same] = like("same");
	const perhaps = like("perhaps");
	return same ?? (perhaps.length === 1 ? perhaps[0] : undefined);
}

function verdictOf(client: SeenClient, allocatedId: number | null): ClientVerdict {
	if (client.installed === null || client.unknown.includes("clientId")) return "unknown";
	if (!client.installed) return "not-installed";
	if (allocatedId === null) return "no-allocation";
	if (client.clientId !== allocatedId) return "wrong-id";
	// After its ID was changed a client listens on its old port until it is started again.
	return client.running === true && client.listening === false ? "not-listening" : "ok";
}
