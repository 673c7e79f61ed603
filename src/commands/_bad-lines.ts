import type { InputTable } from "../lib/cli/input/file.js";
import { type BadLine, refuseBadLines, withTexts } from "../lib/cli/input/lines.js";
import type { Hint } from "../lib/command-line.js";
import type { Context } from "../lib/context.js";

// What all commands that read a file do with its bad lines: refuse them all at once, or go on and tell each.

/** @throws CfmError usage `bad-input-lines` for all of them, with what stands there */
export function refuse(input: InputTable | undefined, bad: readonly BadLine[], hints: readonly Hint[] = []): void {
	if (input !== undefined) refuseBadLines(input.source, withTexts(input, bad), hints);
}

/**
 * Makes the file of `--rejects`, empty but for the header: where it cannot be made, nothing is to be changed. A dry run
 * makes none.
 *
 * @returns what writes the bad lines into it, when the change is made
 * @throws CfmError as `OutFiles.write`: conflict `file-exists`, not-found `no-folder`, denied `file-not-writable`
 */
export async function makeRejects(
	file: string | undefined,
	input: InputTable | undefined,
	context: Context,
): Promise<(bad: readonly BadLine[]) => Promise<void>> {
	if (file === undefined || input === undefined || context.shell.flags["dry-run"]) return async () => {};
	const { rejects } = await import("../lib/cli/input/rejects.js");
	const { files } = context.host;
	await files.write(file, rejects(input, []), { force: false });
	return async (bad) => {
		if (bad.length > 0) await files.write(file, rejects(input, bad), { force: true });
	};
}

/** The answer with what stands on each line that was skipped, after these were written where they are to be mended. */
export async function finish<R extends { refused?: BadLine[] }>(
	answer: R,
	input: InputTable | undefined,
	writeRejects: (bad: readonly BadLine[]) => Promise<void>,
): Promise<R> {
	if (input === undefined || answer.refused === undefined) return answer;
	await writeRejects(answer.refused);
	return { ...answer, refused: withTexts(input, answer.refused) };
}
