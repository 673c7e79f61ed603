import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import packageJson from "../package.json" with { type: "json" };
import { commands as loaders, topics } from "./commands.js";
import type { AnyCommand } from "./lib/cli/definition.js";
import { end, execute, toCfmError } from "./lib/cli/execute.js";
import { helpTopics } from "./lib/cli/help.js";
import { takeLanguage } from "./lib/cli/language-flag.js";
import type { Program } from "./lib/cli/oclif.js";
import { mustBeSpoken, parseWords, Unusual } from "./lib/cli/request.js";
import type { Streams } from "./lib/cli/streams.js";
import type { Host } from "./lib/host/host.js";
import { language } from "./lib/text.js";
import { thisHost } from "./lib/this-host.js";
import { thisTerminal } from "./lib/this-terminal.js";
import {
	builtPage,
	inItsColours,
	isVersion,
	pageColumns,
	rootPage,
	usualColumns,
	versionFacts,
	versionLine,
} from "./plain.js";

/** For oclif, which asks this module for its commands; filled before it is asked. */
export const commands: Record<string, unknown> = {};

/**
 * Runs one command line.
 *
 * The router comes first: it knows a well-formed call by its definition and runs it. Help and mistakes go to oclif,
 * which knows the same definitions; loading it costs more than a whole `cfm ids show`.
 *
 * @param here the folder of the bundle
 * @returns the exit code
 */
export async function main(
	line: readonly string[],
	here: string,
	streams: Streams = thisTerminal,
	host: Host = thisHost,
): Promise<number> {
	const flags = { json: line.includes("--json"), pretty: line.includes("--pretty") };
	try {
		const { words: argv, lang } = takeLanguage(line);
		if (lang !== undefined) mustBeSpoken(lang);
		const [first] = argv;
		if (isVersion(first)) {
			if (flags.json) return await end({ result: versionFacts(), warnings: [] }, streams, flags);
			streams.out(versionLine());
			return 0;
		}
		const [word, ...others] = argv.filter((one) => one !== "--json" && one !== "--pretty");
		if (first === undefined || (others.length === 0 && ["--help", "-h", "help"].includes(word ?? ""))) {
			if (flags.json) return await end({ result: { topic: "", text: await bareHelp() }, warnings: [] }, streams, flags);
			streams.out(await bareHelp());
			return 0;
		}
		if (first === "help" && !Object.hasOwn(helpTopics, argv[1] ?? "")) {
			const asked = argv.slice(1).filter((one) => !one.startsWith("-") || one === "--json" || one === "--pretty");
			return await main([...asked, "--help"], here, streams, host);
		}
		const id = commandId(argv);
		if (id === undefined) return await topicOrMistake(argv, here, streams, host);
		const definition = await load(id);
		const names = id.split(" ");
		const words = [...(lang === undefined ? [] : [`--lang=${lang}`]), ...argv.slice(names.length)];
		try {
			return await execute(id, definition, parseWords(definition, words, id), streams, host, wholeProgram);
		} catch (error) {
			if (!(error instanceof Unusual)) throw error;
			return await viaOclif([...names, ...words], here, streams, host);
		}
	} catch (error) {
		return end({ warnings: [], error: await toCfmError(error, "", host) }, streams, flags);
	}
}

/** Runs a command line through oclif, whatever it is: mistakes, and the tests that compare both ways. */
export async function viaOclif(
	argv: readonly string[],
	here: string,
	streams: Streams = thisTerminal,
	host: Host = thisHost,
): Promise<number> {
	const command = commandId(argv);
	const topic = named(argv, topics);
	// A command can be a noun, too, and have nouns below it: the most words that are named are meant.
	const isTopic = topic !== undefined && topic.length > (command?.length ?? 0);
	const id = (isTopic ? topic : command) ?? argv[0] ?? "";
	if (asksForHelp(argv)) {
		const json = argv.includes("--json");
		const page = await helpPage(id, here, streams);
		const text = json ? stripVTControlCharacters(page) : inItsColours(page, streams);
		const result = { topic: id, text };
		if (json) return end({ result, warnings: [] }, streams, { json, pretty: argv.includes("--pretty") });
		streams.out(text);
		return 0;
	}
	const oclif = await import("./lib/cli/oclif.js");
	let code = 0;
	const definition = command === undefined ? undefined : await load(command);
	if (definition !== undefined)
		commands[id.replaceAll(" ", ":")] = oclif.toOclifCommand(
			id,
			definition,
			{ streams, host, program: wholeProgram },
			(exit) => {
				code = exit;
			},
		);
	return oclif.runOclif(id, argv.slice(id.split(" ").length), programOf(here), definition, () => code);
}

