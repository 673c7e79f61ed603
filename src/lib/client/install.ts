import type { Account } from "../account/account.js";
import { type Hint, line } from "../command-line.js";
import { type Environment, portOf } from "../environment/environment.js";
import { CfmError } from "../errors.js";
import { textOf } from "../finding/finding.js";
import type { Allocation } from "../id/allocation.js";
import { holdingOf, requireHolding, unsureHolder } from "../id/holder.js";
import { recordChange } from "../registry/kind.js";
import type { Change, RegistryView } from "../registry/port.js";
import { t } from "../text.js";
import { type Installation, installations } from "./installation.js";
import { type SeenClient, seen, shortcomings } from "./look.js";
import type { LocalUser, Machine, RunOutcome, TakenInstaller } from "./ports.js";
import type { ClientProfile } from "./profile.js";
import { meaningOf } from "./return-codes.js";

export interface InstallRequest {
	user: LocalUser;
	environment: string;
	id: number;
	/** The environment's port rule; null when nobody can say it, for the registry may not be read. */
	portRule: Pick<Environment, "portBase" | "portStride"> | null;
	installer: string;
	/** Who signed it, as far as Windows says. */
	signer: string | null;
	silent: boolean;
	/** Milliseconds the installer may take. */
	timeout: number | undefined;
	retries: number;
	/** Install although all is as it should be. */
	again: boolean;
}

/** What will be run, for whom, and what was there before. */
export interface InstallPlan {
	user: string;
	environment: string;
	id: number;
	/** null: not known */
	port: number | null;
	installer: string;
	sha256: string;
	signer: string | null;
	words: string[];
	timeout: number | null;
	retries: number;
	before: SeenClient;
	/** All is as it should be: nothing will be run. */
	alreadySo: boolean;
	warnings: string[];
}

export interface InstallAnswer {
	user: string;
	environment: string;
	id: number;
	/** null when the registry, which holds the port rule, could not be read. */
	port: number | null;
	outcome: "installed" | "already-so" | "planned";
	returnCode: number | null;
	rebootRequired: boolean;
	attempts: number;
	sha256: string;
	signer: string | null;
	/** What was, or would be, run: the installer and its words. */
	command: string[];
	client: SeenClient;
	/** The registry could not be read: nobody checked whose ID it is, and the installation stands nowhere. */
	unrecorded: boolean;
}

/** The pause before another attempt while another installation runs: 5, 10, 20 … s, at most a minute. */
export function pauseBefore(attempt: number): number {
	return Math.min(60_000, 5_000 * 2 ** (attempt - 1));
}

/**
 * Finds the ID that a user is to be installed with.
 *
 * @throws CfmError not-found `no-allocation`; conflict `id-not-theirs`, `user-ambiguous`, `user-recreated`
 */
export async function requireOwnId(
	view: RegistryView,
	environment: Environment,
	account: Account,
	id: number | undefined,
): Promise<Allocation> {
	if (id === undefined) return requireHolding(view, environment, account);
	const meant = await holdingOf(view, environment, account);
	if (meant.is === "unsure") throw unsureHolder(environment, account, meant);
	const theirs = meant.is === "one" ? meant.one : undefined;
	if (theirs?.id === id) return theirs;
	const user = account.spelling;
	const here = { environment: environment.name };
	const held = await view.allocation(environment.name, id);
	if (theirs !== undefined) {
		throw new CfmError("conflict", "id-not-theirs", t`${account.spelling} has ID ${theirs.id}, not ${id}.`, {
			hints: [line("install", [], { silent: true, user, ...here }), line("ids move", [user], { id, ...here })],
			data: { user: account.spelling, id, theirId: theirs.id },
		});
	}
	if (held?.user != null && held.state === "allocated") {
		throw new CfmError("conflict", "id-not-theirs", t`ID ${id} belongs to ${held.user}, not to ${account.spelling}.`, {
			hints: [line("ids show", [id], here), line("ids allocate", [user], here)],
			data: { user: account.spelling, id, owner: held.user },
		});
	}
	throw new CfmError("not-found", "no-allocation", t`ID ${id} is not allocated to ${account.spelling} yet.`, {
		hints: [line("ids allocate", [user], { id, ...here }), { again: { allocate: true } }],
		data: { user: account.spelling, id },
	});
}

