import type { Change, ChangeProgress, Origin, Registry, RegistryView } from "./port.js";

/** What a planner makes: plain data that can be shown, agreed to and applied, and nothing else is. */
export interface Plan {
	changes: Change[];
}

export interface Order<P extends Plan, R> {
	/** Looks and decides; pure but for the look. */
	plan(view: RegistryView): Promise<P>;
	/** What the command answers, told from the plan alone. */
	answer(plan: P): R;
	/** Asks the administrator; throws when the answer is no. Without it the change needs no asking. */
	agree?: ((plan: P) => Promise<void>) | undefined;
}

/**
 * Plan → agree → apply, the one way every change of the registry goes.
 *
 * A change that needs no asking is planned inside its own transaction, so the plan cannot go stale. One that asks is
 * planned first, and applied only if everything it is about is still as it was. With `dryRun` the plan is made and
 * answered, never applied.
 */
export async function carryOut<P extends Plan, R extends object>(
	registry: Registry,
	origin: Origin,
	order: Order<P, R>,
	options: { dryRun?: boolean | undefined; progress?: ChangeProgress } = {},
): Promise<R & { dryRun?: true }> {
	if (options.dryRun) return { ...order.answer(await registry.read(order.plan)), dryRun: true };
	if (order.agree === undefined) {
		return registry.change(origin, async (transaction) => {
			const plan = await order.plan(transaction);
			await transaction.apply(plan.changes, origin, options.progress);
			return order.answer(plan);
		});
	}
	const earlier = await registry.answerTo(origin);
	if (earlier !== undefined) return earlier.answer as R;
	const plan = await registry.read(order.plan);
	if (plan.changes.length > 0) await order.agree(plan);
	else if (!origin.repeatable) return order.answer(plan);
	return registry.change(origin, async (transaction) => {
		await transaction.apply(plan.changes, origin);
		return order.answer(plan);
	});
}
