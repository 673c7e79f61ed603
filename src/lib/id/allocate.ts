import { type Account, compareAccounts } from "../account/account.js";
import { inEnvironment, portOf, requireEnvironment } from "../environment/environment.js";
import { CfmError } from "../errors.js";
import type { FindObstacle, Obstacle } from "../port/obstacles.js";
import type { Plan } from "../registry/carry-out.js";
import type { Allocation, Change, Environment, RegistryView } from "../registry/port.js";
import { quoted } from "../shell-words.js";
import { counted, t } from "../text.js";
import { holdings, isTheirs, perhapsTheSame } from "./holder.js";

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
	/** Looks whether the port of an ID could be used; without it any free ID is given. */
	obstacle?: FindObstacle | undefined;
}

/** An ID that was free and not given. */
export interface SkippedId extends Obstacle {
	id: number;
	port: number;
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
 *   `port-in-use`, `port-excluded`, `common-port`, `user-has-other-id`, `user-ambiguous`; usage `duplicate-user`; not-found `no-environment`
 */
export async function planAllocation(
	view: RegistryView,
	request: AllocationRequest,
	now = new Date(),
): Promise<AllocationPlan> {
	const environment = await requireEnvironment(view, request.environment);
	refuseDuplicates(request.applicants, environment.domain?.toLowerCase() ?? "");
	const since = now.toISOString();
	const give = (user: string, id: number): Allocation => ({
		environment: environment.name,
		id,
		state: "allocated",
		user,
		sid: null,
		note: request.note ?? null,
		since,
		until: null,
	});

	const answers: AllocationPlan["answers"] = [];
	const newcomers: { at: number; account: Account }[] = [];
	// A list longer than the whole range is refused before a million names are looked up.
	const needed = request.applicants.length;
	if (needed > environment.lastId - environment.firstId + 1) {
		throw full(environment, needed, (await view.free(environment.name)).count);
	}
	for (const { account } of request.applicants) {
		const { same, perhaps } = await holdings(view, environment, account);
		if (same === undefined && perhaps.length > 0) throw perhapsTheSame(environment, account, perhaps);
		if (same === undefined) newcomers.push({ at: answers.length, account });
		answers.push({ allocation: same ?? give(account.spelling, -1), created: same === undefined });
	}

	const changes: Change[] = [];
	let skipped: SkippedId[] = [];
	if (request.id !== undefined) {
		const [newcomer] = newcomers;
		const [answer] = answers;
		if (newcomer === undefined) {
			if (answer && answer.allocation.id !== request.id) throw hasOther(environment, answer.allocation, request.id);
		} else {
			const wish = { account: newcomer.account, id: request.id, obstacle: request.obstacle, verb: "allocate" } as const;
			const before = await wanted(view, environment, wish, since);
			const after = give(newcomer.account.spelling, request.id);
			answers[newcomer.at] = { allocation: after, created: true };
			changes.push(...before, allocation("allocate", after));
		}
	} else if (newcomers.length > 0) {
		const rested = await view.quarantineOver(environment.name, since);
		const accounts = newcomers.map(({ account }) => account);
		const chosen = await choose(view, environment, accounts, rested, request.obstacle);
		({ skipped } = chosen);
		changes.push(...rested.map(setFree));
		for (const [at, newcomer] of newcomers.entries()) {
			const after = give(newcomer.account.spelling, chosen.ids[at] as number);
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
		if ((await holdings(view, environment, account)).same === undefined) return true;
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

/** The end of a quarantine: the ID is free again. */
export function setFree(before: Allocation): Change {
	return { of: "allocation", action: "free", environment: before.environment, id: before.id, before, after: null };
}

/** A certain ID for a certain account, and the command that asks for it. */
interface Wish {
	account: Account;
	id: number;
	obstacle: FindObstacle | undefined;
	verb: "allocate" | "move";
}

/**
 * The changes that make a wanted ID free for an account; none when it is free already.
 *
 * @throws CfmError conflict `id-out-of-range`, `id-reserved`, `id-taken`, `id-quarantined`, `port-in-use`,
 *   `port-excluded`, `common-port`, with the command that helps
 */
export async function wanted(view: RegistryView, environment: Environment, wish: Wish, now: string): Promise<Change[]> {
	const changes = await madeFree(view, environment, wish, now);
	const obstacle = await wish.obstacle?.(environment, wish.id, wish.account);
	if (obstacle !== undefined) throw unusable(environment, wish, obstacle);
	return changes;
}

async function madeFree(
	view: RegistryView,
	environment: Environment,
	{ account, id, verb }: Wish,
	now: string,
): Promise<Change[]> {
	if (id < environment.firstId || id > environment.lastId) {
		throw conflict(
			"id-out-of-range",
			t`ID ${id} is outside the range of ${environment.name}, ${environment.firstId} to ${environment.lastId}.`,
			id,
			[`cfm environments show ${environment.name}`],
		);
	}
	const held = await view.allocation(environment.name, id);
	if (held === undefined) return [];
	const here = (line: string) => inEnvironment(line, environment.name);
	const another = anyOther(environment, account, verb);
	if (held.state === "reserved") {
		throw conflict("id-reserved", t`ID ${id} is reserved${held.note === null ? "" : ` (${held.note})`}.`, id, [
			here(`cfm ids release ${id}`),
			...another,
		]);
	}
	if (held.state === "allocated") {
		throw conflict("id-taken", t`ID ${id} belongs to ${held.user ?? ""}.`, id, [
			here(`cfm ids show ${id}`),
			...another,
		]);
	}
	if (isTheirs(held, environment, account) || (held.until !== null && held.until <= now)) return [setFree(held)];
	throw conflict(
		"id-quarantined",
		t`ID ${id} was released by ${held.user ?? ""} and rests until ${held.until ?? ""}.`,
		id,
		[here(`cfm ids release ${id} --at-once`), ...another],
	);
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

/** The lowest IDs for these accounts, and what was passed over on the way. */
async function choose(
	view: RegistryView,
	environment: Environment,
	accounts: readonly Account[],
	rested: readonly Allocation[],
	obstacle: FindObstacle | undefined,
): Promise<{ ids: number[]; skipped: SkippedId[] }> {
	const ids: number[] = [];
	const skipped: SkippedId[] = [];
	let looked = 0;
	for (let count = accounts.length; ids.length < accounts.length; count *= 2) {
		const free = lowestOf(await view.lowestFree(environment.name, count), rested, count);
		for (const id of free.slice(looked)) {
			const account = accounts[ids.length];
			if (account === undefined) break;
			const found = await obstacle?.(environment, id, account);
			if (found === undefined) ids.push(id);
			else skipped.push({ id, port: portOf(environment, id), ...found });
		}
		if (ids.length < accounts.length && free.length < count)
			throw full(environment, accounts.length, ids.length, skipped);
		looked = free.length;
	}
	return { ids, skipped };
}

/** The lowest free ID that nothing stands against; undefined when there is none. @param account null: for nobody yet */
export async function lowestUsable(
	view: RegistryView,
	environment: Environment,
	account: Account | null,
	obstacle: FindObstacle,
): Promise<number | undefined> {
	let looked = 0;
	for (let count = 8; ; count *= 4) {
		const free = await view.lowestFree(environment.name, count);
		for (const id of free.slice(looked)) {
			if ((await obstacle(environment, id, account)) === undefined) return id;
		}
		if (free.length < count) return undefined;
		looked = free.length;
	}
}

/** @param free ascending */
function lowestOf(free: number[], rested: readonly Allocation[], count: number): number[] {
	if (rested.length === 0) return free;
	return [...free, ...rested.map(({ id }) => id)].sort((a, b) => a - b).slice(0, count);
}

function unusable(environment: Environment, { account, id, verb }: Wish, { code, message }: Obstacle): CfmError {
	const here = (line: string) => inEnvironment(line, environment.name);
	const anyway = `cfm ids ${verb} ${quoted(account.spelling)} --id ${id} --ignore-ports`;
	return conflict(code, t`ID ${id} cannot be used: ${message}.`, id, [
		here(`cfm ports check ${id}`),
		...anyOther(environment, account, verb),
		...(code === "common-port" ? [] : [here(anyway)]),
	]);
}

/** How an account gets any other ID; one that has an ID, and is to move, would only be told it. */
function anyOther(environment: Environment, account: Account, verb: Wish["verb"]): string[] {
	return verb === "move" ? [] : [inEnvironment(`cfm ids allocate ${quoted(account.spelling)}`, environment.name)];
}

function full(environment: Environment, needed: number, free: number, skipped: readonly SkippedId[] = []): CfmError {
	const lastId = environment.lastId + needed - free;
	const roomLeft = portOf(environment, lastId) <= 65_535;
	return new CfmError(
		"conflict",
		"range-full",
		t`${counted(needed, t`1 ID is`, t`${needed} IDs are`)} needed in ${environment.name}, ${counted(free, t`1 is`, t`${free} are`)} free (range ${environment.firstId} to ${environment.lastId})${
			skipped.length === 0 ? "" : t`; of ${skipped.length} more the ports cannot be used here`
		}.`,
		{
			hints: [
				...(skipped.length === 0
					? []
					: [inEnvironment("cfm ports list --conflicts", environment.name), t`or add --ignore-ports`]),
				`cfm ids list --environment ${environment.name} --state quarantined`,
				roomLeft
					? `cfm environments set ${environment.name} --range ${environment.firstId}-${lastId}`
					: t`The port rule has no room for more IDs: more users need another environment.`,
			],
			data: {
				environment: environment.name,
				needed,
				free,
				...(skipped.length === 0 ? {} : { skipped: skipped.slice(0, 100) }),
			},
		},
	);
}

function refuseDuplicates(applicants: readonly Applicant[], home: string): void {
	if (applicants.length < 2) return;
	const seen = new Map<string, Applicant[]>();
	for (const applicant of applicants) {
		const { account, line } = applicant;
		const namesakes = seen.get(account.name);
		const earlier = namesakes?.find((other) => compareAccounts(account, other.account, home) !== "different");
		if (earlier !== undefined) {
			const where = line === undefined ? "" : t` (lines ${earlier.line ?? 0} and ${line})`;
			throw new CfmError(
				"usage",
				"duplicate-user",
				t`${earlier.account.spelling} and ${account.spelling} are one user, named twice${where}.`,
				{
					hints: [t`Name every user once.`],
					data: { users: [earlier.account.spelling, account.spelling], lines: [earlier.line ?? null, line ?? null] },
				},
			);
		}
		if (namesakes === undefined) seen.set(account.name, [applicant]);
		else namesakes.push(applicant);
	}
}

function hasOther(environment: Environment, held: Allocation, id: number): CfmError {
	return conflict("user-has-other-id", t`${held.user ?? ""} has ID ${held.id} already.`, held.id, [
		inEnvironment(`cfm ids move ${quoted(held.user ?? "")} --id ${id}`, environment.name),
	]);
}

function conflict(code: string, message: string, id: number, hints: string[]): CfmError {
	return new CfmError("conflict", code, message, { hints, data: { id } });
}