/**
 * Checks everything that can be checked before an installer runs, and says what will be run.
 *
 * @throws CfmError denied `wrong-hash`, `installer-not-trusted`; conflict `port-in-use`, `port-excluded`
 */
export async function planInstall(
	machine: Machine,
	profile: ClientProfile,
	request: InstallRequest,
	taken: TakenInstaller,
	recorded: Installation | undefined,
): Promise<InstallPlan> {
	const { environment, user, id } = request;
	const rule = ruleOf(request);
	const port = rule === null ? null : rule(id);
	const warnings: string[] = [];
	const before = await seen(machine, await machine.client.look(user, profile), rule);
	const sameInstaller = (recorded?.installerSha256 ?? taken.sha256) === taken.sha256;
	// Not what could not be told: an ID that nobody can read may be another one.
	const whole =
		before.installed === true && before.clientId === id && shortcomings(before, id, environment).length === 0;
	const alreadySo = whole && sameInstaller && !request.again;
	// The user's own client holds its port while it runs; only somebody else's is in the way.
	const own = before.clientId === id && before.running !== false;
	if (!alreadySo && !own && port !== null) await requireFreePort(machine, request, port, warnings);
	return {
		user: user.account,
		environment,
		id,
		port,
		installer: request.installer,
		sha256: taken.sha256,
		signer: request.signer,
		words: [...(request.silent ? ["/S"] : []), `/CFMID=${id}`],
		timeout: request.timeout ?? null,
		retries: request.retries,
		before,
		alreadySo,
		warnings,
	};
}

/** What happened while a plan was applied. */
export interface InstallRun {
	outcome: RunOutcome;
	attempts: number;
	rebootRequired: boolean;
	client: SeenClient;
	/** Why it is not a success. */
	error: CfmError | undefined;
}

/**
 * Runs the installer as planned, again while another installation runs, then looks whether it took.
 *
 * An installer that says 0 and leaves nothing has failed.
 *
 * @param pause waits, so that tests need not
 */
export async function applyInstall(
	machine: Machine,
	profile: ClientProfile,
	request: InstallRequest,
	plan: InstallPlan,
	taken: TakenInstaller,
	pause: (milliseconds: number) => Promise<unknown>,
): Promise<InstallRun> {
	const lookNow = async () => seen(machine, await machine.client.look(request.user, profile), ruleOf(request));
	let attempts = 0;
	let outcome: RunOutcome;
	for (;;) {
		attempts += 1;
		outcome = await machine.runner.run(taken.file, plan.words, { timeout: plan.timeout ?? undefined });
		const busy = outcome.ended === "exited" && meaningOf(outcome.returnCode).outcome === "busy";
		if (!busy || attempts > plan.retries) break;
		await pause(pauseBefore(attempts));
	}
	const failed = failureOf(outcome, plan, attempts);
	if (failed !== undefined) return { outcome, attempts, rebootRequired: false, client: await lookNow(), error: failed };
	const meaning = meaningOf((outcome as { returnCode: number }).returnCode);
	const rebootRequired = meaning.outcome === "success" && meaning.rebootRequired;
	// A client that waits for a restart of the machine need not answer yet.
	const seconds = rebootRequired ? Math.min(5, profile.settleSeconds) : profile.settleSeconds;
	const client = await settle(lookNow, (one) => isWhole(one, plan, profile), seconds, pause);
	const missing = shortcomings(client, plan.id, plan.environment).map(textOf);
	const error =
		missing.length === 0 || (rebootRequired && client.installed !== false)
			? undefined
			: new CfmError(
					"unavailable",
					"installer-left-nothing",
					t`The installer reported success, but ${missing.join(", ")}.`,
					{
						hints: [line("client detect"), withoutSilent()],
						data: { missing, client },
					},
				);
	return { outcome, attempts, rebootRequired, client, error };
}

/** The record of a run, for the registry. */
export function installationChange(
	plan: InstallPlan,
	run: InstallRun,
	machine: string,
	before: Installation | undefined,
	now = new Date(),
): Change {
	const returnCode = run.outcome.ended === "exited" ? run.outcome.returnCode : null;
	const after: Installation = {
		environment: plan.environment,
		user: before?.user ?? plan.user,
		machine,
		id: plan.id,
		outcome: run.error === undefined ? "installed" : "failed",
		version: run.client.version,
		path: run.client.installed ? run.client.folder : null,
		installerSha256: plan.sha256,
		returnCode,
		rebootRequired: run.rebootRequired,
		at: now.toISOString(),
	};
	return recordChange(installations, "install", before ?? null, after, run.error?.code ?? null);
}

