import type { ChildProcess, SpawnOptions } from "node:child_process";
import { log } from "../../log.js";
import { codeOf, refusalOf } from "../../system-errors.js";

/** Between attempts to start or read what another program holds for a moment, in milliseconds: some seven seconds in all. */
export const patience = [100, 200, 400, 800, 1600, 2000, 2000] as const;

/**
 * Starts a program with an argument array. Never through a shell: Node asks none unless told to, refuses batch files on
 * Windows, and what is no program was refused by its content before (`programKind`).
 *
 * @throws the system's error when it was not started
 */
export function start(program: string, words: readonly string[], options: SpawnOptions): Promise<ChildProcess> {
	return new Promise((resolve, reject) => {
		// What Node cannot start it throws, or tells later, by the kind of error.
		const child = process.getBuiltinModule("node:child_process").spawn(program, words, { ...options, shell: false });
		child.once("error", reject);
		child.once("spawn", () => {
			log(() => `started ${JSON.stringify([program, ...words])}, process ${child.pid}`);
			resolve(child);
		});
		child.once("exit", (code, signal) => log(() => `process ${child.pid} ended: ${signal ?? code}`));
	});
}

/** Does something again while another program (a virus scanner, a backup) holds a file, but not for ever. */
export async function whileHeld<T>(work: () => T | Promise<T>): Promise<T> {
	for (const pause of patience) {
		try {
			return await work();
		} catch (error) {
			if (refusalOf(error) !== "held") throw error;
		}
		await new Promise((resolve) => setTimeout(resolve, pause));
	}
	return work();
}

/** How one of the system's own programs answered. */
export interface Answer {
	/** undefined: it was not started, was ended by a signal, or took too long. */
	exitCode: number | undefined;
	/** What it printed; `errors` asked for or not. */
	output: string;
}

/** More than any answer of these programs. */
const mostOutput = 16 * 1024 * 1024;

/**
 * Asks one of the system's own programs, by its full path.
 *
 * @param options.input for its standard input
 * @param options.errors what it prints as errors belongs to the answer, too
 * @param options.variables its process environment, instead of ours
 */
export async function ask(
	program: string,
	words: readonly string[],
	options: {
		timeout: number;
		input?: string;
		errors?: boolean;
		encoding?: "utf8" | "latin1";
		variables?: NodeJS.ProcessEnv;
	},
): Promise<Answer> {
	const { timeout, input, errors = false, encoding = "utf8", variables } = options;
	let child: ChildProcess;
	try {
		child = await start(program, words, {
			stdio: [input === undefined ? "ignore" : "pipe", "pipe", errors ? "pipe" : "ignore"],
			windowsHide: true,
			timeout,
			killSignal: "SIGKILL",
			...(variables && { env: variables }),
		});
	} catch (error) {
		if (codeOf(error) === "") throw error;
		return { exitCode: undefined, output: "" };
	}
	const pieces: Buffer[] = [];
	let length = 0;
	for (const stream of [child.stdout, child.stderr]) {
		stream?.on("data", (piece: Buffer) => {
			length += piece.length;
			if (length > mostOutput) child.kill("SIGKILL");
			else pieces.push(piece);
		});
	}
	child.stdin?.on("error", () => {}); // it may end without having read
	child.stdin?.end(input);
	const exitCode = await new Promise<number | undefined>((told) =>
		child.once("close", (code) => told(code ?? undefined)),
	);
	return { exitCode, output: Buffer.concat(pieces).toString(encoding) };
}
