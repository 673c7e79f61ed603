import type { Account } from "../account/account.js";
import { line } from "../command-line.js";
import type { Environment } from "../environment/environment.js";
import { portOf, requireEnvironment } from "../environment/environment.js";
import { CfmError } from "../errors.js";
import { intended, type Narrator, type OutsideOperation } from "../operation/operation.js";
import { recordChange } from "../registry/kind.js";
import type { Change, Registry } from "../registry/port.js";
import { t } from "../text.js";
import { settle, withoutSilent } from "./install.js";
import { findInstallation, type Installation, installations } from "./installation.js";
import { isGone, type SeenClient, seen } from "./look.js";
import type { LocalUser, Machine, RunOutcome } from "./ports.js";
import type { ClientProfile } from "./profile.js";
import { requireThisUser } from "./this-user.js";

export interface UninstallPlan {
	user: LocalUser;
	environment: Environment;
	uninstaller: string;
	words: string[];
	/** Milliseconds it may take. */
	timeout: number;
	before: SeenClient;
	/** There is nothing to remove. */
	alreadySo: boolean;
}

export interface UninstallAnswer {
	user: string;
	environment: string;
	outcome: "uninstalled" | "already-so" | "planned";
	returnCode: number | null;
	/** What was, or would be, run: the uninstaller and its words. */
	command: string[];
	client: SeenClient;
}

export interface UninstallRun {
	outcome: RunOutcome;
	client: SeenClient;
}

export async function planUninstall(
	machine: Machine,
	profile: ClientProfile,
	request: { user: LocalUser; environment: Environment; silent: boolean; timeout: number },
): Promise<UninstallPlan> {
	const { user, environment } = request;
	const before = await seen(machine, await machine.client.look(user, profile), (id) => portOf(environment, id));
	return {
		user,
		environment,
		uninstaller: machine.client.uninstaller(user, profile),
		words: request.silent ? ["/S"] : [],
		timeout: request.timeout,
		before,
		alreadySo: isGone(before),
	};
}

/**
 * Runs the uninstaller, then looks until nothing is left: an NSIS uninstaller works on in a copy of itself after the
 * program that was started has ended.
 *
 * @throws CfmError unavailable `uninstaller-failed`, `uninstaller-left-something`
 */
export async function applyUninstall(
	machine: Machine,
	profile: ClientProfile,
	plan: UninstallPlan,
	pause: (milliseconds: number) => Promise<unknown>,
): Promise<UninstallRun> {
	const outcome = await machine.runner.run(plan.uninstaller, plan.words, { timeout: plan.timeout });
	const look = async () =>
		seen(machine, await machine.client.look(plan.user, profile), (id) => portOf(plan.environment, id));
	if (outcome.ended !== "exited" || outcome.returnCode !== 0) {
		const why =
			outcome.ended === "exited"
				? t`return code ${outcome.returnCode}`
				: outcome.ended === "timed-out"
					? t`it did not finish in time`
					: outcome.ended === "cancelled"
						? t`it was cancelled`
						: outcome.why;
		throw new CfmError("unavailable", "uninstaller-failed", t`The uninstaller ${plan.uninstaller} failed: ${why}.`, {
			hints: [line("client detect"), withoutSilent()],
		});
	}
	// With a window somebody has to press its buttons; that may take as long as the uninstaller itself may.
	const seconds = plan.words.length === 0 ? plan.timeout / 1000 : profile.settleSeconds;
	const client = await settle(look, isGone, seconds, pause);
	if (isGone(client)) return { outcome, client };
	throw new CfmError(
		"unavailable",
		"uninstaller-left-something",
		t`The uninstaller reported success, but the client is still installed.`,
		{
			hints: [line("client show", [], { environment: plan.environment.name })],
			data: { client },
		},
	);
}

/** The record of an uninstallation; none when the registry never knew the client. */
export function uninstallationChange(
	before: Installation | undefined,
	returnCode: number | null,
	now = new Date(),
): Change[] {
	if (before === undefined) return [];
	const after: Installation = {
		...before,
		outcome: "uninstalled",
		path: null,
		version: null,
		returnCode,
		rebootRequired: false,
		at: now.toISOString(),
	};
	return [recordChange(installations, "uninstall", before, after)];
}

/** `cfm uninstall`, for the user of this session. */
export function uninstallClient(
	machine: Machine,
	profile: ClientProfile,
	registry: Registry,
	request: { environment: string; user: string | undefined; silent: boolean; timeout: number },
	{ narrator, pause }: { narrator: Narrator; pause(milliseconds: number): Promise<unknown> },
): OutsideOperation<UninstallPlan & { account: Account }, UninstallRun, UninstallAnswer> {
	return {
		asked: request,
		async plan() {
			const environment = await registry.read((view) => requireEnvironment(view, request.environment));
			const { user, account } = await requireThisUser(machine, request.user, environment);
			return { ...(await planUninstall(machine, profile, { ...request, user, environment })), account };
		},
		needed: ({ alreadySo }) => !alreadySo,
		danger: (plan) => ({
			question: t`Remove the client of ${plan.user.account}?`,
			details: [`  ${commandOf(plan).join(" ")}`],
		}),
		intent: (plan) => [
			intended(
				{ action: "client.uninstall", environment: plan.environment.name, subject: plan.user.account },
				{ version: plan.before.version, clientId: plan.before.clientId },
				{ command: commandOf(plan), machine: machine.name },
			),
		],
		apply: (plan) => narrator.during(t`Uninstalling`, () => applyUninstall(machine, profile, plan, pause)),
		async outcome({ environment, account }, { outcome }, view) {
			const recorded = await findInstallation(view, environment.name, machine.name, account);
			return uninstallationChange(recorded, returnCodeOf(outcome));
		},
		answer: (plan, run) => ({
			user: plan.user.account,
			environment: plan.environment.name,
			returnCode: run === undefined ? null : returnCodeOf(run.outcome),
			command: commandOf(plan),
			client: run?.client ?? plan.before,
			outcome: run !== undefined ? "uninstalled" : plan.alreadySo ? "already-so" : "planned",
		}),
	};
}

function commandOf({ uninstaller, words }: UninstallPlan): string[] {
	return [uninstaller, ...words];
}

function returnCodeOf(outcome: RunOutcome): number | null {
	return outcome.ended === "exited" ? outcome.returnCode : null;
}
