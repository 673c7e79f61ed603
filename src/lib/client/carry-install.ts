import { type Account, parseAccount } from "../account/account.js";
import { line } from "../command-line.js";
import type { Environment } from "../environment/environment.js";
import { requireEnvironment } from "../environment/environment.js";
import { CfmError } from "../errors.js";
import { planAllocation } from "../id/allocate.js";
import { identify } from "../id/holder.js";
import type { FindObstacle } from "../id/obstacle.js";
import { intended, type Narrator, type OutsideOperation } from "../operation/operation.js";
import type { Change, Registry } from "../registry/registry.js";
import { t } from "../text.js";
import { applyInstall, type InstallRun, installationChange } from "./apply-install.js";
import { holdClient } from "./hold-client.js";
import {
	type InstallAnswer,
	type InstallPlan,
	type InstallRequest,
	installAnswer,
	planInstall,
	requireOwnId,
	requireProgram,
} from "./install.js";
import { findInstallation } from "./installation.js";
import { Journal, withLog } from "./journal.js";
import type { LocalUser, Machine, TakenInstaller, WorkFolder } from "./machine.js";
import type { ClientProfile } from "./profile.js";
import { requireThisUser } from "./this-user.js";
import { trustInstaller } from "./trust.js";

/** What `cfm install` was asked. */
export interface InstallWish {
	environment: string;
	/** Whom for; undefined means whoever runs cfm. */
	user: string | undefined;
	id: number | undefined;
	/** Give the user an ID when there is none. */
	allocate: boolean;
	/** What stands against giving an ID. */
	obstacle?: FindObstacle | undefined;
	installer: string;
	sha256: string | undefined;
	signer: string | undefined;
	/** Where those two were said, in words. */
	saidIn?: { sha256: string; signer: string };
	silent: boolean;
	timeout: number | undefined;
	retries: number;
	again: boolean;
	expectVersion: string | undefined;
	stopClient: boolean;
}

/** What an installation is given of its surroundings. */
export interface InstallScene {
	narrator: Narrator;
	pause(milliseconds: number): Promise<unknown>;
	now(): Date;
	workFolder(): Promise<WorkFolder>;
	/** Keeps a log. @returns its path; undefined when it could be written nowhere */
	keepLog(text: string): Promise<string | undefined>;
	/** It is only planned: nobody else is kept waiting. */
	dryRun?: boolean;
}

/** An installation as it is planned: what will be run, and the ID that is given for it first. */
interface Planned {
	install: InstallPlan;
	request: InstallRequest;
	taken: TakenInstaller;
	/** As the registry spells the user: one record for each, however the user was named this time. */
	holder: Account;
	/** What the registry is told before: the ID that is given, the SID that is known now. */
	changes: Change[];
}

/**
 * `cfm install`, for the user of this session: plan → apply → look → record. What happened is recorded whether it worked
 * or not. Nothing is changed, no ID given, before everything that can be checked was checked.
 *
 * @param registry undefined for a user who was told their ID and may not read it: an administrator's folder is closed to
 *   those whose clients are installed. What can be checked without it is checked, and nothing is recorded.
 * @throws CfmError everything that `trustInstaller`, `planInstall`, `applyInstall`, `requireOwnId`, `planAllocation` and
 *   `requireThisUser` throw; denied `registry-not-readable` without a registry and an ID
 */
