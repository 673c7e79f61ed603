import { constants as osConstants } from "node:os";
import type { NotStarted, ProgramStarter, RunOutcome } from "../../client/machine.js";
import { codeOf, refusalOf } from "../../system-errors.js";
import { type FamilyFinder, familyOf } from "./family.js";
import { isBelow } from "./path.js";
import { type Platform, programKind } from "./program-kind.js";
import { start, whileHeld } from "./start.js";

/** What the starting of programs needs of the system. */
export interface System {
	platform: Platform;
	/** One for each program that is started. */
	findFamily(): FamilyFinder;
	/** What names the temporary folder to a program, where the session's own will not do. */
	temporary(): Promise<NodeJS.ProcessEnv>;
}

/**
 * Starts programs in this session, with an argument array and no shell; what is no program is not started.
 *
 * The program's output goes nowhere: an installer that fills a pipe nobody reads would wait for ever. When the time is
 * over the whole family is ended, but for what runs from the folder that is to be spared: the client.
 */
export function sessionRunner({ platform, findFamily, temporary }: System): ProgramStarter {
	return {
		async run(file, words, { timeout, spare }): Promise<RunOutcome> {
			const started = Date.now();
			const seconds = () => (Date.now() - started) / 1000;
			const finder = findFamily();
			let child: Awaited<ReturnType<typeof start>>;
			try {
				const kind = await whileHeld(() => programKind(file, platform));
				if (kind !== "program") return { ended: "not-started", because: "not-a-program", kind, why: kind };
				const own = await temporary();
				child = await whileHeld(() =>
					start(file, words, {
						stdio: "ignore",
						// Its window is the installer's own business.
						windowsHide: false,
						// On Linux a group of its own, so that Ctrl-C reaches cfm alone, which then ends the family. On Windows Node
						// ends what it did not detach when it ends itself: an installer that is cut off leaves half a client.
						detached: true,
						env: { ...process.env, ...own, ...finder.variables },
					}),
				);
			} catch (error) {
				return notStarted(error, platform);
			}
			const watch = finder.watch(child.pid ?? 0);
			const family = familyOf(watch.members, ({ image }) => spare !== undefined && isBelow(image, spare));
			let late = false;
			let cancelled = false;
			const end = () => void family.end().finally(() => child.kill("SIGKILL"));
			// Without this Ctrl-C, or whoever ends cfm, would leave the installer running, unwatched and unrecorded.
			const interrupt = () => {
				cancelled = true;
				end();
			};
			for (const signal of endings) process.once(signal, interrupt);
			const timer =
				timeout === undefined
					? undefined
					: setTimeout(() => {
							late = true;
							end();
						}, timeout);
			const [code, signal] = await new Promise<[number | null, NodeJS.Signals | null]>((told) =>
				child.once("exit", (...how) => told(how)),
			);
			clearTimeout(timer);
			for (const signal of endings) process.removeListener(signal, interrupt);
			if (cancelled || late) watch.stop();
			if (cancelled) return { ended: "cancelled", seconds: seconds() };
			if (late) return { ended: "timed-out", seconds: seconds() };
			// Ended by a signal, it crashed or was ended: told as the shells do.
			const returnCode = code ?? 128 + osConstants.signals[signal ?? "SIGKILL"];
			return { ended: "exited", returnCode, seconds: seconds(), family };
		},
	};
}

const endings = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

function notStarted(error: unknown, { system }: Platform): NotStarted {
	const code = codeOf(error);
	if (code === "") throw error;
	const refusal = refusalOf(error);
	if (refusal === "gone" || refusal === "held" || refusal === "denied")
		return { ended: "not-started", because: refusal, why: code };
	// Windows' reasons that libuv has no name for are mostly these: a policy (AppLocker 1260, App Control 4551), a virus (225).
	const isBlocked = system === "win32" && code === "UNKNOWN";
	return { ended: "not-started", because: isBlocked ? "blocked" : "failed", why: code };
}
