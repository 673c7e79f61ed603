import { readFileSync } from "node:fs";
import type { ReaderLack } from "../../webid/browsers.js";
import { hear, noBytes, say } from "./frames.js";

/** What a process can ask the one that asked it, and wait for, while it works on an answer. */
export type Call = (what: object, bytes?: Buffer) => { answer: unknown; bytes: Buffer };

/** An answer with bytes. */
export class WithBytes {
	constructor(
		readonly value: unknown,
		readonly bytes: Buffer,
	) {}
}

/** What is asked, and what came with it. */
export interface Asked {
	request: unknown;
	news: unknown;
	bytes: Buffer;
	call: Call;
}

/**
 * The side of a process that is asked: answers line after line, until nobody is there to ask.
 *
 * @param hello what it could not give up
 * @param limit how much it may take beyond its start, in bytes: having taken half, it says that it wants to be replaced
 */
export async function serve(
	hello: readonly ReaderLack[],
	limit: number,
	answer: (asked: Asked) => Promise<unknown>,
): Promise<void> {
	const start = dataBytes();
	say({ hello });
	let news: unknown;
	for (let said = hear(); said !== undefined; said = hear()) {
		const { bytes } = said;
		const asked = JSON.parse(said.line) as { number: number; request: unknown; news?: unknown };
		if (asked.news !== undefined) news = asked.news;
		const call: Call = (what, more) => {
			say({ number: asked.number, call: what }, more);
			const told = hear();
			// Whoever asked is gone, and nobody wants the answer.
			if (told === undefined) return endNow();
			return { answer: (JSON.parse(told.line) as { answer: unknown }).answer, bytes: told.bytes };
		};
		const given = await answer({ request: asked.request, news, bytes, call });
		const isLast = dataBytes() - start > limit / 2;
		const [value, more] = given instanceof WithBytes ? [given.value, given.bytes] : [given, noBytes];
		say({ number: asked.number, answer: value, ...(isLast && { last: true }) }, more);
	}
}

/** On Windows `process.exit` can end in an assertion (`bin/run.cjs`); nobody is there to ask for a code. */
function endNow(): never {
	if (process.platform === "win32") process.kill(process.pid, "SIGKILL");
	process.exit(0);
}

/** What RLIMIT_DATA counts; 0 where nobody says: proc(5), the sixth number of statm, in pages. */
function dataBytes(): number {
	if (process.platform !== "linux") return 0;
	return Number(readFileSync("/proc/self/statm", "latin1").split(" ")[5]) * 4096;
}
