import { parseAccount } from "../account/account.js";
import { line } from "../command-line.js";
import { type Environment, portOf } from "../environment/environment.js";
import { CfmError } from "../errors.js";
import { recordChange } from "../registry/kind.js";
import type { Origin, Registry, RegistryView } from "../registry/port.js";
import { t } from "../text.js";
import { requireOwnId } from "./install.js";
import { findInstallation, type Installation, installations } from "./installation.js";
import { requireLocalUser } from "./list.js";
import { seen } from "./look.js";
import type { LocalUser, Machine } from "./ports.js";
import type { ClientProfile } from "./profile.js";

export interface SetClientPlan {
	user: LocalUser;
	environment: Environment;
	before: number | null;
	after: number;
	changed: boolean;
	version: string | null;
	folder: string;
}

/**
 * Decides which client ID is stored: the user's own.
 *
 * @throws CfmError not-found `no-client`, `no-local-user`, `no-allocation`; conflict `id-not-theirs`
 */
export async function planSetClient(
	machine: Machine,
	profile: ClientProfile,
	view: RegistryView,
	request: { environment: Environment; user: string | undefined; id: number | undefined },
): Promise<SetClientPlan> {
	const { environment } = request;
	const user = await requireLocalUser(machine, environment, request.user);
	const { id } = await requireOwnId(view, environment, parseAccount(request.user ?? user.account), request.id);
	const client = await seen(machine, await machine.client.look(user, profile), (one) => portOf(environment, one));
	if (client.installed === false) {
		throw new CfmError("not-found", "no-client", t`${user.account} has no client in ${client.folder}.`, {
			hints: [line("install", [], { silent: true, id, environment: environment.name })],
		});
	}
	const { clientId: before, version, folder } = client;
	return { user, environment, before, after: id, changed: before !== id, version, folder };
}

export interface SetClientAnswer {
	user: string;
	before: number | null;
	after: number;
	changed: boolean;
}

export function setClientAnswer({ user, before, after, changed }: SetClientPlan): SetClientAnswer {
	return { user: user.account, before, after, changed };
}

/**
 * Stores the ID, looks whether it took, and records it.
 *
 * @throws CfmError unavailable `client-id-not-settable`
 */
export async function setClient(
	machine: Machine,
	profile: ClientProfile,
	registry: Registry,
	origin: Origin,
	plan: SetClientPlan,
): Promise<SetClientAnswer> {
	const { user, environment, after: id } = plan;
	await machine.client.setClientId(user, profile, id);
	const stored = (await machine.client.look(user, profile)).clientId;
	if (!stored.known || stored.value !== id) {
		throw new CfmError("unavailable", "client-id-not-settable", t`The client ID of ${user.account} did not take.`, {
			hints: [line("client show", [user.account], { environment: environment.name })],
		});
	}
	return registry.change(origin, async (transaction) => {
		const before = await findInstallation(transaction, environment.name, machine.name, parseAccount(user.account));
		const after: Installation = {
			environment: environment.name,
			user: user.account,
			machine: machine.name,
			outcome: "installed",
			version: plan.version,
			path: plan.folder,
			installerSha256: null,
			returnCode: null,
			rebootRequired: false,
			...before,
			id,
			at: new Date().toISOString(),
		};
		const note = t`client ID ${plan.before ?? "-"} -> ${id}`;
		await transaction.apply([recordChange(installations, "set-client", before ?? null, after, note)], origin);
		return setClientAnswer(plan);
	});
}
