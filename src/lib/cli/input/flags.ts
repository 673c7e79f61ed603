import { CfmError } from "../../errors.js";
import { t } from "../../text.js";
import type { Flags } from "../definition.js";

/** What a command that reads a file can be told of how it is written. */
export const fileFlags = {
	encoding: {
		kind: "text",
		value: "NAME",
		summary: t`The file's encoding, unless Unicode: windows-1252, 850 …`,
	},
	delimiter: {
		kind: "text",
		value: "CHARACTER",
		summary: t`Between columns: comma, semicolon, tab or pipe`,
	},
} as const satisfies Flags;

/** How a command that reads a file goes on without what is wrong in it. */
export const badLineFlags = {
	"keep-going": { kind: "boolean", summary: t`Skip bad lines in the file` },
	rejects: { kind: "text", value: "FILE", summary: t`Skip bad lines, and write them to this file` },
} as const satisfies Flags;

/** Delimiters by name: most of them mean something to a shell. */
const delimiters = new Map([
	["comma", ","],
	["semicolon", ";"],
	["tab", "\t"],
	["pipe", "|"],
]);

/** Reads a delimiter: a word, or the character itself. @throws CfmError usage `bad-delimiter` */
export function parseDelimiter(text: string): string {
	const found = delimiters.get(text.toLowerCase()) ?? [...delimiters.values()].find((one) => one === text);
	if (found !== undefined) return found;
	throw new CfmError("usage", "bad-delimiter", t`Not a delimiter: ${JSON.stringify(text.slice(0, 20))}.`, {
		hints: [t`Specify comma, semicolon, tab or pipe.`],
	});
}

/** What the flags say of how a file is written. @throws CfmError usage `bad-delimiter` */
export function inputOptions(flags: { encoding?: string | undefined; delimiter?: string | undefined }) {
	const delimiter = flags.delimiter === undefined ? undefined : parseDelimiter(flags.delimiter);
	return { encoding: flags.encoding, delimiter };
}
