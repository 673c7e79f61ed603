import { readFile } from "node:fs";
import { join } from "node:path";
import type { Owner } from "./become.js";
import { type Cage, cages, changingCages, lookAtMachine, megabyte, moduleCages, nobodysId } from "./cage.js";
import { Reader } from "./reader.js";

// Stands in a file of its own in the bundle: `bin/run.cjs` starts a reader with it before the program is loaded, and the
// program finds it here.

/** How much a reader may take beyond its start, when nobody says. In megabytes. */
export const usualMemory = 200;

/** The folder of the bundle that this is in. */
declare const __dirname: string;

let locks: Promise<string | undefined> | undefined;

/**
 * All locks of this machine, as the system lists them. The first look waits for all processors, for up to 20 ms; so it is
 * begun early, too.
 *
 * @returns undefined when it can't be read
 */
export function readLocks(): Promise<string | undefined> {
	if (process.platform !== "linux") return Promise.resolve("");
	return new Promise((resolve) => readFile("/proc/locks", "utf8", (error, text) => resolve(error ? undefined : text)));
}

/** What was read when a reader was started early, or is read now. */
export function takeLocks(): Promise<string | undefined> {
	const taken = locks ?? readLocks();
	locks = undefined;
	return taken;
}

/** The readers that were started early, by what they are asked about. */
const started = new Map<string, Reader>();

/**
 * @param ending of the bundle of the language that is spoken
 * @param noun what is asked: `web`, `client` or `tokens`
 */
export function startEarly(ending: string, noun: string): void {
	const [narrowest] = noun === "tokens" ? waysToHold(ending, process.env) : waysToStart(ending, usualMemory);
	if (noun === "web") locks = readLocks();
	if (narrowest !== undefined) started.set(noun, new Reader(narrowest));
}

/** The reader that was started early for that, if it may take as much as is asked for; otherwise it ends. */
export function takeEarly(noun: string, memory = usualMemory): Reader | undefined {
	const reader = started.get(noun);
	started.delete(noun);
	if (memory === usualMemory) return reader;
	reader?.kill();
	return undefined;
}

/** @param memory how much a reader may take beyond its start, in megabytes */
export function waysToStart(ending: string, memory: number): Cage[] {
	return cages(lookAtMachine(script(ending, memory)), { memory: memory * megabyte });
}

/**
 * The ways to start a process that changes files of a user, as that user.
 *
 * @param owner whose files they are; undefined where that can't be told apart
 */
export function waysToWrite(ending: string, memory: number, owner: Owner | undefined): Cage[] {
	const become = owner === undefined ? [] : [String(owner.uid), String(owner.gid)];
	return changingCages(lookAtMachine(script(ending, memory, "write", ...become)), {
		memory: memory * megabyte,
		writes: true,
	});
}

/** The ways to start a process that changes a database in memory, as nobody. */
export function waysToEdit(ending: string, memory: number): Cage[] {
	const words = script(ending, memory, "edit", String(nobodysId), String(nobodysId));
	return changingCages(lookAtMachine(words), { memory: memory * megabyte, writes: false });
}

/** The ways to start a process that judges certificates, as nobody. */
export function waysToJudge(ending: string, memory: number): Cage[] {
	const words = script(ending, memory, "judge", String(nobodysId), String(nobodysId));
	return changingCages(lookAtMachine(words), { memory: memory * megabyte, writes: false });
}

/** A message with its content may be large, and what is read of it larger. In megabytes. */
const messageMemory = 1000;

/** The ways to start a process that reads signed messages, as nobody. */
export function waysToReadMessages(ending: string): Cage[] {
	const words = [join(__dirname, "..", "bin", "reader.cjs"), `message${ending}.cjs`, String(messageMemory)];
	const account = [String(nobodysId), String(nobodysId)];
	return changingCages(lookAtMachine([...words, ...account]), { memory: messageMemory * megabyte, writes: false });
}

/** In megabytes: PDFium holds a file, and a page's picture. */
const pdfMemory = 800;

/** The ways to start a process that reads PDF files, as nobody. */
export function waysToReadPdfs(ending: string): Cage[] {
	const words = script(ending, pdfMemory, "pdf", String(nobodysId), String(nobodysId));
	return changingCages(lookAtMachine(words), { memory: pdfMemory * megabyte, writes: false });
}

/** In megabytes: a module may hold a card's whole content, and what its vendor links into it. */
const moduleMemory = 500;

/** The ways to start a process that holds one PKCS#11 module. @param given the process environment of the command */
export function waysToHold(ending: string, given: Readonly<NodeJS.ProcessEnv>): Cage[] {
	const words = [join(__dirname, "..", "bin", "reader.cjs"), `token${ending}.cjs`, String(moduleMemory)];
	return moduleCages(lookAtMachine(words), moduleMemory * megabyte, surroundingsOfModules(given));
}

/**
 * What modules are told: everything, for they find their settings by it. Root's home is root's own, whoever called `sudo`:
 * what is in a user's home may name libraries. None starts in a folder that others could have put something into.
 */
function surroundingsOfModules(given: Readonly<NodeJS.ProcessEnv>): Pick<Cage, "variables" | "folder"> {
	const variables: NodeJS.ProcessEnv = { ...given };
	for (const name of ["NODE_OPTIONS", "NODE_PATH", "NODE_EXTRA_CA_CERTS"]) delete variables[name];
	if (process.platform === "win32")
		return { variables, folder: join(variables.SystemRoot ?? "C:\\Windows", "System32") };
	if (process.geteuid?.() === 0) {
		for (const name of Object.keys(variables)) if (name.startsWith("XDG_")) delete variables[name];
		variables.HOME = process.getBuiltinModule("node:os").userInfo().homedir;
	}
	return { variables };
}

/** Plain CommonJS, beside which `dist` is (`bin/run.cjs`). */
function script(ending: string, memory: number, ...role: string[]): string[] {
	return [join(__dirname, "..", "bin", "reader.cjs"), `reader${ending}.cjs`, String(memory), ...role];
}

export function newReader(cage: Cage): Reader {
	return new Reader(cage);
}
