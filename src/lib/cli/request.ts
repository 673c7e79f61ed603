import { parseArgs } from "node:util";
import { CfmError } from "../errors.js";
import { t } from "../text.js";
import type { AnyCommand, Flag, Request } from "./definition.js";

/** A command line that the fast way leaves to oclif: help is asked for, or there is a mistake to explain. */
export class Unusual extends Error {}

type Raw = { args: Record<string, unknown>; flags: Record<string, unknown> };

/**
 * Parses the words after the command's name.
 *
 * @throws Unusual when anything is not as it should be; CfmError usage for a value of the wrong kind
 */
export function parseWords(definition: AnyCommand, words: readonly string[]): Request<never, never> {
	const options: Record<string, { type: "boolean" | "string"; multiple?: boolean; short?: string }> = {};
	for (const [name, flag] of Object.entries(definition.flags ?? {})) {
		options[name] = {
			type: flag.kind === "boolean" ? "boolean" : "string",
			multiple: true, // so that a flag given twice is seen here, and explained by oclif
			...(flag.char === undefined ? {} : { short: flag.char }),
		};
	}
	let parsed: ReturnType<typeof parseArgs>;
	try {
		parsed = parseArgs({ args: [...words], options, allowPositionals: true, strict: true });
	} catch (error) {
		throw new Unusual("words", { cause: error });
	}
	const raw: Raw = { args: {}, flags: {} };
	for (const [name, values] of Object.entries(parsed.values) as [string, unknown[]][]) {
		const flag = definition.flags?.[name];
		const multiple = flag?.kind === "text" && flag.multiple === true;
		if (!multiple && values.length > 1) throw new Unusual(`--${name} twice`);
		raw.flags[name] = multiple ? values : values[0];
	}
	const left = [...parsed.positionals];
	for (const [name, arg] of Object.entries(definition.args ?? {})) {
		if (arg.many) raw.args[name] = left.splice(0);
		else raw.args[name] = left.shift();
		const missing = arg.many ? (raw.args[name] as string[]).length === 0 : raw.args[name] === undefined;
		if (arg.required && missing) throw new Unusual(`${name} missing`);
	}
	if (left.length > 0) throw new Unusual("too many words");
	return toRequest(definition, raw);
}

/**
 * Gives every flag its type, for both parsers.
 *
 * @throws CfmError usage `bad-flag-value`, `missing-flag`
 */
export function toRequest(definition: AnyCommand, raw: Raw): Request<never, never> {
	const flags: Record<string, unknown> = {};
	for (const [name, flag] of Object.entries(definition.flags ?? {})) {
		flags[name] = flagValue(name, flag, raw.flags[name]);
	}
	const args: Record<string, unknown> = {};
	for (const [name, arg] of Object.entries(definition.args ?? {})) {
		args[name] = arg.many ? (raw.args[name] ?? []) : raw.args[name];
	}
	return { args, flags } as Request<never, never>;
}

function flagValue(name: string, flag: Flag, raw: unknown): unknown {
	if (flag.kind === "boolean") return raw === true;
	if (raw === undefined) {
		if (flag.required) throw badFlag("missing-flag", name, t`--${name} is needed.`);
		return flag.kind === "text" && flag.multiple ? [] : undefined;
	}
	if (flag.kind === "integer") return integerValue(name, String(raw), flag.least ?? 0, flag.most ?? 2_147_483_647);
	for (const text of [raw].flat() as string[]) {
		if (flag.choices !== undefined && !flag.choices.includes(text)) {
			throw badFlag("bad-flag-value", name, t`--${name} can be ${flag.choices.join(", ")}, not ${text}.`);
		}
		if (text === "") throw badFlag("bad-flag-value", name, t`--${name} has an empty value.`);
		if (/\p{Cc}/u.test(text)) throw badFlag("bad-flag-value", name, t`--${name} has a control character.`);
	}
	return raw;
}

function integerValue(name: string, text: string, least: number, most: number): number {
	const value = /^-?\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
	if (value >= least && value <= most) return value;
	const shown = text.length > 40 ? `${text.slice(0, 37)}...` : text;
	throw badFlag(
		"bad-flag-value",
		name,
		t`--${name} must be a whole number from ${least} to ${most}, not ${JSON.stringify(shown)}.`,
	);
}

function badFlag(code: string, name: string, message: string): CfmError {
	return new CfmError("usage", code, message, { data: { flag: `--${name}` } });
}
