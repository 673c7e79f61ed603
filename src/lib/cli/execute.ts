import { CfmError } from "../errors.js";
import { t, visible } from "../text.js";
import type { AnyCommand, Request } from "./definition.js";
import { envelope, type Outcome } from "./envelope.js";
import { exitCodes } from "./exit-codes.js";
import { Shell } from "./shell.js";
import { mayColour, type Streams } from "./streams.js";
import { drawn, tabSeparated } from "./table.js";
import { coloured, type Paint, plain } from "./theme.js";
import type { Block } from "./view.js";

/**
 * Runs one command with everything around it: result or failure to the right stream, warnings, exit code.
 *
 * @returns the exit code
 */
export async function execute(
	id: string,
	definition: AnyCommand,
	request: Request<never, never>,
	streams: Streams,
): Promise<number> {
	const shell = new Shell(id, definition, request, streams);
	const outcome: Outcome = { warnings: shell.warnings };
	try {
		outcome.result = await definition.run(request, shell);
		if (!shell.flags.json) {
			await print(definition.view(outcome.result), writing(streams));
			if (shell.flags["dry-run"]) streams.err(`${t`Dry run: nothing was changed.`}\n`);
		}
		outcome.error = definition.verdict?.(outcome.result);
		return await end(outcome, streams, shell.flags);
	} catch (error) {
		return await end({ warnings: shell.warnings, error: await toCfmError(error, id) }, streams, shell.flags);
	} finally {
		shell.end();
	}
}

/** Says how a command ended, when it did not get as far as running, or after it ran. */
export async function end(
	outcome: Outcome,
	streams: Streams,
	flags: { json: boolean; pretty: boolean },
): Promise<number> {
	let { error } = outcome;
	if (flags.json) {
		try {
			for await (const piece of envelope(outcome, flags.pretty)) if (!streams.out(piece)) break;
			return error === undefined ? 0 : exitCodes[error.kind];
		} catch (cause) {
			// A list is read while it is written: both can fail half-way, when there is no envelope left to say it in.
			error = outputFailed(cause);
		}
	}
	await complain({ ...outcome, error }, streams);
	return error === undefined ? 0 : exitCodes[error.kind];
}

function outputFailed(cause: unknown): CfmError {
	if (cause instanceof CfmError) return cause;
	const why = cause instanceof Error ? cause.message : String(cause);
	return new CfmError("unavailable", "output-failed", t`The output could not be written in full: ${why}`, { cause });
}

async function complain({ warnings, error }: Outcome, streams: Streams): Promise<void> {
	if (warnings.length === 0 && error === undefined) return;
	const paint = mayColour(streams, streams.errIsTerminal) ? await coloured() : plain;
	for (const warning of warnings) streams.err(`${paint(t`Warning:`, "caution")} ${visible(warning)}\n`);
	if (error === undefined) return;
	streams.err(`${paint(t`Error:`, "bad")} ${visible(error.message)}\n`);
	const label = t`Try:`;
	for (const [at, hint] of error.hints.entries()) {
		streams.err(`  ${at === 0 ? paint(label, "quiet") : " ".repeat(label.length)} ${visible(hint)}\n`);
	}
}

/** What says things to people must not take a full disk for a fault of its own. */
function writing(streams: Streams): Streams {
	return Object.create(streams, {
		out: {
			value(text: string): boolean {
				try {
					return streams.out(text);
				} catch (error) {
					throw outputFailed(error);
				}
			},
		},
	}) as Streams;
}

async function print(blocks: readonly Block[], streams: Streams): Promise<void> {
	let paint: Paint | undefined;
	const brush = async (): Promise<Paint> => {
		paint ??= mayColour(streams, streams.outIsTerminal) ? await coloured() : plain;
		return paint;
	};
	for (const block of blocks) {
		if ("line" in block) {
			const line = visible(block.line);
			const text = block.tone === undefined ? line : (await brush())(line, block.tone);
			streams.out(`${text}\n`);
		} else if ("verbatim" in block) {
			if (typeof block.verbatim === "string") streams.out(block.verbatim);
			else for await (const piece of block.verbatim) if (!streams.out(piece)) return;
		} else if ("facts" in block) {
			const width = Math.max(...block.facts.map(([label]) => label.length));
			for (const [label, value] of block.facts) {
				const padded = streams.outIsTerminal ? `${label}${" ".repeat(width - label.length)}  ` : `${label}\t`;
				streams.out(`${padded}${value === null ? "-" : visible(String(value))}\n`);
			}
		} else {
			const pieces = streams.outIsTerminal ? drawn(block, streams.columns, await brush()) : tabSeparated(block);
			let some = false;
			for await (const piece of pieces) {
				some = true;
				if (!streams.out(piece)) return;
			}
			if (!some) streams.err(`${block.empty}\n`);
		}
	}
}

/** Errors of ours pass; anything else is a fault: one line for people, the stack in a log. */
export async function toCfmError(error: unknown, command: string): Promise<CfmError> {
	if (error instanceof CfmError) return error;
	const log = await writeFault(error, command);
	const what = error instanceof Error ? error.message.split("\n", 1)[0] : String(error);
	return new CfmError("fault", "unexpected", t`cfm ran into a fault of its own: ${what ?? ""}`, {
		hints: log === undefined ? [] : [t`The details are in ${log}.`],
		data: log === undefined ? {} : { log },
		cause: error,
	});
}

/**
 * The stack goes to a log, never to the screen; and never the command line: it may hold names or worse.
 *
 * The log is in a folder made for it alone: nobody can have put a link in its place.
 */
async function writeFault(error: unknown, command: string): Promise<string | undefined> {
	try {
		const [{ mkdtempSync, writeFileSync }, { tmpdir }, { join }] = await Promise.all([
			import("node:fs"),
			import("node:os"),
			import("node:path"),
		]);
		const log = join(mkdtempSync(join(tmpdir(), "cfm-fault-")), "fault.log");
		const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
		writeFileSync(log, `${new Date().toISOString()} cfm ${command}, Node ${process.version}\n${stack}\n`, {
			mode: 0o600,
		});
		return log;
	} catch {
		return undefined; // a full or read-only disk must not hide the error itself
	}
}
