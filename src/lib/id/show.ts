import { line } from "../command-line.js";
import { type Environment, idOfPort, listEnvironments, requireEnvironment } from "../environment/environment.js";
import { CfmError } from "../errors.js";
import { foldedAscii } from "../registry/name.js";
import type { RegistryView } from "../registry/registry.js";
import { t } from "../text.js";
import type { Allocation } from "./allocation.js";
import { requireTrace, withNear } from "./holder.js";
import { type ListedAllocation, toListed } from "./list.js";
import type { Target } from "./release.js";

export interface ShownAllocations {
	allocations: ListedAllocation[];
	total: number;
	/** The number that was asked for, when it is no ID but the port of these IDs. */
	byPort?: number;
}

/**
 * Shows one user's or one ID's allocation, in the environment asked for or in all of them.
 *
 * @param usual the environment that is meant where none is named: what is in none of them is said of this one
 * @throws CfmError not-found `no-allocation`, `id-not-given`; conflict `user-ambiguous`
 */
export async function showAllocation(
	view: RegistryView,
	target: Target,
	environmentName?: string,
	usual?: string,
): Promise<ShownAllocations> {
	const environments =
		environmentName === undefined ? await listEnvironments(view) : [await requireEnvironment(view, environmentName)];
	const found: ListedAllocation[] = [];
	let missing: unknown;
	const asked = await Promise.allSettled(environments.map((environment) => one(view, environment, target)));
	for (const [at, environment] of environments.entries()) {
		const answer = asked[at] as (typeof asked)[number];
		if (answer.status === "fulfilled") found.push(toListed(answer.value, environment));
		else if (!(answer.reason instanceof CfmError && answer.reason.kind === "not-found")) throw answer.reason;
		else if (missing === undefined || isSameName(environment.name, usual)) missing = answer.reason;
	}
	if (found.length > 0) return { allocations: found, total: found.length };
	if ("id" in target) {
		const held = await ofPort(view, environments, target.id);
		if (held.length > 0) return { allocations: held, total: held.length, byPort: target.id };
	}
	const error = missing ?? nothing();
	throw "account" in target ? await withNear(view, environmentName, target.account, error) : error;
}

/** Whose port a number is that nobody has as an ID: 24253. */
async function ofPort(
	view: RegistryView,
	environments: readonly Environment[],
	port: number,
): Promise<ListedAllocation[]> {
	const found: ListedAllocation[] = [];
	for (const environment of environments) {
		const id = idOfPort(environment, port);
		const held = id === undefined ? undefined : await view.allocation(environment.name, id);
		if (held !== undefined) found.push(toListed(held, environment));
	}
	return found;
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

/** As the store compares names of environments: A to Z without case. */
function isSameName(name: string, other = ""): boolean {
	return foldedAscii(name) === foldedAscii(other);
}

function nothing(): CfmError {
	return new CfmError("not-found", "no-environment", t`The registry has no environment yet.`, {
		hints: [line("environments add", ["default"])],
	});
}
