import { certain, type Meant } from "../account/whose.js";
import { type Environment, portOf, requireEnvironment } from "../environment/environment.js";
import { isoTime } from "../iso-time.js";
import type { Plan, RegistryOperation } from "../operation/operation.js";
import { mayEnd } from "../registry/clock.js";
import type { Change, RegistryView } from "../registry/registry.js";
import { setFree } from "../registry/set-free.js";
import type { Allocation } from "./allocation.js";
import { type Applicant, type ApplicantList, type UnusedLine, usable } from "./applicants.js";
import { hasOtherName, holdingOf, identify, unsureHolder } from "./holder.js";
import type { LookAlikeAccount } from "./look-alike-accounts.js";
import { lostBackslash } from "./lost-backslash.js";
import { full, lowestFor, type SkippedId } from "./lowest.js";
import type { FindObstacle } from "./obstacle.js";
import { problemOfService, refuseServiceAccounts } from "./refuse-service-accounts.js";
import { hasOther, wanted } from "./wish.js";

export interface AllocationRequest extends ApplicantList {
	environment: string;
	/** The ID that is wanted; only for one user. */
	id?: number | undefined;
	note?: string | undefined;
	/** Whoever has an account's name keeps the ID, though the SID is another now: it is the same person. */
	samePerson?: boolean | undefined;
	/** Also to accounts that are no person's. */
	serviceAccounts?: boolean | undefined;
	/** Looks whether the port of an ID could be used; without it any free ID is given. */
	obstacle?: FindObstacle | undefined;
}

/** A name that may be a registered one that lost its backslash in a shell. */
export interface LookAlike {
	user: string;
	registered: string;
}

/** A person who is registered under another name: the SID is the same. */
export interface Renamed {
	user: string;
	registered: string;
	id: number;
}

export interface AllocationPlan extends Plan {
	environment: Environment;
	answers: { allocation: Allocation; created: boolean; returned?: true }[];
	renamed: Renamed[];
	lookAlike: LookAlike[];
	noteNotStored: string[];
	/** Free IDs that were skipped for their ports. */
	skipped: SkippedId[];
	/** Lines that it goes on without. */
	bad: UnusedLine[];
}

/** The answer of every command that gives IDs. */
export interface AllocationAnswer {
	environment: string;
	/** `returned`: the ID that was theirs before, out of its quarantine. */
	allocations: {
		user: string;
		id: number;
		port: number;
		state: "allocated";
		created: boolean;
		returned?: true;
	}[];
	total: number;
	/** Free IDs that were skipped for their ports; absent when there is none. */
	skipped?: SkippedId[];
	/** Who is registered under another name; absent when nobody is. */
	renamed?: Renamed[];
	/** New names that may be registered ones without their backslash; absent when there is none. */
	lookAlike?: LookAlike[];
	/** New names that may be existing accounts without their backslash, who are not registered; absent when there is none. */
	lookAlikeAccounts?: LookAlikeAccount[];
	/** Whose ID keeps the note that it had, or none; absent when the note was stored with every ID. */
	noteNotStored?: string[];
	/** Lines of the file that gave nobody an ID; absent when there is none. */
	refused?: UnusedLine[];
}

/**
 * Decides who gets which ID: whoever has one keeps it, whose last one is still quarantined gets that again (their client and
 * browsers know it), everybody else the lowest that are free and whose port can be used. All or nothing.
 *
 * IDs whose quarantine is over become free first.
 *
 * @throws CfmError conflict `range-full`, `id-taken`, `id-reserved`, `id-quarantined`, `id-out-of-range`,
 *   `port-in-use`, `port-excluded`, `common-port`, `user-has-other-id`, `user-ambiguous`, `user-recreated`; usage
 *   `duplicate-user`, `service-account`; not-found `no-environment`
 */