export function installAnswer(plan: InstallPlan, run: InstallRun | undefined): InstallAnswer {
	return {
		user: plan.user,
		environment: plan.environment,
		id: plan.id,
		port: plan.port,
		outcome: run !== undefined ? "installed" : plan.alreadySo ? "already-so" : "planned",
		returnCode: run?.outcome.ended === "exited" ? run.outcome.returnCode : null,
		rebootRequired: run?.rebootRequired ?? false,
		attempts: run?.attempts ?? 0,
		sha256: plan.sha256,
		signer: plan.signer,
		command: [plan.installer, ...plan.words],
		client: run?.client ?? plan.before,
		unrecorded: plan.port === null,
	};
}

function ruleOf({ portRule }: InstallRequest): ((id: number) => number) | null {
	return portRule === null ? null : (id) => portOf(portRule, id);
}

/** Looks again and again until it is as it should be, or the time is over. */
export async function settle(
	look: () => Promise<SeenClient>,
	done: (client: SeenClient) => boolean,
	seconds: number,
	pause: (milliseconds: number) => Promise<unknown>,
): Promise<SeenClient> {
	const end = Date.now() + seconds * 1000;
	for (;;) {
		const client = await look();
		if (done(client) || Date.now() >= end) return client;
		await pause(500);
	}
}

function isWhole(client: SeenClient, { id, environment }: InstallPlan, profile: ClientProfile): boolean {
	const answers = client.listening === true || client.unknown.includes("listening");
	return shortcomings(client, id, environment).length === 0 && (!profile.startsAfterInstall || answers);
}

async function requireFreePort(
	machine: Machine,
	{ environment, id }: InstallRequest,
	port: number,
	warnings: string[],
): Promise<void> {
	const state = await machine.loopback.state(port);
	if (!state.known) {
		warnings.push(t`Can't determine whether port ${port} is free: ${state.why}`);
		return;
	}
	if (state.value === "free") return;
	const code = state.value === "in-use" ? "port-in-use" : "port-excluded";
	throw new CfmError(
		"conflict",
		code,
		state.value === "in-use"
			? t`Port ${port} of ID ${id} is in use by another program on ${machine.name}.`
			: t`Port ${port} of ID ${id} can't be bound on ${machine.name}: Windows reserves it for something else.`,
		{
			hints: [
				line("ports check", [id], { environment }),
				state.value === "in-use"
					? line("ids reserve", [id], { note: t`port in use`, environment })
					: line("ports reserve-block", [], { environment }),
			],
			data: { port, id },
		},
	);
}

/** How an administrator sees what an installer says while it runs. */
export function withoutSilent(): Hint {
	return { say: t`To see why, run it once without --silent:`, line: { again: { silent: undefined } } };
}

function failureOf(outcome: RunOutcome, plan: InstallPlan, attempts: number): CfmError | undefined {
	if (outcome.ended === "not-started") {
		return new CfmError("unavailable", "installer-not-started", t`The installer could not be started: ${outcome.why}`, {
			data: { installer: plan.installer },
		});
	}
	if (outcome.ended === "cancelled") {
		return new CfmError("cancelled", "install-cancelled", t`Cancelled: the installer was stopped.`, {
			hints: [
				line("client show", [], { environment: plan.environment }),
				t`The installation may be incomplete. Run it again.`,
			],
		});
	}
	if (outcome.ended === "timed-out") {
		return new CfmError(
			"unavailable",
			"installer-timed-out",
			t`The installer did not finish within ${Math.round(outcome.seconds)} s and was stopped.`,
			{ hints: [{ again: { timeout: { fill: "SECONDS" } } }, withoutSilent()] },
		);
	}
	const meaning = meaningOf(outcome.returnCode);
	if (meaning.outcome === "success") return undefined;
	if (meaning.outcome === "failure") return meaning.error(outcome.returnCode, plan.environment);
	return new CfmError(
		"busy",
		"installer-busy",
		t`Another installation is running (return code 1618, ${attempts} attempts).`,
		{
			hints: [
				t`Try again when it has finished.`,
				{ say: t`Or let it wait:`, line: { again: { retries: { fill: "N" } } } },
			],
			data: { returnCode: outcome.returnCode, attempts },
		},
	);
}
