import { CfmError } from "../errors.js";
import type { Attribution, Registry } from "../registry/registry.js";
import type { Circumstances } from "./carry-out.js";
import { failed, type OutsideOperation } from "./operation.js";

/** How often a plan that was overtaken before anything was done is made anew. */
const attempts = 5;

/**
 * Plan → agree → apply for what is outside the registry, of which it hears before and after. Where there is no registry the change is
 * made all the same: nothing is refused for want of a log.
 */
export async function carryOutOutside<P, D, R extends object>(
	operation: OutsideOperation<P, D, R>,
	circumstances: Circumstances & { registry: Registry | undefined },
): Promise<R & { dryRun?: true }> {
	try {
		return await carry(operation, circumstances);
	} finally {
		operation.end?.();
	}
}

async function carry<P, D, R extends object>(
	operation: OutsideOperation<P, D, R>,
	{ registry, attribution, asker, dryRun }: Circumstances & { registry: Registry | undefined },
): Promise<R & { dryRun?: true }> {
	const earlier = dryRun ? undefined : await registry?.answerTo(attribution);
	if (earlier !== undefined) return earlier.answer as R;
	let plan = await operation.plan();
	if (dryRun) return { ...operation.answer(plan), dryRun: true };
	if (!operation.needed(plan)) return operation.answer(plan);
	const danger = operation.danger?.(plan);
	if (danger !== undefined && !(await asker.agree(danger))) return operation.answer(plan);
	// Also shows before anything is done that what will have happened can be recorded.
	for (let attempt = 1; ; attempt += 1) {
		try {
			await registry?.change(unrepeatable(attribution), (transaction) =>
				transaction.apply(operation.intent(plan), attribution),
			);
			break;
		} catch (error) {
			// Nobody agreed to anything in particular, and nothing was done yet: it can be planned anew.
			const overtaken = error instanceof CfmError && error.code === "changed-meanwhile" && danger === undefined;
			if (!overtaken || attempt === attempts) throw error;
			plan = await operation.plan();
			if (!operation.needed(plan)) return operation.answer(plan);
		}
	}
	let done: D;
	try {
		done = await operation.apply(plan);
	} catch (error) {
		await registry
			?.change(unrepeatable(attribution), (transaction) =>
				transaction.apply(failed(operation.intent(plan), error), attribution),
			)
			// What stopped the change is told, not that it could not be recorded besides.
			.catch(() => {});
		throw error;
	}
	const answer = operation.answer(plan, done);
	const failure = operation.failure?.(done);
	await registry?.change(failure === undefined ? attribution : unrepeatable(attribution), async (transaction) => {
		await transaction.apply(await operation.outcome(plan, done, transaction), attribution);
		return answer;
	});
	if (failure !== undefined) throw failure;
	return answer;
}

/** The same key, under which no answer is kept yet. */
function unrepeatable(attribution: Attribution): Attribution {
	return { ...attribution, repeatable: false };
}
