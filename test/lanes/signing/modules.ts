import { execFileSync } from "node:child_process";
import { join } from "node:path";

const root = join(import.meta.dirname, "..", "..", "..");

/** What the mock module does (`module.c`). */
export interface Behaviour {
	/** CKF_… beside CKF_TOKEN_INITIALIZED, as C. */
	flags?: string;
	/** The call in which it crashes, hangs, ends the process with 0, or aborts. */
	crash?: string;
	hang?: string;
	exit?: string;
	abort?: string;
	prints?: boolean;
	nullList?: boolean;
	/** What C_GetSlotList says. */
	slots?: string;
	/** Its slots hold no token. */
	empty?: boolean;
}

/**
 * Compiles a module that does something no real one can be made to do.
 *
 * @param options.compiler for Windows `x86_64-w64-mingw32-gcc`
 * @returns its path
 */
export function makeModule(folder: string, name: string, behaviour: Behaviour, compiler = "cc"): string {
	const { flags, crash, hang, exit, abort, prints, nullList, slots, empty } = behaviour;
	const file = join(folder, `${name}.${compiler === "cc" ? "so" : "dll"}`);
	const text = { CRASH: crash, HANG: hang, EXIT: exit, ABORT: abort };
	const words = Object.entries(text).flatMap(([key, value]) => (value === undefined ? [] : [`-D${key}="${value}"`]));
	if (flags !== undefined) words.push(`-DFLAGS=(${flags})`);
	if (slots !== undefined) words.push(`-DSLOTS=${slots}`);
	if (prints) words.push("-DPRINTS");
	if (nullList) words.push("-DNULL_LIST");
	if (empty) words.push("-DEMPTY");
	const headers = join(root, "node_modules", "pkcs11js", "includes");
	const source = join(import.meta.dirname, "module.c");
	// The header declares the calls for programs that import them: here they are exported.
	execFileSync(compiler, ["-shared", "-fPIC", "-w", ...words, "-I", headers, "-o", file, source]);
	return file;
}
