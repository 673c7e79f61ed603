import type { Host } from "../host/host.js";
import { hearLog, log } from "../log.js";
import { visible } from "../text.js";
import { mayColour, type Streams } from "./streams.js";
import { coloured, plain } from "./theme.js";

/**
 * Starts the log: on stderr with `--verbose`, at the end of the file that CFM_LOG names.
 *
 * @returns what ends it
 * @throws CfmError denied `file-not-writable`, `open-to-others`; not-found `no-folder`
 */
export async function openLog(command: string, verbose: boolean, streams: Streams, host: Host): Promise<() => void> {
	const ends: (() => void)[] = [];
	if (verbose) {
		const paint = mayColour(streams, streams.errIsTerminal) ? await coloured() : plain;
		ends.push(hearLog((line) => streams.err(`${paint(`${elapsed()}  ${visible(line)}`, "quiet")}\n`)));
	}
	const file = streams.variables.CFM_LOG;
	if (file) {
		const write = await host.files.appendTo(file);
		ends.push(hearLog((line) => write(`${host.now().toISOString()} ${process.pid} ${visible(line)}\n`)));
	}
	log(() => `cfm ${command}, Node ${process.version}, ${process.platform} ${process.arch}, process ${process.pid}`);
	return () => {
		for (const end of ends) end();
	};
}

/** Since the process started. */
function elapsed(): string {
	return `${(process.uptime() * 1000).toFixed(0).padStart(6)} ms`;
}
