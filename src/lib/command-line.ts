import { visible } from "./text.js";

/** A command of `cfm` as plain data: a hint, a remedy, a line of the docs. It becomes text last, for its reader's shell. */
export interface CommandLine {
	/** The words that call it: `ids allocate`; empty for `cfm` alone. */
	readonly command: string;
	readonly words: readonly string[];
	/** By long name, without dashes. */
	readonly flags: Readonly<Record<string, string | number | true | readonly string[]>>;
	/** Those of the words and values that stand for what only the reader knows: `USER`. Until they are filled in it cannot run. */
	readonly placeholders: readonly string[];
}

/** The command line that was typed, with other flags: undefined takes one away. Only the shell knows that line. */
export interface Again {
	readonly again: FlagsSaid;
}

/** What to do next: a sentence, a command, or a command with the words that lead to it (`Look again:`). */
export type Hint = string | CommandLine | Again | { readonly say: string; readonly line: CommandLine | Again };

/** The commands among hints, without the words that lead to them. */
export function commandsOf(hints: readonly Hint[]): CommandLine[] {
	return hints.flatMap((hint) => {
		const one = typeof hint === "object" && "line" in hint ? hint.line : hint;
		return typeof one === "object" && "command" in one ? [one] : [];
	});
}

/** A word, or what stands for one. */
type Word = string | number | { readonly fill: string };
type FlagsSaid = Readonly<Record<string, Word | boolean | readonly Word[] | undefined>>;

/** Whose reading: each shell quotes in its own way. */
export type Dialect = "powershell" | "cmd" | "sh";

/** Makes a command line. Flags that are undefined, false or an empty list are left out. */
export function line(command: string, words: readonly Word[] = [], said: FlagsSaid = {}): CommandLine {
	const values = [...words, ...Object.values(said).flat()];
	const flags: Record<string, string | number | true | readonly string[]> = {};
	for (const [name, value] of Object.entries(said)) {
		if (value === undefined || value === false || (Array.isArray(value) && value.length === 0)) continue;
		if (value === true || typeof value === "number") flags[name] = value;
		else flags[name] = Array.isArray(value) ? value.map(plainWord) : plainWord(value as Word);
	}
	const placeholders = values.flatMap((one) => (typeof one === "object" ? [one.fill] : []));
	return { command, words: words.map(plainWord), flags, placeholders };
}

/** The same command line with other flags: undefined takes one away. */
export function withFlags({ command, words, flags, placeholders }: CommandLine, said: FlagsSaid): CommandLine {
	const changed = line(command, words, { ...flags, ...said });
	return { ...changed, placeholders: [...placeholders, ...changed.placeholders] };
}

/** The words that the program gets: arguments first, unless one of them looks like a flag. */
export function argv({ command, words, flags }: CommandLine): string[] {
	const called = command === "" ? [] : command.split(" ");
	const said = Object.entries(flags).flatMap(([name, value]) => {
		if (value === true) return [`--${name}`];
		const values = typeof value === "object" ? value : [String(value)];
		return values.flatMap((one) => (looksLikeFlag(one) ? [`--${name}=${one}`] : [`--${name}`, one]));
	});
	return words.some(looksLikeFlag) ? [...called, ...said, "--", ...words] : [...called, ...words, ...said];
}

/**
 * A command line as its reader pastes it.
 *
 * @returns undefined when no text says it: what is hidden in a word (`visible`) is never printed, and for Windows
 *   PowerShell 5.1 there are a few more
 */
export function render(commandLine: CommandLine, dialect: Dialect): string | undefined {
	const words = argv(commandLine);
	return words.some((word) => visible(word) !== word) ? undefined : dialects[dialect](words);
}

/** One word as it is typed in that shell; undefined where it can't be, or only for a whole line (`render`). */
export function quoted(word: string, dialect: Dialect): string | undefined {
	if (visible(word) !== word || (dialect === "powershell" && isLostIn51(word))) return undefined;
	return dialects[dialect]([word])?.slice("cfm ".length);
}

const dialects: Readonly<Record<Dialect, (words: readonly string[]) => string | undefined>> = {
	sh: (words) => joined(words, /^(?!=)[\p{L}\p{N}_%+,./:=@-]+$/u, (word) => `'${word.replaceAll("'", "'\\''")}'`),
	cmd: (words) => joined(words, /^[\p{L}\p{N}_+./:=@\\-]+$/u, forCmd),
	powershell: (words) =>
		words.some(isLostIn51)
			? verbatim(words)
			: joined(
					words,
					/^(--[a-z]+\d*(-[a-z]+)*|(0|[1-9]\d*)(-\d+)?|[\p{L}_\\/][\p{L}\p{N}_+./:=@\\-]*)$/u,
					// Its typographic quotation marks are quotation marks to it, and close each other.
					(word) => `'${word.replace(/['\u2018-\u201b]/g, "$&$&")}'`,
				),
};

function joined(words: readonly string[], plain: RegExp, quoted: (word: string) => string): string {
	return ["cfm", ...words.map((word) => (plain.test(word) ? word : quoted(word)))].join(" ");
}

/**
 * Within quotation marks cmd.exe leaves all alone but `%NAME%`, and `!NAME!` where somebody switched that on. With a `%`
 * or a quotation mark inside, no mark must be one to cmd: each is escaped, and the program still gets them.
 */
function forCmd(word: string): string {
	const text = forProgram(word);
	return /["%]/.test(word) ? text.replace(/[()!^"<>&|%]/g, "^$&") : text;
}

/** What Windows PowerShell 5.1 gives to a program as something else, however it is quoted (before 7.3 also the others). */
function isLostIn51(word: string): boolean {
	return word === "" || word.includes('"') || /\s.*\\$/.test(word);
}

/** After `--%` every PowerShell hands on what stands there, but for `%NAME%`, up to a `|` or `&&` outside quotation marks. */
function verbatim(words: readonly string[]): string | undefined {
	// These would open and close quotation marks for PowerShell that are none for the program.
	if (words.some((word) => /[\u201c-\u201e]/.test(word))) return undefined;
	return joined(["--%", ...words], /^[\p{L}\p{N}_+./:=@\\-]+$|^--%$/u, forProgram);
}

/**
 * A word as a Windows program takes its command line apart (Microsoft's C run-time): backslashes count only before a
 * quotation mark, and two of those are one. A `%` stands between marks, so that `%NAME%` is no variable's name.
 */
function forProgram(word: string): string {
	const ends: Readonly<Record<string, string>> = { '"': '""', "%": '"%"' };
	return `"${word.replace(/(\\*)("|%|$)/g, (_, slashes, sign) => slashes + slashes + (ends[sign] ?? ""))}"`;
}

function plainWord(word: Word): string {
	return typeof word === "object" ? word.fill : String(word);
}

function looksLikeFlag(word: string): boolean {
	return word.startsWith("-") && word !== "-";
}
