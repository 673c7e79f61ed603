import { line } from "../command-line.js";
import { type Environment, listEnvironments, requireEnvironment } from "../environment/environment.js";
import { CfmError } from "../errors.js";
import type { RegistryView } from "../registry/port.js";
import { t } from "../text.js";
import type { Allocation } from "./allocation.js";
import { requireTrace } from "./holder.js";
import { type ListedAllocation, toListed } from "./list.js";
import type { Target } from "./release.js";

export interface ShownAllocations {
	allocations: ListedAllocation[];
	total: number;
}

/**
 * Shows one user's or one ID's allocation, in the environment asked for or in all of them.
 *
 * @throws CfmError not-found `no-allocation`, `id-not-given`; conflict `user-ambiguous`
 */
export async function showAllocation(
	view: RegistryView,
	target: Target,
	environmentName?: string,
): Promise<ShownAllocations> {
	const environments =
		environmentName === undefined ? await listEnvironments(view) : [await requireEnvironment(view, environmentName)];
	const found: ListedAllocation[] = [];
	let missing: unknown;
	for (const environment of environments) {
		try {
			found.push(toListed(await one(view, environment, target), environment));
		} catch (error) {
			if (!(error instanceof CfmError && error.kind === "not-found")) throw error;
			missing ??= error;
		}
	}
	if (found.length === 0) throw missing ?? nothing();
	return { allocations: found, total: found.length };
}

async function one(view: RegistryView, environment: Environment, target: Target): Promise<Allocation> {
	if ("account" in target) return requireTrace(view, environment, target.account);
	const held = await view.allocation(environment.name, target.id);
	if (held !== undefined) return held;
	const inside = target.id >= environment.firstId && target.id <= environment.lastId;
	throw new CfmError(
		"not-found",
		"id-not-given",
		inside
			? t`ID ${target.id} of ${environment.name} is free.`
			: t`ID ${target.id} is outside the range of ${environment.name}, ${environment.firstId} to ${environment.lastId}.`,
		{ hints: [line("ids list", [], { environment: environment.name })], data: { id: target.id } },
	);
}

function nothing(): CfmError {
	return new CfmError("not-found", "no-environment", t`The registry has no environment yet.`, {
		hints: [line("environments add", ["default"])],
	});
}
