import { fstatSync, writeSync } from "node:fs";
import type { Dialect } from "../command-line.js";
import { codeOf } from "../system-errors.js";
import type { Prompts } from "./prompt.js";

/** Where a command's words come from and go to. */
export interface Streams {
	/** Writes to stdout; false once nobody reads any more. */
	out(text: string): boolean;
	/** Writes to stderr. */
	err(text: string): void;
	readonly inIsTerminal: boolean;
	readonly outIsTerminal: boolean;
	readonly errIsTerminal: boolean;
	/** Columns of the terminal that stdout is. */
	readonly columns: number;
	/** Its rows, when somebody knows. */
	readonly rows?: number | undefined;
	readonly environment: NodeJS.ProcessEnv;
	/** What asks a person, when it is not the prompt library. */
	readonly prompts?: Prompts | undefined;
	/** The shell that will read the commands that are printed; asked only for those. */
	readonly dialect?: Dialect;
}

/**
 * The process's own streams, written with `fs.writeSync`: loading `process.stdout` costs more than a whole look-up, and
 * a synchronous write needs no waiting for the end.
 */
export const processStreams: Streams = {
	out: (text) => writeAll(1, text),
	err: (text) => {
		writeAll(2, text);
	},
	get inIsTerminal() {
		return isTerminal(0);
	},
	get outIsTerminal() {
		return isTerminal(1);
	},
	get errIsTerminal() {
		return isTerminal(2);
	},
	get columns() {
		return process.stdout.columns || 100;
	},
	get rows() {
		return process.stdout.rows;
	},
	environment: process.env,
};

/** Whether output to a stream may be coloured (no-color.org; FORCE_COLOR as in Node). */
export function mayColour(streams: Streams, isTerminal: boolean): boolean {
	const { NO_COLOR, FORCE_COLOR, TERM } = streams.environment;
	if (NO_COLOR !== undefined && NO_COLOR !== "") return false;
	if (FORCE_COLOR !== undefined) return FORCE_COLOR !== "0" && FORCE_COLOR !== "false";
	return isTerminal && TERM !== "dumb";
}

/** Asks node:tty only about what can be a terminal: loading it costs as much as reading a row of the registry. */
function isTerminal(fd: number): boolean {
	try {
		const facts = fstatSync(fd);
		if (facts.isFile() || facts.isFIFO() || facts.isSocket()) return false;
		// Character devices with major number 1 are /dev/null and its like (Linux, admin-guide/devices.txt).
		if (process.platform === "linux" && facts.rdev >> 8 === 1) return false;
	} catch {
		// a closed descriptor, or a console that Windows has no facts about
	}
	return process.getBuiltinModule("node:tty").isatty(fd);
}

function writeAll(fd: number, text: string): boolean {
	let bytes: Uint8Array = Buffer.from(text, "utf8");
	while (bytes.length > 0) {
		try {
			bytes = bytes.subarray(writeSync(fd, bytes));
		} catch (error) {
			const code = codeOf(error);
			if (code === "EAGAIN") {
				// The other end is slow and the pipe does not block: give it a moment.
				Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2);
				continue;
			}
			if (code === "EPIPE" || code === "EOF") return false; // `cfm … | head`: nobody reads on, which is no fault
			throw error;
		}
	}
	return true;
}
