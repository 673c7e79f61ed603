import { type KeptSighting, whereSeen } from "../registry/look.js";
import type { RegistryView } from "../registry/registry.js";
import { plural, t } from "../text.js";
import type { Allocation } from "./allocation.js";

/** Where an ID was seen last, by a look that is kept. */
export interface SeenPlace {
	machine: string;
	/** `clients`: it is stored in a client; `web-ids`: in a browser. */
	kind: KeptSighting["kind"];
	user: string | null;
	/** ISO 8601 UTC. */
	at: string;
}

/** More places than these are only counted, in words. */
const told = 3;

/** Where the last looks saw an ID, on a client or in a browser: each user of each machine once. */
export async function placesSeen(view: RegistryView, environment: string, id: number): Promise<SeenPlace[]> {
	const places = new Map<string, SeenPlace>();
	for await (const chunk of whereSeen(view, environment, id)) {
		for (const { machine, kind, user, at } of chunk)
			places.set(JSON.stringify([machine, kind, user]), { machine, kind, user, at });
	}
	return [...places.values()];
}

/**
 * Whether an ID whose quarantine is over stays in it, since a last look saw it on a client or in a browser. What gives the
 * lowest free ones asks the registry (`quarantineOver`).
 */
export async function isStillSeen(view: RegistryView, { environment, id }: Allocation): Promise<boolean> {
	return (await placesSeen(view, environment, id)).length > 0;
}

/** The same in words: `in the client of CORP\\ana on TS01`. */
export function placesInWords(places: readonly SeenPlace[]): string {
	const words = places.slice(0, told).map(({ machine, kind, user }) => {
		const whose = user ?? t`an unknown user`;
		return kind === "clients" ? t`in the client of ${whose} on ${machine}` : t`in a browser of ${whose} on ${machine}`;
	});
	const more = places.length - told;
	if (more > 0) words.push(plural(more, { one: `in 1 other place`, other: `in ${more} other places` }));
	return words.join(", ");
}
