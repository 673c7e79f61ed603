import type { Family, RunningProcess } from "../../client/machine.js";
import { type Known, known } from "../../known.js";

/**
 * Finds what a program has started, and what those have started, also when it has ended itself. Each system has its own
 * way: on Linux a variable that is handed on, on Windows the process that each one was started by.
 */
export interface FamilyFinder {
	/** For the environment of the program that is started. */
	readonly variables: Readonly<Record<string, string>>;
	/** @param pid of the program that was started just now */
	watch(pid: number): { members(): Promise<Known<RunningProcess[]>>; stop(): void };
}

/** So often those are ended that started others while they were being ended. */
const rounds = 20;

/** A family, but for those that `isSpared` names. */
export function familyOf(
	members: () => Promise<Known<RunningProcess[]>>,
	isSpared: (one: RunningProcess) => boolean,
): Family {
	const others = async () => {
		const all = await members();
		return all.known ? known(all.value.filter((one) => !isSpared(one))) : all;
	};
	return {
		async runs() {
			const left = await others();
			return left.known ? known(left.value.length > 0) : left;
		},
		async end() {
			for (let round = 0; round < rounds; round += 1) {
				const left = await others();
				if (!left.known || left.value.length === 0) return;
				for (const { pid } of left.value) endProcess(pid);
				await new Promise((resolve) => setImmediate(resolve));
			}
		},
	};
}

/** Ends a process at once; one that has ended meanwhile, or may not be ended, is left. */
export function endProcess(pid: number): void {
	try {
		process.kill(pid, "SIGKILL");
	} catch {
		// ended meanwhile, or of an account whose processes this one may not end
	}
}
