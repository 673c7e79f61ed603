import { CfmError } from "../errors.js";
import type { Origin, Registry } from "../registry/port.js";
import type { Circumstances } from "./carry-out.js";
import type { OutsideOperation } from "./operation.js";

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
	{ registry, origin, asker, dryRun }: Circumstances & { registry: Registry | undefined },
): Promise<R & { dryRun?: true }> {
	const earlier = dryRun ? undefined : await registry?.answerTo(origin);
	if (earlier !== undefined) return earlier.answer as R;
	let plan = await operation.plan();
	if (dryRun) return { ...operation.answer(plan), dryRun: true };
	if (!operation.needed(plan)) return operation.answer(plan);
	const danger = operation.danger?.(plan);
	if (danger !== undefined && !(await asker.agree(danger))) return operation.answer(plan);
	// Also shows before anything is done that what will have happened can be recorded.
	for (let attempt = 1; ; attempt += 1) {
		try {
			await registry?.change(unrepeatable(origin), (transaction) => transaction.apply(operation.intent(plan), origin));
			break;
		} catch (error) {
			// Nobody agreed to anything in particular, and nothing was done yet: it can be planned anew.
			const overtaken = error instanceof CfmError && error.code === "changed-meanwhile" && danger === undefined;
			if (!overtaken || attempt === attempts) throw error;
			plan = await operation.plan();
			if (!operation.needed(plan)) return operation.answer(plan);
		}
	}
	const done = await operation.apply(plan);
	const answer = operation.answer(plan, done);
	const failure = operation.failure?.(done);
	await registry?.change(failure === undefined ? origin : unrepeatable(origin), async (transaction) => {
		await transaction.apply(await operation.outcome(plan, done, transaction), origin);
		return answer;
	});
	if (failure !== undefined) throw failure;
	return answer;
}

/** The same key, under which no answer is kept yet. */
function unrepeatable(origin: Origin): Origin {
	return { ...origin, repeatable: false };
}
