import {
	type AnyCommand,
	type Arg,
	type Flag,
	type ListOf,
	listOf,
	type Program,
	type ValueKind,
} from "../definition.js";
import { valueKind } from "../value-kinds.js";
import type { Typed } from "./words.js";

/** One thing that can stand in the place of what is being typed. */
export interface Suggestion {
	value: string;
	/** What it is, for shells that show it. */
	summary: string | null;
}

/** What can follow: words that are known already, or values that must be looked up. */
export type Wanted =
	| { suggestions: Suggestion[] }
	| {
			of: ValueKind;
			/** What there is of the value. */
			typed: string;
			/** Stands before each value: `--user=`. */
			front: string;
			/** The flags that were given before: another registry has other users. */
			given: Readonly<Record<string, string>>;
	  };

/** What can stand where the word is that is being typed. */
export function suggest({ before, word }: Pick<Typed, "before" | "word">, { commands, topics }: Program): Wanted {
	const id = commandIn(before, commands);
	const names = namesBelow(before, word, commands, topics);
	if (id === undefined || names.length > 0) return { suggestions: names };
	const definition = commands[id] as AnyCommand;
	const { args = {}, flags = {} } = definition;
	const rest = before.slice(id.split(" ").length);
	const { given, waiting, used, count } = read(rest, flags);
	const ofFlag = (flag: [string, Flag], typed: string, front: string): Wanted => {
		if (flag[0] !== "columns") return value(flag, typed, front, given);
		return columns(listOf(definition, Object.fromEntries([...used].map((name) => [name, true]))), typed, front);
	};
	if (waiting !== undefined) return ofFlag(waiting, word, "");
	const cut = word.indexOf("=");
	if (word.startsWith("--") && cut > 0 && !rest.includes("--")) {
		const flag = flagOf(word.slice(0, cut), flags);
		return flag === undefined || flag[1].kind === "boolean"
			? { suggestions: [] }
			: ofFlag(flag, word.slice(cut + 1), word.slice(0, cut + 1));
	}
	const unused = Object.entries(flags).filter(([name, flag]) => !used.has(name) || isMultiple(flag));
	const asFlags = {
		suggestions: unused
			.filter(([name]) => `--${name}`.startsWith(word))
			.map(([name, { summary }]) => ({ value: `--${name}`, summary })),
	};
	if (word.startsWith("-") && !rest.includes("--")) return asFlags;
	const arg = argAt(args, count);
	return arg === undefined ? (word === "" ? asFlags : { suggestions: [] }) : value(arg, word, "", given);
}

/** The command that the first words name. */
function commandIn(words: readonly string[], commands: Program["commands"]): string | undefined {
	for (let count = Math.min(3, words.length); count > 0; count--) {
		const name = words.slice(0, count).join(" ");
		if (Object.hasOwn(commands, name)) return name;
	}
	return undefined;
}

/** The next words of commands whose first ones these are. */
function namesBelow(
	before: readonly string[],
	word: string,
	commands: Program["commands"],
	topics: Program["topics"],
): Suggestion[] {
	const front = before.map((one) => `${one} `).join("");
	const found = new Map<string, string | null>();
	for (const id of Object.keys(commands)) {
		if (!id.startsWith(front + word)) continue;
		const next = id.slice(front.length).split(" ", 1)[0] as string;
		const whole = front + next;
		found.set(next, commands[whole]?.summary ?? topics[whole]?.description ?? null);
	}
	return [...found].map(([value, summary]) => ({ value, summary }));
}

/** What the words before say: which flags, which of them still waits for its value, how many arguments. */
function read(words: readonly string[], flags: Readonly<Record<string, Flag>>) {
	const given: Record<string, string> = {};
	const used = new Set<string>();
	let waiting: [string, Flag] | undefined;
	let count = 0;
	let areArguments = false;
	for (const word of words) {
		if (waiting !== undefined) {
			given[waiting[0]] = word;
			waiting = undefined;
		} else if (areArguments || !word.startsWith("-") || word === "-") count += 1;
		else if (word === "--") areArguments = true;
		else {
			const cut = word.startsWith("--") ? word.indexOf("=") : -1;
			const flag = flagOf(cut < 0 ? word : word.slice(0, cut), flags);
			if (flag === undefined) continue;
			used.add(flag[0]);
			if (cut >= 0) given[flag[0]] = word.slice(cut + 1);
			else if (flag[1].kind !== "boolean") waiting = flag;
		}
	}
	return { given, waiting, used, count };
}

function flagOf(word: string, flags: Readonly<Record<string, Flag>>): [string, Flag] | undefined {
	return Object.entries(flags).find(([name, { char }]) => word === `--${name}` || word === `-${char}`);
}

function argAt(args: Readonly<Record<string, Arg>>, count: number): [string, Arg] | undefined {
	const all = Object.entries(args);
	return all[count] ?? (all.at(-1)?.[1].many ? all.at(-1) : undefined);
}

/** The fields that are not among those before the last comma. */
function columns(list: ListOf | undefined, typed: string, front: string): Wanted {
	const at = typed.lastIndexOf(",") + 1;
	const before = typed.slice(0, at).split(",");
	const fitting = (list?.fields ?? []).filter((one) => one.startsWith(typed.slice(at)) && !before.includes(one));
	return { suggestions: fitting.map((one) => ({ value: front + typed.slice(0, at) + one, summary: null })) };
}

function isMultiple(flag: Flag): boolean {
	return flag.kind === "text" && flag.multiple === true;
}

function value(
	[name, definition]: [string, Flag | Arg],
	typed: string,
	front: string,
	given: Readonly<Record<string, string>>,
): Wanted {
	const choices = "choices" in definition ? definition.choices : undefined;
	if (choices === undefined) return { of: valueKind(name, definition), typed, front, given };
	const fitting = choices.filter((one) => one.startsWith(typed));
	return { suggestions: fitting.map((one) => ({ value: front + one, summary: null })) };
}
