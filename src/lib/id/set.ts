import { line } from "../command-line.js";
import { type Environment, requireEnvironment } from "../environment/environment.js";
import { CfmError } from "../errors.js";
import type { Plan, RegistryOperation } from "../operation/operation.js";
import type { RegistryView } from "../registry/registry.js";
import { t } from "../text.js";
import type { Allocation } from "./allocation.js";
import { requireTrace, withNear } from "./holder.js";
import { type ListedAllocation, toListed } from "./list.js";
import type { Target } from "./release.js";

export interface SetRequest {
	environment: string;
	target: Target;
	/** null takes the note away. */
	note: string | null;
}

export interface SetPlan extends Plan {
	environment: Environment;
	before: Allocation;
	after: Allocation;
}

export interface SetAnswer {
	environment: string;
	allocations: (ListedAllocation & { previousNote: string | null; changed: boolean })[];
	total: number;
}

/**
 * Plans another note of an ID that is not free. The note that was is in the history.
 *
 * @throws CfmError not-found `no-allocation`, `id-not-given`; conflict `user-ambiguous`, `user-recreated`
 */
export async function planSet(view: RegistryView, { environment: name, target, note }: SetRequest): Promise<SetPlan> {
	const environment = await requireEnvironment(view, name);
	const before = await requireTarget(view, environment, target);
	const after = { ...before, note };
	if (before.note === note) return { environment, before, after, changes: [] };
	const { id } = before;
	const of = "allocation" as const;
	return {
		environment,
		before,
		after,
		changes: [{ of, action: "id.set", environment: environment.name, id, before, after, note }],
	};
}

/** What a user or an ID that a command is about holds or had last. @throws CfmError as `planSet` */
export async function requireTarget(view: RegistryView, environment: Environment, target: Target): Promise<Allocation> {
	if ("account" in target) {
		return requireTrace(view, environment, target.account).catch(async (error: unknown) => {
			throw await withNear(view, environment.name, target.account, error);
		});
	}
	const held = await view.allocation(environment.name, target.id);
	if (held !== undefined) return held;
	throw new CfmError("not-found", "id-not-given", t`ID ${target.id} of ${environment.name} is free.`, {
		hints: [line("ids list", [], { environment: environment.name })],
		data: { id: target.id },
	});
}

/** `cfm ids set`: asks nothing, a note harms nobody. */
export function setId(request: SetRequest): RegistryOperation<SetPlan, SetAnswer> {
	return {
		asked: request,
		plan: (view) => planSet(view, request),
		answer: ({ environment, before, after, changes }) => ({
			environment: environment.name,
			allocations: [{ ...toListed(after, environment), previousNote: before.note, changed: changes.length > 0 }],
			total: 1,
		}),
	};
}
