import type { Account } from "../account/account.js";
import type { Environment } from "../environment/environment.js";
import { portOf, requireEnvironment } from "../environment/environment.js";
import type { Plan, RegistryOperation } from "../operation/operation.js";
import type { RegistryView } from "../registry/port.js";
import { t } from "../text.js";
import type { Allocation } from "./allocation.js";
import { requireHolding } from "./holder.js";
import type { FindObstacle } from "./obstacle.js";
import { afterRelease } from "./release.js";
import { wanted } from "./wish.js";

export interface MoveRequest {
	environment: string;
	account: Account;
	id: number;
	note?: string | undefined;
	/** Looks whether the port of an ID could be used; without it any free ID is given. */
	obstacle?: FindObstacle | undefined;
}

export interface MovePlan extends Plan {
	environment: Environment;
	from: Allocation;
	to: number;
}

export interface MoveAnswer {
	environment: string;
	allocations: { user: string; id: number; port: number; state: "allocated"; previousId: number; changed: boolean }[];
	total: number;
}

/**
 * Decides how a user gets another ID: the old one rests like a released one. Having it already changes nothing.
 *
 * @throws CfmError as `wanted` and `requireHolding` do
 */
export async function planMove(view: RegistryView, request: MoveRequest, now = new Date()): Promise<MovePlan> {
	const environment = await requireEnvironment(view, request.environment);
	const from = await requireHolding(view, environment, request.account);
	if (from.id === request.id) return { environment, from, to: from.id, changes: [] };
	const since = now.toISOString();
	const { account, id, obstacle } = request;
	const makeFree = await wanted(view, environment, { account, id, obstacle, verb: "move" }, since);
	const note = request.note ?? null;
	const of = "allocation" as const;
	const after: Allocation = { ...from, id: request.id, since, note: request.note ?? from.note };
	return {
		environment,
		from,
		to: request.id,
		changes: [
			...makeFree,
			{
				of,
				action: "move",
				environment: environment.name,
				id: from.id,
				before: from,
				after: afterRelease(from, environment, { atOnce: false, note: request.note }, now),
				note,
			},
			{ of, action: "move", environment: environment.name, id: request.id, before: null, after, note },
		],
	};
}

export function moveAnswer({ environment, from, to }: MovePlan): MoveAnswer {
	const moved = {
		user: from.user ?? "",
		id: to,
		port: portOf(environment, to),
		state: "allocated" as const,
		previousId: from.id,
		changed: to !== from.id,
	};
	return { environment: environment.name, allocations: [moved], total: 1 };
}

/** `cfm ids move`: asks, for the user's client and browsers must follow. */
export function moveId(request: MoveRequest): RegistryOperation<MovePlan, MoveAnswer> {
	const { environment, account, id, note } = request;
	return {
		asked: { environment, user: account.spelling, id, note },
		plan: (view) => planMove(view, request),
		danger: ({ from, to }) => ({ question: t`Move ${from.user ?? ""} from ID ${from.id} to ${to}?` }),
		answer: moveAnswer,
	};
}