export function installClient(
	machine: Machine,
	profile: ClientProfile,
	registry: Registry | undefined,
	wish: InstallWish,
	{ narrator, pause, now, workFolder, keepLog, dryRun = false }: InstallScene,
): OutsideOperation<Planned, InstallRun | undefined, InstallAnswer> {
	let folder: WorkFolder | undefined;
	let taken: TakenInstaller | undefined;
	let release: (() => void) | undefined;
	let worksOn = false;
	const { obstacle: _, saidIn: __, ...asked } = wish;
	return {
		asked,
		async plan() {
			const environment = await registry?.read((view) => requireEnvironment(view, wish.environment));
			const about = environment ?? { name: wish.environment, domains: [] };
			const { user, account } = await requireThisUser(machine, wish.user, about);
			if (registry === undefined) requireToldId(user, wish, narrator);
			// Two at once would install over each other; the one that waited finds that all is as it should be.
			if (!dryRun) release ??= await holdClient(machine, profile, user, wish.retries, pause);
			folder ??= await workFolder();
			const { path } = folder;
			taken ??= await narrator.during(t`Copying and checking the installer`, () =>
				machine.installer.take(wish.installer, path),
			);
			requireProgram(taken, wish.installer, machine);
			const signature = await trustInstaller(machine, wish, taken, (text) => narrator.warn(text));
			const { id, holder, changes, recorded } =
				registry === undefined || environment === undefined
					? { id: wish.id ?? 0, holder: account, changes: [], recorded: undefined }
					: await claim(registry, environment, account, wish, machine.name);
			const request = {
				...wish,
				user,
				environment: environment?.name ?? wish.environment,
				id,
				portRule: environment ?? null,
				signature,
			};
			const install = await planInstall(machine, profile, request, taken, recorded);
			for (const warning of install.warnings) narrator.warn(warning);
			return { install, request, taken, holder, changes };
		},
		needed: ({ install, changes }) => !install.alreadySo || changes.length > 0,
		intent: ({ install, holder, changes }) => [
			...changes,
			...(install.alreadySo
				? []
				: [
						intended(
							{ action: "client.install", environment: install.environment, subject: holder.spelling, id: install.id },
							{ version: install.before.version, clientId: install.before.clientId },
							{ sha256: install.sha256, words: install.words, machine: machine.name },
						),
					]),
		],
		async apply({ install, request, taken: copy }) {
			if (install.alreadySo) return undefined;
			const journal = new Journal(now, `install for ${install.user} on ${machine.name}`);
			const { warnings: _, trace: __, ...told } = install;
			journal.note(`plan: ${JSON.stringify(told)}`);
			const note = (text: string) => journal.note(text);
			const run = await narrator.during(t`Running the installer`, (say) =>
				applyInstall(machine, profile, request, install, copy, { pause, note, say }),
			);
			worksOn = run.worksOn;
			journal.end(run.error, `changed: ${run.changed.join(", ") || "nothing"}`);
			const log = (await keepLog(journal.text)) ?? null;
			for (const remark of run.remarks) narrator.warn(remark);
			if (run.error === undefined && registry !== undefined) warnOf(run, install, profile, narrator);
			return { ...run, log, error: withLog(run.error, log) };
		},
		async outcome({ install, holder }, run, view) {
			if (run === undefined) return [];
			// Looked up anew: an installer runs for minutes.
			const before = await findInstallation(view, install.environment, machine.name, holder);
			return [installationChange({ ...install, user: holder.spelling }, run, machine.name, before, now())];
		},
		answer: ({ install }, run) => installAnswer(install, run),
		failure: (run) => run?.error,
		end() {
			// What the installer started may still run from there.
			folder?.discard({ later: worksOn });
			release?.();
		},
	};
}

/** The ID that the user has, or is given; what the registry says of an earlier installation. */
async function claim(
	registry: Registry,
	environment: Environment,
	account: Account,
	{ allocate, id, obstacle }: InstallWish,
	machine: string,
) {
	return registry.read(async (view) => {
		const request = { environment: environment.name, applicants: [{ account }], id, obstacle };
		const allocation = allocate ? await planAllocation(view, request) : undefined;
		const own = allocation?.answers[0]?.allocation ?? (await requireOwnId(view, environment, account, id));
		const holder = parseAccount(own.user ?? "");
		return {
			id: own.id,
			holder,
			changes: allocation?.changes ?? identify(own, account),
			recorded: await findInstallation(view, environment.name, machine, holder),
		};
	});
}

/** @throws CfmError denied `registry-not-readable` */
function requireToldId(user: LocalUser, { id, allocate, environment }: InstallWish, narrator: Narrator): void {
	const here = { environment };
	if (id === undefined || allocate) {
		throw new CfmError("denied", "registry-not-readable", t`${user.account} may not read the registry.`, {
			hints: [
				{ say: t`Ask an administrator for the ID:`, line: line("ids show", [user.account], here) },
				{ say: t`Then:`, line: line("install", [], { silent: true, id: { fill: "N" }, ...here }) },
				{ say: t`What your client has now, without the registry:`, line: line("me") },
			],
			data: { user: user.account },
		});
	}
	narrator.warn({
		say: t`Not recorded: ${user.account} may not read the registry, so cfm did not check that ID ${id} is theirs and that its port is free. An administrator can see the client:`,
		line: line("client list", [], here),
	});
}

function warnOf(run: InstallRun, { port, environment }: InstallPlan, profile: ClientProfile, narrator: Narrator): void {
	if (run.client.unknown.length > 0) {
		narrator.warn(t`Can't determine everything the installer left. Unknown: ${run.client.unknown.join(", ")}.`);
	}
	if (profile.startsAfterInstall && run.client.listening !== true) {
		narrator.warn({
			say: t`The client is installed, but does not answer on port ${port ?? ""} yet. Look again:`,
			line: line("client show", [], { environment }),
		});
	}
}
