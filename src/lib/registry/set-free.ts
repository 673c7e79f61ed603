import type { Allocation } from "../id/allocation.js";
import type { Change } from "./registry.js";

/** The end of a quarantine: the ID is free again. */
export function setFree(before: Allocation): Change {
	return { of: "allocation", action: "free", environment: before.environment, id: before.id, before, after: null };
}
