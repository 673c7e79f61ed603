import { DamagedError } from "../user-files/damaged.js";
import type { AreaEdit, Repair } from "../user-files/live-store.js";
import { Unfit } from "../user-files/unfit.js";

/** What could be read, by sites and areas: keys and values. */
export type SavedSites = ReadonlyMap<string, ReadonlyMap<string, string>>;

/** The keys of one site among those that could be read. */
export function added(sites: Map<string, Map<string, string>>, name: string): Map<string, string> {
	const known = sites.get(name) ?? new Map<string, string>();
	sites.set(name, known);
	return known;
}

/** Reads what may be damaged. @returns undefined when it is, which is told */
export function tried<T>(lose: (what: string) => void, read: () => T): T | undefined {
	try {
		return read();
	} catch (error) {
		if (!(error instanceof DamagedError || (error instanceof Unfit && error.state === "damaged"))) throw error;
		lose(error.message);
		return undefined;
	}
}

/** The edits that make of a new store what could be read of the old one. */
export function editsOf(sites: SavedSites): AreaEdit[] {
	return [...sites].map(([origin, values]) => ({ origin, clear: false, remove: [], set: [...values] }));
}

export function repairOf(sites: SavedSites, lost: readonly string[], carryOut: Repair["carryOut"]): Repair {
	const values = [...sites.values()].reduce((sum, { size }) => sum + size, 0);
	return { lost, values, sites: sites.size, carryOut };
}
