import { CfmError } from "../errors.js";
import { t, visible } from "../text.js";
import { asciiJson } from "./envelope.js";
import type { Shell } from "./shell.js";
import type { Block } from "./view.js";

/** What is watched: looked at again and again, one row for each thing. */
export interface Watched<R, T> {
	look(): Promise<R>;
	rows(result: R): readonly T[];
	/** What makes two rows of two looks one thing. */
	key(row: T): string;
	/** What a row is called in the line that tells its change. */
	noun: string;
	view(result: R, most: number): Block[];
	/** Whether its tables tell times in UTC, on a terminal too: an age is read off the two. */
	inUtc?: boolean;
}

/** Lines of a terminal that are not rows: heading, borders, what is said below, the cursor's own. */
const around = 8;

/**
 * Looks every so many seconds until Ctrl-C. A terminal is drawn anew each time; anywhere else, and with `--json`, one
 * JSON object a line tells each change since the first look.
 *
 * @returns the last look, once nobody reads any more
 * @throws CfmError cancelled `cancelled` at Ctrl-C
 */
export async function watch<R, T>(shell: Shell, seconds: number, watched: Watched<R, T>): Promise<R> {
	const { streams } = shell;
	const isDrawn = streams.outIsTerminal && !shell.flags.json;
	let before: Map<string, T> | undefined;
	return untilInterrupted(seconds, async () => {
		const result = await watched.look();
		if (isDrawn) {
			// Home, and clear what is below: the last look stays above nothing and nothing flickers.
			streams.out("\u001b[H\u001b[2J");
			const now = new Date();
			const time = watched.inUtc ? `${now.toISOString().slice(11, 19)} UTC` : now.toTimeString().slice(0, 8);
			await shell.show([{ line: t`${time}, every ${seconds} s. Ctrl-C ends.` }]);
			await shell.show(watched.view(result, Math.max(5, (streams.rows ?? 40) - around)));
			return undefined;
		}
		const now = new Map(watched.rows(result).map((row) => [watched.key(row), row]));
		if (before !== undefined) {
			for (const line of changes(before, now, watched.noun)) if (!streams.out(line)) return result;
		}
		before = now;
		return undefined;
	});
}

/**
 * Tells what comes, a line each, until Ctrl-C.
 *
 * @param next what has come since it was asked last
 * @param line one of it, as a line
 * @returns how many were told, once nobody reads any more
 * @throws CfmError cancelled `cancelled` at Ctrl-C
 */
export async function follow<T>(
	{ streams }: Pick<Shell, "streams">,
	seconds: number,
	next: () => Promise<readonly T[]>,
	line: (row: T) => string,
): Promise<number> {
	let told = 0;
	return untilInterrupted(seconds, async () => {
		for (const row of await next()) {
			if (!streams.out(`${visible(line(row))}\n`)) return told;
			told += 1;
		}
		return undefined;
	});
}

/**
 * Does a step every so many seconds until one has an answer.
 *
 * @throws CfmError cancelled `cancelled` at Ctrl-C
 */
async function untilInterrupted<R>(seconds: number, step: () => Promise<R | undefined>): Promise<R> {
	const { setTimeout: pause } = await import("node:timers/promises");
	const stop = new AbortController();
	const interrupt = () => stop.abort();
	process.once("SIGINT", interrupt);
	try {
		while (!stop.signal.aborted) {
			const answer = await step();
			if (answer !== undefined) return answer;
			await pause(seconds * 1000, undefined, { signal: stop.signal }).catch(() => {});
		}
	} finally {
		process.removeListener("SIGINT", interrupt);
	}
	throw new CfmError("cancelled", "cancelled", t`Cancelled: no longer watching.`);
}

/** A line for each thing that came, went, or is told differently now. */
export function* changes<T>(
	before: ReadonlyMap<string, T>,
	now: ReadonlyMap<string, T>,
	noun: string,
	at = new Date(),
): Generator<string> {
	const line = (change: string, row: T) => `${asciiJson({ at: at.toISOString(), change, [noun]: row })}\n`;
	for (const [key, row] of before) if (!now.has(key)) yield line("gone", row);
	for (const [key, row] of now) {
		const earlier = before.get(key);
		if (earlier === undefined) yield line("appeared", row);
		else if (asciiJson(earlier) !== asciiJson(row)) yield line("changed", row);
	}
}
