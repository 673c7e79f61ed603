import { type Account, parseAccount } from "../account/account.js";
import { type Hint, line } from "../command-line.js";
import { requireEnvironment } from "../environment/environment.js";
import { CfmError } from "../errors.js";
import { type AllocationRequest, allocationAnswer, planAllocation } from "../id/allocate.js";
import type { Allocation } from "../id/allocation.js";
import type { FindObstacle } from "../port/obstacles.js";
import { carryOut } from "../registry/carry-out.js";
import type { Origin, Registry, RegistryView } from "../registry/port.js";
import { t } from "../text.js";
import {
	applyInstall,
	type InstallAnswer,
	installAnswer,
	installationChange,
	planInstall,
	requireOwnId,
} from "./install.js";
import { findInstallation } from "./installation.js";
import type { Machine } from "./ports.js";
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
	silent: boolean;
	timeout: number | undefined;
	retries: number;
	again: boolean;
	dryRun: boolean;
}

/** What the caller gives and hears while an installation goes on. */
export interface InstallHooks {
	warn(message: Hint): void;
	/** Runs long work under a sign that it goes on. */
	during<T>(work: () => Promise<T>): Promise<T>;
	pause(milliseconds: number): Promise<void>;
}

/**
 * Plan → apply → look → record: the whole of an installation for one user of this session. What happened is recorded
 * whether it worked or not.
 *
 * Nothing is changed, no ID given, before everything that can be checked was checked.
 *
 * @throws CfmError everything that `trustInstaller`, `planInstall`, `applyInstall`, `requireOwnId`, `planAllocation` and
 *   `requireThisUser` throw
 */
export async function carryInstall(
	machine: Machine,
	profile: ClientProfile,
	registry: Registry,
	origin: Origin,
	wish: InstallWish,
	hooks: InstallHooks,
): Promise<InstallAnswer> {
	const earlier = wish.dryRun ? undefined : await registry.answerTo(origin);
	if (earlier !== undefined) return earlier.answer as InstallAnswer;
	const environment = await registry.read((view) => requireEnvironment(view, wish.environment));
	const { user, account } = await requireThisUser(
		machine,
		wish.user,
		environment.domain?.toLowerCase() ?? "",
		environment.name,
	);
	const taken = await machine.installer.take(wish.installer);
	try {
		const signer = await trustInstaller(machine, wish, taken, hooks.warn);
		// What will happen must be recordable: a registry that cannot be written is noticed now, not afterwards.
		if (!wish.dryRun) await registry.change({ ...origin, repeatable: false }, async () => undefined);
		const allocating = {
			environment: environment.name,
			applicants: [{ account }],
			id: wish.id,
			obstacle: wish.obstacle,
		};
		const { allocation, recorded } = await registry.read(async (view) => {
			const allocation = wish.allocate
				? await ownOrNext(view, allocating)
				: await requireOwnId(view, environment, account, wish.id);
			return {
				allocation,
				recorded: await findInstallation(view, environment.name, machine.name, holderOf(allocation)),
			};
		});
		const request = { ...wish, user, environment: environment.name, id: allocation.id, portRule: environment, signer };
		let planned = await planInstall(machine, profile, request, taken, recorded);
		if (wish.allocate && !wish.dryRun) {
			const step = { ...origin, requestKey: `${origin.requestKey}/allocate` };
			const plan = (view: RegistryView) => planAllocation(view, allocating);
			const given = await carryOut(registry, step, { plan, answer: allocationAnswer });
			const id = given.allocations[0]?.id;
			// Somebody else may have got the lowest ID while the installer was examined.
			if (id !== undefined && id !== allocation.id) {
				request.id = id;
				planned = await planInstall(machine, profile, request, taken, recorded);
			}
		}
		for (const warning of planned.warnings) hooks.warn(warning);
		if (wish.dryRun || planned.alreadySo) return installAnswer(planned, undefined);
		const run = await hooks.during(() => applyInstall(machine, profile, request, planned, taken, hooks.pause));
		const answer = installAnswer(planned, run);
		// A failure is recorded too, but its answer is not kept: the same request may well work the next time.
		const recording = { ...origin, repeatable: origin.repeatable && run.error === undefined };
		await registry.change(recording, async (transaction) => {
			// Looked up anew: an installer runs for minutes, and what happened must be recorded whatever came between.
			const holder = holderOf(allocation);
			const before = await findInstallation(transaction, environment.name, machine.name, holder);
			const change = installationChange({ ...planned, user: holder.spelling }, run, machine.name, before);
			await transaction.apply([change], origin);
			return answer;
		});
		if (run.error !== undefined) throw run.error;
		if (run.client.unknown.length > 0) {
			hooks.warn(t`What the installer left could not be told in full: ${run.client.unknown.join(", ")} unknown.`);
		}
		if (profile.startsAfterInstall && run.client.listening !== true) {
			hooks.warn({
				say: t`The client is installed, but does not answer on port ${planned.port ?? ""} yet. Look again:`,
				line: line("client show", [], { environment: wish.environment }),
			});
		}
		return answer;
	} finally {
		taken.discard();
	}
}

/**
 * The same for a user who was told their ID and may not read the registry: an administrator's folder is closed to those
 * whose clients are installed. What can be checked without it is checked, and nothing is recorded.
 *
 * @throws CfmError denied `registry-not-readable` without an ID; and everything that `trustInstaller`, `planInstall`,
 *   `applyInstall` and `requireThisUser` throw
 */
export async function carryUnrecordedInstall(
	machine: Machine,
	profile: ClientProfile,
	wish: InstallWish,
	hooks: InstallHooks,
): Promise<InstallAnswer> {
	const { user } = await requireThisUser(machine, wish.user, "", wish.environment);
	const { id } = wish;
	const here = { environment: wish.environment };
	if (id === undefined || wish.allocate) {
		throw new CfmError("denied", "registry-not-readable", t`${user.account} may not read the registry.`, {
			hints: [
				{ say: t`Have an administrator tell the ID:`, line: line("ids show", [user.account], here) },
				{ say: t`Then:`, line: line("install", [], { silent: true, id: { fill: "N" }, ...here }) },
			],
			data: { user: user.account },
		});
	}
	hooks.warn({
		say: t`Not recorded: ${user.account} may not read the registry, so nobody checked whether ID ${id} is theirs and its port is free. An administrator sees the client by:`,
		line: line("client list", [], here),
	});
	const taken = await machine.installer.take(wish.installer);
	try {
		const signer = await trustInstaller(machine, wish, taken, hooks.warn);
		const request = { ...wish, id, user, portRule: null, signer };
		const planned = await planInstall(machine, profile, request, taken, undefined);
		if (wish.dryRun || planned.alreadySo) return installAnswer(planned, undefined);
		const run = await hooks.during(() => applyInstall(machine, profile, request, planned, taken, hooks.pause));
		if (run.error !== undefined) throw run.error;
		return installAnswer(planned, run);
	} finally {
		taken.discard();
	}
}

/** The ID that the only applicant has, or would be given now. */
async function ownOrNext(view: RegistryView, request: AllocationRequest): Promise<Allocation> {
	const { answers } = await planAllocation(view, request);
	return (answers[0] as { allocation: Allocation }).allocation;
}

/** As the registry spells the user: one record for each, however the user was named this time. */
function holderOf({ user }: Allocation): Account {
	return parseAccount(user ?? "");
}
