import type { ChangeProgress, Origin, Registry, RegistryView } from "../registry/port.js";
import type { Asker, Plan, RegistryOperation } from "./operation.js";

/** Where and for whom an operation is carried out. */
export interface Circumstances {
	origin: Origin;
	asker: Asker;
	dryRun?: boolean | undefined;
	progress?: ChangeProgress | undefined;
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
	{ registry, origin, asker, dryRun, progress }: Circumstances & { registry: Registry },
): Promise<R & { dryRun?: true }> {
	const look = (view: RegistryView) => operation.plan(view);
	if (dryRun) return { ...operation.answer(await registry.read(look)), dryRun: true };
	if (operation.danger === undefined) {
		return registry.change(origin, async (transaction) => {
			const plan = await operation.plan(transaction);
			await transaction.apply(plan.changes, origin, progress);
			return operation.answer(plan);
		});
	}
	const earlier = await registry.answerTo(origin);
	if (earlier !== undefined) return earlier.answer as R;
	const plan = await registry.read(look);
	const danger = plan.changes.length > 0 ? operation.danger(plan) : undefined;
	if (danger !== undefined) await asker.agree(danger);
	else if (!origin.repeatable) return operation.answer(plan);
	return registry.change(origin, async (transaction) => {
		await transaction.apply(plan.changes, origin, progress);
		return operation.answer(plan);
	});
}
