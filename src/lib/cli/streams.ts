import { fstatSync, writeSync } from "node:fs";
import type { Dialect } from "../command-line.js";
import { codeOf } from "../system-errors.js";
import type { Prompts } from "./prompt.js";

/** What shows a long text page by page. */
export interface Pager {
	/** False once nobody reads any more. */
	write(text: string): Promise<boolean>;
	/** Waits until the person has left it. */
	end(): Promise<void>;
}

/** Where a command's words come from and go to. */
export interface Streams {
	/** Writes to stdout; false once nobody reads any more. */
	out(text: string): boolean;
	/** Writes to stderr. */
	err(text: string): void;
	readonly inIsTerminal: boolean;
	readonly outIsTerminal: boolean;
	readonly errIsTerminal: boolean;
	/** Whether that terminal can draw the lines of a table; they are made of ASCII else. Not said: it can. */
	drawsLines?(): Promise<boolean>;
	/** Starts what shows a long text page by page, when there is something that can. */
	openPager?(): Promise<Pager | undefined>;
	/** Columns of the terminal that stdout is. */
	readonly columns: number;
	/** Its rows, when somebody knows. */
	readonly rows?: number | undefined;
	readonly variables: NodeJS.ProcessEnv;
	/** What asks a person, when it is not the prompt library. */
	readonly prompts?: Prompts | undefined;
	/** The shell that will read the commands that are printed; asked only for those. */
	readonly dialect?: Dialect;
}

/**
 * The process's own streams, written with `fs.writeSync`: loading `process.stdout` costs more than a whole look-up, and
 * a synchronous write needs no waiting for the end.
 *
 * A console of Windows is the exception: it takes bytes for text in its code page, and shows the codes of colours as they
 * are until libuv has opened it. Node's stream hands it UTF-16, and is synchronous there (libuv, `uv__tty_write`).
 */
export const processStreams: Streams = {
	out: (text) => write(1, text),
	err: (text) => {
		write(2, text);
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
		return terminal()?.columns || 100;
	},
	get rows() {
		return terminal()?.rows;
	},
	variables: process.env,
};

/** Node's stream for stdout, where that is a terminal and has a size: to others nobody asks for it. */
function terminal(): NodeJS.WriteStream | undefined {
	return isTerminal(1) ? process.stdout : undefined;
}

/** Whether output to a stream may be coloured (no-color.org; FORCE_COLOR as in Node). */
export function mayColour(streams: Streams, isTerminal: boolean): boolean {
	const { NO_COLOR, FORCE_COLOR, TERM } = streams.variables;
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

/** What is a console of Windows, asked once. */
const consoles = new Map<1 | 2, boolean>();

function write(fd: 1 | 2, text: string): boolean {
	if (process.platform !== "win32") return writeAll(fd, text);
	const isConsole = consoles.get(fd) ?? isTerminal(fd);
	consoles.set(fd, isConsole);
	if (!isConsole) return writeAll(fd, text);
	(fd === 1 ? process.stdout : process.stderr).write(text);
	return true;
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
