import { line } from "../command-line.js";
import { CfmError } from "../errors.js";
import { isOnServer } from "../registry/location.js";
import { languages, t } from "../text.js";
import { nameProblemHere } from "../windows-name.js";
import { type AnyCommand, type Arg, type Flag, type ListOf, listOf, type Request } from "./definition.js";
import { valueKind } from "./value-kinds.js";

/** A command line that the fast way leaves to oclif: help is asked for, or there is a mistake to explain. */
export class Unusual extends Error {}

type Raw = { args: Record<string, unknown>; flags: Record<string, unknown> };

/**
 * Parses the words after the command's name, as far as they are plain: `--flag`, `--flag value`, `--flag=value`, `-f`,
 * and arguments, which behind `--` may begin with anything. oclif has the whole grammar; this has what scripts write, without
 * loading a parser.
 *
 * @param id the command, for hints
 * @throws Unusual when anything is not as it should be; CfmError usage for a value of the wrong kind
 */
export function parseWords(definition: AnyCommand, words: readonly string[], id = ""): Request<never, never> {
	refuseValues(definition, words);
	const raw: Raw = { args: {}, flags: {} };
	const left: string[] = [];
	for (let at = 0; at < words.length; at += 1) {
		const word = words[at] as string;
		if (word === "--") {
			left.push(...words.slice(at + 1));
			break;
		}
		if (!word.startsWith("-") || word === "-") {
			left.push(word);
			continue;
		}
		const { name, flag, value } = findFlag(definition, word);
		if (flag.kind === "boolean") {
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
	return toRequest(definition, raw, id);
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
 * Refuses what oclif would take for the opposite, or for something else, than was meant: `--yes=false` as the flag set and an
 * argument behind it; `-environment default`, as PowerShell's own commands have it, as `-e nvironment` and an argument.
 *
 * @throws CfmError usage `bad-flag-value`, `bad-command-line`
 */
export function refuseValues(definition: AnyCommand, words: readonly string[]): void {
	for (const word of words) {
		if (word === "--") return;
		const [name = ""] = /^--([^=]+)(?==)/.exec(word)?.slice(1) ?? [];
		if (definition.flags?.[name]?.kind === "boolean") {
			throw new CfmError("usage", "bad-flag-value", t`--${name} takes no value; leave the flag out to mean no.`, {
				data: { flag: `--${name}` },
			});
		}
		const [, dashed = ""] = /^-([a-z][a-z-]+)(?:[:=]|$)/i.exec(word) ?? [];
		if (Object.hasOwn(definition.flags ?? {}, dashed.toLowerCase())) {
			throw new CfmError("usage", "bad-command-line", t`There is no flag -${dashed}.`, {
				hints: [t`Long flags begin with two dashes: --${dashed.toLowerCase()}`],
				data: { flag: `--${dashed.toLowerCase()}` },
			});
		}
	}
}

/**
 * Gives every flag its type, for both parsers.
 *
 * @throws CfmError usage `bad-flag-value`, `missing-flag`
 */
export function toRequest(definition: AnyCommand, raw: Raw, id = ""): Request<never, never> {
	const flags: Record<string, unknown> = {};
	for (const [name, flag] of Object.entries(definition.flags ?? {})) {
		flags[name] = flagValue(id, name, flag, raw.flags[name]);
	}
	const args: Record<string, unknown> = {};
	for (const [name, arg] of Object.entries(definition.args ?? {})) {
		args[name] = arg.many ? (raw.args[name] ?? []) : raw.args[name];
		for (const text of [raw.args[name] ?? []].flat() as string[]) {
			const problem = pathProblem(name, arg, text);
			if (problem !== undefined) throw badFlag(id, "bad-argument", name, t`${name}: ${problem}.`);
		}
		const text = raw.args[name] as string | undefined;
		if (arg.choices !== undefined && text !== undefined && !arg.choices.includes(text))
			throw badFlag(id, "bad-argument", name, t`${name} can be ${arg.choices.join(", ")}, not ${text}.`);
	}
	const list = listOf(definition, flags);
	if (list !== undefined) checkList(id, list, flags);
	return { args, flags } as Request<never, never>;
}

/** `--output json` is `--json`; `--columns` names fields that there are. */
function checkList(id: string, list: ListOf, flags: Record<string, unknown>): void {
	const { output, columns } = flags as { output?: string; columns?: string };
	if (output === "json") flags.json = true;
	else if (output !== undefined && flags.json === true)
		throw badFlag(id, "bad-flag-value", "output", t`--json and --output ${output} exclude each other.`);
	for (const field of columnsOf(columns) ?? []) {
		if (!list.fields.includes(field)) throw notAChoice(id, "columns", list.fields, field);
	}
}

/** The fields that `--columns` names. */
export function columnsOf(columns: string | undefined): string[] | undefined {
	return columns?.split(",").map((field) => field.trim());
}

function flagValue(id: string, name: string, flag: Flag, raw: unknown): unknown {
	if (flag.kind === "boolean") return raw === true;
	if (raw === undefined) {
		if (flag.required) throw badFlag(id, "missing-flag", name, t`--${name} is required.`);
		return flag.kind === "text" && flag.multiple ? [] : undefined;
	}
	if (flag.kind === "integer") return integerValue(id, name, String(raw), flag.least ?? 0, flag.most ?? 2_147_483_647);
	for (const text of [raw].flat() as string[]) {
		if (text === "") throw badFlag(id, "bad-flag-value", name, t`--${name} has an empty value.`);
		if (flag.choices !== undefined && !flag.choices.includes(text)) throw notAChoice(id, name, flag.choices, text);
		if (/\p{Cc}/u.test(text)) throw badFlag(id, "bad-flag-value", name, t`--${name} has a control character.`);
		const problem = pathProblem(name, flag, text);
		if (problem !== undefined) throw badFlag(id, "bad-flag-value", name, t`--${name}: ${problem}.`);
	}
	return raw;
}

/** What stands against a file or folder that is named, on this system. */
function pathProblem(name: string, definition: Flag | Arg, text: string): string | undefined {
	const isPath = ["file", "folder"].includes(valueKind(name, definition));
	return isPath && !isOnServer(text) ? nameProblemHere(text) : undefined;
}

/**
 * Refuses a language that was not built, whatever else is on the line.
 *
 * @throws CfmError usage `bad-flag-value`
 */
export function mustBeSpoken(lang: string): void {
	if (!languages.includes(lang)) throw notAChoice("", "lang", languages, lang);
}

function notAChoice(id: string, name: string, choices: readonly string[], text: string): CfmError {
	return badFlag(id, "bad-flag-value", name, t`--${name} can be ${choices.join(", ")}, not ${text}.`);
}

function integerValue(id: string, name: string, text: string, least: number, most: number): number {
	const value = /^-?\d{1,10}$/.test(text) ? Number(text) : Number.NaN;
	if (value >= least && value <= most) return value;
	const shown = text.length > 40 ? `${text.slice(0, 37)}...` : text;
	throw badFlag(
		id,
		"bad-flag-value",
		name,
		t`--${name} must be a whole number from ${least} to ${most}, not ${JSON.stringify(shown)}.`,
	);
}

function badFlag(id: string, code: string, name: string, message: string): CfmError {
	return new CfmError("usage", code, message, {
		hints: [line(id, [], { help: true })],
		data: { flag: `--${name}` },
	});
}
