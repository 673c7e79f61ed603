import { parseAccount } from "../account/account.js";
import { told } from "../account/whose.js";
import { line } from "../command-line.js";
import { type Environment, portOf, requireEnvironment } from "../environment/environment.js";
import { CfmError } from "../errors.js";
import { became, type Deed, intended, type Narrator, type OutsideOperation } from "../operation/operation.js";
import type { Registry, RegistryView } from "../registry/registry.js";
import { t } from "../text.js";
import { findInstallation, type Installation } from "./installation.js";
import { requireLocalUser } from "./list.js";
import { isGone, type SeenClient, seen } from "./look.js";
import type { LocalUser, Machine } from "./machine.js";
import type { ClientProfile } from "./profile.js";
import { clientProcesses, pidsOf } from "./running.js";
import { uninstallationChange } from "./uninstall.js";

export interface ForgetAnswer {
	user: string;
	environment: string;
	outcome: "forgotten" | "already-so" | "planned";
	client: SeenClient;
}

interface ForgetPlan {
	user: LocalUser;
	environment: Environment;
	before: SeenClient;
	/** The registry says that it is there. */
	isRecorded: boolean;
}

/**
 * `cfm client forget`: removes what is left of a client whose program is gone, its uninstall entry and its ID, and sets
 * the record right. A client whose program is there is uninstalled, not forgotten.
 *
 * @throws CfmError conflict `client-installed`; unavailable `client-unknown`, `client-not-forgotten`; not-found `no-local-user`
 */
export function forgetClient(
	machine: Machine,
	profile: ClientProfile,
	registry: Registry,
	request: { environment: string; user: string | undefined },
	{ narrator, now }: { narrator: Narrator; now(): Date },
): OutsideOperation<ForgetPlan, SeenClient, ForgetAnswer> {
	const look = async ({ user, environment }: Pick<ForgetPlan, "user" | "environment">) =>
		seen(machine, await machine.client.look(user, profile), (id) => portOf(environment, id));
	return {
		asked: request,
		async plan() {
			const environment = await registry.read((view) => requireEnvironment(view, request.environment));
			const user = await requireLocalUser(machine, environment, request.user);
			const before = await look({ user, environment });
			requireGone(before, environment);
			const running = await clientProcesses(machine, profile, user, before.port);
			if (running.known && running.value.length > 0) {
				narrator.warn(
					t`The program is gone, but ${user.account}'s client still runs (${pidsOf(running.value)}): end it, or let the user sign out.`,
				);
			}
			const recorded = await registry.read((view) => recordOf(view, { user, environment }, machine));
			const isRecorded = recorded !== undefined && recorded.outcome !== "uninstalled";
			return { user, environment, before, isRecorded };
		},
		needed: ({ before, isRecorded }) => !isGone(before) || isRecorded,
		danger: ({ user }) => ({ question: t`Forget the client of ${user.account}, whose program is gone?` }),
		intent: (plan) => [
			intended(
				deedOf(plan),
				{ version: plan.before.version, clientId: plan.before.clientId, registered: plan.before.registered },
				{ clientId: null, registered: false, machine: machine.name },
			),
		],
		async apply(plan) {
			if (!isGone(plan.before)) await machine.client.forget(plan.user, profile);
			const client = await look(plan);
			if (isGone(client)) return client;
			throw new CfmError(
				"unavailable",
				"client-not-forgotten",
				t`Something of the client of ${plan.user.account} is still there.`,
				{ hints: [line("client show", [plan.user.account], { environment: plan.environment.name })], data: { client } },
			);
		},
		async outcome(plan, client, view) {
			const recorded = await recordOf(view, plan, machine);
			const run = { client, outcome: undefined, rebootRequired: false, error: undefined };
			return [
				...uninstallationChange(recorded, run, now()),
				became(deedOf(plan), { clientId: null, registered: false }),
			];
		},
		answer: ({ user, environment, before, isRecorded }, client) => ({
			user: user.account,
			environment: environment.name,
			outcome: client !== undefined ? "forgotten" : isGone(before) && !isRecorded ? "already-so" : "planned",
			client: client ?? before,
		}),
	};
}

function deedOf({ environment, user }: ForgetPlan): Deed {
	return { action: "client.forget", environment: environment.name, subject: user.account };
}

function recordOf(
	view: RegistryView,
	{ environment, user }: Pick<ForgetPlan, "environment" | "user">,
	{ name }: Machine,
): Promise<Installation | undefined> {
	const account = told(user.account, user.sid) ?? parseAccount(user.account);
	return findInstallation(view, environment.name, name, account);
}

function requireGone({ installed, user, folder }: SeenClient, environment: Environment): void {
	const place = { environment: environment.name };
	if (installed) {
		throw new CfmError("conflict", "client-installed", t`The client of ${user} is installed in ${folder}.`, {
			hints: [line("uninstall", [], { silent: true, ...place }), line("client show", [user], place)],
			data: { user, folder },
		});
	}
	if (installed === null) {
		throw new CfmError(
			"unavailable",
			"client-unknown",
			t`Can't determine whether the client of ${user} is in ${folder}.`,
			{
				hints: [t`Run cfm as an administrator.`, line("client show", [user], place)],
				data: { user, folder },
			},
		);
	}
}
