import type { Account } from "../account/account.js";
import { certain, type Meant, relate } from "../account/whose.js";
import { type Environment, portOf, requireEnvironment } from "../environment/environment.js";
import { CfmError } from "../errors.js";
import { isoTime } from "../iso-time.js";
import type { Plan, RegistryOperation } from "../operation/operation.js";
import type { Change, RegistryView } from "../registry/port.js";
import { setFree } from "../registry/set-free.js";
import { t } from "../text.js";
import type { Allocation } from "./allocation.js";
import { holdingOf, identify, unsureHolder } from "./holder.js";
import { full, lowestFor, type SkippedId } from "./lowest.js";
import type { FindObstacle } from "./obstacle.js";
import { hasOther, wanted } from "./wish.js";

/** A user to get an ID, with the line of the file that named it. */
export interface Applicant {
	account: Account;
	line?: number | undefined;
}

export interface AllocationRequest {
	environment: string;
	applicants: readonly Applicant[];
	/** The ID that is wanted; only for one user. */
	id?: number | undefined;
	note?: string | undefined;
	/** Whoever has an account's name keeps the ID, though the SID is another now: it is the same person. */
	samePerson?: boolean | undefined;
	/** Looks whether the port of an ID could be used; without it any free ID is given. */
	obstacle?: FindObstacle | undefined;
}

export interface AllocationPlan extends Plan {
	environment: Environment;
	answers: { allocation: Allocation; created: boolean }[];
	/** Free IDs that were passed over for their ports. */
	skipped: SkippedId[];
}

/** The answer of every command that gives IDs. */
export interface AllocationAnswer {
	environment: string;
	allocations: { user: string; id: number; port: number; state: "allocated"; created: boolean }[];
	total: number;
	/** Free IDs that were passed over for their ports; absent when there is none. */
	skipped?: SkippedId[];
}

/**
 * Decides who gets which ID: whoever has one keeps it, everybody else gets the lowest that are free and whose port can be used. All or
 * nothing.
 *
 * IDs whose quarantine is over become free first.
 *
 * @throws CfmError conflict `range-full`, `id-taken`, `id-reserved`, `id-quarantined`, `id-out-of-range`,
 *   `port-in-use`, `port-excluded`, `common-port`, `user-has-other-id`, `user-ambiguous`, `user-recreated`; usage
 *   `duplicate-user`; not-found `no-environment`
 */
export async function planAllocation(
	view: RegistryView,
	request: AllocationRequest,
	now = new Date(),
): Promise<AllocationPlan> {
	const environment = await requireEnvironment(view, request.environment);
	refuseDuplicates(request.applicants, environment);
	const since = isoTime(now);
	const give = ({ spelling: user, sid }: Account, id: number): Allocation => ({
		environment: environment.name,
		id,
		state: "allocated",
		user,
		sid: sid ?? null,
		note: request.note ?? null,
		since,
		until: null,
	});

	const answers: AllocationPlan["answers"] = [];
	const newcomers: { at: number; account: Account }[] = [];
	const changes: Change[] = [];
	// A list longer than the whole range is refused before a million names are looked up.
	const needed = request.applicants.length;
	if (needed > environment.lastId - environment.firstId + 1) {
		throw full(environment, needed, (await view.free(environment.name)).count);
	}
	for (const { account } of request.applicants) {
		const meant = kept(certain(await holdingOf(view, environment, account)), request.samePerson);
		if (meant.is === "unsure") throw unsureHolder(environment, account, meant);
		if (meant.is === "one") changes.push(...identify(meant.one, account));
		else newcomers.push({ at: answers.length, account });
		answers.push(
			meant.is === "one" ? { allocation: meant.one, created: false } : { allocation: give(account, -1), created: true },
		);
	}

	let skipped: SkippedId[] = [];
	if (request.id !== undefined) {
		const [newcomer] = newcomers;
		const [answer] = answers;
		if (newcomer === undefined) {
			if (answer && answer.allocation.id !== request.id) throw hasOther(environment, answer.allocation, request.id);
		} else {
			const wish = { account: newcomer.account, id: request.id, obstacle: request.obstacle, verb: "allocate" } as const;
			const before = await wanted(view, environment, wish, since);
			const after = give(newcomer.account, request.id);
			answers[newcomer.at] = { allocation: after, created: true };
			changes.push(...before, allocation("allocate", after));
		}
	} else if (newcomers.length > 0) {
		const rested = await view.quarantineOver(environment.name, since);
		const accounts = newcomers.map(({ account }) => account);
		const chosen = await lowestFor(view, environment, accounts, rested, request.obstacle);
		({ skipped } = chosen);
		changes.push(...rested.map(setFree));
		for (const [at, newcomer] of newcomers.entries()) {
			const after = give(newcomer.account, chosen.ids[at] as number);
			answers[newcomer.at] = { allocation: after, created: true };
			changes.push(allocation("allocate", after));
		}
	}
	return { environment, answers, skipped, changes };
}

