import { join } from "node:path";
import packageJson from "../package.json" with { type: "json" };
import { commands as loaders, topics } from "./commands.js";
import type { AnyCommand } from "./lib/cli/definition.js";
import { end, execute, toCfmError } from "./lib/cli/execute.js";
import { helpTopics } from "./lib/cli/help.js";
import { takeLanguage } from "./lib/cli/language-flag.js";
import { mustBeSpoken, parseWords, Unusual } from "./lib/cli/request.js";
import { mayColour, processStreams, type Streams } from "./lib/cli/streams.js";
import { line } from "./lib/command-line.js";
import { CfmError } from "./lib/errors.js";
import type { Host } from "./lib/host/host.js";
import { language, t } from "./lib/text.js";
import { thisHost } from "./lib/this-host.js";

/** The bare help page, put here by the build; while it is absent (tests run from source) it is made on use. */
declare const CFM_ROOT_HELP: string | undefined;

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
	streams: Streams = processStreams,
	host: Host = thisHost,
): Promise<number> {
	const flags = { json: line.includes("--json"), pretty: line.includes("--pretty") };
	try {
		const { words: argv, lang } = takeLanguage(line);
		if (lang !== undefined) mustBeSpoken(lang);
		const [first] = argv;
		if (first === "--version" || first === "version") {
			const result = {
				version: packageJson.version,
				platform: `${process.platform}-${process.arch}`,
				node: process.version,
			};
			if (flags.json) return await end({ result, warnings: [] }, streams, flags);
			streams.out(`cfm/${result.version} ${result.platform} node-${result.node}\n`);
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
			return await execute(id, definition, parseWords(definition, words, id), streams, host);
		} catch (error) {
			if (!(error instanceof Unusual)) throw error;
			return await viaOclif([...names, ...words], here, streams, host);
		}
	} catch (error) {
		return end({ warnings: [], error: await toCfmError(error, "") }, streams, flags);
	}
}

/** Runs a command line through oclif, whatever it is: help pages, mistakes, and the tests that compare both ways. */
export async function viaOclif(
	argv: readonly string[],
	here: string,
	streams: Streams = processStreams,
	host: Host = thisHost,
): Promise<number> {
	const oclif = await import("./lib/cli/oclif.js");
	const command = commandId(argv);
	const id = command ?? named(argv, topics) ?? argv[0] ?? "";
	let code = 0;
	// Only what the page is about: oclif looks at every flag of every command it is given. A noun's page has summaries.
	for (const name of Object.keys(loaders).filter((one) => one === id || one.startsWith(`${id} `))) {
		const whole = await load(name);
		const definition = command === undefined ? { ...whole, flags: {}, args: {}, examples: [] } : whole;
		commands[name.replaceAll(" ", ":")] = oclif.toOclifCommand(name, definition, { streams, host }, (exit) => {
			code = exit;
		});
	}
	const root = join(here, "..");
	const theirs = Object.fromEntries(Object.entries(topics).map(([name, it]) => [name.replaceAll(" ", ":"), it]));
	const { name, version } = packageJson;
	const module = language === "en" ? "./dist/cfm.cjs" : `./dist/cfm.${language}.cjs`;
	const program = { name, version, root, module, topics: theirs };
	if (asksForHelp(argv)) {
		const json = argv.includes("--json");
		const text = await oclif.helpPage(id, program, !json && mayColour(streams, streams.outIsTerminal));
		const result = { topic: id, text };
		if (json) return end({ result, warnings: [] }, streams, { json, pretty: argv.includes("--pretty") });
		streams.out(text);
		return 0;
	}
	return oclif.runOclif(id, argv.slice(id.split(" ").length), program, () => code);
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

/** The page that `cfm` alone prints. */
export async function bareHelp(): Promise<string> {
	if (typeof CFM_ROOT_HELP === "string") return CFM_ROOT_HELP;
	const { rootHelp } = await import("./lib/cli/help.js");
	return rootHelp(packageJson.version, await loadAll(), topics);
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
	throw await unknownCommand(argv);
}

/** Says what was probably meant, and never runs it. */
async function unknownCommand(argv: readonly string[]): Promise<CfmError> {
	const flagAt = argv.findIndex((word) => word.startsWith("-"));
	const depth = named(argv, topics)?.includes(" ") ? 3 : 2;
	const words = argv.slice(0, flagAt < 0 ? depth : Math.min(flagAt, depth)).map((word) => word.slice(0, 40));
	if (words.length === 0) {
		return new CfmError("usage", "unknown-command", t`The command must come before its flags.`, {
			hints: [line("", [], { help: true })],
		});
	}
	const { closest, distance } = await import("fastest-levenshtein");
	const typed = words.join(" ");
	const names = [...Object.keys(loaders), ...Object.keys(topics)];
	// Half of the letters may be wrong, three at most: beyond that it is a guess at nothing.
	const near = (text: string) => {
		const name = closest(text, names);
		return distance(name, text) <= Math.min(3, text.length / 2) ? name : undefined;
	};
	const guess = near(typed) ?? near(words[0] ?? "");
	return new CfmError("usage", "unknown-command", t`There is no command ${typed}.`, {
		hints: [...(guess === undefined ? [] : [line(guess)]), line("", [], { help: true })],
		data: guess === undefined ? {} : { suggestion: guess },
	});
}
