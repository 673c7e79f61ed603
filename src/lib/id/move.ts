import type { Account } from "../account/account.js";
import type { Environment } from "../environment/environment.js";
import { portOf, requireEnvironment } from "../environment/environment.js";
import type { Plan, RegistryOperation } from "../operation/operation.js";
import { countedFrom, mayEnd } from "../registry/clock.js";
import type { Change, RegistryView } from "../registry/registry.js";
import { setFree } from "../registry/set-free.js";
import { t } from "../text.js";
import type { Allocation } from "./allocation.js";
import { requireHolding, withNear } from "./holder.js";
import { lowestFor, type SkippedId } from "./lowest.js";
import type { FindObstacle } from "./obstacle.js";
import { afterRelease } from "./release.js";
import { wanted } from "./wish.js";

export interface MoveRequest {
	environment: string;
	account: Account;
	/** Without it, the lowest that is free and whose port can be used. */
	id?: number | undefined;
	note?: string | undefined;
	/** Looks whether the port of an ID could be used; without it any free ID is given. */
	obstacle?: FindObstacle | undefined;
}

export interface MovePlan extends Plan {
	environment: Environment;
	from: Allocation;
	to: number;
	noteNotStored: string[];
	skipped: SkippedId[];
}

export interface MoveAnswer {
	environment: string;
	allocations: { user: string; id: number; port: number; state: "allocated"; previousId: number; changed: boolean }[];
	total: number;
	/** The user had the ID already, and its note stays as it was. */
	noteNotStored?: string[];
	/** Free IDs that were skipped for their ports; absent when there is none. */
	skipped?: SkippedId[];
}

/**
 * Decides how a user gets another ID: the old one rests like a released one. Having it already changes nothing.
 *
 * @throws CfmError as `wanted` and `requireHolding` do; conflict `range-full` where no ID can be used
 */
export async function planMove(view: RegistryView, request: MoveRequest, now = new Date()): Promise<MovePlan> {
	const environment = await requireEnvironment(view, request.environment);
	const from = await requireHolding(view, environment, request.account).catch(async (error: unknown) => {
		throw await withNear(view, environment.name, request.account, error);
	});
	if (from.id === request.id) {
		const isStored = request.note === undefined || request.note === from.note;
		return {
			environment,
			from,
			to: from.id,
			noteNotStored: isStored ? [] : [from.user ?? ""],
			skipped: [],
			changes: [],
		};
	}
	const since = now.toISOString();
	const { id, makeFree, skipped } = await freed(view, environment, request, now);
	const note = request.note ?? null;
	const of = "allocation" as const;
	const after: Allocation = { ...from, id, since, note: request.note ?? from.note };
	return {
		environment,
		from,
		to: id,
		noteNotStored: [],
		skipped,
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
			{ of, action: "move", environment: environment.name, id, before: null, after, note },
		],
	};
}

/** The ID that is wished for, or the next one, and the changes that make it free. */
async function freed(
	view: RegistryView,
	environment: Environment,
	{ account, id, obstacle }: MoveRequest,
	now: Date,
): Promise<{ id: number; makeFree: Change[]; skipped: SkippedId[] }> {
	const since = now.toISOString();
	if (id !== undefined) {
		const makeFree = await wanted(view, environment, { account, id, obstacle, verb: "move" }, since);
		return { id, makeFree, skipped: [] };
	}
	const over = await view.quarantineOver(environment.name, since);
	const rested = over.length > 0 && (await mayEnd(view, now)) ? over : [];
	const { ids, skipped } = await lowestFor(view, environment, [account], rested, obstacle);
	return { id: ids[0] as number, makeFree: rested.map(setFree), skipped };
}

export function moveAnswer({ environment, from, to, noteNotStored, skipped }: MovePlan): MoveAnswer {
	const moved = {
		user: from.user ?? "",
		id: to,
		port: portOf(environment, to),
		state: "allocated" as const,
		previousId: from.id,
		changed: to !== from.id,
	};
	const answer = { environment: environment.name, allocations: [moved], total: 1 };
	return {
		...answer,
		...(noteNotStored.length > 0 && { noteNotStored }),
		...(skipped.length > 0 && { skipped }),
	};
}

/** `cfm ids move`: asks, for the user's client and browsers must follow. */
export function moveId(request: MoveRequest): RegistryOperation<MovePlan, MoveAnswer> {
	const { environment, account, id, note } = request;
	return {
		asked: { environment, user: account.spelling, id, note },
		plan: async (view) => planMove(view, request, await countedFrom(view, new Date())),
		danger: ({ from, to }) => ({ question: t`Move ${from.user ?? ""} from ID ${from.id} to ${to}?` }),
		answer: moveAnswer,
	};
}
