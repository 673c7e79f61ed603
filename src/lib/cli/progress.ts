import { t, visible } from "../text.js";
import type { Streams } from "./streams.js";

/** How long work may go on in silence. */
const silence = 1000;

/** Says how far long work has come. */
export interface Progress {
	/** So many of the total are done. */
	at(done: number): void;
	end(): void;
}

/**
 * Progress on stderr for work of more than a second: a bar on a terminal, nothing elsewhere.
 *
 * @param total undefined when nobody knows: then only the time that has passed is shown
 */
export function progress(streams: Streams, label: string, total?: number): Progress {
	if (!streams.errIsTerminal) return { at() {}, end() {} };
	const what = visible(label);
	// Counted from the start of the process: an administrator waits from there on.
	const started = total === undefined ? Date.now() : Date.now() - process.uptime() * 1000;
	let last = 0;
	let drawn = false;
	const draw = (done: number) => {
		const now = Date.now();
		if (now - started < silence || now - last < 100) return;
		last = now;
		drawn = true;
		streams.err(`\r\u001b[2K${what} ${total === undefined ? clock(now - started) : bar(done, total)}`);
	};
	const timer = total === undefined ? setInterval(() => draw(0), 250) : undefined;
	timer?.unref();
	return {
		at: draw,
		end() {
			clearInterval(timer);
			if (drawn) streams.err("\r\u001b[2K");
		},
	};
}

function bar(done: number, total: number): string {
	const width = 24;
	const full = Math.round((width * Math.min(done, total)) / Math.max(1, total));
	return `[${"#".repeat(full)}${".".repeat(width - full)}] ${t`${done} of ${total}`}`;
}

function clock(milliseconds: number): string {
	const seconds = Math.floor(milliseconds / 1000);
	return seconds < 60 ? t`${seconds} s` : t`${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}
