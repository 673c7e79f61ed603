import allocate from "./commands/ids/allocate.js";
import list from "./commands/ids/list.js";
import release from "./commands/ids/release.js";
import show from "./commands/ids/show.js";
import type { AnyCommand } from "./lib/cli/definition.js";
import { end, execute, toCfmError } from "./lib/cli/execute.js";
import { parseWords } from "./lib/cli/request.js";
import { processStreams, type Streams } from "./lib/cli/streams.js";
import type { Host } from "./lib/host/host.js";
import { hotHost } from "./lib/hot-host.js";

/**
 * The commands that scripts run in loops, in a bundle of their own: what is not there need not be loaded. They are the same
 * definitions that `src/commands.ts` lists.
 */
export const commands: Readonly<Record<string, AnyCommand>> = {
	"ids allocate": allocate,
	"ids list": list,
	"ids release": release,
	"ids show": show,
};

/**
 * Runs a well-formed call of one of these commands.
 *
 * @returns the exit code; undefined for anything else (help, a mistake, another command), and nothing was done
 */
export async function main(
	argv: readonly string[],
	_here?: string,
	streams: Streams = processStreams,
	host: Host = hotHost,
): Promise<number | undefined> {
	const id = argv.slice(0, 2).join(" ");
	const definition = Object.hasOwn(commands, id) ? commands[id] : undefined;
	if (definition === undefined) return undefined;
	let request: ReturnType<typeof parseWords>;
	try {
		request = parseWords(definition, argv.slice(2), id);
	} catch {
		// Unusual, or wrong: the whole program says so.
		return undefined;
	}
	try {
		return await execute(id, definition, request, streams, host);
	} catch (error) {
		const flags = { json: argv.includes("--json"), pretty: argv.includes("--pretty") };
		return end({ warnings: [], error: await toCfmError(error, id) }, streams, flags);
	}
}
