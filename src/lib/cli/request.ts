import { CfmError } from "../errors.js";
import { t } from "../text.js";
import type { AnyCommand, Flag, Request } from "./definition.js";

/** A command line that the fast way leaves to oclif: help is asked for, or there is a mistake to explain. */
export class Unusual extends Error {}

type Raw = { args: Record<string, unknown>; flags: Record<string, unknown> };

/**
 * Parses the words after the command's name, as far as they are plain: `--flag`, `--flag value`, `--flag=value`, `-f`,
 * and arguments. oclif has the whole grammar; this has what scripts write, without loading a parser.
 *
 * @throws Unusual when anything is not as it should be; CfmError usage for a value of the wrong kind
 */
export function parseWords(definition: AnyCommand, words: readonly string[]): Request<never, never> {
	const raw: Raw = { args: {}, flags: {} };
	const left: string[] = [];
	for (let at = 0; at < words.length; at += 1) {
		const word = words[at] as string;
		if (!word.startsWith("-") || word === "-") {
			left.push(word);
			continue;
		}
		const { name, flag, value } = findFlag(definition, word);
		if (flag.kind === "boolean") {
			if (value !== undefined) throw new Unusual(`${word} has a value`);
			raw.flags[name] = true;
			continue;
		}
		if (value === undefined) at += 1;
		const text = value ?? words[at];
		if (text === undefined || (value === undefined && text.startsWith("-") && text !== "-"))
			throw new Unusual(`${word} lacks a value`);
		const several = flag.kind === "text" && flag.multiple === true;
		if (!several && raw.flags[name] !== undefined) throw new Unusual(`${word} twice`);
		raw.flags[name] = several ? [...((raw.flags[name] as string[] | undefined) ?? []), text] : text;
	}
	for (const [name, arg] of Object.entries(definition.args ?? {})) {
		raw.args[name] = arg.many ? left.splice(0) : left.shift();
		const missing = arg.many ? (raw.args[name] as string[]).length === 0 : raw.args[name] === undefined;
		if (arg.required && missing) throw new Unusual(`${name} missing`);
	}
	if (left.length > 0) throw new Unusual("too many words");
	return toRequest(definition, raw);
}

/** The flag that a word like `--name`, `--name=value` or `-n` means. */
function findFlag(definition: AnyCommand, word: string): { name: string; flag: Flag; value: string | undefined } {
	const flags = definition.flags ?? {};
	if (word.startsWith("--")) {
		const cut = word.indexOf("=");
		const name = word.slice(2, cut < 0 ? undefined : cut);
		const flag = Object.hasOwn(flags, name) ? flags[name] : undefined;
		if (flag !== undefined) return { name, flag, value: cut < 0 ? undefined : word.slice(cut + 1) };
	} else {
		const found = Object.entries(flags).find(([, { char }]) => char !== undefined && word === `-${char}`);
		if (found !== undefined) return { name: found[0], flag: found[1], value: undefined };
	}
	throw new Unusual(word);
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
