import type { Account } from "../account/account.js";
import { type Hint, line } from "../command-line.js";
import type { Environment } from "../environment/environment.js";
import { CfmError } from "../errors.js";
import { mayEnd } from "../registry/clock.js";
import type { Change, RegistryView } from "../registry/registry.js";
import { setFree } from "../registry/set-free.js";
import { t } from "../text.js";
import type { Allocation } from "./allocation.js";
import { isTheirs } from "./holder.js";
import type { FindObstacle, Obstacle } from "./obstacle.js";
import { placesInWords, placesSeen } from "./still-seen.js";

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
 * @throws CfmError conflict `id-out-of-range`, `id-reserved`, `id-taken`, `id-quarantined`, `id-still-seen`,
 *   `port-in-use`, `port-excluded`, `common-port`, with the command that helps
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
			[line("environments show", [environment.name])],
		);
	}
	const held = await view.allocation(environment.name, id);
	if (held === undefined) return [];
	const here = { environment: environment.name };
	const another = anyOther(environment, account, verb);
	if (held.state === "reserved") {
		throw conflict("id-reserved", t`ID ${id} is reserved${held.note === null ? "" : ` (${held.note})`}.`, id, [
			line("ids release", [id], here),
			...another,
		]);
	}
	if (held.state === "allocated") {
		throw conflict("id-taken", t`ID ${id} belongs to ${held.user ?? ""}.`, id, [
			line("ids show", [id], here),
			...another,
		]);
	}
	const isOver = held.until !== null && held.until <= now && (await mayEnd(view, new Date(now)));
	if (isTheirs(held, environment, account)) return [setFree(held)];
	const seen = isOver ? await placesSeen(view, environment.name, id) : [];
	if (isOver && seen.length === 0) return [setFree(held)];
	// What takes the ID from its quarantine comes last: a browser may still hold it.
	const anyway = [...another, line("ids release", [id], { "at-once": true, ...here })];
	if (seen.length > 0) {
		const where = placesInWords(seen);
		const message = t`ID ${id}, last held by ${held.user ?? ""}, is still in use: it was seen ${where}.`;
		throw conflict("id-still-seen", message, id, anyway);
	}
	throw conflict(
		"id-quarantined",
		t`ID ${id}, last held by ${held.user ?? ""}, is quarantined until ${held.until?.slice(0, 10) ?? ""}.`,
		id,
		anyway,
	);
}

/** What somebody who has an ID is told when they wish for another. */
export function hasOther(environment: Environment, held: Allocation, id: number): CfmError {
	return conflict("user-has-other-id", t`${held.user ?? ""} already has ID ${held.id}.`, held.id, [
		line("ids move", [held.user ?? ""], { id, environment: environment.name }),
	]);
}

function unusable(environment: Environment, { account, id, verb }: Wish, { code, message }: Obstacle): CfmError {
	const here = { environment: environment.name };
	const anyway = line(`ids ${verb}`, [account.spelling], { id, "ignore-ports": true, ...here });
	return conflict(code, t`ID ${id} cannot be used: ${message}.`, id, [
		line("ports check", [id], here),
		...anyOther(environment, account, verb),
		...(code === "common-port" ? [] : [anyway]),
	]);
}

/** How an account gets any other ID; one that has an ID, and is to move, would only be told it. */
function anyOther(environment: Environment, account: Account, verb: Wish["verb"]): Hint[] {
	return verb === "move" ? [] : [line("ids allocate", [account.spelling], { environment: environment.name })];
}

function conflict(code: string, message: string, id: number, hints: Hint[]): CfmError {
	return new CfmError("conflict", code, message, { hints, data: { id } });
}
