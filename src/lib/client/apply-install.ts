import { type Hint, line } from "../command-line.js";
import { CfmError } from "../errors.js";
import { textOf } from "../finding/finding.js";
import { recordChange } from "../registry/kind.js";
import type { Change } from "../registry/registry.js";
import { t } from "../text.js";
import { type InstallPlan, type InstallRequest, ruleOf } from "./install.js";
import { type Installation, installations } from "./installation.js";
import { type SeenClient, seen, shortcomings } from "./look.js";
import type { Family, Machine, RunOutcome, TakenInstaller } from "./machine.js";
import { installerNotStarted } from "./not-started.js";
import type { ClientProfile } from "./profile.js";
import { codeData, codeText, meaningOf } from "./return-codes.js";
import { pidsOf, stopClient } from "./running.js";
import { type ClientFeature, changesBetween, isUntouched, stillOld, traceClient } from "./trace.js";

/** What happened while a plan was applied. */
export interface InstallRun {
	outcome: RunOutcome;
	attempts: number;
	rebootRequired: boolean;
	client: SeenClient;
	/** The client is the one that was there before. */
	untouched: boolean;
	changed: ClientFeature[];
	unclear: ClientFeature[];
	stopped: number;
	/** The installer, or what it started, still runs. */
	worksOn: boolean;
	/** What people should know although it is no failure. */
	remarks: Hint[];
	/** Why it is not a success. */
	error: CfmError | undefined;
	/** Where its log was kept. */
	log: string | null;
}

/** What the applying of a plan is given besides. */
export interface Around {
	/** Waits, so that tests need not. */
	pause(milliseconds: number): Promise<unknown>;
	/** Writes down what happens. */
	note(text: string): void;
	/** Tells whoever waits what is being done. */
	say(text: string): void;
}

/** The pause before another attempt while another installation runs: 5, 10, 20 … s, at most a minute. */
export function pauseBefore(attempt: number): number {
	return Math.min(60_000, 5_000 * 2 ** (attempt - 1));
}

/**
 * Runs the installer as planned, again while another installation runs, then looks whether it took.
 *
 * An installer that says 0 and leaves nothing has failed. One that ends at once, while what it started works on, is
 * waited for: until the client is as it should be, or all but the client has ended, within the installer's own time.
 *
 * @throws CfmError busy `client-not-stopped`
 */
export async function applyInstall(
	machine: Machine,
	profile: ClientProfile,
	request: InstallRequest,
	plan: InstallPlan,
	taken: TakenInstaller,
	around: Around,
): Promise<InstallRun> {
	const lookNow = async () => seen(machine, await machine.client.look(request.user, profile), ruleOf(request));
	const place = { port: plan.before.port, environment: plan.environment };
	const ended = request.stopClient ? await stopClient(machine, profile, request.user, place, around.pause) : [];
	if (ended.length > 0) around.note(`client ended: ${pidsOf(ended)}`);
	const { outcome, attempts, began } = await runPatiently(machine, plan, taken, around);
	const end = async (error: CfmError | undefined, more: Partial<InstallRun> = {}): Promise<InstallRun> => {
		const client = more.client ?? (await lookNow());
		const after = await traceClient(machine, profile, request.user, client, plan.before.port ?? client.port);
		const { changed, unclear } = changesBetween(plan.trace, after);
		const untouched = error === undefined && isUntouched(plan.trace, after);
		const old = changed.includes("program") ? stillOld(plan.trace, after) : [];
		const remarks = error === undefined ? [...remarksOn(plan, client, untouched, changed), ...oldOnes(old)] : [];
		const run = { outcome, attempts, rebootRequired: false, worksOn: false, stopped: ended.length, log: null };
		return { ...run, client, changed, unclear, untouched, remarks, error, ...more };
	};
	const failed = failureOf(outcome, plan, attempts, taken.file);
	if (failed !== undefined) return end(failed);
	const meaning = meaningOf((outcome as { returnCode: number }).returnCode);
	const rebootRequired = meaning.outcome === "success" && meaning.rebootRequired;
	// A client that waits for a restart of the machine need not answer yet.
	const seconds = rebootRequired ? Math.min(5, profile.settleSeconds) : profile.settleSeconds;
	const family = outcome.ended === "exited" ? outcome.family : undefined;
	around.say(
		plan.before.port === null
			? t`Looking at the client (at most ${seconds} s)`
			: t`Waiting for the client on port ${plan.before.port} (at most ${seconds} s)`,
	);
	const wasWhole = isWhole(plan.before, plan, profile);
	const { client, late, worksOn } = await settle(lookNow, around.pause, {
		// What was whole before tells nothing while an installer still works on it.
		done: (one, busy) => isWhole(one, plan, profile) && !(busy && wasWhole),
		seconds,
		family,
		deadline: plan.timeout === null ? undefined : began + plan.timeout,
	});
	around.note(`looked: ${JSON.stringify(client)}`);
	if (late) {
		await family?.end();
		return end(tooLate(plan.timeout ?? 0), { client });
	}
	const error = (await judge(client)) ?? undefined;
	return end(error, { client, rebootRequired, worksOn });

	async function judge(one: SeenClient): Promise<CfmError | undefined> {
		const missing = shortcomings(one, plan.id, plan.environment).map(textOf);
		if (rebootRequired && one.installed !== false) return undefined;
		if (missing.length > 0) return leftNothing(missing, one, seconds);
		const expected = request.expectVersion;
		if (expected === undefined) return undefined;
		const after = await traceClient(machine, profile, request.user, one, plan.before.port ?? one.port);
		if (one.version === expected && !(plan.before.version !== expected && isUntouched(plan.trace, after))) {
			return undefined;
		}
		return wrongVersion(plan, one, expected);
	}
}

