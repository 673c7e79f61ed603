import { argv, type CommandLine, type Hint, withFlags } from "../command-line.js";
import { Context } from "../context.js";
import type { CfmError } from "../errors.js";
import type { PromisedId } from "../registry/as-given.js";
import type { AnyCommand } from "./definition.js";
import { toCfmError } from "./execute.js";
import { parseWords } from "./request.js";
import { Shell } from "./shell.js";
import type { Block } from "./view.js";

/** How another command's run ended. */
export interface RanLine {
	line: CommandLine;
	/** What that command shows people. */
	blocks: readonly Block[];
	/** What that command answers; undefined where it failed. */
	result: unknown;
	warnings: readonly Hint[];
	error: CfmError | undefined;
}

/**
 * Runs a command line inside another command, as if it had been typed: what `--fix` does is what the command does that a
 * finding names, its plan included.
 *
 * @param said `--dry-run`: only its plan; `--yes`: its plan was shown and agreed to
 * @param promised IDs that commands before this one give, as far as they are only planned
 */
export async function runLine(
	outer: Context,
	asked: CommandLine,
	said: { "dry-run": true } | { yes: true },
	promised: readonly PromisedId[] = [],
): Promise<RanLine> {
	const { shell, host } = outer;
	const line = shell.voice.line(asked) ?? asked;
	const program = await shell.program();
	const definition = program.commands[line.command] as AnyCommand;
	const words = argv(withFlags(line, said)).slice(line.command.split(" ").length);
	const inner = new Shell(
		line.command,
		definition,
		parseWords(definition, words, line.command),
		shell.streams,
		shell.program,
	);
	try {
		const context = new Context(inner, host, promised);
		const result = await definition.run(inner.request, context);
		if (context.refusal !== undefined) throw context.refusal;
		const blocks = definition.view(result);
		return { line, blocks, result, warnings: inner.warnings, error: definition.verdict?.(result) };
	} catch (error) {
		return {
			line,
			blocks: [],
			result: undefined,
			warnings: inner.warnings,
			error: await toCfmError(error, line.command, host),
		};
	} finally {
		inner.end();
	}
}
