import { findPlaces } from "./lib/adapters/files/places.js";
import { readSettingFile } from "./lib/adapters/files/setting-file.js";
import type { AnyCommand } from "./lib/cli/definition.js";
import { end, execute, toCfmError } from "./lib/cli/execute.js";
import { wantsLog } from "./lib/cli/log-wanted.js";
import { parseWords } from "./lib/cli/request.js";
import type { Streams } from "./lib/cli/streams.js";
import type { Host } from "./lib/host/host.js";
import { isOnServer } from "./lib/registry/location.js";
import { thisTerminal } from "./lib/this-terminal.js";

/** An exit code; or why nothing was done: `server`, the registry is on one; undefined, anything else. */
type Outcome = number | "server" | undefined;

type Main = (argv: readonly string[], here?: string, streams?: Streams, host?: Host) => Promise<Outcome>;

/**
 * What runs a well-formed call of one of the commands that scripts run in loops: each has bundles of its own, one for
 * registries in files and one for those on servers, for what is not there need not be loaded. The build makes them of the same
 * definitions that `src/commands.ts` lists; which commands these are, `bin/run.cjs` knows.
 *
 * @param bundled the machine as the bundle holds it, and which registries that opens
 * @returns a function for command lines, which returns the exit code; undefined for anything else (help, a mistake, another
 *   command, the other kind of registry), and nothing was done
 */
export function hot(id: string, definition: AnyCommand, bundled: { host: Host; onServer: boolean }): Main {
	return (argv, _here, streams = thisTerminal, host = bundled.host) =>
		run(id, definition, { argv, streams, host, onServer: bundled.onServer });
}

async function run(
	id: string,
	definition: AnyCommand,
	{ argv, streams, host, onServer }: { argv: readonly string[]; streams: Streams; host: Host; onServer: boolean },
): Promise<Outcome> {
	const { length } = id.split(" ");
	if (argv.slice(0, length).join(" ") !== id) return undefined;
	let request: ReturnType<typeof parseWords>;
	try {
		request = parseWords(definition, argv.slice(length), id);
	} catch {
		// Unusual, or wrong: the whole program says so.
		return undefined;
	}
	// The whole program has what writes a log.
	if (wantsLog(argv.includes("--verbose"), streams)) return undefined;
	const isThere = isOnServer(registryMeant(request, streams.variables));
	if (isThere !== onServer) return isThere ? "server" : undefined;
	try {
		return await execute(id, definition, request, streams, host);
	} catch (error) {
		const flags = { json: argv.includes("--json"), pretty: argv.includes("--pretty") };
		return end({ warnings: [], error: await toCfmError(error, id, host) }, streams, flags);
	}
}

/** Which registry a command is about, as far as it must be known to choose the bundle: what cannot be read is told later. */
function registryMeant({ flags }: { flags: object }, variables: Streams["variables"]): string {
	const named = (flags as { registry?: string }).registry ?? (variables.CFM_REGISTRY || undefined);
	if (named !== undefined) return String(named);
	const { userConfig, machineConfig } = findPlaces(variables);
	for (const file of [userConfig, machineConfig]) {
		try {
			const { registry } = readSettingFile(file)?.values ?? {};
			if (registry !== undefined) return String(registry);
		} catch {
			return "";
		}
	}
	return "";
}