export async function planAllocation(
	view: RegistryView,
	request: AllocationRequest,
	now = new Date(),
): Promise<AllocationPlan> {
	const environment = await requireEnvironment(view, request.environment);
	const { applicants, bad } = usable(request, environment);
	const since = isoTime(now);
	const noteOf = (applicant: Applicant) => applicant.note ?? request.note;
	const give = (applicant: Applicant, id: number): Allocation => ({
		environment: environment.name,
		id,
		state: "allocated",
		user: applicant.account.spelling,
		sid: applicant.account.sid ?? null,
		note: noteOf(applicant) ?? null,
		since,
		until: null,
	});

	const answers: AllocationPlan["answers"] = [];
	const renamed: Renamed[] = [];
	const noteNotStored: string[] = [];
	const lookAlike: LookAlike[] = [];
	const newcomers: { at: number; applicant: Applicant }[] = [];
	const changes: Change[] = [];
	// A list longer than the whole range is refused before a million names are looked up.
	const needed = applicants.length;
	if (needed > environment.lastId - environment.firstId + 1) {
		throw full(environment, needed, (await view.free(environment.name)).count);
	}
	const holdings = await Promise.all(applicants.map(({ account }) => holdingOf(view, environment, account)));
	const lost = await Promise.all(
		applicants.map(({ account, line: inFile }, at) =>
			// No shell has read the lines of a file.
			inFile === undefined && holdings[at]?.is === "nobody" ? lostBackslash(view, environment, account) : undefined,
		),
	);
	for (const [at, applicant] of applicants.entries()) {
		const { account, line: inFile } = applicant;
		const meant = kept(certain(holdings[at] as Meant<Allocation>), request.samePerson);
		if (meant.is === "unsure") {
			const problem = unsureHolder(environment, account, meant);
			if (inFile === undefined || !request.keepGoing) throw problem;
			bad.push({ line: inFile, problem: problem.message });
			continue;
		}
		if (meant.is === "one") {
			const { user, id, note } = meant.one;
			changes.push(...identify(meant.one, account));
			if (hasOtherName(meant.one, environment, account))
				renamed.push({ user: account.spelling, registered: user ?? "", id });
			const asked = noteOf(applicant);
			if (asked !== undefined && asked !== note) noteNotStored.push(user ?? "");
		} else {
			newcomers.push({ at: answers.length, applicant });
			const other = lost[at];
			if (other !== undefined) lookAlike.push({ user: account.spelling, registered: other.user ?? "" });
		}
		answers.push(
			meant.is === "one"
				? { allocation: meant.one, created: false }
				: { allocation: give(applicant, -1), created: true },
		);
	}

	if (!request.serviceAccounts)
		refuseServiceAccounts(
			newcomers.map(({ applicant }) => applicant.account),
			environment,
		);

	const skipped: SkippedId[] = [];
	const returned = new Set<number>();
	const without: typeof newcomers = [];
	const rests = await Promise.all(
		newcomers.map(({ applicant }) => holdingOf(view, environment, applicant.account, "quarantined")),
	);
	for (const [number, newcomer] of newcomers.entries()) {
		const { at, applicant } = newcomer;
		const { account } = applicant;
		const meant = certain(rests[number] as Meant<Allocation>);
		const last = meant.is === "one" && (request.id ?? meant.one.id) === meant.one.id ? meant.one : undefined;
		const obstacle = last && (await request.obstacle?.(environment, last.id, account));
		if (last === undefined || (obstacle !== undefined && request.id !== undefined)) {
			without.push(newcomer);
			continue;
		}
		const { id, user, sid, note } = last;
		if (obstacle !== undefined) {
			skipped.push({ id, port: portOf(environment, id), ...obstacle });
			without.push(newcomer);
			continue;
		}
		const again = { ...give(applicant, id), sid: account.sid ?? sid, note: noteOf(applicant) ?? note };
		const isRenamed = hasOtherName(last, environment, account);
		const after = isRenamed ? { ...again, user } : again;
		if (isRenamed) renamed.push({ user: account.spelling, registered: user ?? "", id });
		answers[at] = { allocation: after, created: true, returned: true };
		changes.push(allocation("allocate", after, last));
		returned.add(id);
	}
	if (request.id !== undefined) {
		const [newcomer] = without;
		const [answer] = answers;
		if (newcomer !== undefined) {
			const { account } = newcomer.applicant;
			const wish = { account, id: request.id, obstacle: request.obstacle, verb: "allocate" } as const;
			const before = await wanted(view, environment, wish, since);
			const after = give(newcomer.applicant, request.id);
			answers[newcomer.at] = { allocation: after, created: true };
			changes.push(...before, allocation("allocate", after));
		} else if (answer && answer.allocation.id !== request.id)
			throw hasOther(environment, answer.allocation, request.id);
	} else if (without.length > 0) {
		const over = await view.quarantineOver(environment.name, since);
		const mayGo = over.length > 0 && (await mayEnd(view, now));
		const rested = mayGo ? over.filter(({ id }) => !returned.has(id)) : [];
		const accounts = without.map(({ applicant }) => applicant.account);
		const chosen = await lowestFor(view, environment, accounts, rested, request.obstacle);
		skipped.push(...chosen.skipped);
		changes.push(...rested.map(setFree));
		for (const [at, newcomer] of without.entries()) {
			const after = give(newcomer.applicant, chosen.ids[at] as number);
			answers[newcomer.at] = { allocation: after, created: true };
			changes.push(allocation("allocate", after));
		}
	}
	bad.sort((a, b) => a.line - b.line);
	return { environment, answers, renamed, lookAlike, noteNotStored, skipped, bad, changes };
}

