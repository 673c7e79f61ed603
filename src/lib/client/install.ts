import type { Account } from "../account/account.js";
import { type Hint, line } from "../command-line.js";
import { type Environment, portOf } from "../environment/environment.js";
import { CfmError } from "../errors.js";
import type { Allocation } from "../id/allocation.js";
import { holdingOf, requireHolding, unsureHolder } from "../id/holder.js";
import type { RegistryView } from "../registry/registry.js";
import { t } from "../text.js";
import type { InstallRun } from "./apply-install.js";
import { portRefused, portTaken } from "./findings.js";
import type { Installation } from "./installation.js";
import { type SeenClient, seen, shortcomings } from "./look.js";
import type { LocalUser, Machine, Signature, TakenInstaller } from "./machine.js";
import { insteadOf, whatItIs } from "./not-a-program.js";
import type { ClientProfile } from "./profile.js";
import { pidsOf } from "./running.js";
import { type ClientFeature, type ClientTrace, traceClient } from "./trace.js";

export interface InstallRequest {
	user: LocalUser;
	environment: string;
	id: number;
	/** The environment's port rule; null when nobody can say it, for the registry may not be read. */
	portRule: Pick<Environment, "portBase" | "portStride"> | null;
	installer: string;
	/** Its signature, as far as Windows says. */
	signature: Signature | null;
	silent: boolean;
	/** Milliseconds the installer may take. */
	timeout: number | undefined;
	retries: number;
	/** Install although all is as it should be. */
	again: boolean;
	/** The version that the client must have afterwards. */
	expectVersion: string | undefined;
	/** End the user's own client before. */
	stopClient: boolean;
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
	signature: Signature | null;
	words: string[];
	timeout: number | null;
	retries: number;
	before: SeenClient;
	/** The same client, looked at closely. */
	trace: ClientTrace;
	/** All is as it should be: nothing will be run. */
	alreadySo: boolean;
	warnings: Hint[];
}

export interface InstallAnswer {
	user: string;
	environment: string;
	id: number;
	/** null when the registry, which holds the port rule, could not be read. */
	port: number | null;
	/** `unchanged`: the installer reported success, and the client is the one that was there before. */
	outcome: "installed" | "unchanged" | "already-so" | "planned";
	returnCode: number | null;
	rebootRequired: boolean;
	attempts: number;
	sha256: string;
	signer: string | null;
	/** Null when it can't be determined. */
	signature: Required<Omit<Signature, "signer">> | null;
	/** What was, or would be, run: the installer and its words. */
	command: string[];
	client: SeenClient;
	/** The registry could not be read: nobody checked whose ID it is, and the installation stands nowhere. */
	unrecorded: boolean;
	/** What became another: version, clientId, registered, program, process, listener. */
	changed: ClientFeature[];
	/** What can't be determined of it. */
	unclear: ClientFeature[];
	/** How many processes of the user's own client were ended before. */
	stopped: number;
	/** The log of this installation; null when there is none. */
	log: string | null;
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
 * @throws CfmError usage `installer-not-a-program`; conflict `port-in-use`, `port-excluded`
 */
export async function planInstall(
	machine: Machine,
	profile: ClientProfile,
	request: InstallRequest,
	taken: TakenInstaller,
	recorded: Installation | undefined,
): Promise<InstallPlan> {
	const { environment, user, id, expectVersion, stopClient } = request;
	const rule = ruleOf(request);
	const port = rule === null ? null : rule(id);
	const warnings: Hint[] = [];
	const before = await seen(machine, await machine.client.look(user, profile), rule);
	const trace = await traceClient(machine, profile, user, before, before.port);
	const sameInstaller = (recorded?.installerSha256 ?? taken.sha256) === taken.sha256;
	// Not what can't be determined: an ID that nobody can read may be another one.
	const whole =
		before.installed === true && before.clientId === id && shortcomings(before, id, environment).length === 0;
	const isWanted = expectVersion === undefined || before.version === expectVersion;
	const alreadySo = whole && sameInstaller && isWanted && !request.again;
	// The user's own client holds its port while it runs; only somebody else's is in the way.
	const own = before.clientId === id && before.running !== false;
	if (!alreadySo && !own && port !== null) await requireFreePort(machine, request, port, warnings);
	const running = trace.processes.known ? trace.processes.value : [];
	if (!alreadySo && !stopClient && running.length > 0) {
		warnings.push({
			say: t`The client of ${user.account} is running (${pidsOf(running)}): the installer may not be able to replace it. To end it first:`,
			line: { again: { "stop-client": true } },
		});
	}
	return {
		user: user.account,
		environment,
		id,
		port,
		installer: request.installer,
		sha256: taken.sha256,
		signature: request.signature,
		words: [...(request.silent ? ["/S"] : []), `/CFMID=${id}`],
		timeout: request.timeout ?? null,
		retries: request.retries,
		before,
		trace,
		alreadySo,
		warnings,
	};
}

/** Refuses what cannot be started, before anything else is asked of it. @throws CfmError usage `installer-not-a-program` */
export function requireProgram({ kind }: TakenInstaller, installer: string, { system }: Machine): void {
	if (kind === "program") return;
	throw new CfmError(
		"usage",
		"installer-not-a-program",
		t`${installer} is not a program for ${system}: ${whatItIs(kind)}.`,
		{ hints: insteadOf(kind), data: { installer, kind } },
	);
}

export function installAnswer(plan: InstallPlan, run: InstallRun | undefined): InstallAnswer {
	return {
		user: plan.user,
		environment: plan.environment,
		id: plan.id,
		port: plan.port,
		outcome:
			run !== undefined ? (run.untouched ? "unchanged" : "installed") : plan.alreadySo ? "already-so" : "planned",
		returnCode: run?.outcome.ended === "exited" ? run.outcome.returnCode : null,
		rebootRequired: run?.rebootRequired ?? false,
		attempts: run?.attempts ?? 0,
		sha256: plan.sha256,
		signer: plan.signature?.signer ?? null,
		signature: plan.signature && withoutSigner(plan.signature),
		command: [plan.installer, ...plan.words],
		client: run?.client ?? plan.before,
		unrecorded: plan.port === null,
		changed: run?.changed ?? [],
		unclear: run?.unclear ?? [],
		stopped: run?.stopped ?? 0,
		log: run?.log ?? null,
	};
}

function withoutSigner({ status, chain = [], countersigner = null, signedAt = null }: Signature) {
	return { status, chain, countersigner, signedAt };
}

export function ruleOf({ portRule }: InstallRequest): ((id: number) => number) | null {
	return portRule === null ? null : (id) => portOf(portRule, id);
}

async function requireFreePort(
	machine: Machine,
	{ environment, id, user }: InstallRequest,
	port: number,
	warnings: Hint[],
): Promise<void> {
	const state = await machine.loopback.state(port);
	if (!state.known) {
		warnings.push(t`Can't determine whether port ${port} is free: ${state.why}`);
		return;
	}
	if (state.value === "free") return;
	const facts = { environment, user: user.account, host: machine.name, port, id };
	const [code, kind] =
		state.value === "in-use" ? (["port-in-use", portTaken] as const) : (["port-excluded", portRefused] as const);
	throw new CfmError("conflict", code, t`The client can't be installed: ${kind.text(facts)}.`, {
		hints: [...(kind.remedies?.(facts) ?? []), line("ids move", [user.account], { id: { fill: "N" }, environment })],
		data: { port, id },
	});
}
