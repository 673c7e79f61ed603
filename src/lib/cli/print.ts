import type { Hint } from "../command-line.js";
import { CfmError } from "../errors.js";
import { t, visible, visibleLines } from "../text.js";
import { isChunks } from "./envelope.js";
import { type Voice, voiceFor } from "./hints.js";
import { type Output, paged, straight } from "./pages.js";
import { mayColour, type Streams } from "./streams.js";
import { drawn, tabSeparated } from "./table.js";
import { folded } from "./table-layout.js";
import { coloured, type Paint, plain } from "./theme.js";
import type { Block, Facts, Table } from "./view.js";

/** How blocks are to be printed, where it is not the usual way. */
export interface Manner {
	voice?: Voice;
	/** `table` draws in a pipe too, `plain` nowhere. */
	output?: string | undefined;
	/** On a terminal, what is longer than a page goes to a pager. */
	pages?: boolean;
}

/** Says blocks to people: drawn on a terminal, plain in a pipe. @throws CfmError unavailable `output-failed` */
export async function print(blocks: readonly Block[], streams: Streams, manner: Manner = {}): Promise<void> {
	const { voice = voiceFor(streams), output, pages = false } = manner;
	const draws = output === "table" || (output !== "plain" && streams.outIsTerminal);
	const safe = writing(streams);
	const target = pages ? paged(safe) : straight(safe);
	await printAll(blocks, safe, voice, draws, target);
	await target.end();
}

/**
 * A sentence in lines that fit the terminal, all but the first indented: no text of a user begins a line. What holds
 * a command stays one line: it is there to be copied.
 */
export async function sentence(hint: Hint, text: string, columns: number, hanging?: string): Promise<string> {
	if (typeof hint !== "string" || text.length <= columns) return text;
	const { default: stringWidth } = await import("string-width");
	const indent = hanging ?? " ".repeat(/^ *(\d+\. )?/.exec(text)?.[0].length || 2);
	return folded(text, columns - indent.length, stringWidth).join(`\n${indent}`);
}

/**
 * A value in lines beside its label, broken between words. A word that does not fit there, as a hash, has the line below to
 * itself; one that fits nowhere is left whole, to be copied.
 */
async function beside(label: string, value: string, columns: number): Promise<string> {
	const room = columns - label.length;
	if (value.length <= room) return label + value;
	const { default: stringWidth } = await import("string-width");
	const width = stringWidth(value);
	if (value.split(" ").some((word) => stringWidth(word) > room)) {
		return width > room && width <= columns - 2 ? `${label.trimEnd()}\n  ${value}` : label + value;
	}
	return label + folded(value, room, stringWidth).join(`\n${" ".repeat(label.length)}`);
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

async function printAll(
	blocks: readonly Block[],
	streams: Streams,
	voice: Voice,
	draws: boolean,
	{ write }: Output,
): Promise<void> {
	let paint: Paint | undefined;
	const brush = async (): Promise<Paint> => {
		paint ??= mayColour(streams, streams.outIsTerminal) ? await coloured() : plain;
		return paint;
	};
	const picture = async (table: Table) => {
		const lines = (await streams.drawsLines?.()) === false ? "ascii" : "drawn";
		return drawn(table, streams.columns, await brush(), lines);
	};
	for (const block of blocks) {
		if ("line" in block) {
			const whole = voice.text(block.line) ?? "";
			const hanging = block.hanging === undefined ? undefined : " ".repeat(block.hanging);
			const line = draws ? await sentence(block.line, whole, streams.columns, hanging) : whole;
			const text = block.tone === undefined ? line : (await brush())(line, block.tone);
			await write(`${text}\n`);
		} else if ("verbatim" in block) {
			// A file or a pipe gets the bytes as they are; a terminal would act on them.
			const said = streams.outIsTerminal ? visibleLines : (text: string) => text;
			const pieces = typeof block.verbatim === "string" ? [block.verbatim] : block.verbatim;
			for await (const piece of pieces) if (!(await write(said(piece)))) return;
		} else if ("table" in block && block.facts !== undefined && draws && !isChunks(block.rows)) {
			const factOf = block.facts as (row: unknown) => Facts["facts"][number];
			const facts = block.rows.map(factOf).map(([label, value]) => [visible(label), value] as const);
			await printAll([{ facts }], streams, voice, draws, { write, end() {} });
		} else if (!("table" in block)) {
			const width = Math.max(...block.facts.map(([label]) => label.length));
			for (const [label, value] of block.facts) {
				const said = value === null ? "-" : visible(String(value));
				await write(`${draws ? await beside(label.padEnd(width + 2), said, streams.columns) : `${label}\t${said}`}\n`);
			}
		} else {
			const { counted, shown } = counting(block);
			const pieces = draws ? await picture(counted) : tabSeparated(counted);
			for await (const piece of pieces) if (!(await write(piece))) return;
			if (shown() === 0) streams.err(`${voice.text(block.empty) ?? ""}\n`);
			else if (draws && block.total !== undefined) await write(`${countOf(shown(), block.total)}\n`);
		}
	}
}

/** The same table, and how many of its rows were taken so far. */
function counting(block: Table): { counted: Table; shown: () => number } {
	const { rows } = block;
	if (!isChunks(rows)) return { counted: block, shown: () => rows.length };
	let shown = 0;
	const counted = (async function* () {
		for await (const chunk of rows) {
			shown += chunk.length;
			yield chunk;
		}
	})();
	return { counted: { ...block, rows: counted }, shown: () => shown };
}

/** The line below a list. */
function countOf(shown: number, total: number): string {
	return shown < total ? t`Shown: ${shown} of ${total}` : t`Total: ${total}`;
}
