import { type Known, known, unknown } from "../../known.js";
import type { Network, NetworkCommand } from "../../port/network.js";
import { answersAtLoopback } from "../../port/whose.js";
import { t } from "../../text.js";
import { bindLoopback } from "../processes/loopback.js";
import { ask as askProgram } from "../processes/start.js";
import { systemProgram } from "../processes/system.js";
import { listListeners, listListening, listSockets } from "./listeners.js";
import { dynamicRange, excludedRanges } from "./netsh.js";
import { listSessions } from "./session-list.js";

/** What this machine's network says of ports: its table of listeners in process, its ranges by `netsh`. */
export function windowsNetwork(): Network {
	return {
		listeners: () => attempt(listListeners),
		listening: () => attempt(() => ports(() => true)),
		answering: () => attempt(() => ports(answersAtLoopback)),
		sockets: (ports) => attempt(() => listSockets(ports)),
		sessions: () => attempt(async () => known(await listSessions())),
		excluded: () => ask(["int", "ipv4", "show", "excludedportrange", "protocol=tcp"], excludedRanges),
		dynamic: () => ask(["int", "ipv4", "show", "dynamicport", "tcp"], dynamicRange),
		bind: bindLoopback,
		configure: async ({ program, words }) => {
			const { exitCode, output } = await run(program, words);
			return { succeeded: exitCode === 0, told: output.trim() };
		},
	};
}

async function ports(isMeant: (address: string) => boolean): Promise<Known<Set<number>>> {
	const rows = await listListening();
	if (!rows.known) return rows;
	return known(new Set(rows.value.filter(({ address }) => isMeant(address)).map(({ port }) => port)), rows.except);
}

async function attempt<T>(work: () => Promise<Known<T>>): Promise<Known<T>> {
	try {
		return await work();
	} catch (error) {
		return unknown(error instanceof Error ? error.message : String(error));
	}
}

async function ask<T>(words: readonly string[], read: (output: string) => Known<T>): Promise<Known<T>> {
	const { exitCode, output } = await run("netsh", words);
	return exitCode === 0
		? read(output)
		: unknown(exitCode === undefined ? t`netsh was ended by a signal` : t`netsh ended with exit code ${exitCode}`);
}

async function run(
	program: NetworkCommand["program"],
	words: readonly string[],
): Promise<{ exitCode: number | undefined; output: string }> {
	// The code page is the system's own; what is read of it, digits and dashes, is the same in all of them.
	const options = { timeout: 60_000, errors: true, encoding: "latin1" } as const;
	return askProgram(systemProgram(`${program}.exe`), words, options);
}
