import type { Account } from "../account/account.js";
import type { Chunks, Registry, RegistryView } from "./registry.js";

/** What is looked at: `cfm client list`, `web list`, `ports list` and `audit` each leave what they saw. */
export const lookKinds = ["clients", "web-ids", "ports", "findings"] as const;
export type LookKind = (typeof lookKinds)[number];

/** One thing that a look showed. */
export interface Sighting {
	/** Whom it is about, as the machine or the registry spells them; null for what is nobody's, or not known whose. */
	user: string | null;
	/** The ID that was seen there: a client ID, a web ID, the ID of a listener's port. */
	id: number | null;
	/** Whether somebody must look at it. */
	attention: boolean;
	/** The row as the command told it. */
	facts: object;
}

/** What one look at one machine showed, as it is kept until the next one. */
export interface Look {
	environment: string;
	machine: string;
	kind: LookKind;
	/** ISO 8601 UTC. */
	at: string;
	/** Who was looked at, when not everybody was: what was seen of the others before stays. */
	users: readonly string[] | null;
	sightings: readonly Sighting[];
	/** How many more there were, where they were left out before. */
	left?: number;
}

/** A look that is kept, without what it showed. */
export interface KeptLook {
	environment: string;
	machine: string;
	kind: LookKind;
	/** When everybody was looked at last, ISO 8601 UTC; null when only some ever were. */
	at: string | null;
	/** How many things are kept of it, and how many of them somebody must look at. */
	total: number;
	attention: number;
	/** How many more there were than are kept. */
	left: number;
}

/** One thing that was seen, where and when. */
export interface KeptSighting extends Sighting, Pick<Look, "environment" | "machine" | "kind" | "at"> {}

export interface SightingQuery {
	environment?: string | undefined;
	machine?: string | undefined;
	kinds?: readonly LookKind[] | undefined;
	/** Whoever has this account's name, whatever their domain: `relate` says who of them is meant. */
	account?: Account | undefined;
	id?: number | undefined;
	/** Only what somebody must look at. */
	attention?: boolean | undefined;
}

/** No look keeps more: each ID that was seen comes first, then what needs attention, then what else has an ID. */
export const mostSightings = 20_000;

/** Where an ID is still in use by its own account: what is seen there keeps it from being given to somebody else. */
export const idHolds: readonly LookKind[] = ["clients", "web-ids"];

/** What is kept of a look, and how much is left out. */
export function keptOf({ sightings, left = 0 }: Pick<Look, "sightings" | "left">): {
	kept: readonly Sighting[];
	left: number;
} {
	if (sightings.length <= mostSightings) return { kept: sightings, left };
	const seen = new Set<number>();
	const ranked = sightings.map((one) => {
		// Where an ID is in use at all is never left out: it would be given to somebody else.
		const isFirst = one.id !== null && !seen.has(one.id);
		if (one.id !== null) seen.add(one.id);
		return { one, rank: isFirst ? 0 : one.attention ? 1 : one.id === null ? 3 : 2 };
	});
	const kept = ranked
		.toSorted((a, b) => a.rank - b.rank)
		.slice(0, mostSightings)
		.map(({ one }) => one);
	return { kept, left: left + sightings.length - kept.length };
}

/** The last look of a kind at each machine, the newest first. */
export async function lastLook(
	view: Pick<RegistryView, "looks">,
	kind: LookKind,
	where: { environment: string; machine?: string | undefined },
): Promise<KeptLook[]> {
	const looks = await view.looks({ ...where, kinds: [kind] });
	return looks.sort((a, b) => (b.at ?? "").localeCompare(a.at ?? ""));
}

/** Where an ID was seen last, on a client or in a browser. */
export function whereSeen(
	view: Pick<RegistryView, "sightings">,
	environment: string,
	id: number,
): Chunks<KeptSighting> {
	return view.sightings({ environment, id, kinds: idHolds });
}

/**
 * Keeps what a look showed. It is no change: no event tells of it, and nothing waits or fails for it. Where the registry
 * cannot be written, by this user or at this moment, the look before stays.
 *
 * @param look made only when there is a registry to keep it
 */
export async function keepLook(registry: Registry | undefined, look: () => Look): Promise<void> {
	await registry?.keepLook(look()).catch(() => {});
}
