import type { Account } from "../account/account.js";
import { certain, type Meant } from "../account/whose.js";
import { type Environment, portOf } from "../environment/environment.js";
import type { Plan, RegistryOperation } from "../operation/operation.js";
import { mayEnd } from "../registry/clock.js";
import type { RegistryView } from "../registry/registry.js";
import { setFree } from "../registry/set-free.js";
import { t } from "../text.js";
import type { Renamed } from "./allocate.js";
import type { Allocation, AllocationState } from "./allocation.js";
import type { UnusedLine } from "./applicants.js";
import { hasOtherName, holdingOf, identify, isTheirs, unsureHolder } from "./holder.js";
import { differ, tellDifferences, tellRenamed } from "./import-differences.js";
import { ImportTargets, type Target } from "./import-targets.js";
import type { FindObstacle } from "./obstacle.js";
import { problemOfService } from "./refuse-service-accounts.js";
import { afterRelease } from "./release.js";
import { isStillSeen } from "./still-seen.js";

/** One line of an import: an ID that a user has, or had last, or one that is reserved. */
export interface ImportedId {
	line: number;
	/** Where the ID is; undefined: where the request says. */
	environment?: string | undefined;
	id: number;
	state: AllocationState;
	/** null: the ID is reserved. */
	account: Account | null;
	note: string | null;
	/** When it came into this state, ISO 8601 UTC; undefined: now. */
	since?: string | undefined;
	/** When the quarantine ends, ISO 8601 UTC; undefined: as if it began now. */
	until?: string | undefined;
	/** The port that the file says it has, which the environment's rule decides. */
	port?: number | undefined;
	/** An export of ours says so: the account was registered there, and is no newcomer, whosever it is. */
	wasRegistered?: boolean | undefined;
}

export interface ImportRequest {
	/** Where the IDs are of which the file says no environment. */
	environment: string;
	rows: readonly ImportedId[];
	/** What is in use may hold its port by right; but no user is to have a port that is nobody's. */
	obstacle?: FindObstacle | undefined;
	/** Lines of the file that say no ID. */
	bad?: readonly UnusedLine[] | undefined;
	/** Goes on without the lines that cannot be. */
	keepGoing?: boolean | undefined;
	/** Gives users whose ID cannot be theirs the lowest free one instead. */
	renumber?: boolean | undefined;
	/** Also takes over IDs of accounts that are no person's. */
	serviceAccounts?: boolean | undefined;
}

/** What became of one line. */
export interface ImportedAnswer {
	line: number;
	environment: Environment;
	id: number;
	user: string | null;
	state: AllocationState;
	until: string | null;
	created: boolean;
	/** The ID that the file says, when it is another one. */
	previousId?: number;
}

/** A line that is taken, but not in everything as it stands. */
export interface Difference {
	line: number;
	id: number;
	environment: string;
	message: string;
}

export interface ImportPlan extends Plan {
	/** The one that all IDs are in, or the request's. */
	environment: string;
	answers: ImportedAnswer[];
	differences: Difference[];
	/** Who is registered under another name. */
	renamed: (Renamed & { environment: string })[];
	/** Users, or reserved IDs, that have an ID already and keep the note that is there. */
	noteNotStored: (string | number)[];
	/** Lines that cannot be; with one of them nothing is imported, unless the request goes on without. */
	bad: UnusedLine[];
	/** How many of the bad lines could be with another ID. */
	clashes: number;
}

export interface ImportAnswer {
	environment: string;
	allocations: (Omit<ImportedAnswer, "line" | "environment" | "until"> & {
		environment: string;
		port: number;
		until: string | null;
	})[];
	total: number;
	/** Whose client and browsers have another ID from now on; absent unless the request renumbers. */
	reinstall?: { user: string; environment: string; previousId: number; id: number; port: number }[];
	/** Absent when all lines were taken as they stand. */
	differences?: Difference[];
	/** Who is registered under another name; absent when nobody is. */
	renamed?: ImportPlan["renamed"];
	/** Users, or reserved IDs, whose note stays as it was; absent when there is none. */
	noteNotStored?: ImportPlan["noteNotStored"];
	/** Lines that were skipped; absent when there is none. */
	refused?: ImportPlan["bad"];
}

/** Why a line cannot be as it stands; a clash of two IDs can be solved by another one. */
export interface Refusal {
	problem: string;
	isClash?: boolean;
	/** The ID that the user keeps. */
	keeps?: Allocation;
}

/**
 * Decides how IDs that are in use already come into the registry, with everything the file says of them. What is there as
 * the file says is left alone; every contradiction, within the file or with the registry, is a bad line.
 *
 * To renumber, users whose ID clashes get the lowest ID that is free and nowhere in the file; who has one in the registry
 * keeps that. A reservation or a quarantine that clashes is left out: nobody else could get its ID anyway.
 *
 * @throws CfmError not-found `no-environment` of the request; conflict `range-full` when there are not enough to renumber
 */
