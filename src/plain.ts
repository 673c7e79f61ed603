import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import packageJson from "../package.json" with { type: "json" };
import { mayColour, type Streams } from "./lib/cli/streams.js";
import { language } from "./lib/text.js";
import { thisTerminal } from "./lib/this-terminal.js";

/** The bare help page, put here by the build; while it is absent (tests run from source) it is made on use. */
declare const CFM_ROOT_HELP: string | undefined;

/** The nouns that are no commands, in one word: alone they show their page. */
declare const CFM_NOUNS: readonly string[] | undefined;

/**
 * Answers what needs no command, from what the build has drawn: the version, the bare help page, and that of a command or a
 * noun. A bundle of its own: the whole program takes as long to load as Node.
 *
 * @returns the exit code; undefined for anything else, and nothing was done
 */
export async function main(
	line: readonly string[],
	here: string,
	streams: Streams = thisTerminal,
): Promise<number | undefined> {
	const text = answer(line, here, streams);
	if (text === undefined) return undefined;
	try {
		streams.out(text);
		return 0;
	} catch {
		// A full disk: the whole program meets it again, and has the words for it.
		return undefined;
	}
}

function answer(line: readonly string[], here: string, streams: Streams): string | undefined {
	const [first, ...others] = line;
	if (others.length === 0 && isVersion(first)) return versionLine();
	const id = helpAsked(line);
	if (id === "") return rootPage();
	const page = id === undefined ? undefined : builtPage(id, here, streams);
	return page === undefined ? undefined : inItsColours(page, streams);
}

/** Whether the first word asks for the version. */
export function isVersion(word: string | undefined): boolean {
	return ["--version", "version", "-v", "-V"].includes(word ?? "");
}

/** The version of this program, and what it runs on. */
export function versionFacts() {
	return {
		version: packageJson.version,
		platform: `${process.platform}-${process.arch}`,
		node: process.version,
	};
}

export function versionLine(): string {
	const { version, platform, node } = versionFacts();
	return `cfm/${version} ${platform} node-${node}\n`;
}

/** The page of `cfm` alone, where the build has drawn it. */
export function rootPage(): string | undefined {
	return typeof CFM_ROOT_HELP === "string" ? CFM_ROOT_HELP : undefined;
}

/** The width that the build draws help pages for: what a terminal has at least, unless somebody made it narrow. */
export const usualColumns = 80;

/** The columns that a help page has: in a wide terminal no more than usual. */
export function pageColumns(streams: Streams): number {
	return streams.outIsTerminal ? Math.min(streams.columns, usualColumns) : usualColumns;
}

/** The help page of a command or a noun with its colours, as the build drew it; undefined where it did not, or for a narrow terminal. */
export function builtPage(id: string, here: string, streams: Streams): string | undefined {
	const file = join(here, language === "en" ? "help.json" : `help.${language}.json`);
	if (pageColumns(streams) !== usualColumns || !existsSync(file)) return undefined;
	const pages = JSON.parse(readFileSync(file, "utf8")) as Record<string, string>;
	return Object.hasOwn(pages, id) ? pages[id] : undefined;
}

/** A page without its colours, where none may be. */
export function inItsColours(page: string, streams: Streams): string {
	if (mayColour(streams, streams.outIsTerminal)) return page;
	return process.getBuiltinModule("node:util").stripVTControlCharacters(page);
}

/** What plain words ask for help about, `""` for all; undefined when they do not, or say more than that. */
function helpAsked(line: readonly string[]): string | undefined {
	const [first, ...others] = line;
	if (line.length === 0) return "";
	if (others.length === 0 && typeof CFM_NOUNS === "object" && CFM_NOUNS.includes(first ?? "")) return first;
	const isLast = ["--help", "-h"].includes(line.at(-1) ?? "");
	const words = isLast ? line.slice(0, -1) : first === "help" ? others : undefined;
	if (words === undefined || (isLast && first === "help")) return undefined;
	return words.some((word) => word.startsWith("-") || word.includes(" ")) ? undefined : words.join(" ");
}
