import { type CommandLine, line } from "../command-line.js";

/** A command that mends what was found, or shows what must be seen first. */
export interface Remedy extends CommandLine {
	/** `--fix` may run the operation of this command; without it the command is for a person. */
	readonly fix?: true;
}

/** A remedy in an environment. */
export function remedyIn(environment: string, ...[command, words, flags]: Parameters<typeof line>): Remedy {
	return line(command, words, { ...flags, environment });
}

/** A remedy that `--fix` may carry out. */
export function fixable(remedy: Remedy): Remedy {
	return { ...remedy, fix: true };
}