/** Another installation that runs is waited for. */
async function runPatiently(machine: Machine, plan: InstallPlan, taken: TakenInstaller, { pause, note, say }: Around) {
	for (let attempts = 1; ; attempts += 1) {
		const began = Date.now();
		note(`started: ${JSON.stringify([taken.file, ...plan.words])}`);
		const options = { timeout: plan.timeout ?? undefined, spare: plan.before.folder };
		const outcome = await machine.runner.run(taken.file, plan.words, options);
		note(`ended: ${describe(outcome)}`);
		const busy = outcome.ended === "exited" && meaningOf(outcome.returnCode).outcome === "busy";
		if (!busy || attempts > plan.retries) return { outcome, attempts, began };
		say(t`Another installation is running; next attempt in ${pauseBefore(attempts) / 1000} s`);
		await pause(pauseBefore(attempts));
		say(t`Running the installer again`);
	}
}

/** For a log: in English, as all of it. */
export function describe(outcome: RunOutcome): string {
	if (outcome.ended === "exited") return `return code ${codeText(outcome.returnCode)} after ${outcome.seconds} s`;
	return outcome.ended === "not-started" ? `not started: ${outcome.because} (${outcome.why})` : outcome.ended;
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
	const note = run.error?.code ?? (run.untouched ? "unchanged" : null);
	return recordChange(installations, "install", before ?? null, after, note);
}

interface Settling {
	/** Whether all is as it should be. @param busy something that was started still works */
	done(client: SeenClient, busy: boolean): boolean;
	/** How long to look once nothing works any more. */
	seconds: number;
	/** What was started, and may work on. */
	family?: Family | undefined;
	/** When its time is over, in milliseconds since 1970. */
	deadline?: number | undefined;
}

/** Looks again and again until it is as it should be, all has ended and some time has passed, or the time is over. */
export async function settle(
	look: () => Promise<SeenClient>,
	pause: (milliseconds: number) => Promise<unknown>,
	{ done, seconds, family, deadline }: Settling,
): Promise<{ client: SeenClient; late: boolean; worksOn: boolean }> {
	for (let quiet: number | undefined; ; ) {
		const runs = await family?.runs();
		const worksOn = runs?.known === true && runs.value;
		const client = await look();
		if (done(client, worksOn)) return { client, late: false, worksOn };
		const now = Date.now();
		quiet = worksOn ? undefined : (quiet ?? now);
		if (quiet !== undefined && now >= quiet + seconds * 1000) return { client, late: false, worksOn };
		if (worksOn && deadline !== undefined && now >= deadline) return { client, late: true, worksOn };
		await pause(500);
	}
}

