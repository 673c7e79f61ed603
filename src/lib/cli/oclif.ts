import { Args, Command, CommandHelp, Config, Flags, Help, type Interfaces, run } from "@oclif/core";
import { closest, distance } from "fastest-levenshtein";
import { type CommandLine, type Hint, line } from "../command-line.js";
import { CfmError } from "../errors.js";
import type { Host } from "../host/host.js";
import { plural, t } from "../text.js";
import type { AnyCommand, Program as WholeProgram } from "./definition.js";
import { execute } from "./execute.js";
import { refuseValues, toRequest } from "./request.js";
import type { Streams } from "./streams.js";

/** What oclif needs to know of this program; the rest of its configuration stands in the definitions. */
export interface Program {
	name: string;
	version: string;
	/** The folder of package.json. */
	root: string;
	/** A module that oclif can `require`, which exports `commands` (this bundle itself). */
	module: string;
	topics: Readonly<Record<string, { description: string }>>;
}

type CommandClass = typeof Command;

/** Makes oclif's command class of a definition: the same flags and arguments, the same run. */
export function toOclifCommand(
	id: string,
	definition: AnyCommand,
	{ streams, host, program }: { streams: Streams; host: Host; program: () => Promise<WholeProgram> },
	exit: (code: number) => void,
): CommandClass {
	return class extends Command {
		static override id = id.replaceAll(" ", ":");
		static override summary = definition.summary;
		static override description = definition.description as string;
		static override examples = definition.examples.map(({ what, line }) => ({ description: what, command: line }));
		static override flags = Object.fromEntries(Object.entries(definition.flags ?? {}).map(toOclifFlag));
		static override args = Object.fromEntries(
			Object.entries(definition.args ?? {}).map(([name, arg]) => [
				name,
				Args.string({
					description: arg.summary,
					required: arg.required ?? false,
					// oclif would otherwise feed piped input into the first empty argument.
					ignoreStdin: true,
					...(arg.many ? { multiple: true } : {}),
				} as Parameters<typeof Args.string>[0]),
			]),
		);

		override async run(): Promise<void> {
			refuseValues(definition, this.argv);
			const parsed = await this.parse(this.ctor as CommandClass);
			const request = toRequest(definition, { args: parsed.args, flags: parsed.flags }, id);
			exit(await execute(id, definition, request, streams, host, program));
		}

		/** Every error is said by us, once: oclif's own way prints it and loses the code. */
		override async catch(error: unknown): Promise<never> {
			throw error;
		}
	} as unknown as CommandClass;
}

/**
 * Runs a command line through oclif: what the router leaves to it, and mistakes.
 *
 * @param id the command or topic: `ids allocate`
 * @param words what follows it
 * @returns the exit code
 * @throws CfmError usage `bad-command-line`
 */
export async function runOclif(
	id: string,
	words: readonly string[],
	program: Program,
	definition: AnyCommand | undefined,
	result: () => number,
): Promise<number> {
	const config = await configOf(program);
	try {
		await run([id.replaceAll(" ", ":"), ...words], config);
	} catch (error) {
		if (!isMistake(error)) throw error;
		const { message, hints } = mistake(inWords(error, words, definition), id, definition);
		throw new CfmError("usage", "bad-command-line", message, { hints: [...hints, line(id, [], { help: true })] });
	}
	return result();
}

/** oclif's headings. */
const headings: Readonly<Record<string, string>> = {
	USAGE: t`USAGE`,
	ARGUMENTS: t`ARGUMENTS`,
	FLAGS: t`FLAGS`,
	"COMMON FLAGS": t`COMMON FLAGS`,
	DESCRIPTION: t`DESCRIPTION`,
	EXAMPLES: t`EXAMPLES`,
	TOPICS: t`TOPICS`,
	COMMANDS: t`COMMANDS`,
};

/**
 * The help page of a command or topic, with colours: oclif's, in our words.
 *
 * @param columns at most as wide
 */
export async function drawHelpPage(id: string, program: Program, columns: number): Promise<string> {
	let page = "";
	class InOurWords extends CommandHelp {
		override section(heading: string, body: Parameters<CommandHelp["section"]>[1]): string {
			return super.section(headings[heading] ?? heading, body);
		}

		/** All of it: oclif's own takes the last of its lines. */
		protected override description(): string | undefined {
			const { description } = this.command;
			return description === undefined ? undefined : this.wrap(description);
		}

		protected override flags(flags: Command.Flag.Any[]): [string, string | undefined][] | undefined {
			const told = ({ summary = "", required, ...flag }: Command.Flag.Any) =>
				({ ...flag, summary: required ? t`(required) ${summary}` : summary }) as Command.Flag.Any;
			return super.flags(flags.map(told));
		}
	}
	class Kept extends Help {
		override CommandHelpClass = InOurWords;

		override section(heading: string, body: Parameters<Help["section"]>[1]): string {
			return super.section(headings[heading] ?? heading, body);
		}

		protected override log(...lines: string[]): void {
			page += `${lines.join(" ")}\n`;
		}
	}
	const config = await configOf(program);
	const options = { ...config.pjson.oclif.helpOptions, maxWidth: columns };
	await new Kept(config, options).showHelp([id.replaceAll(" ", ":")]);
	return page;
}

