import type { KeptLook, KeptSighting, Look } from "./look.js";
import type { RegistryView } from "./registry.js";

/**
 * What was seen since a backup was made, as looks that are kept once more: a restore turns back what is recorded, and changes
 * nothing on machines. Of each machine the newer look counts.
 *
 * @param then the backup
 * @param now what it replaces
 */
export async function newerLooks(
	then: Pick<RegistryView, "looks" | "sightings">,
	now: Pick<RegistryView, "looks" | "sightings">,
): Promise<Look[]> {
	const before = new Map<string, string>();
	for (const look of await then.looks({})) before.set(keyOf(look), lastOf(look, await sightingsOf(then, look)));
	const newer: Look[] = [];
	for (const look of await now.looks({})) {
		const sightings = await sightingsOf(now, look);
		if (lastOf(look, sightings) > (before.get(keyOf(look)) ?? "")) newer.push(...madeOf(look, sightings));
	}
	return newer;
}

/** Both names are compared without case. */
const keyOf = ({ environment, machine, kind }: KeptLook) =>
	JSON.stringify([environment.toLowerCase(), machine.toLowerCase(), kind]);

async function sightingsOf(
	view: Pick<RegistryView, "sightings">,
	{ environment, machine, kind }: KeptLook,
): Promise<KeptSighting[]> {
	return (await Array.fromAsync(view.sightings({ environment, machine, kinds: [kind] }))).flat();
}

/** When somebody was looked at last, be it one user. */
function lastOf({ at }: KeptLook, sightings: readonly KeptSighting[]): string {
	return sightings.reduce((last, one) => (one.at > last ? one.at : last), at ?? "");
}

/** The look at everybody, and those at some users that came after it. */
function madeOf({ environment, machine, kind, at, left }: KeptLook, sightings: readonly KeptSighting[]): Look[] {
	const byTime = Map.groupBy(sightings, (one) => one.at);
	const look = (time: string, own: readonly KeptSighting[]): Look => ({
		...{ environment, machine, kind, at: time, users: null },
		sightings: own.map(({ user, id, attention, facts }) => ({ user, id, attention, facts })),
	});
	const later = [...byTime].filter(([time]) => time !== at).toSorted(([one], [other]) => (one < other ? -1 : 1));
	return [
		...(at === null ? [] : [{ ...look(at, byTime.get(at) ?? []), left }]),
		...later.map(([time, own]) => ({ ...look(time, own), users: [...new Set(own.flatMap(({ user }) => user ?? []))] })),
	];
}
