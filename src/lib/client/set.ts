import { parseAccount } from "../account/account.js";
import { told } from "../account/whose.js";
import { line } from "../command-line.js";
import type { Environment } from "../environment/environment.js";
import { portOf, requireEnvironment } from "../environment/environment.js";
import { CfmError } from "../errors.js";
import { identify } from "../id/holder.js";
import { intended, type OutsideOperation } from "../operation/operation.js";
import { recordChange } from "../registry/kind.js";
import type { Change, Registry } from "../registry/port.js";
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
	/** The SID that is known now, for the registry. */
	identified: Change[];
}

/**
 * Decides which client ID is stored: the user's own.
 *
 * @throws CfmError not-found `no-client`, `no-local-user`, `no-allocation`; conflict `id-not-theirs`
 */
async function planSetClient(
	machine: Machine,
	profile: ClientProfile,
	registry: Pick<Registry, "read">,
	request: { environment: Environment; user: string | undefined; id: number | undefined },
): Promise<SetClientPlan> {
	const { environment } = request;
	const user = await requireLocalUser(machine, environment, request.user);
	const account = told(user.account, user.sid) ?? parseAccount(user.account);
	const own = await registry.read((view) => requireOwnId(view, environment, account, request.id));
	const { id } = own;
	const client = await seen(machine, await machine.client.look(user, profile), (one) => portOf(environment, one));
	if (client.installed === false) {
		throw new CfmError("not-found", "no-client", t`${user.account} has no client in ${client.folder}.`, {
			hints: [line("install", [], { silent: true, id, environment: environment.name })],
		});
	}
	const { clientId: before, version, folder } = client;
	const identified = identify(own, account);
	return { user, environment, before, after: id, changed: before !== id, version, folder, identified };
}

export interface SetClientAnswer {
	user: string;
	before: number | null;
	after: number;
	changed: boolean;
}

function setClientAnswer({ user, before, after, changed }: SetClientPlan): SetClientAnswer {
	return { user: user.account, before, after, changed };
}

/**
 * `cfm client set`: stores the ID, looks whether it took, and records it.
 *
 * @throws CfmError unavailable `client-id-not-settable`
 */
export function setClientId(
	machine: Machine,
	profile: ClientProfile,
	registry: Registry,
	request: { environment: string; user: string | undefined; id: number | undefined },
	now: () => Date,
): OutsideOperation<SetClientPlan, true, SetClientAnswer> {
	return {
		asked: request,
		async plan() {
			// The machine's users are asked for before the transaction, never inside.
			const environment = await registry.read((view) => requireEnvironment(view, request.environment));
			return planSetClient(machine, profile, registry, { ...request, environment });
		},
		needed: ({ changed }) => changed,
		danger: ({ user, before, after }) => ({
			question:
				before === null
					? t`Set the client ID of ${user.account} to ${after}?`
					: t`Change the client ID of ${user.account} from ${before} to ${after}?`,
		}),
		intent: ({ environment, user, before, after, identified }) => [
			...identified,
			intended(
				{ action: "client.set", environment: environment.name, subject: user.account, id: after },
				{ clientId: before },
				{
					clientId: after,
					machine: machine.name,
				},
			),
		],
		async apply({ user, environment, after }) {
			await machine.client.setClientId(user, profile, after);
			const stored = (await machine.client.look(user, profile)).clientId;
			if (stored.known && stored.value === after) return true;
			throw new CfmError("unavailable", "client-id-not-settable", t`The client ID of ${user.account} was not stored.`, {
				hints: [line("client show", [user.account], { environment: environment.name })],
			});
		},
		async outcome(plan, _done, view) {
			const { user, environment } = plan;
			const before = await findInstallation(view, environment.name, machine.name, parseAccount(user.account));
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
				id: plan.after,
				at: now().toISOString(),
			};
			const note = t`client ID ${plan.before ?? "-"} -> ${plan.after}`;
			return [recordChange(installations, "set-client", before ?? null, after, note)];
		},
		answer: setClientAnswer,
	};
}
