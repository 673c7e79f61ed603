import { closest, distance } from "fastest-levenshtein";
import { line } from "../command-line.js";
import { CfmError } from "../errors.js";
import { t } from "../text.js";

/** What can be called: commands and nouns. */
interface Names {
	commands: readonly string[];
	topics: readonly string[];
}

/** What other programs call the same, by whole words: no likeness of letters leads from one to the other. */
const synonyms = {
	nouns: {
		backup: "registry backup",
		browser: "web",
		browsers: "web",
		clients: "client",
		env: "environments",
		environment: "environments",
		id: "ids",
		port: "ports",
		setting: "config",
		settings: "config",
		site: "sites",
		webid: "web",
		webids: "web",
	},
	/** Of any noun, or of `ids` where none is said. */
	verbs: {
		add: ["add", "allocate", "set"],
		assign: ["allocate"],
		clear: ["clear", "release", "remove"],
		create: ["add", "allocate"],
		delete: ["remove", "release", "clear"],
		free: ["release"],
		get: ["show", "get", "list"],
		info: ["show", "info"],
		list: ["list"],
		log: ["history"],
		ls: ["list"],
		new: ["allocate", "add"],
		remove: ["remove", "release", "clear"],
		rm: ["remove", "release", "clear"],
		search: ["list"],
		show: ["show", "list"],
		undo: ["restore"],
		update: ["set"],
	},
} as const;

/** The command that other words mean: `ids delete`, `env ls`, `allocate`. */
function meant([first = "", second]: readonly string[], { commands, topics }: Names): string | undefined {
	const has = (id: string) => commands.includes(id);
	const named = (table: Readonly<Record<string, string>>, word: string) =>
		Object.hasOwn(table, word) ? table[word] : undefined;
	const noun = named(synonyms.nouns, first) ?? (topics.includes(first) ? first : undefined);
	if (noun !== undefined && has(noun)) return noun;
	const verb = noun === undefined ? first : second;
	if (verb === undefined) return noun;
	const others = Object.hasOwn(synonyms.verbs, verb) ? synonyms.verbs[verb as keyof typeof synonyms.verbs] : [];
	const found = [verb, ...others].map((one) => `${noun ?? "ids"} ${one}`).find(has);
	if (found !== undefined) return found;
	if (noun !== undefined) return noun === first ? undefined : noun;
	// A verb that one noun alone has, as `verify`.
	const [only, ...more] = commands.filter((id) => id.endsWith(` ${verb}`));
	return more.length === 0 ? only : undefined;
}

/**
 * Says what was probably meant, and never runs it.
 *
 * @returns usage `unknown-command`
 */
export function unknownCommand(argv: readonly string[], names: Names): CfmError {
	const flagAt = argv.findIndex((word) => word.startsWith("-"));
	const depth = names.topics.some((topic) => topic.includes(" ") && `${argv.join(" ")} `.startsWith(`${topic} `))
		? 3
		: 2;
	const words = argv.slice(0, flagAt < 0 ? depth : Math.min(flagAt, depth)).map((word) => word.slice(0, 40));
	if (words.length === 0) {
		return new CfmError("usage", "unknown-command", t`The command must come before its flags.`, {
			hints: [line("", [], { help: true })],
		});
	}
	const typed = words.join(" ");
	const guess = meant(words, names) ?? near(typed, names) ?? near(words[0] ?? "", names);
	return new CfmError("usage", "unknown-command", t`There is no command ${typed}.`, {
		hints: [...(guess === undefined ? [] : [line(guess)]), line("", [], { help: true })],
		data: guess === undefined ? {} : { suggestion: guess },
	});
}

/** Half of the letters may be wrong, three at most: beyond that it is a guess at nothing. */
function near(text: string, { commands, topics }: Names): string | undefined {
	const name = closest(text, [...commands, ...topics]);
	return distance(name, text) <= Math.min(3, text.length / 2) ? name : undefined;
}
