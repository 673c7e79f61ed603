import { Args, Command, Config, Flags, Help, type Interfaces, run } from "@oclif/core";
import { CfmError } from "../errors.js";
import { t } from "../text.js";
import type { AnyCommand } from "./definition.js";
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
	streams: Streams,
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
			exit(await execute(id, definition, request, streams));
		}

		/** Every error is said by us, once: oclif's own way prints it and loses the code. */
		override async catch(error: unknown): Promise<never> {
			throw error;
		}
	} as unknown as CommandClass;
}

/**
 * Runs a command line through oclif: help, and the words for a mistake.
 *
 * @param id the command or topic: `ids allocate`
 * @param words what follows it
 * @returns the exit code
 * @throws CfmError usage `bad-command-line`, with oclif's explanation
 */
export async function runOclif(
	id: string,
	words: readonly string[],
	program: Program,
	result: () => number,
): Promise<number> {
	const config = await configOf(program);
	try {
		await run([id.replaceAll(" ", ":"), ...words], config);
	} catch (error) {
		if (!isMistake(error)) throw error;
		throw toUsageError(error, id);
	}
	return result();
}

/** The help page of a command or topic, as oclif would print it. */
export async function helpPage(id: string, program: Program): Promise<string> {
	let page = "";
	class Kept extends Help {
		protected override log(...lines: string[]): void {
			page += `${lines.join(" ")}\n`;
		}
	}
	const config = await configOf(program);
	await new Kept(config, { ...config.pjson.oclif.helpOptions, stripAnsi: true }).showHelp([id.replaceAll(" ", ":")]);
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

function toOclifFlag([name, flag]: [string, NonNullable<AnyCommand["flags"]>[string]]) {
	const common = {
		summary: flag.summary,
		...(flag.common ? { helpGroup: t`COMMON` } : {}),
		required: flag.required ?? false,
		...(flag.char === undefined ? {} : { char: flag.char }),
	};
	if (flag.kind === "boolean") return [name, Flags.boolean(common as Parameters<typeof Flags.boolean>[0])];
	const choices = flag.kind === "text" ? flag.choices : undefined;
	return [
		name,
		Flags.string({
			...common,
			// Choices are checked by our own parser, which says them in the same words on both ways.
			helpValue: choices === undefined ? flag.value : choices.join("|"),
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

function toUsageError(error: Error, id: string): CfmError {
	const message = error.message
		.replace(/\n*See more help with --help\s*$/, "")
		.split("\n")
		.map((line) => line.trim())
		.filter((line) => line !== "")
		.join(" ");
	return new CfmError("usage", "bad-command-line", message, { hints: [`cfm ${id} --help`] });
}
