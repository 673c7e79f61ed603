import type { Account } from "../account/account.js";
import { line } from "../command-line.js";
import { type Environment, portOf } from "../environment/environment.js";
import { CfmError } from "../errors.js";
import type { RegistryView } from "../registry/registry.js";
import { t } from "../text.js";
import type { Allocation } from "./allocation.js";
import type { FindObstacle, Obstacle } from "./obstacle.js";

/** An ID that was free and not given. */
export interface SkippedId extends Obstacle {
	id: number;
	port: number;
}

/** The lowest IDs for these accounts, and what was skipped on the way. */
export async function lowestFor(
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
			const found = obstacle && (await obstacle(environment, id, account));
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

/** There are not as many IDs as are needed; with the command that makes room. */
export function full(
	environment: Environment,
	needed: number,
	free: number,
	skipped: readonly SkippedId[] = [],
): CfmError {
	const lastId = environment.lastId + needed - free;
	const roomLeft = portOf(environment, lastId) <= 65_535;
	return new CfmError(
		"conflict",
		"range-full",
		skipped.length === 0
			? t`The range ${environment.firstId} to ${environment.lastId} of ${environment.name} is full. IDs needed: ${needed}; free: ${free}.`
			: t`The range ${environment.firstId} to ${environment.lastId} of ${environment.name} is full. IDs needed: ${needed}; free: ${free}; free, but with a port that can't be used here: ${skipped.length}.`,
		{
			hints: [
				...(skipped.length === 0
					? []
					: [
							line("ports list", [], { conflicts: true, environment: environment.name }),
							{ again: { "ignore-ports": true } },
						]),
				line("ids list", [], { environment: environment.name, state: "quarantined" }),
				roomLeft
					? line("environments set", [environment.name], { range: `${environment.firstId}-${lastId}` })
					: t`The port rule has no room for more IDs. For more users, add another environment.`,
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
