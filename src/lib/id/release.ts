import { type Account, parseAccount } from "../account/account.js";
import { looksLikeId } from "../account/looks-like-id.js";
import { line } from "../command-line.js";
import { type Environment, portOf, requireEnvironment } from "../environment/environment.js";
import { CfmError } from "../errors.js";
import type { Plan, RegistryOperation } from "../operation/operation.js";
import { countedFrom } from "../registry/clock.js";
import type { RegistryView } from "../registry/registry.js";
import { plural, t } from "../text.js";
import type { Allocation, AllocationState } from "./allocation.js";
import { requireTrace, withNear } from "./holder.js";
import { parseId } from "./ids.js";
import { placesInWords, placesSeen, type SeenPlace } from "./still-seen.js";

/** Whose ID, or which one; with the line of the file that named it. */
export type Target = ({ account: Account } | { id: number }) & { line?: number };

/** A word that names a user or an ID. @throws CfmError usage `bad-id`, `bad-user` */
export function parseTarget(word: string): Target {
	return looksLikeId(word) ? { id: parseId(word) } : { account: parseAccount(word) };
}

export interface ReleaseRequest {
	environment: string;
	targets: readonly Target[];
	/** Everybody who has an ID and is called like one of these, with `*` and `?`. */
	patterns?: readonly string[];
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
		/** Where a last look saw an ID that is freed at once, on a client or in a browser; absent where it was not seen. */
		seen?: SeenPlace[];
	}[];
	/** Lines that name nobody who could be released. */
	bad: { line: number; problem: string }[];
	/** Who had been released before, and keeps the note that was. */
	noteNotStored: string[];
	/** Who is released was not named one by one: somebody must specify how many they are. */
	isBulk: boolean;
}

export interface ReleaseAnswer {
	environment: string;
	allocations: (ReleasePlan["answers"][number] & { port: number })[];
	total: number;
	noteNotStored?: string[];
}

/**
 * Decides what becomes of released IDs: an allocated one rests in quarantine, a reserved one is free at once.
 * Released already is not an error: the plan has nothing to change.
 *
 * @throws CfmError not-found `no-allocation`, `id-not-given`, `no-match` for a pattern; conflict `user-ambiguous`
 */
export async function planRelease(view: RegistryView, request: ReleaseRequest, now = new Date()): Promise<ReleasePlan> {
	const environment = await requireEnvironment(view, request.environment);
	const { targets, patterns = [], note } = request;
	const isBulk = patterns.length > 0 || targets.some(({ line }) => line !== undefined);
	const plan: ReleasePlan = { environment, answers: [], bad: [], noteNotStored: [], isBulk, changes: [] };
	const seen = new Set<number>();
	const look = async (held: Allocation) => {
		const after = afterRelease(held, environment, request, now);
		const places = request.atOnce && after === null ? await placesSeen(view, environment.name, held.id) : [];
		return { held, after, places };
	};
	const release = ({ held, after, places }: Awaited<ReturnType<typeof look>>) => {
		if (seen.has(held.id)) return;
		seen.add(held.id);
		const { id, user } = held;
		const changed = after === null || after.state !== held.state;
		const answer = { id, user, state: after?.state ?? "free", until: after?.until ?? null, changed } as const;
		plan.answers.push(places.length === 0 ? answer : { ...answer, seen: places });
		if (changed) {
			const of = "allocation" as const;
			const why = note ?? null;
			plan.changes.push({ of, action: "release", environment: environment.name, id, before: held, after, note: why });
		} else if (note !== undefined && note !== held.note) plan.noteNotStored.push(user ?? "");
	};
	const found = await Promise.allSettled(targets.map(async (target) => look(await find(view, environment, target))));
	for (const [at, target] of targets.entries()) {
		const { line: inFile } = target;
		const one = found[at] as (typeof found)[number];
		if (one.status === "fulfilled") release(one.value);
		else if (!(one.reason instanceof CfmError) || inFile === undefined)
			throw "account" in target ? await withNear(view, environment.name, target.account, one.reason) : one.reason;
		else plan.bad.push({ line: inFile, problem: one.reason.message });
	}
	for (const userPattern of patterns) {
		let count = 0;
		for await (const chunk of view.allocations({ environment: environment.name, state: "allocated", userPattern })) {
			count += chunk.length;
			for (const one of await Promise.all(chunk.map(look))) release(one);
		}
		if (count === 0) throw noMatch(environment, userPattern);
	}
	return plan;
}

function noMatch({ name }: Environment, pattern: string): CfmError {
	return new CfmError("not-found", "no-match", t`Nobody with an ID in ${name} is called like ${pattern}.`, {
		hints: [line("ids list", [], { environment: name, state: "allocated" })],
		data: { pattern, environment: name },
	});
}

export function releaseAnswer({ environment, answers, noteNotStored }: ReleasePlan): ReleaseAnswer {
	const allocations = answers.map((answer) => ({ ...answer, port: portOf(environment, answer.id) }));
	const answer = { environment: environment.name, allocations, total: allocations.length };
	return noteNotStored.length === 0 ? answer : { ...answer, noteNotStored };
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

/**
 * `cfm ids release`: asks, for a user whose ID is taken cannot sign. For those of a list or a pattern, whom nobody has named
 * one by one, it asks how many they are.
 *
 * @param refuse throws for the lines that cannot be: who read the file knows how to name them
 */
export function releaseIds(
	request: ReleaseRequest,
	refuse: (bad: ReleasePlan["bad"]) => void = () => {},
): RegistryOperation<ReleasePlan, ReleaseAnswer> {
	return {
		asked: request,
		async plan(view) {
			const plan = await planRelease(view, request, await countedFrom(view, new Date()));
			refuse(plan.bad);
			return plan;
		},
		danger: ({ environment, answers, changes, isBulk }) => ({
			question: plural(changes.length, {
				one: `Release 1 ID of ${environment.name}?`,
				other: `Release ${changes.length} IDs of ${environment.name}?`,
			}),
			details: answers
				.filter(({ changed }) => changed)
				.map(({ id, user, state, seen = [] }) => {
					const change = `  ${id}  ${user ?? ""}  -> ${state}`;
					return seen.length === 0 ? change : `${change}  (${t`seen ${placesInWords(seen)}`})`;
				}),
			...(isBulk && { name: String(changes.length) }),
		}),
		answer: releaseAnswer,
	};
}
