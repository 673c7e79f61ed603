import type { Hint } from "../command-line.js";
import { Context } from "../context.js";
import { CfmError } from "../errors.js";
import type { Host } from "../host/host.js";
import { log } from "../log.js";
import { t, visible } from "../text.js";
import { type AnyCommand, listOf, type Program, type Request } from "./definition.js";
import { envelope, type Outcome } from "./envelope.js";
import { exitCodes } from "./exit-codes.js";
import { type Voice, voiceFor } from "./hints.js";
import { wantsLog } from "./log-wanted.js";
import { outputFailed, print, sentence } from "./print.js";
import { columnsOf } from "./request.js";
import { type CommonFlags, Shell } from "./shell.js";
import { mayColour, type Streams } from "./streams.js";
import { coloured, plain } from "./theme.js";
import type { Block } from "./view.js";

/**
 * Runs one command with everything around it: result or failure to the right stream, warnings, exit code.
 *
 * @param program all commands; the small bundle knows no others, and has none that asks
 * @returns the exit code
 */
export async function execute(
	id: string,
	definition: AnyCommand,
	request: Request<never, never>,
	streams: Streams,
	host: Host,
	program?: () => Promise<Program>,
): Promise<number> {
	const shell = new Shell(id, definition, request, streams, program);
	const outcome: Outcome = { warnings: shell.warnings };
	let endLog: (() => void) | undefined;
	try {
		if (wantsLog(shell.flags.verbose, streams)) {
			const { openLog } = await import("./open-log.js");
			endLog = await openLog(id, shell.flags.verbose === true, streams, host);
		}
		const context = new Context(shell, host);
		const result = await definition.run(request, context);
		if (context.refusal !== undefined) throw context.refusal;
		outcome.result = result;
		if (shell.flags.json) outcome.result = await onlyColumns(result, definition, shell.flags);
		else {
			const blocks = await listBlocks(result, definition, shell.flags);
			const { voice, flags } = shell;
			await print(blocks, streams, { voice, output: flags.output, pages: definition.list !== undefined });
			if (shell.flags["dry-run"]) streams.err(`${t`Dry run: nothing was changed.`}\n`);
		}
		outcome.error = definition.verdict?.(result);
		const code = await end(outcome, streams, shell.flags, shell.voice);
		return definition.exitCode?.(outcome, request.flags) ?? code;
	} catch (error) {
		const failed: Outcome = { warnings: shell.warnings, error: await toCfmError(error, id, host) };
		const code = await end(failed, streams, shell.flags, shell.voice);
		return definition.exitCode?.(failed, request.flags) ?? code;
	} finally {
		await shell.end();
		log(() => "done");
		endLog?.();
	}
}

/** The result, its rows with only the fields that `--columns` names. */
async function onlyColumns(result: object, definition: AnyCommand, flags: CommonFlags): Promise<object> {
	const list = listOf(definition, flags);
	const columns = columnsOf(flags.columns);
	if (list === undefined || columns === undefined) return result;
	return (await import("./list-output.js")).pickColumns(result, list, columns);
}

/** What people are shown, in the format and with the columns that they asked for. */
async function listBlocks(result: object, definition: AnyCommand, flags: CommonFlags): Promise<Block[]> {
	const list = listOf(definition, flags);
	const columns = columnsOf(flags.columns);
	const { output } = flags;
	if (list !== undefined && (output === "csv" || output === "tsv" || output === "yaml"))
		return [{ verbatim: (await import("./list-output.js")).written(result, list, output, columns) }];
	const blocks = definition.view(result);
	const [first, ...others] = blocks;
	// A list that says nothing else says how long it is.
	if (
		list !== undefined &&
		first !== undefined &&
		"table" in first &&
		others.length === 0 &&
		"total" in result &&
		!("total" in first)
	)
		blocks[0] = { ...first, total: Number(result.total) };
	return columns === undefined ? blocks : (await import("./list-output.js")).pickTableColumns(blocks, columns);
}

/** Says how a command ended, when it did not get as far as running, or after it ran. */
export async function end(
	outcome: Outcome,
	streams: Streams,
	flags: { json: boolean; pretty: boolean },
	voice = voiceFor(streams),
): Promise<number> {
	let { error } = outcome;
	if (flags.json) {
		try {
			for await (const piece of envelope(outcome, flags.pretty, voice)) if (!streams.out(piece)) break;
			return error === undefined ? 0 : exitCodes[error.kind];
		} catch (cause) {
			// A list is read while it is written: both can fail half-way, when there is no envelope left to say it in.
			error = outputFailed(cause);
		}
	}
	await complain({ ...outcome, error }, streams, voice);
	return error === undefined ? 0 : exitCodes[error.kind];
}

async function complain({ warnings, error }: Outcome, streams: Streams, voice: Voice): Promise<void> {
	if (warnings.length === 0 && error === undefined) return;
	const paint = mayColour(streams, streams.errIsTerminal) ? await coloured() : plain;
	const columns = streams.errIsTerminal ? streams.columns : Number.POSITIVE_INFINITY;
	const say = async (label: string, text: string, hint: Hint, tone: "caution" | "bad" | "quiet") => {
		const indent = label.startsWith(" ") ? " ".repeat(label.length + 1) : "  ";
		const lines = await sentence(hint, `${label} ${text}`, columns, indent);
		streams.err(`${lines.replace(label, paint(label, tone))}\n`);
	};
	for (const warning of warnings) {
		const text = voice.text(warning);
		if (text !== undefined) await say(t`Warning:`, text, warning, "caution");
	}
	if (error === undefined) return;
	const [message = "", ...rows] = error.atLength;
	await say(t`Error:`, visible(message), "", "bad");
	for (const row of rows) streams.err(`  ${visible(row)}\n`);
	let label = `  ${t`Try:`}`;
	for (const hint of error.hints) {
		const text = voice.text(hint);
		if (text === undefined) continue;
		await say(label, text, hint, "quiet");
		label = " ".repeat(label.length);
	}
}

/**
 * Errors of ours pass; anything else is a fault: one line for people, the stack in a log and never on the screen. Nor is
 * the command line in it: it may hold names or worse.
 */
export async function toCfmError(error: unknown, command: string, host: Host): Promise<CfmError> {
	log(() => (error instanceof Error ? (error.stack ?? error.message) : String(error)));
	if (error instanceof CfmError) return error;
	const stack = error instanceof Error ? (error.stack ?? error.message) : String(error);
	const now = host.now();
	const kept = await host.keepLog(
		"fault",
		`${now.toISOString()} cfm ${command}, Node ${process.version}\n${stack}\n`,
		now,
	);
	const what = error instanceof Error ? error.message.split("\n", 1)[0] : String(error);
	return new CfmError("fault", "unexpected", t`Unexpected error in cfm: ${what ?? ""}`, {
		hints: [
			kept === undefined ? t`No log could be written: no folder of cfm's own can be.` : t`The details are in ${kept}.`,
		],
		data: kept === undefined ? {} : { log: kept },
		cause: error,
	});
}
