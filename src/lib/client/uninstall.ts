import type { Account } from "../account/account.js";
import { type Hint, line } from "../command-line.js";
import type { Environment } from "../environment/environment.js";
import { portOf, requireEnvironment } from "../environment/environment.js";
import { CfmError } from "../errors.js";
import { became, type Deed, intended, type Narrator, type OutsideOperation } from "../operation/operation.js";
import { recordChange } from "../registry/kind.js";
import type { Change, Registry, RegistryView } from "../registry/registry.js";
import { t } from "../text.js";
import { describe, pauseBefore, settle, withoutSilent } from "./apply-install.js";
import { holdClient } from "./hold-client.js";
import { findInstallation, type Installation, installations } from "./installation.js";
import { Journal, withLog } from "./journal.js";
import { isGone, remains, type SeenClient, seen } from "./look.js";
import type { LocalUser, Machine, RunOutcome } from "./machine.js";
import { whyNotStarted } from "./not-started.js";
import type { ClientProfile } from "./profile.js";
import { codeData, codeText, meaningOf, saying } from "./return-codes.js";
import { clientProcesses, pidsOf, stopClient } from "./running.js";
import { requireThisUser } from "./this-user.js";

export interface UninstallPlan {
	user: LocalUser;
	environment: Environment;
	uninstaller: string;
	words: string[];
	/** Milliseconds it may take. */
	timeout: number;
	/** How often it is tried again while another installation runs. */
	retries: number;
	/** End the user's own client before. */
	stopClient: boolean;
	before: SeenClient;
	/** There is nothing to remove. */
	alreadySo: boolean;
}

export interface UninstallAnswer {
	user: string;
	environment: string;
	outcome: "uninstalled" | "already-so" | "planned";
	returnCode: number | null;
	/** The rest goes when the machine is restarted. */
	rebootRequired: boolean;
	attempts: number;
	/** What was, or would be, run: the uninstaller and its words. */
	command: string[];
	client: SeenClient;
	/** The log of it; null when there is none. */
	log: string | null;
}

export interface UninstallRun {
	outcome: RunOutcome;
	attempts: number;
	rebootRequired: boolean;
	client: SeenClient;
	/** The program's process goes on although its file is gone. */
	worksOn: boolean;
	/** Why it is not a success. */
	error: CfmError | undefined;
	log: string | null;
}

export async function planUninstall(
	machine: Machine,
	profile: ClientProfile,
	request: {
		user: LocalUser;
		environment: Environment;
		silent: boolean;
		timeout: number;
		retries: number;
		stopClient: boolean;
	},
): Promise<UninstallPlan> {
	const { user, environment, timeout, retries, stopClient } = request;
	const before = await seen(machine, await machine.client.look(user, profile), (id) => portOf(environment, id));
	return {
		user,
		environment,
		uninstaller: machine.client.uninstaller(user, profile),
		words: request.silent ? ["/S"] : [],
		timeout,
		retries,
		stopClient,
		before,
		alreadySo: isGone(before),
	};
}

/**
 * Runs the uninstaller, again while another installation runs, then looks until nothing is left: an NSIS uninstaller works
 * on in a copy of itself after the program that was started has ended. What is seen decides, whatever it returned.
 *
 * @throws CfmError busy `client-not-stopped`
 */
export async function applyUninstall(
	machine: Machine,
	profile: ClientProfile,
	plan: UninstallPlan,
	{ pause, note }: { pause(milliseconds: number): Promise<unknown>; note(text: string): void },
): Promise<UninstallRun> {
	const { user, environment, before } = plan;
	const place = { port: before.port, environment: environment.name };
	if (plan.stopClient) note(`client ended: ${pidsOf(await stopClient(machine, profile, user, place, pause))}`);
	const { outcome, attempts } = await runPatiently(machine, plan, { pause, note });
	const look = async () => seen(machine, await machine.client.look(user, profile), (id) => portOf(environment, id));
	const meaning = outcome.ended === "exited" ? meaningOf(outcome.returnCode) : undefined;
	const rebootRequired = meaning?.outcome === "success" && meaning.rebootRequired;
	const isSuccess = meaning?.outcome === "success" || (meaning?.outcome === "failure" && meaning.notInstalled);
	// With a window somebody has to press its buttons; that may take as long as the uninstaller itself may.
	const seconds = plan.words.length === 0 ? plan.timeout / 1000 : profile.settleSeconds;
	const family = outcome.ended === "exited" ? outcome.family : undefined;
	const { client } = await settle(look, pause, {
		done: isGone,
		// What failed, or goes with a restart, is looked at once.
		seconds: isSuccess && !rebootRequired ? seconds : 0,
		family: isSuccess ? family : undefined,
		deadline: Date.now() + plan.timeout,
	});
	note(`looked: ${JSON.stringify(client)}`);
	const error = isGone(client) ? undefined : failureOf(plan, outcome, attempts, client, isSuccess, rebootRequired);
	const processes = await clientProcesses(machine, profile, user, before.port);
	const worksOn = client.installed === false && processes.known && processes.value.length > 0;
	return { outcome, attempts, rebootRequired, client, worksOn, error, log: null };
}

