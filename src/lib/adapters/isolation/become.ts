import type { ReaderLack } from "../../webid/browsers.js";

/** An account of Linux, by its numbers. */
export interface Owner {
	uid: number;
	gid: number;
}

/**
 * Becomes another account, for good. What is loaded later, that account must be able to read.
 *
 * @returns what could not be given up
 */
export function become({ uid, gid }: Owner): ReaderLack[] {
	if (process.getuid?.() !== 0 || uid === 0) return [];
	try {
		try {
			(process as NodeJS.Process & { initgroups?(user: number, group: number): void }).initgroups?.(uid, gid);
		} catch {
			// An account that no name service knows has no groups but its own.
			process.setgroups?.([gid]);
		}
		process.setgid?.(gid);
		process.setuid?.(uid);
		return [];
	} catch {
		return ["rights"];
	}
}
