import { type ChildProcess, spawn } from "node:child_process";

/**
 * A process that is called like a browser, or like another program, and waits: the lock of a browser that runs names one.
 *
 * @returns its number, and what ends it
 */
export function runningBrowser(program = "/usr/lib/chromium/chromium"): { pid: number; end: () => Promise<void> } {
	const child: ChildProcess = spawn("cat", [], { argv0: program, stdio: ["pipe", "ignore", "ignore"] });
	const ended = new Promise<void>((resolve) => child.once("exit", () => resolve()));
	return {
		pid: child.pid as number,
		async end() {
			child.kill();
			await ended;
		},
	};
}
