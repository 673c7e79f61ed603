import { CfmError } from "../errors.js";
import { quoted } from "../shell-words.js";
import type { Block } from "./view.js";

/**
 * A command line of a command that takes `--registry`, alone or at the end of a sentence (`Say which: cfm …`). The
 * commands stand here by name because the small bundle (`src/hot.ts`) has only four definitions to ask; a test asks all.
 */
const takesRegistry =
	/(?:^|: )(cfm (?:init|install|uninstall|ids|sites|environments|registry|ports|client (?!detect)|web (?!backups))\b.*)$/;

/**
 * Something that is said to people, so that the command it ends with acts on this registry when it is copied.
 *
 * @param location what `--registry` said; undefined without the flag: what an environment variable or a configuration
 *   names holds for the next command as well
 */
export function inRegistry(text: string, location: string | undefined): string {
	// A database's address may hold a password.
	if (location === undefined || location.includes("://")) return text;
	const line = takesRegistry.exec(text)?.[1];
	if (line === undefined || / --(registry|help)\b/.test(line)) return text;
	return `${text} --registry ${quoted(location)}`;
}

/** An error whose hints act on the registry that `--registry` named. */
export function hintsInRegistry(error: CfmError, location: string | undefined): CfmError {
	if (location === undefined) return error;
	const { kind, code, message, data, cause } = error;
	const hints = error.hints.map((hint) => inRegistry(hint, location));
	return new CfmError(kind, code, message, { hints, data, cause });
}

/** A sentence, or what is said instead of an empty table, that ends with a command for this registry. */
export function blockInRegistry(block: Block, location: string | undefined): Block {
	if ("line" in block) return { ...block, line: inRegistry(block.line, location) };
	if ("table" in block) return { ...block, empty: inRegistry(block.empty, location) };
	return block;
}
