import { parseAccount } from "../account/account.js";
import { told } from "../account/whose.js";
import { line } from "../command-line.js";
import type { Environment } from "../environment/environment.js";
import { portOf, requireEnvironment } from "../environment/environment.js";
import { CfmError } from "../errors.js";
import { identify } from "../id/holder.js";
import { intended, type OutsideOperation } from "../operation/operation.js";
import { recordChange } from "../registry/kind.js";
import type { Change, Registry } from "../registry/registry.js";
import { t } from "../text.js";
import { requireOwnId } from "./install.js";
import { findInstallation, type Installation, installations } from "./installation.js";
import { requireLocalUser } from "./list.js";
import { seen } from "./look.js";
import type { LocalUser, Machine, RunningProcess } from "./machine.js";
import type { ClientProfile } from "./profile.js";
import { clientProcesses, pidsOf, stopClient } from "./running.js";

export interface SetClientPlan {
	user: LocalUser;
	environment: Environment;
	before: number | null;
	after: number;
	changed: boolean;
	version: string | null;
	folder: string;
	/** The port that the client has with the ID before. */
	port: number | null;
	/** What is ended first; empty without `stopClient`. */
	ends: readonly RunningProcess[];
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
	request: { environment: Environment; user: string | undefined; id: number | undefined; stopClient: boolean },
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
	const { clientId: before, version, folder, port } = client;
	const changed = before !== id;
	// One that was started with another ID goes on with that until it is started again.
	const isStale = client.running === true && client.listening === false;
	const mayEnd = request.stopClient && (changed || isStale);
	const running = mayEnd ? await clientProcesses(machine, profile, user, port) : undefined;
	const ends = running?.known ? running.value : [];
	const identified = identify(own, account);
	return { user, environment, before, after: id, changed, version, folder, port, ends, identified };
}

export interface SetClientAnswer {
	user: string;
	before: number | null;
	after: number;
	changed: boolean;
	/** The processes of the client that were ended for it, or would be. */
	endedPids: number[];
}

function setClientAnswer({ user, before, after, changed, ends }: SetClientPlan): SetClientAnswer {
	return { user: user.account, before, after, changed, endedPids: ends.map(({ pid }) => pid) };
}

function questionOf({ user, before, after, changed }: SetClientPlan): string {
	if (!changed) return t`End the client of ${user.account}, which does not listen on the port of ID ${after}?`;
	return before === null
		? t`Set the client ID of ${user.account} to ${after}?`
		: t`Change the client ID of ${user.account} from ${before} to ${after}?`;
}

/**
 * `cfm client set`: stores the ID, looks whether it took, and records it.
 *
 * @param request.stopClient end the user's running client first, which would go on with the ID before, and may store it
 *   again; where the ID is right already, only one that runs and does not listen on its port
 * @throws CfmError unavailable `client-id-not-settable`; busy `client-not-stopped`
 */
export function setClientId(
	machine: Machine,
	profile: ClientProfile,
	registry: Registry,
	request: { environment: string; user: string | undefined; id: number | undefined; stopClient: boolean },
	{ now, pause }: { now(): Date; pause(milliseconds: number): Promise<unknown> },
): OutsideOperation<SetClientPlan, true, SetClientAnswer> {
	return {
		asked: request,
		async plan() {
			// The machine's users are asked for before the transaction, never inside.
			const environment = await registry.read((view) => requireEnvironment(view, request.environment));
			return planSetClient(machine, profile, registry, { ...request, environment });
		},
		needed: ({ changed, ends }) => changed || ends.length > 0,
		danger: (plan) => ({
			question: questionOf(plan),
			details: plan.ends.length === 0 ? [] : [t`  The running client is ended first: ${pidsOf(plan.ends)}.`],
		}),
		intent: ({ environment, user, before, after, ends, identified }) => [
			...identified,
			intended(
				{ action: "client.set", environment: environment.name, subject: user.account, id: after },
				{ clientId: before },
				{
					clientId: after,
					machine: machine.name,
					...(ends.length > 0 && { ends: ends.map(({ pid }) => pid) }),
				},
			),
		],
		async apply({ user, environment, after, port, changed }) {
			if (request.stopClient) await stopClient(machine, profile, user, { port, environment: environment.name }, pause);
			if (!changed) return true;
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
			const note = plan.changed
				? t`client ID ${plan.before ?? "-"} -> ${plan.after}`
				: t`client ended, which did not listen on the port of ID ${plan.after}`;
			return [recordChange(installations, "set-client", before ?? null, after, note)];
		},
		answer: setClientAnswer,
	};
}
