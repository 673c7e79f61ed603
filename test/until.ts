import { setTimeout as pause } from "node:timers/promises";

/** Milliseconds after which something has hung: no test waits for them to pass. */
const outerLimit = 100_000;

/**
 * Waits for something that tells of itself only when it is asked: a file, a line that was written, a process that ended.
 *
 * @returns what `look` gave, once it gave anything but undefined, null and false
 */
export async function until<T>(
	what: string,
	look: () => T | Promise<T>,
	limit = outerLimit,
): Promise<Exclude<T, undefined | null | false>> {
	for (const since = performance.now(); performance.now() - since < limit; await pause(10)) {
		const seen = await look();
		if (seen !== undefined && seen !== null && seen !== false) return seen as never;
	}
	throw new Error(`waited in vain: ${what}`);
}