/** Whether anybody of a request has no ID yet, so that one would have to be found. */
export async function anyNewcomer(
	view: RegistryView,
	{ environment: name, applicants }: Pick<AllocationRequest, "environment" | "applicants">,
): Promise<boolean> {
	const environment = await view.environment(name);
	if (environment === undefined) return false;
	for (const { account } of applicants) {
		if ((await holdingOf(view, environment, account)).is !== "one") return true;
	}
	return false;
}

export function allocationAnswer({ environment, answers, skipped }: AllocationPlan): AllocationAnswer {
	const allocations = answers.map(({ allocation, created }) => ({
		user: allocation.user ?? "",
		id: allocation.id,
		port: portOf(environment, allocation.id),
		state: "allocated" as const,
		created,
	}));
	const answer = { environment: environment.name, allocations, total: allocations.length };
	return skipped.length === 0 ? answer : { ...answer, skipped };
}

function allocation(action: "allocate", after: Allocation): Change {
	return {
		of: "allocation",
		action,
		environment: after.environment,
		id: after.id,
		before: null,
		after,
		note: after.note,
	};
}

/** An account that was made anew keeps its ID when somebody says that it is the same person's. */
function kept(meant: Meant<Allocation>, samePerson = false): Meant<Allocation> {
	if (meant.is !== "unsure" || meant.why !== "recreated" || !samePerson) return meant;
	return { is: "one", one: meant.among[0] as Allocation, by: "name" };
}

function refuseDuplicates(applicants: readonly Applicant[], { domains }: Environment): void {
	if (applicants.length < 2) return;
	const seen = new Map<string, Applicant[]>();
	for (const applicant of applicants) {
		const { account, line } = applicant;
		const namesakes = seen.get(account.name);
		const earlier = namesakes?.find((other) => relate(account, other.account, domains) !== "different");
		if (earlier !== undefined) {
			const [first, second] = [earlier.account.spelling, account.spelling];
			throw new CfmError(
				"usage",
				"duplicate-user",
				line === undefined
					? t`${first} and ${second} are one user, named twice.`
					: t`${first} and ${second} are one user, named twice: lines ${earlier.line ?? 0} and ${line}.`,
				{
					hints: [t`List each user once.`],
					data: { users: [earlier.account.spelling, account.spelling], lines: [earlier.line ?? null, line ?? null] },
				},
			);
		}
		if (namesakes === undefined) seen.set(account.name, [applicant]);
		else namesakes.push(applicant);
	}
}

/** `cfm ids allocate`: asks nothing, for an ID too many harms nobody. */
export function allocateIds(request: AllocationRequest): RegistryOperation<AllocationPlan, AllocationAnswer> {
	const { environment, applicants, id, note } = request;
	const sids = applicants.some(({ account }) => account.sid) ? applicants.map(({ account }) => account.sid) : undefined;
	return {
		asked: { environment, users: applicants.map(({ account }) => account.spelling), id, note, sids },
		plan: (view) => planAllocation(view, request),
		answer: allocationAnswer,
	};
}