function isWhole(client: SeenClient, { id, environment }: InstallPlan, profile: ClientProfile): boolean {
	const answers = client.listening === true || client.unknown.includes("listening");
	return shortcomings(client, id, environment).length === 0 && (!profile.startsAfterInstall || answers);
}

function remarksOn(
	{ before, user }: InstallPlan,
	client: SeenClient,
	untouched: boolean,
	changed: readonly ClientFeature[],
): Hint[] {
	if (!untouched) return [];
	const again = { again: { "stop-client": true, reinstall: true } };
	if (!changed.includes("version")) {
		return [
			{
				say: t`The installer reported success, but changed nothing that can be seen: the client of ${user} is the one that was there before. To end it and try again:`,
				line: again,
			},
		];
	}
	return [
		{
			say: t`The uninstall entry's version changed from ${before.version ?? "-"} to ${client.version ?? "-"}, but the program of ${user} is the one that was there before. To end it and try again:`,
			line: again,
		},
	];
}

function oldOnes(old: Parameters<typeof pidsOf>[0]): Hint[] {
	if (old.length === 0) return [];
	return [t`The client's program was replaced, but the old one still runs (${pidsOf(old)}): restart the client.`];
}

/** How an administrator sees what an installer says while it runs. */
export function withoutSilent(): Hint {
	return { say: t`To see why, run it once without --silent:`, line: { again: { silent: undefined } } };
}

function leftNothing(missing: readonly string[], client: SeenClient, seconds: number): CfmError {
	return new CfmError(
		"unavailable",
		"installer-left-nothing",
		t`The installer reported success, but ${missing.join(", ")}.`,
		{
			hints: [
				line("client detect"),
				withoutSilent(),
				t`If it only needs longer than ${seconds} s, raise settleSeconds in the client profile.`,
			],
			data: { missing, client },
		},
	);
}

function wrongVersion({ before, environment }: InstallPlan, { version }: SeenClient, expected: string): CfmError {
	const found = version ?? "-";
	return new CfmError(
		"unavailable",
		"wrong-version",
		version === expected
			? t`The version in the uninstall entry is ${found}, but the program is the one that was there before.`
			: t`The installer reported success, but the version is ${found}, not ${expected}.`,
		{
			hints: [
				{ say: t`To end the client and try again:`, line: { again: { "stop-client": true, reinstall: true } } },
				line("client show", [], { environment }),
			],
			data: { expected, found: version, before: before.version },
		},
	);
}

function tooLate(milliseconds: number): CfmError {
	return new CfmError(
		"unavailable",
		"installer-timed-out",
		t`The installer did not finish within ${Math.round(milliseconds / 1000)} s (install.timeout) and was stopped.`,
		{ hints: [{ again: { timeout: { fill: "SECONDS" } } }, withoutSilent()] },
	);
}

function failureOf(outcome: RunOutcome, plan: InstallPlan, attempts: number, copy: string): CfmError | undefined {
	if (outcome.ended === "not-started") return installerNotStarted(outcome, plan.installer, copy);
	if (outcome.ended === "cancelled") {
		return new CfmError("cancelled", "install-cancelled", t`Cancelled: the installer was stopped.`, {
			hints: [
				line("client show", [], { environment: plan.environment }),
				t`The installation may be incomplete. Run it again.`,
			],
		});
	}
	if (outcome.ended === "timed-out") return tooLate(outcome.seconds * 1000);
	const meaning = meaningOf(outcome.returnCode);
	if (meaning.outcome === "success") return undefined;
	if (meaning.outcome === "failure") return meaning.error(outcome.returnCode, plan.environment);
	return new CfmError(
		"busy",
		"installer-busy",
		t`Another installation is running (return code ${codeText(outcome.returnCode)}, ${attempts} attempts).`,
		{
			hints: [
				t`Try again when it has finished.`,
				{ say: t`Or let it wait:`, line: { again: { retries: { fill: "N" } } } },
			],
			data: { ...codeData(outcome.returnCode), attempts },
		},
	);
}