/** Whether anybody of a request has no ID yet, so that one would have to be found. */
export async function anyNewcomer(
	view: RegistryView,
	{ environment: name, applicants }: Pick<AllocationRequest, "environment" | "applicants">,
): Promise<boolean> {
	const environment = await view.environment(name);
	if (environment === undefined) return false;
	const isNew = async ({ account }: Applicant) => (await holdingOf(view, environment, account)).is !== "one";
	// The first one mostly says it; all others are asked about together.
	const [first, ...others] = applicants;
	if (first === undefined || (await isNew(first))) return first !== undefined;
	return (await Promise.all(others.map(isNew))).includes(true);
}

export function allocationAnswer(plan: AllocationPlan): AllocationAnswer {
	const { environment, answers, skipped, renamed, lookAlike, noteNotStored, bad } = plan;
	const allocations = answers.map(({ allocation, created, returned }) => ({
		user: allocation.user ?? "",
		id: allocation.id,
		port: portOf(environment, allocation.id),
		state: "allocated" as const,
		created,
		...(returned && { returned }),
	}));
	return {
		environment: environment.name,
		allocations,
		total: allocations.length,
		...(skipped.length > 0 && { skipped }),
		...(renamed.length > 0 && { renamed }),
		...(lookAlike.length > 0 && { lookAlike }),
		...(noteNotStored.length > 0 && { noteNotStored }),
		...(bad.length > 0 && { refused: bad }),
	};
}

function allocation(action: "allocate", after: Allocation, before: Allocation | null = null): Change {
	return {
		of: "allocation",
		action,
		environment: after.environment,
		id: after.id,
		before,
		after,
		note: after.note,
	};
}

/** An account that was made anew keeps its ID when somebody says that it is the same person's. */
function kept(meant: Meant<Allocation>, samePerson = false): Meant<Allocation> {
	if (meant.is !== "unsure" || meant.why !== "recreated" || !samePerson) return meant;
	return { is: "one", one: meant.among[0] as Allocation, by: "name" };
}

/** `cfm ids allocate`: asks nothing, for an ID too many harms nobody. */
export function allocateIds(request: AllocationRequest): RegistryOperation<AllocationPlan, AllocationAnswer> {
	const { environment, applicants, id, note } = request;
	const notes = applicants.some((one) => one.note !== undefined)
		? applicants.map((one) => one.note ?? null)
		: undefined;
	const sids = applicants.some(({ account }) => account.sid) ? applicants.map(({ account }) => account.sid) : undefined;
	return {
		asked: { environment, users: applicants.map(({ account }) => account.spelling), id, note, sids, notes },
		plan: (view) => planAllocation(view, request),
		ordinary: ordinaryOf(request),
		answer: allocationAnswer,
	};
}

/** One user with a domain, and nothing that only the planner looks at: a wish, a port, a name that a shell has changed. */
function ordinaryOf(request: AllocationRequest): RegistryOperation<AllocationPlan, AllocationAnswer>["ordinary"] {
	const [applicant, ...others] = request.applicants;
	if (applicant === undefined || others.length > 0 || (request.bad?.length ?? 0) > 0) return undefined;
	const { account, line: inFile } = applicant;
	if (request.id !== undefined || request.obstacle !== undefined || (inFile === undefined && account.domain === ""))
		return undefined;
	if (!request.serviceAccounts && problemOfService(account) !== undefined) return undefined;
	const note = applicant.note ?? request.note ?? null;
	return {
		newcomer: { environment: request.environment, account, note, since: isoTime(new Date()) },
		plan: ({ environment, allocation }) => ({
			...{ environment, answers: [{ allocation, created: true }], renamed: [], lookAlike: [], noteNotStored: [] },
			...{ skipped: [], bad: [], changes: [] },
		}),
	};
}