function configOf(program: Program): Promise<Config> {
	return Config.load({
		root: program.root,
		isRoot: true,
		pjson: {
			name: program.name,
			version: program.version,
			oclif: {
				bin: "cfm",
				topicSeparator: " ",
				additionalHelpFlags: ["-h"],
				commands: { strategy: "explicit", target: program.module, identifier: "commands" },
				// The summary is the page's first line already.
				helpOptions: { hideCommandSummaryInDescription: true },
				topics: program.topics,
			},
		},
	} as unknown as Interfaces.LoadOptions);
}

/** In characters. */
const mostOfChoices = 60;

function toOclifFlag([name, flag]: [string, NonNullable<AnyCommand["flags"]>[string]]) {
	const common = {
		summary: flag.summary,
		...(flag.common ? { helpGroup: "COMMON" } : {}),
		required: flag.required ?? false,
		...(flag.char === undefined ? {} : { char: flag.char }),
	};
	if (flag.kind === "boolean") return [name, Flags.boolean(common as Parameters<typeof Flags.boolean>[0])];
	const choices = flag.kind === "text" ? flag.choices : undefined;
	// More than a line holds would be broken within words: they are told below.
	const isLong = choices !== undefined && choices.join("|").length > mostOfChoices;
	return [
		name,
		Flags.string({
			...common,
			...(isLong && { summary: `${flag.summary}: ${choices.join(", ")}` }),
			// Choices are checked by our own parser, which says them in the same words on both ways.
			helpValue: choices === undefined || isLong ? flag.value : choices.join("|"),
			multiple: flag.kind === "text" && flag.multiple === true,
			// One value each time: else oclif would take the arguments that follow for more of them.
			multipleNonGreedy: true,
		} as Parameters<typeof Flags.string>[0]),
	];
}

/** Everything oclif itself finds wrong with a command line carries its mark; the rest is a fault. */
function isMistake(error: unknown): error is Error {
	return error instanceof Error && "oclif" in error;
}

/** Of a command of one word oclif can take what follows for more of its name, and finds no such command. */
function inWords(error: Error, words: readonly string[], definition: AnyCommand | undefined): Error {
	if (definition === undefined || !/^command .* not found$/s.test(error.message)) return error;
	const end = words.findIndex((word) => word.startsWith("-"));
	const typed = end === -1 ? words : words.slice(0, end);
	return Object.assign(error, { args: typed.slice(Object.keys(definition.args ?? {}).length) });
}

/** The mistake in our words, and what was meant. oclif says which words it is about, and in its own (of a pinned version) the rest. */
function mistake(error: Error, id: string, definition: AnyCommand | undefined): { message: string; hints: Hint[] } {
	const told = error as { args?: (string | { name: string })[]; flags?: string[] };
	const { args = [] } = told;
	// What stands behind an equals sign may be a secret.
	const flags = (told.flags ?? []).map((flag) => flag.split("=", 1)[0] ?? "");
	const words = [...flags, ...args.map((arg) => (typeof arg === "string" ? arg : arg.name.toUpperCase()))].join(", ");
	const said = (message: string, hints: Hint[] = []) => ({ message, hints });
	if (definition?.discreet && flags.length === 0 && typeof args[0] === "string") {
		return said(
			plural(args.length, {
				one: "One word is too many. It is not repeated here, for it may be a secret; cfm takes none.",
				other: `${args.length} words are too many. They are not repeated here, for they may be secrets; cfm takes none.`,
			}),
		);
	}
	if (flags.length > 0)
		return said(
			plural(flags.length, { one: `There is no flag ${words}.`, other: `There are no flags ${words}.` }),
			flags.flatMap((flag) => likeFlag(flag, definition)),
		);
	if (typeof args[0] === "object")
		return said(
			plural(args.length, { one: `The argument ${words} is missing.`, other: `The arguments ${words} are missing.` }),
			[wholeLine(id, definition)],
		);
	if (args.length > 0)
		return said(
			plural(args.length, {
				one: `The argument ${words} is one too many.`,
				other: `The arguments ${words} are too many.`,
			}),
		);
	const [, flag = "", problem] = /^Flag (--\S+) (expects a value|can only be specified once)/.exec(error.message) ?? [];
	if (problem === "expects a value") return said(t`${flag} needs a value.`);
	if (problem !== undefined) return said(t`${flag} can be given only once.`);
	return said(t`This command line can't be read.`);
}

/** The flag of this command that is written nearly so: half of the letters may be wrong, or only its beginning is there. */
function likeFlag(typed: string, definition: AnyCommand | undefined): Hint[] {
	const word = typed.replace(/^-+/, "").replace(/=.*/, "").toLowerCase();
	const names = Object.keys(definition?.flags ?? {});
	if (word.length < 2 || names.length === 0) return [];
	const begun = names.filter((name) => name.startsWith(word));
	const near = begun.length === 1 ? (begun[0] as string) : closest(word, names);
	const isLike = begun.length === 1 || distance(near, word) <= Math.min(2, word.length / 2);
	return isLike ? [t`Did you mean --${near}?`] : [];
}

/** A command with all that it needs, to be filled in. */
function wholeLine(id: string, definition: AnyCommand | undefined): CommandLine {
	const needed = Object.entries(definition?.args ?? {}).filter(([, { required }]) => required);
	const flags = Object.entries(definition?.flags ?? {}).filter(([, { required }]) => required);
	return line(
		id,
		needed.map(([name]) => ({ fill: name.toUpperCase() })),
		Object.fromEntries(flags.map(([name, flag]) => [name, "value" in flag ? { fill: flag.value } : true])),
	);
}