/** What oclif is told of this program. */
function programOf(here: string): Program {
	const theirs = Object.fromEntries(Object.entries(topics).map(([name, it]) => [name.replaceAll(" ", ":"), it]));
	const { name, version } = packageJson;
	const module = language === "en" ? "./dist/cfm.cjs" : `./dist/cfm.${language}.cjs`;
	return { name, version, root: join(here, ".."), module, topics: theirs };
}

/** The help page of a command or a noun, as the build drew it; drawn now for a narrow terminal, and where nothing was built. */
async function helpPage(id: string, here: string, streams: Streams): Promise<string> {
	return builtPage(id, here, streams) ?? drawHelp(id, here, pageColumns(streams));
}

async function drawHelp(id: string, here: string, columns: number): Promise<string> {
	const { drawHelpPage, toOclifCommand } = await import("./lib/cli/oclif.js");
	// A noun's page has only the summaries of its commands.
	for (const name of Object.keys(loaders).filter((one) => one === id || one.startsWith(`${id} `))) {
		const whole = await load(name);
		const definition = name === id ? whole : { ...whole, flags: {}, args: {}, examples: [] };
		commands[name.replaceAll(" ", ":")] = toOclifCommand(name, definition, nobody, () => undefined);
	}
	return drawHelpPage(id, programOf(here), columns);
}

/** Commands that a help page is drawn of are not run. */
const nobody = { streams: thisTerminal, host: thisHost, program: wholeProgram };

/** Every help page with its colours, for the build. */
export async function helpPages(here: string): Promise<Record<string, string>> {
	const pages: Record<string, string> = {};
	for (const id of [...Object.keys(topics), ...Object.keys(loaders)])
		pages[id] = await drawHelp(id, here, usualColumns);
	return pages;
}

/** As oclif sees it: anywhere before `--`. */
function asksForHelp(argv: readonly string[]): boolean {
	const words = argv.slice(0, argv.includes("--") ? argv.indexOf("--") : argv.length);
	return words.includes("--help") || words.includes("-h");
}

/** All definitions, for help, oclif, the docs and the tests. */
export async function loadAll(): Promise<Record<string, AnyCommand>> {
	const entries = Object.keys(loaders).map(async (id) => [id, await load(id)] as const);
	return Object.fromEntries(await Promise.all(entries));
}

/** The nouns that are no commands, in one word, for the build. */
export function nouns(): string[] {
	return Object.keys(topics).filter((name) => !name.includes(" ") && !Object.hasOwn(loaders, name));
}

/** The page that `cfm` alone prints. */
export async function bareHelp(): Promise<string> {
	const drawn = rootPage();
	if (drawn !== undefined) return drawn;
	const { rootHelp } = await import("./lib/cli/help.js");
	return rootHelp(packageJson.version, await loadAll(), topics);
}

async function wholeProgram() {
	return { commands: await loadAll(), topics };
}

async function load(id: string): Promise<AnyCommand> {
	const loader = loaders[id];
	if (loader === undefined) throw new Error(`no command ${id}`);
	return (await loader()).default;
}

/** The command that the first words name: three words, two, or one. */
function commandId(argv: readonly string[]): string | undefined {
	return named(argv, loaders);
}

function named(argv: readonly string[], names: object): string | undefined {
	for (let count = Math.min(3, argv.length); count > 0; count--) {
		const words = argv.slice(0, count);
		const name = words.join(" ");
		// One word that holds a space is not two words: what follows would be taken for something else.
		if (Object.hasOwn(names, name) && words.every((word) => !word.includes(" "))) return name;
	}
	return undefined;
}

async function topicOrMistake(argv: readonly string[], here: string, streams: Streams, host: Host): Promise<number> {
	const topic = named(argv, topics);
	const next = argv[topic?.split(" ").length ?? 0];
	if (topic !== undefined && (next === undefined || next.startsWith("-"))) {
		const format = argv.filter((word) => word === "--json" || word === "--pretty");
		return viaOclif([...topic.split(" "), "--help", ...format], here, streams, host);
	}
	const { unknownCommand } = await import("./lib/cli/unknown-command.js");
	throw unknownCommand(argv, { commands: Object.keys(loaders), topics: Object.keys(topics) });
}
