import { CfmError } from "../errors.js";
import { t, visible } from "../text.js";
import { type Voice, voiceFor } from "./hints.js";
import { mayColour, type Streams } from "./streams.js";
import { drawn, tabSeparated } from "./table.js";
import { coloured, type Paint, plain } from "./theme.js";
import type { Block } from "./view.js";

/** Says blocks to people: drawn on a terminal, plain in a pipe. @throws CfmError unavailable `output-failed` */
export function print(blocks: readonly Block[], streams: Streams, voice = voiceFor(streams)): Promise<void> {
	return printAll(blocks, writing(streams), voice);
}

/** A disk that is full, a list whose source failed half-way: no fault of cfm. */
export function outputFailed(cause: unknown): CfmError {
	if (cause instanceof CfmError) return cause;
	const why = cause instanceof Error ? cause.message : String(cause);
	return new CfmError("unavailable", "output-failed", t`The output could not be written in full: ${why}`, { cause });
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

async function printAll(blocks: readonly Block[], streams: Streams, voice: Voice): Promise<void> {
	let paint: Paint | undefined;
	const brush = async (): Promise<Paint> => {
		paint ??= mayColour(streams, streams.outIsTerminal) ? await coloured() : plain;
		return paint;
	};
	for (const block of blocks) {
		if ("line" in block) {
			const line = visible(voice.text(block.line) ?? "");
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
			if (!some) streams.err(`${voice.text(block.empty) ?? ""}\n`);
		}
	}
}