export async function planImport(view: RegistryView, request: ImportRequest, now = new Date()): Promise<ImportPlan> {
	const targets = await ImportTargets.of(view, request);
	const plan: ImportPlan = {
		environment: "",
		answers: [],
		differences: [],
		renamed: [],
		noteNotStored: [],
		bad: [...(request.bad ?? [])],
		clashes: 0,
		changes: [],
	};
	const clashes: { row: ImportedId; target: Target }[] = [];
	const found: Awaited<ReturnType<ImportTargets["find"]>>[] = [];
	for (const row of request.rows) found.push(await targets.find(row.environment));
	const looks = await Promise.all(
		request.rows.map((row, at) => {
			const target = found[at];
			return target === undefined || "problem" in target ? undefined : lookAt(view, target.environment, row);
		}),
	);
	for (const [at, row] of request.rows.entries()) {
		const target = found[at] as (typeof found)[number];
		if ("problem" in target) {
			plan.bad.push({ line: row.line, problem: target.problem });
			continue;
		}
		const { environment } = target;
		const there = looks[at] as Awaited<ReturnType<typeof lookAt>>;
		const refusal = await decide(view, plan, environment, row, there, request, now, target.refuse(row));
		if (refusal === undefined) continue;
		const { problem, isClash, keeps } = refusal;
		if (!request.renumber || !isClash) {
			plan.bad.push({ line: row.line, problem });
			if (isClash) plan.clashes += 1;
		} else if (keeps !== undefined) {
			plan.changes.push(...identify(keeps, row.account as Account));
			tellDifferences(plan, row, environment, keeps, row.id);
			plan.answers.push(answerOf(row, environment, keeps, false));
		} else if (row.state === "allocated") clashes.push({ row, target });
		else differ(plan, row, environment, problem);
	}
	for (const { row, target, id } of await targets.renumber(clashes)) {
		create(plan, target.environment, { ...row, id }, now, row.id);
	}
	plan.bad.sort((a, b) => a.line - b.line);
	plan.answers.sort((a, b) => a.line - b.line);
	plan.differences.sort((a, b) => a.line - b.line);
	const [only, ...others] = new Set(plan.answers.map(({ environment }) => environment.name));
	plan.environment = only !== undefined && others.length === 0 ? only : targets.usual.name;
	return plan;
}

export function importAnswer(plan: ImportPlan, renumber = false): ImportAnswer {
	const { environment, answers, differences, renamed, noteNotStored, bad } = plan;
	const allocations = answers.map(({ line: _, environment: own, ...answer }) => ({
		...answer,
		environment: own.name,
		port: portOf(own, answer.id),
	}));
	const moved = allocations.flatMap(({ user, environment: own, previousId, id, port }) =>
		previousId === undefined ? [] : [{ user: user ?? "", environment: own, previousId, id, port }],
	);
	return {
		environment,
		allocations,
		total: allocations.length,
		...(renumber && { reinstall: moved }),
		...(differences.length > 0 && { differences }),
		...(renamed.length > 0 && { renamed }),
		...(noteNotStored.length > 0 && { noteNotStored }),
		...(bad.length > 0 && { refused: bad }),
	};
}

/** Who has the ID of a line, and what its user has; of all lines it is asked together. */
async function lookAt(
	view: RegistryView,
	environment: Environment,
	{ id, account, state }: ImportedId,
): Promise<{ held: Allocation | undefined; meant: Meant<Allocation> | undefined }> {
	const [held, meant] = await Promise.all([
		view.allocation(environment.name, id),
		account !== null && state === "allocated" ? holdingOf(view, environment, account) : undefined,
	]);
	return { held, meant };
}

