import { requireEnvironment } from "../environment/environment.js";
import { allocationAnswer, planAllocation } from "../id/allocate.js";
import { carryOut } from "../registry/carry-out.js";
import type { Allocation, Origin, Registry, RegistryView } from "../registry/port.js";
import { t } from "../text.js";
import {
	applyInstall,
	type InstallAnswer,
	installAnswer,
	installationChange,
	planInstall,
	requireOwnId,
} from "./install.js";
import type { Machine } from "./ports.js";
import type { ClientProfile } from "./profile.js";
import { requireThisUser } from "./this-user.js";

/** What `cfm install` was asked. */
export interface InstallWish {
	environment: string;
	/** Whom for; undefined means whoever runs cfm. */
	user: string | undefined;
	id: number | undefined;
	/** Give the user an ID when there is none. */
	allocate: boolean;
	installer: string;
	sha256: string | undefined;
	silent: boolean;
	timeout: number | undefined;
	retries: number;
	again: boolean;
	dryRun: boolean;
}

/** What the caller gives and hears while an installation goes on. */
export interface InstallHooks {
	warn(message: string): void;
	/** Runs long work under a sign that it goes on. */
	during<T>(work: () => Promise<T>): Promise<T>;
	pause(milliseconds: number): Promise<void>;
}

/**
 * Plan → apply → look → record: the whole of an installation for one user of this session. What happened is recorded
 * whether it worked or not.
 *
 * @throws CfmError everything that `planInstall`, `applyInstall`, `requireOwnId` and `requireThisUser` throw
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
	const { user, account } = await requireThisUser(machine, wish.user, environment.domain?.toLowerCase() ?? "");
	const taken = await machine.installer.take(wish.installer);
	let planned: Allocation | undefined;
	try {
		if (wish.allocate) {
			const request = { environment: environment.name, applicants: [{ account }], id: wish.id };
			const step = { ...origin, requestKey: `${origin.requestKey}/allocate` };
			const plan = (view: RegistryView) => planAllocation(view, request);
			if (wish.dryRun) planned = (await registry.read(plan)).answers[0]?.allocation;
			else await carryOut(registry, step, { plan, answer: allocationAnswer });
		}
		const { allocation, recorded } = await registry.read(async (view) => ({
			allocation: planned ?? (await requireOwnId(view, environment, account, wish.id)),
			recorded: await view.installation(environment.name, machine.name, account),
		}));
		const request = { ...wish, user, environment, allocation };
		const plan = await planInstall(machine, profile, request, taken, recorded);
		for (const warning of plan.warnings) hooks.warn(warning);
		if (wish.dryRun || plan.alreadySo) return installAnswer(plan, undefined);
		const run = await hooks.during(() => applyInstall(machine, profile, request, plan, taken, hooks.pause));
		const answer = installAnswer(plan, run);
		// A failure is recorded too, but its answer is not kept: the same request may well work the next time.
		const recording = { ...origin, repeatable: origin.repeatable && run.error === undefined };
		await registry.change(recording, async (transaction) => {
			// Looked up anew: an installer runs for minutes, and what happened must be recorded whatever came between.
			const before = await transaction.installation(environment.name, machine.name, account);
			const change = installationChange({ ...plan, user: account.spelling }, run, machine.name, before);
			await transaction.apply([change], origin);
			return answer;
		});
		if (run.error !== undefined) throw run.error;
		if (profile.startsAfterInstall && run.client.listening !== true) {
			hooks.warn(t`The client is installed, but does not answer on port ${plan.port} yet. Look again: cfm client show`);
		}
		return answer;
	} finally {
		taken.discard();
	}
}