async function runPatiently(
	machine: Machine,
	plan: UninstallPlan,
	{ pause, note }: { pause(milliseconds: number): Promise<unknown>; note(text: string): void },
): Promise<{ outcome: RunOutcome; attempts: number }> {
	for (let attempts = 1; ; attempts += 1) {
		note(`started: ${JSON.stringify(commandOf(plan))}`);
		const outcome = await machine.runner.run(plan.uninstaller, plan.words, { timeout: plan.timeout });
		note(`ended: ${describe(outcome)}`);
		const busy = outcome.ended === "exited" && meaningOf(outcome.returnCode).outcome === "busy";
		if (!busy || attempts > plan.retries) return { outcome, attempts };
		await pause(pauseBefore(attempts));
	}
}

/** What is wrong when something is left. */
function failureOf(
	{ uninstaller, environment, user }: UninstallPlan,
	outcome: RunOutcome,
	attempts: number,
	client: SeenClient,
	isSuccess: boolean,
	rebootRequired: boolean,
): CfmError | undefined {
	const place = { environment: environment.name };
	if (rebootRequired) return undefined;
	// Only its traces are left: no uninstaller will ever remove them.
	const forget =
		client.installed === false
			? [line("client forget", [user.account], place)]
			: [line("client detect"), withoutSilent()];
	if (isSuccess) {
		return new CfmError(
			"unavailable",
			"uninstaller-left-something",
			t`The uninstaller reported success, but something is left: ${remains(client).join(", ")}.`,
			{ hints: [...forget, line("client show", [user.account], place)], data: { client } },
		);
	}
	if (outcome.ended === "exited" && meaningOf(outcome.returnCode).outcome === "busy") {
		const message = t`Another installation is running (return code ${codeText(outcome.returnCode)}, ${attempts} attempts).`;
		return new CfmError("busy", "installer-busy", message, {
			hints: [t`Try again when it has finished.`],
			data: { ...codeData(outcome.returnCode), attempts },
		});
	}
	if (outcome.ended === "not-started" && outcome.because === "gone") {
		return new CfmError("unavailable", "uninstaller-failed", t`There is no uninstaller ${uninstaller}.`, {
			hints: client.installed === false ? forget : [line("install", [], { silent: true, reinstall: true, ...place })],
			data: { uninstaller, client },
		});
	}
	const { why, hints, data } = whyFailed(outcome, uninstaller);
	return new CfmError("unavailable", "uninstaller-failed", t`The uninstaller ${uninstaller} failed: ${why}.`, {
		hints: [...hints, ...forget],
		data,
	});
}

interface Why {
	why: string;
	hints: Hint[];
	data: Record<string, unknown>;
}

function whyFailed(outcome: RunOutcome, uninstaller: string): Why {
	const plain = { hints: [], data: {} };
	if (outcome.ended === "timed-out") return { ...plain, why: t`it did not finish in time` };
	if (outcome.ended === "cancelled") return { ...plain, why: t`it was cancelled` };
	if (outcome.ended === "not-started") {
		return { ...whyNotStarted(outcome, uninstaller), data: { reason: outcome.because, why: outcome.why } };
	}
	const code = codeText(outcome.returnCode);
	const said = saying(outcome.returnCode);
	return {
		...plain,
		why: said === undefined ? t`return code ${code}` : t`return code ${code}, ${said}`,
		data: codeData(outcome.returnCode),
	};
}

/**
 * The record follows what is seen: a client whose program is gone is not installed, whoever removed it, and whatever an
 * uninstaller said. None when the registry never knew the client, or says so already.
 */
export function uninstallationChange(
	before: Installation | undefined,
	{
		client,
		outcome,
		rebootRequired,
		error,
	}: Pick<UninstallRun, "client" | "rebootRequired" | "error"> & {
		outcome: RunOutcome | undefined;
	},
	now = new Date(),
): Change[] {
	if (before === undefined) return [];
	const at = now.toISOString();
	const returnCode = outcome?.ended === "exited" ? outcome.returnCode : null;
	const note = error?.code ?? null;
	if (client.installed === false) {
		if (before.outcome === "uninstalled") return [];
		const gone = { outcome: "uninstalled", path: null, version: null } as const;
		return [
			recordChange(installations, "uninstall", before, { ...before, ...gone, returnCode, rebootRequired, at }, note),
		];
	}
	if (!rebootRequired) return [];
	return [recordChange(installations, "uninstall", before, { ...before, returnCode, rebootRequired, at }, "restart")];
}