/** @param inFile what stands against the line by what the file alone says */
async function decide(
	view: RegistryView,
	plan: ImportPlan,
	environment: Environment,
	row: ImportedId,
	{ held, meant: whose }: Awaited<ReturnType<typeof lookAt>>,
	request: ImportRequest,
	now: Date,
	inFile: Refusal | undefined,
): Promise<Refusal | undefined> {
	const { id, account, state } = row;
	if (inFile !== undefined && !inFile.isClash) return inFile;
	if (account !== null && whose !== undefined) {
		const meant = certain(whose);
		if (meant.is === "unsure") return { problem: unsureHolder(environment, account, meant).message };
		if (meant.is === "one") {
			tellRenamed(plan, account, environment, meant.one);
			if (inFile !== undefined) return { ...inFile, keeps: meant.one };
			if (meant.one.id !== id)
				return { problem: otherIdText(account, environment, meant.one), isClash: true, keeps: meant.one };
			plan.changes.push(...identify(meant.one, account));
			tellDifferences(plan, row, environment, meant.one);
			plan.answers.push(answerOf(row, environment, meant.one, false));
			return undefined;
		}
	}
	const isKnown = held?.state === state && (account === null || isTheirs(held, environment, account));
	if (account !== null && !isKnown && !row.wasRegistered && !request.serviceAccounts) {
		const problem = problemOfService(account);
		if (problem !== undefined) return { problem };
	}
	if (inFile !== undefined) return inFile;
	if (account !== null && state === "allocated") {
		const obstacle = await request.obstacle?.(environment, id, account);
		if (obstacle !== undefined) return { problem: t`ID ${id} cannot be used: ${obstacle.message}`, isClash: true };
	} else if (held !== undefined && isKnown) {
		tellDifferences(plan, row, environment, held);
		plan.answers.push(answerOf(row, environment, held, false));
		return undefined;
	}
	if (held !== undefined) {
		const isOver = (held.until ?? "") <= now.toISOString() && (await mayEnd(view, now));
		const mayBeAnybodys = isOver && !(await isStillSeen(view, held));
		const mayGo = held.state === "quarantined" && (isFreeFor(row, held, environment) || mayBeAnybodys);
		if (!mayGo) return { problem: takenText(held), isClash: true };
		plan.changes.push(setFree(held));
	}
	create(plan, environment, row, now);
	return undefined;
}

function otherIdText(account: Account, environment: Environment, held: Allocation): string {
	if (!hasOtherName(held, environment, account)) return t`${account.spelling} already has ID ${held.id}`;
	return t`${account.spelling} already has ID ${held.id}, registered as ${held.user ?? ""} (the same SID)`;
}

/** Who had an ID last can have it back; an ID of theirs in quarantine does not become anybody's reservation. */
function isFreeFor({ account, state }: ImportedId, held: Allocation, environment: Environment): boolean {
	return state === "allocated" && account !== null && isTheirs(held, environment, account);
}

function takenText({ id, state, user, until }: Allocation): string {
	if (state === "quarantined") return t`ID ${id} is quarantined until ${until?.slice(0, 10) ?? ""} (${user ?? ""})`;
	return user === null ? t`ID ${id} is ${state}` : t`ID ${id} is ${state} (${user})`;
}

/** Takes an ID over as it stands in the file. @param previousId what the file says, when it is another ID */
function create(plan: ImportPlan, environment: Environment, row: ImportedId, now: Date, previousId = row.id): void {
	const { id, state, account, note } = row;
	const [user, sid] = [account?.spelling ?? null, account?.sid ?? null];
	const since = row.since ?? now.toISOString();
	const given: Allocation = { environment: environment.name, id, state, user, sid, note, since, until: null };
	const after = state === "quarantined" ? resting(given, environment, row.until, now) : given;
	if (after === null) {
		differ(plan, row, environment, t`${environment.name} has no quarantine: ID ${id} stays free`);
		return;
	}
	const change = { of: "allocation", action: "import", environment: environment.name, before: null } as const;
	plan.changes.push({ ...change, id, after, note });
	tellDifferences(plan, row, environment, after, previousId);
	plan.answers.push(answerOf({ ...row, id: previousId }, environment, after, true));
}

/** @returns null where the environment has no quarantine, and the file says no end of it */
function resting(given: Allocation, environment: Environment, until: string | undefined, now: Date): Allocation | null {
	if (until !== undefined) return { ...given, until };
	const released = afterRelease({ ...given, state: "allocated" }, environment, { atOnce: false }, now);
	return released && { ...released, since: given.since };
}

function answerOf(row: ImportedId, environment: Environment, held: Allocation, created: boolean): ImportedAnswer {
	const { id, user, state, until } = held;
	const answer = { line: row.line, environment, id, user, state, until, created };
	return id === row.id ? answer : { ...answer, previousId: row.id };
}

/**
 * `cfm ids import`.
 *
 * @param refuse throws for the lines that cannot be: who read the file knows how to name them
 */
export function importIds(
	request: ImportRequest,
	refuse: (bad: ImportPlan["bad"], clashes: number) => void,
): RegistryOperation<ImportPlan, ImportAnswer> {
	const { environment, rows, renumber } = request;
	return {
		asked: { environment, rows: rows.map(asked), renumber: renumber || undefined },
		async plan(view) {
			const plan = await planImport(view, request);
			if (!request.keepGoing) refuse(plan.bad, plan.clashes);
			return plan;
		},
		answer: (plan) => importAnswer(plan, renumber),
	};
}

/** A line as an earlier `cfm` remembers it under a request's key, and no more than it has. */
function asked({ id, account, note, state, environment, since, until }: ImportedId) {
	const resting = state === "quarantined" ? state : undefined;
	return { id, user: account?.spelling ?? null, note, sid: account?.sid, state: resting, environment, since, until };
}
