import { line } from "../command-line.js";
import { type Environment, portOf, requireEnvironment } from "../environment/environment.js";
import { CfmError } from "../errors.js";
import type { Plan, RegistryOperation } from "../operation/operation.js";
import type { RegistryView } from "../registry/port.js";
import { setFree } from "../registry/set-free.js";
import { t } from "../text.js";
import type { Allocation } from "./allocation.js";
import type { IdRange } from "./ids.js";

export interface ReserveRequest {
	environment: string;
	ranges: readonly IdRange[];
	note?: string | undefined;
}

export interface ReservePlan extends Plan {
	environment: Environment;
	answers: { id: number; created: boolean }[];
}

export interface ReserveAnswer {
	environment: string;
	allocations: { id: number; port: number; state: "reserved"; created: boolean }[];
	total: number;
}

/**
 * Decides which IDs are kept free on purpose; reserved already stays so.
 *
 * @throws CfmError conflict `id-out-of-range`, `id-taken` (naming all that are in the way)
 */
export async function planReserve(view: RegistryView, request: ReserveRequest, now = new Date()): Promise<ReservePlan> {
	const environment = await requireEnvironment(view, request.environment);
	for (const { first, last } of request.ranges) {
		if (first >= environment.firstId && last <= environment.lastId) continue;
		throw new CfmError(
			"conflict",
			"id-out-of-range",
			t`${first}-${last} is not within the range of ${environment.name}, ${environment.firstId} to ${environment.lastId}.`,
			{ hints: [line("environments show", [environment.name])], data: { first, last } },
		);
	}
	const since = now.toISOString();
	const plan: ReservePlan = { environment, answers: [], changes: [] };
	const taken: Allocation[] = [];
	for (const { first, last } of request.ranges) {
		for (let id = first; id <= last; id += 1) {
			const held = await view.allocation(environment.name, id);
			const rested = held?.state === "quarantined" && held.until !== null && held.until <= since;
			if (held !== undefined && held.state !== "reserved" && !rested) {
				taken.push(held);
				continue;
			}
			plan.answers.push({ id, created: held?.state !== "reserved" });
			if (held?.state === "reserved") continue;
			if (held !== undefined) plan.changes.push(setFree(held));
			const note = request.note ?? null;
			const after = {
				environment: environment.name,
				id,
				state: "reserved" as const,
				user: null,
				sid: null,
				note,
				since,
				until: null,
			};
			plan.changes.push({
				of: "allocation",
				action: "reserve",
				environment: environment.name,
				id,
				before: null,
				after,
				note,
			});
		}
	}
	if (taken.length > 0) {
		const some = taken.slice(0, 5).map(({ id, user, state }) => `${id} (${user ?? ""}, ${state})`);
		throw new CfmError("conflict", "id-taken", t`${taken.length} of these IDs are taken: ${some.join(", ")}.`, {
			hints: taken.slice(0, 1).map(({ id }) => line("ids show", [id], { environment: environment.name })),
			data: { taken: taken.slice(0, 100).map(({ id, user, state }) => ({ id, user, state })), total: taken.length },
		});
	}
	return plan;
}

export function reserveAnswer({ environment, answers }: ReservePlan): ReserveAnswer {
	const allocations = answers.map(({ id, created }) => ({
		id,
		port: portOf(environment, id),
		state: "reserved" as const,
		created,
	}));
	return { environment: environment.name, allocations, total: allocations.length };
}

/** `cfm ids reserve`. */
export function reserveIds(request: ReserveRequest): RegistryOperation<ReservePlan, ReserveAnswer> {
	return {
		asked: request,
		plan: (view) => planReserve(view, request),
		answer: reserveAnswer,
	};
}
