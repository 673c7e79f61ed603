import { type Account, parseAccount } from "../account/account.js";
import { looksLikeId } from "../account/looks-like-id.js";
import { line } from "../command-line.js";
import { type Environment, portOf, requireEnvironment } from "../environment/environment.js";
import { CfmError } from "../errors.js";
import type { Plan, RegistryOperation } from "../operation/operation.js";
import type { RegistryView } from "../registry/port.js";
import { plural, t } from "../text.js";
import type { Allocation, AllocationState } from "./allocation.js";
import { requireTrace } from "./holder.js";
import { parseId } from "./ids.js";

/** Whose ID, or which one. */
export type Target = { account: Account } | { id: number };

/** A word that names a user or an ID. @throws CfmError usage `bad-id`, `bad-user` */
export function parseTarget(word: string): Target {
	return looksLikeId(word) ? { id: parseId(word) } : { account: parseAccount(word) };
}

export interface ReleaseRequest {
	environment: string;
	targets: readonly Target[];
	/** Without the quarantine: the ID can be given to somebody else at once. */
	atOnce: boolean;
	note?: string | undefined;
}

export interface ReleasePlan extends Plan {
	environment: Environment;
	answers: {
		id: number;
		user: string | null;
		state: AllocationState | "free";
		until: string | null;
		changed: boolean;
	}[];
}

export interface ReleaseAnswer {
	environment: string;
	allocations: (ReleasePlan["answers"][number] & { port: number })[];
	total: number;
}

/**
 * Decides what becomes of released IDs: an allocated one rests in quarantine, a reserved one is free at once.
 * Released already is not an error: the plan has nothing to change.
 *
 * @throws CfmError not-found `no-allocation`, `id-not-given`; conflict `user-ambiguous`
 */
export async function planRelease(view: RegistryView, request: ReleaseRequest, now = new Date()): Promise<ReleasePlan> {
	const environment = await requireEnvironment(view, request.environment);
	const plan: ReleasePlan = { environment, answers: [], changes: [] };
	const seen = new Set<number>();
	for (const target of request.targets) {
		const held = await find(view, environment, target);
		if (seen.has(held.id)) continue;
		seen.add(held.id);
		const after = afterRelease(held, environment, request, now);
		const changed = after === null || after.state !== held.state;
		plan.answers.push({
			id: held.id,
			user: held.user,
			state: after?.state ?? "free",
			until: after?.until ?? null,
			changed,
		});
		if (!changed) continue;
		plan.changes.push({
			of: "allocation",
			action: "release",
			environment: environment.name,
			id: held.id,
			before: held,
			after,
			note: request.note ?? null,
		});
	}
	return plan;
}

export function releaseAnswer({ environment, answers }: ReleasePlan): ReleaseAnswer {
	const allocations = answers.map((answer) => ({ ...answer, port: portOf(environment, answer.id) }));
	return { environment: environment.name, allocations, total: allocations.length };
}

/** What an allocation is after its release: resting, or (null) free. */
export function afterRelease(
	held: Allocation,
	environment: Environment,
	{ atOnce, note }: { atOnce: boolean; note?: string | undefined },
	now: Date,
): Allocation | null {
	if (atOnce || held.state === "reserved" || environment.quarantineDays === 0) return null;
	if (held.state === "quarantined") return held;
	const until = new Date(now.getTime() + environment.quarantineDays * 86_400_000);
	return {
		...held,
		state: "quarantined",
		since: now.toISOString(),
		until: until.toISOString(),
		note: note ?? held.note,
	};
}

async function find(view: RegistryView, environment: Environment, target: Target): Promise<Allocation> {
	if ("id" in target) {
		const held = await view.allocation(environment.name, target.id);
		if (held !== undefined) return held;
		throw new CfmError(
			"not-found",
			"id-not-given",
			t`ID ${target.id} of ${environment.name} is free; there is nothing to release.`,
			{
				hints: [line("ids list", [], { environment: environment.name })],
				data: { id: target.id },
			},
		);
	}
	return requireTrace(view, environment, target.account);
}

/** `cfm ids release`: asks, for a user whose ID is taken cannot sign. */
export function releaseIds(request: ReleaseRequest): RegistryOperation<ReleasePlan, ReleaseAnswer> {
	return {
		asked: request,
		plan: (view) => planRelease(view, request),
		danger: ({ environment, answers, changes }) => ({
			question: plural(changes.length, {
				one: `Release 1 ID of ${environment.name}?`,
				other: `Release ${changes.length} IDs of ${environment.name}?`,
			}),
			details: answers
				.filter(({ changed }) => changed)
				.map(({ id, user, state }) => `  ${id}  ${user ?? ""}  -> ${state}`),
		}),
		answer: releaseAnswer,
	};
}
