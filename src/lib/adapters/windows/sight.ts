import type { Sight } from "../../self/check.js";

/** @param expected whether Windows is as it should be */
export function sight(expected: boolean, seen: string): Sight {
	return { state: expected ? "as-expected" : "differs", seen };
}

/** @param seen what the look would have needed */
export function notTried(seen: string): Sight {
	return { state: "not-tried", seen };
}
