import type { Account } from "../account/account.js";
import { certain, relate } from "../account/whose.js";
import type { Environment } from "../environment/environment.js";
import { portOf, requireEnvironment } from "../environment/environment.js";
import type { Plan, RegistryOperation } from "../operation/operation.js";
import type { Change, RegistryView } from "../registry/port.js";
import { setFree } from "../registry/set-free.js";
import { t } from "../text.js";
import type { Allocation } from "./allocation.js";
import { holdingOf, identify, isTheirs, unsureHolder } from "./holder.js";
import type { FindObstacle } from "./obstacle.js";

/** One line of an import: an ID that a user has already, or one that is reserved. */
export interface ImportedId {
	line: number;
	id: number;
	/** null: the ID is reserved. */
	account: Account | null;
	note: string | null;
}

export interface ImportRequest {
	environment: string;
	rows: readonly ImportedId[];
	/** What is in use may hold its port by right; but no user is to have a port that is nobody's. */
	obstacle?: FindObstacle | undefined;
}

export interface ImportPlan extends Plan {
	environment: Environment;
	answers: { id: number; user: string | null; state: "allocated" | "reserved"; created: boolean }[];
	/** Lines that cannot be; with one of them nothing is imported. */
	bad: { line: number; problem: string }[];
}

export interface ImportAnswer {
	environment: string;
	allocations: (ImportPlan["answers"][number] & { port: number })[];
	total: number;
}

/**
 * Decides how IDs that are in use already come into the registry. What is there as the file says is left alone; every
 * contradiction, within the file or with the registry, is a bad line.
 *
 * @throws CfmError not-found `no-environment`
 */
export async function planImport(view: RegistryView, request: ImportRequest, now = new Date()): Promise<ImportPlan> {
	const environment = await requireEnvironment(view, request.environment);
	const plan: ImportPlan = { environment, answers: [], bad: [], changes: [] };
	const since = now.toISOString();
	const earlierIds = new Map<number, number>();
	const earlierNames = new Map<string, ImportedId[]>();
	for (const row of request.rows) {
		const problem =
			problemInFile(row, environment, earlierIds, earlierNames) ??
			(await decide(view, plan, row, since, request.obstacle));
		if (problem !== undefined) plan.bad.push({ line: row.line, problem });
	}
	return plan;
}

export function importAnswer({ environment, answers }: ImportPlan): ImportAnswer {
	const allocations = answers.map((answer) => ({ ...answer, port: portOf(environment, answer.id) }));
	return { environment: environment.name, allocations, total: allocations.length };
}

function problemInFile(
	row: ImportedId,
	environment: Environment,
	earlierIds: Map<number, number>,
	earlierNames: Map<string, ImportedId[]>,
): string | undefined {
	const twin = earlierIds.get(row.id);
	if (twin !== undefined) return t`ID ${row.id} is also on line ${twin}`;
	earlierIds.set(row.id, row.line);
	if (row.id < environment.firstId || row.id > environment.lastId) {
		return t`ID ${row.id} is outside ${environment.firstId} to ${environment.lastId}`;
	}
	const { account } = row;
	if (account === null) return undefined;
	const namesakes = earlierNames.get(account.name) ?? [];
	const other = namesakes.find(
		(one) => one.account !== null && relate(account, one.account, environment.domains) !== "different",
	);
	earlierNames.set(account.name, [...namesakes, row]);
	return other === undefined ? undefined : t`${account.spelling} is also on line ${other.line}`;
}

async function decide(
	view: RegistryView,
	plan: ImportPlan,
	row: ImportedId,
	since: string,
	findObstacle: FindObstacle | undefined,
): Promise<string | undefined> {
	const { environment } = plan;
	const { id, account, note } = row;
	const held = await view.allocation(environment.name, id);
	if (account !== null) {
		const meant = certain(await holdingOf(view, environment, account));
		if (meant.is === "unsure") return unsureHolder(environment, account, meant).message;
		if (meant.is === "one") {
			if (meant.one.id !== id) return t`${account.spelling} already has ID ${meant.one.id}`;
			plan.changes.push(...identify(meant.one, account));
			plan.answers.push({ id, user: meant.one.user, state: "allocated", created: false });
			return undefined;
		}
	} else if (held?.state === "reserved") {
		plan.answers.push({ id, user: null, state: "reserved", created: false });
		return undefined;
	}
	const obstacle = account === null ? undefined : await findObstacle?.(environment, id, account);
	if (obstacle !== undefined) return t`ID ${id} cannot be used: ${obstacle.message}`;
	const mayGo = held === undefined || held.state === "quarantined";
	if (!mayGo) return t`ID ${id} is ${held.state}${held.user === null ? "" : ` (${held.user})`}`;
	if (held !== undefined) {
		const theirs = account !== null && isTheirs(held, environment, account);
		if (!theirs && (held.until ?? "") > since)
			return t`ID ${id} is quarantined until ${held.until ?? ""} (${held.user ?? ""})`;
		plan.changes.push(setFree(held));
	}
	const state = account === null ? ("reserved" as const) : ("allocated" as const);
	const [user, sid] = [account?.spelling ?? null, account?.sid ?? null];
	const after: Allocation = { environment: environment.name, id, state, user, sid, note, since, until: null };
	const change: Change = {
		of: "allocation",
		action: "import",
		environment: environment.name,
		id,
		before: null,
		after,
		note,
	};
	plan.changes.push(change);
	plan.answers.push({ id, user, state, created: true });
	return undefined;
}

/**
 * `cfm ids import`.
 *
 * @param refuse throws for the lines that cannot be: who read the file knows how to name them
 */
export function importIds(
	request: ImportRequest,
	refuse: (bad: ImportPlan["bad"]) => void,
): RegistryOperation<ImportPlan, ImportAnswer> {
	const { environment, rows } = request;
	return {
		asked: { environment, rows: rows.map(({ id, account, note }) => ({ id, user: account?.spelling ?? null, note })) },
		async plan(view) {
			const plan = await planImport(view, request);
			refuse(plan.bad);
			return plan;
		},
		answer: importAnswer,
	};
}
