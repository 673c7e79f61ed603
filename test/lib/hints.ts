import { expect } from "vitest";
import { commands } from "../../src/commands.js";
import { Voice } from "../../src/lib/cli/hints.js";
import { parseWords, Unusual } from "../../src/lib/cli/request.js";
import { argv, type CommandLine, type Hint, line } from "../../src/lib/command-line.js";

type Hinting = { readonly hints: readonly Hint[] };

/** What was typed is another matter: a hint that repeats it begins with `cfm again`. */
const voice = new Voice(() => line("again"));

/** Hints as a reader of sh sees them who named neither a registry nor an environment. */
export function said(error: Hinting | undefined): string[] {
	return voice.texts(error?.hints ?? []);
}

/** The commands among the hints; those that repeat what was typed only the shell knows. */
export function linesOf({ hints }: Hinting): CommandLine[] {
	return hints.map((hint) => voice.line(hint)).filter((one) => one !== undefined);
}

/** Placeholders that stand for a number; any other one is a word like another. */
const numbers: Readonly<Record<string, string>> = { N: "7", SECONDS: "600", VALUE: "600" };

/** The words of a command with all its placeholders filled in. */
export function filledIn({ command, words, flags, placeholders }: CommandLine): string[] {
	const fill = <T>(value: T) => ((placeholders as T[]).includes(value) && numbers[String(value)]) || value;
	const filled = Object.entries(flags).map(([name, value]) => [name, fill(value)] as const);
	return argv(line(command, words.map(fill), Object.fromEntries(filled)));
}

/** Expects that the commands among the hints run as written; the others are sentences. At least one hint must be there. */
export async function expectRunnable(error: Hinting): Promise<void> {
	expect(error.hints).not.toEqual([]);
	for (const one of linesOf(error)) {
		if (one.command === "again") continue;
		const words = filledIn(one);
		const loaded = await commands[one.command]?.();
		if (one.command === "" || (loaded !== undefined && one.flags.help)) continue;
		if (loaded === undefined) throw new Error(`there is no command ${one.command}`);
		try {
			parseWords(loaded.default, words.slice(one.command.split(" ").length));
		} catch (cause) {
			// What has a word like a flag in it is oclif's to read.
			if (!(cause instanceof Unusual && words.includes("--"))) throw new Error(words.join(" "), { cause });
		}
	}
}
