import { CfmError } from "../errors.js";
import { type AllocationRequest, planAllocation } from "../id/allocate.js";
import { type MoveRequest, planMove } from "../id/move.js";
import type { RegistryView } from "../registry/registry.js";

/** Has the obstacle of a request asked about the IDs that it would give, and about some more that are free. */
export async function tryCandidates(view: RegistryView, request: AllocationRequest, more: number): Promise<void> {
	await tried(planAllocation(view, request));
	await askAbout(view, request, request.applicants.length, more);
}

/** The same for a move. */
export async function tryMove(view: RegistryView, request: MoveRequest, more: number): Promise<void> {
	await tried(planMove(view, request));
	if (request.id === undefined) await askAbout(view, request, 1, more);
}

async function askAbout(
	view: RegistryView,
	{ environment: name, obstacle }: Pick<MoveRequest, "environment" | "obstacle">,
	needed: number,
	more: number,
): Promise<void> {
	const environment = more === 0 ? undefined : await view.environment(name);
	if (environment === undefined) return;
	const free = await view.lowestFree(environment.name, needed + more);
	for (const id of free) await obstacle?.(environment, id, null);
}

/** What stands against a plan is said when it is made to be applied: a request that is repeated is not planned again. */
async function tried(plan: Promise<unknown>): Promise<void> {
	try {
		await plan;
	} catch (error) {
		if (!(error instanceof CfmError)) throw error;
	}
}