/** `cfm uninstall`, for the user of this session. */
export function uninstallClient(
	machine: Machine,
	profile: ClientProfile,
	registry: Registry,
	request: {
		environment: string;
		user: string | undefined;
		silent: boolean;
		timeout: number;
		retries: number;
		stopClient: boolean;
	},
	around: {
		narrator: Narrator;
		pause(milliseconds: number): Promise<unknown>;
		now(): Date;
		keepLog(text: string): Promise<string | undefined>;
		dryRun?: boolean;
	},
): OutsideOperation<Planned, UninstallRun | undefined, UninstallAnswer> {
	const { narrator, pause, now, keepLog, dryRun = false } = around;
	let release: (() => void) | undefined;
	return {
		asked: request,
		async plan() {
			const environment = await registry.read((view) => requireEnvironment(view, request.environment));
			const { user, account } = await requireThisUser(machine, request.user, environment);
			if (!dryRun) release ??= await holdClient(machine, profile, user, request.retries, pause);
			const plan = await planUninstall(machine, profile, { ...request, user, environment });
			const recorded = await registry.read((view) => recordOf(view, { environment, account }, machine));
			return { ...plan, account, isRecorded: recorded !== undefined && recorded.outcome !== "uninstalled" };
		},
		// Whoever removed it by hand left a record that says it is there.
		needed: ({ alreadySo, isRecorded }) => !alreadySo || isRecorded,
		danger: (plan) =>
			plan.alreadySo
				? undefined
				: { question: t`Remove the client of ${plan.user.account}?`, details: [`  ${commandOf(plan).join(" ")}`] },
		intent: (plan) => [
			intended(
				deedOf(plan),
				{ version: plan.before.version, clientId: plan.before.clientId },
				{ command: plan.alreadySo ? [] : commandOf(plan), machine: machine.name },
			),
		],
		async apply(plan) {
			if (plan.alreadySo) return undefined;
			const journal = new Journal(now, `uninstall for ${plan.user.account} on ${machine.name}`);
			const note = (text: string) => journal.note(text);
			const run = await narrator.during(t`Uninstalling`, () => applyUninstall(machine, profile, plan, { pause, note }));
			journal.end(run.error, `left: ${JSON.stringify(run.client)}`);
			const log = (await keepLog(journal.text)) ?? null;
			warnOf(plan, run, narrator);
			return { ...run, log, error: withLog(run.error, log) };
		},
		async outcome(plan, run, view) {
			const recorded = await recordOf(view, plan, machine);
			const seenNow = run ?? { client: plan.before, outcome: undefined, rebootRequired: false, error: undefined };
			const changes = uninstallationChange(recorded, seenNow, now());
			if (changes.length > 0) return changes;
			const { installed, registered, clientId } = seenNow.client;
			const code = seenNow.error?.code;
			return [became(deedOf(plan), { installed, registered, clientId, ...(code && { code }) })];
		},
		answer: (plan, run) => ({
			user: plan.user.account,
			environment: plan.environment.name,
			returnCode: run?.outcome.ended === "exited" ? run.outcome.returnCode : null,
			rebootRequired: run?.rebootRequired ?? false,
			attempts: run?.attempts ?? 0,
			command: commandOf(plan),
			client: run?.client ?? plan.before,
			outcome: run !== undefined ? "uninstalled" : plan.alreadySo ? "already-so" : "planned",
			log: run?.log ?? null,
		}),
		failure: (run) => run?.error,
		end: () => release?.(),
	};
}

type Planned = UninstallPlan & { account: Account; isRecorded: boolean };

function deedOf({ environment, user }: UninstallPlan): Deed {
	return { action: "client.uninstall", environment: environment.name, subject: user.account };
}

function recordOf(
	view: RegistryView,
	{ environment, account }: Pick<Planned, "environment" | "account">,
	{ name }: Machine,
): Promise<Installation | undefined> {
	return findInstallation(view, environment.name, name, account);
}

function warnOf({ before, user }: UninstallPlan, run: UninstallRun, narrator: Narrator): void {
	if (run.error !== undefined) return;
	const returnCode = run.outcome.ended === "exited" ? run.outcome.returnCode : 0;
	if (meaningOf(returnCode).outcome !== "success") {
		narrator.warn(
			t`The uninstaller ended with return code ${codeText(returnCode)}, but nothing of the client is left.`,
		);
	}
	if (run.rebootRequired && !isGone(run.client)) {
		narrator.warn(t`The rest of the client goes when the machine is restarted.`);
	}
	if (run.worksOn) {
		narrator.warn(
			t`The program is gone, but ${user.account}'s client still runs, on port ${before.port ?? "-"}: end it, or let the user sign out.`,
		);
	}
}

function commandOf({ uninstaller, words }: UninstallPlan): string[] {
	return [uninstaller, ...words];
}
