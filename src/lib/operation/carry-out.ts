import type { Attribution, Change, ChangeProgress, Registry } from "../registry/registry.js";
import type { Asker, Plan, RegistryOperation } from "./operation.js";

/** Where and for whom an operation is carried out. */
export interface Circumstances {
	attribution: Attribution;
	asker: Asker;
	dryRun?: boolean | undefined;
	progress?: ChangeProgress | undefined;
	/** Refuses a plan whose changes are not for whoever asks; one that nobody is asked about is for whoever got so far. */
	mayMake?(changes: readonly Change[]): Promise<void>;
}

/**
 * Plan → agree → apply, the one way every change goes.
 *
 * With `dryRun` the plan is made and answered, never applied. A request that was answered before under its key gets
 * that answer, and nothing is done. A change that asks nothing is planned inside its own transaction, so the plan cannot
 * go stale; one that asks is planned first, and applied only if everything it is about is still as it was.
 *
 * @throws what the operation's parts throw; CfmError conflict `changed-meanwhile` when what was agreed to is no longer so
 */
export async function carryOut<P extends Plan, R extends object>(
	operation: RegistryOperation<P, R>,
	{ registry, attribution, asker, dryRun, progress, mayMake }: Circumstances & { registry: Registry },
): Promise<R & { dryRun?: true }> {
	const look = async () => {
		const plan = await registry.read((view) => operation.plan(view));
		await mayMake?.(plan.changes);
		return plan;
	};
	if (dryRun) return { ...operation.answer(await look()), dryRun: true };
	if (operation.danger === undefined) {
		const { ordinary } = operation;
		// An answer that must be kept is kept by a change.
		const given =
			ordinary && !attribution.repeatable ? await registry.give?.(ordinary.newcomer, attribution) : undefined;
		if (ordinary !== undefined && given !== undefined) return operation.answer(ordinary.plan(given));
		return registry.change(attribution, async (transaction) => {
			const plan = await operation.plan(transaction);
			await transaction.apply(plan.changes, attribution, progress);
			return operation.answer(plan);
		});
	}
	const earlier = await registry.answerTo(attribution);
	if (earlier !== undefined) return earlier.answer as R;
	const plan = await look();
	const danger = plan.changes.length > 0 ? operation.danger(plan) : undefined;
	if (danger !== undefined) await asker.agree(danger);
	else if (plan.changes.length === 0 && !attribution.repeatable) return operation.answer(plan);
	return registry.change(attribution, async (transaction) => {
		await transaction.apply(plan.changes, attribution, progress);
		return operation.answer(plan);
	});
}
