import { Context } from "../context.js";
import { CfmError } from "../errors.js";
import type { Host } from "../host/host.js";
import { t, visible } from "../text.js";
import type { AnyCommand, Request } from "./definition.js";
import { envelope, type Outcome } from "./envelope.js";
import { exitCodes } from "./exit-codes.js";
import { type Voice, voiceFor } from "./hints.js";
import { outputFailed } from "./print.js";
import { Shell } from "./shell.js";
import { mayColour, type Streams } from "./streams.js";
import { coloured, plain } from "./theme.js";

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
	host: Host,
): Promise<number> {
	const shell = new Shell(id, definition, request, streams);
	const outcome: Outcome = { warnings: shell.warnings };
	try {
		outcome.result = await definition.run(request, new Context(shell, host));
		if (!shell.flags.json) {
			await shell.show(definition.view(outcome.result));
			if (shell.flags["dry-run"]) streams.err(`${t`Dry run: nothing was changed.`}\n`);
		}
		outcome.error = definition.verdict?.(outcome.result);
		return await end(outcome, streams, shell.flags, shell.voice);
	} catch (error) {
		return await end(
			{ warnings: shell.warnings, error: await toCfmError(error, id) },
			streams,
			shell.flags,
			shell.voice,
		);
	} finally {
		shell.end();
	}
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
	for (const warning of voice.texts(warnings)) streams.err(`${paint(t`Warning:`, "caution")} ${visible(warning)}\n`);
	if (error === undefined) return;
	streams.err(`${paint(t`Error:`, "bad")} ${visible(error.message)}\n`);
	const label = t`Try:`;
	for (const [at, hint] of voice.texts(error.hints).entries()) {
		streams.err(`  ${at === 0 ? paint(label, "quiet") : " ".repeat(label.length)} ${visible(hint)}\n`);
	}
}

/** Errors of ours pass; anything else is a fault: one line for people, the stack in a log. */
export async function toCfmError(error: unknown, command: string): Promise<CfmError> {
	if (error instanceof CfmError) return error;
	const log = await writeFault(error, command);
	const what = error instanceof Error ? error.message.split("\n", 1)[0] : String(error);
	return new CfmError("fault", "unexpected", t`Unexpected error in cfm: ${what ?? ""}`, {
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
