import { spawnSync } from "node:child_process";
import path from "node:path";
import { here, provisionPwsh, quietly } from "./provision.js";

/** What PowerShell's own parser makes of one command line. */
export interface ParsedLine {
	/** The words that the program would be given, its own name first; empty when something is wrong. */
	words: string[];
	/** Why the line is no single call of a program with constant words: parse errors, variables, pipes, redirections. */
	wrong: string[];
}

/**
 * Parses command lines as PowerShell would before it runs them; nothing is run. All of them in one start of pwsh (1 s).
 *
 * A word is wrong when it is not constant (`$x`, `$(…)`, `"$x"`, `a,b`) or when PowerShell expands it before the program
 * sees it (a bare `~`, and on Linux a bare `*`).
 */
export function parseLines(lines: readonly string[]): ParsedLine[] {
	const script = path.join(here, "parse-lines.ps1");
	const [program, ...words] = provisionPwsh();
	const { status, stdout, stderr } = spawnSync(program, [...words, "-NoProfile", "-NonInteractive", "-File", script], {
		input: JSON.stringify(lines),
		encoding: "utf8",
		env: { ...process.env, ...quietly },
		maxBuffer: 64 * 1024 * 1024,
	});
	if (status !== 0) throw new Error(`pwsh could not parse the lines: ${stderr}`);
	return JSON.parse(stdout) as ParsedLine[];
}
