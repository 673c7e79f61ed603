import { constants as osConstants } from "node:os";
import type { RunOutcome, RunPort } from "../../client/ports.js";

/**
 * Starts programs in this session, with an argument array and no shell.
 *
 * The program's output goes nowhere: an installer that fills a pipe nobody reads would wait for ever. When the time is
 * over the whole family is ended, not only the program that was started.
 */
export const sessionRunner: RunPort = {
	async run(file, words, { timeout }): Promise<RunOutcome> {
		const { execa } = await import("execa");
		const started = Date.now();
		const seconds = () => (Date.now() - started) / 1000;
		const child = execa(file, words, {
			stdio: "ignore",
			reject: false,
			shell: false,
			windowsHide: false,
			// A group of its own on Linux, so that the family can be ended together.
			detached: process.platform !== "win32",
			cleanup: true,
		});
		let late = false;
		let cancelled = false;
		const end = () => void endFamily(child.pid).finally(() => child.kill("SIGKILL"));
		// Without this Ctrl-C would end cfm and leave the installer running, unwatched and unrecorded.
		const interrupt = () => {
			cancelled = true;
			end();
		};
		process.once("SIGINT", interrupt);
		const timer =
			timeout === undefined
				? undefined
				: setTimeout(() => {
						late = true;
						end();
					}, timeout);
		const result = await child;
		clearTimeout(timer);
		process.removeListener("SIGINT", interrupt);
		if (cancelled) return { ended: "cancelled", seconds: seconds() };
		if (late) return { ended: "timed-out", seconds: seconds() };
		if (result.exitCode !== undefined) return { ended: "exited", returnCode: result.exitCode, seconds: seconds() };
		if (result.signal !== undefined) {
			// It was started, and crashed or was ended: told as the shells do.
			return { ended: "exited", returnCode: 128 + osConstants.signals[result.signal], seconds: seconds() };
		}
		return { ended: "not-started", why: result.originalMessage ?? result.shortMessage ?? "" };
	},
};

async function endFamily(pid: number | undefined): Promise<void> {
	if (pid === undefined) return;
	if (process.platform !== "win32") {
		try {
			process.kill(-pid, "SIGKILL");
		} catch {
			// the group has ended meanwhile
		}
		return;
	}
	const { execa } = await import("execa");
	const { systemProgram } = await import("./system.js");
	await execa(systemProgram("taskkill.exe"), ["/PID", String(pid), "/T", "/F"], {
		stdio: "ignore",
		reject: false,
		timeout: 10_000,
	});
}
