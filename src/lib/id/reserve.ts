import { line } from "../command-line.js";
import { type Environment, portOf, requireEnvironment } from "../environment/environment.js";
import { CfmError } from "../errors.js";
import type { Plan, RegistryOperation } from "../operation/operation.js";
import { mayEnd } from "../registry/clock.js";
import type { RegistryView } from "../registry/registry.js";
import { setFree } from "../registry/set-free.js";
import { t } from "../text.js";
import type { Allocation } from "./allocation.js";
import type { IdRange } from "./ids.js";
import { isStillSeen } from "./still-seen.js";

export interface ReserveRequest {
	environment: string;
	ranges: readonly IdRange[];
	note?: string | undefined;
}

export interface ReservePlan extends Plan {
	environment: Environment;
	answers: { id: number; created: boolean }[];
	/** Reserved before, and the note stays as it was. */
	noteNotStored: number[];
}

export interface ReserveAnswer {
	environment: string;
	allocations: { id: number; port: number; state: "reserved"; created: boolean }[];
	total: number;
	/** Those whose note stays as it was; absent when there is none. */
	noteNotStored?: number[];
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
	const mayGo = await mayEnd(view, now);
	const plan: ReservePlan = { environment, answers: [], noteNotStored: [], changes: [] };
	const taken: Allocation[] = [];
	for (const { first, last } of request.ranges) {
		const ids = Array.from({ length: last - first + 1 }, (_, at) => first + at);
		const holdings = await Promise.all(ids.map((id) => view.allocation(environment.name, id)));
		for (const [at, id] of ids.entries()) {
			const held = holdings[at];
			const isOver = held?.state === "quarantined" && held.until !== null && held.until <= since && mayGo;
			const rested = isOver && !(await isStillSeen(view, held));
			if (held !== undefined && held.state !== "reserved" && !rested) {
				taken.push(held);
				continue;
			}
			plan.answers.push({ id, created: held?.state !== "reserved" });
			if (held?.state === "reserved") {
				if (request.note !== undefined && request.note !== held.note) plan.noteNotStored.push(id);
				continue;
			}
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

export function reserveAnswer({ environment, answers, noteNotStored }: ReservePlan): ReserveAnswer {
	const allocations = answers.map(({ id, created }) => ({
		id,
		port: portOf(environment, id),
		state: "reserved" as const,
		created,
	}));
	const answer = { environment: environment.name, allocations, total: allocations.length };
	return noteNotStored.length === 0 ? answer : { ...answer, noteNotStored };
}

/** `cfm ids reserve`. */
export function reserveIds(request: ReserveRequest): RegistryOperation<ReservePlan, ReserveAnswer> {
	return {
		asked: request,
		plan: (view) => planReserve(view, request),
		answer: reserveAnswer,
	};
}
