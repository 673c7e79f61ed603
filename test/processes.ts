import { readdirSync, readFileSync } from "node:fs";

// Processes of this machine, as proc(5) tells of them.

/** The fields behind the name, which is in parentheses. */
export function statOf(pid: number): string[] | undefined {
	try {
		return readFileSync(`/proc/${pid}/stat`, "latin1")
			.replace(/^.*\) /s, "")
			.split(" ");
	} catch {
		return undefined;
	}
}

export function childrenOf(parent: number): number[] {
	const pids = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
	return pids.map(Number).filter((pid) => statOf(pid)?.[1] === String(parent));
}

/** One that has ended may stay as a zombie where nobody waits for orphans. */
export const isThere = (pid: number): boolean => !["Z", "X", undefined].includes(statOf(pid)?.[0]);

/** What it was started with; nothing once it has ended. */
export function wordsOf(pid: number): string[] {
	try {
		return readFileSync(`/proc/${pid}/cmdline`, "latin1").split("\0");
	} catch {
		return [];
	}
}
