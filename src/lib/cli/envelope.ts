import type { Hint } from "../command-line.js";
import type { CfmError } from "../errors.js";
import { visible } from "../text.js";
import { Voice } from "./hints.js";

/**
 * JSON in ASCII only: Windows PowerShell 5.1 decodes a program's output by code page, and ASCII is the same in all.
 *
 * @param pretty indent by two spaces
 */
export function asciiJson(value: unknown, pretty = false): string {
	return JSON.stringify(value, undefined, pretty ? 2 : undefined).replace(
		/[\u007f-\uffff]/g,
		(unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`,
	);
}

/** What a command ended with. */
export interface Outcome {
	result?: object | undefined;
	error?: CfmError | undefined;
	warnings: readonly Hint[];
}

/**
 * The one object on stdout, in pieces: a list of any length is written while it is read.
 *
 * A failure that comes after a result (findings, a batch that partly failed) carries the result too.
 *
 * @param pretty indented, for people; then the whole object is built first
 */
export async function* envelope(
	{ result, error, warnings: toSay }: Outcome,
	pretty: boolean,
	voice = new Voice(),
): AsyncGenerator<string> {
	const warnings = voice.texts(toSay);
	const told = error && {
		kind: error.kind,
		code: error.code,
		// A message is for people, and scripts write it into logs and windows. Data stays as it is.
		message: visible(error.message),
		hints: voice.texts(error.hints),
		remedies: error.hints.map((hint) => voice.line(hint)).filter((line) => line !== undefined),
		data: error.data,
	};
	if (pretty) {
		const whole = result && Object.fromEntries(await Promise.all(Object.entries(result).map(collected)));
		yield `${asciiJson({ ok: error === undefined, error: told, result: whole, warnings }, true)}\n`;
		return;
	}
	yield `{"ok":${error === undefined}`;
	if (told !== undefined) yield `,"error":${asciiJson(told)}`;
	if (result !== undefined) {
		let separator = ',"result":{';
		for (const [key, value] of Object.entries(result)) {
			if (value === undefined) continue;
			yield `${separator}${asciiJson(key)}:`;
			separator = ",";
			if (isChunks(value)) yield* list(value);
			else yield asciiJson(value);
		}
		yield separator === "," ? "}" : `${separator}}`;
	}
	yield `,"warnings":${asciiJson(warnings)}}\n`;
}

/** Whether a value is a long list that is read while it is written. */
export function isChunks(value: unknown): value is AsyncIterable<readonly unknown[]> {
	return typeof value === "object" && value !== null && Symbol.asyncIterator in value;
}

async function* list(chunks: AsyncIterable<readonly unknown[]>): AsyncGenerator<string> {
	let separator = "[";
	for await (const chunk of chunks) {
		if (chunk.length === 0) continue;
		yield separator + asciiJson(chunk).slice(1, -1);
		separator = ",";
	}
	yield separator === "[" ? "[]" : "]";
}

async function collected([key, value]: [string, unknown]): Promise<[string, unknown]> {
	if (!isChunks(value)) return [key, value];
	const rows: unknown[] = [];
	for await (const chunk of value) rows.push(...chunk);
	return [key, rows];
}
