import { type Known, known, unknown } from "../../known.js";
import type { Listener, NetworkCommand, NetworkPort, Owner } from "../../port/network.js";
import { t } from "../../text.js";
import { bindLoopback } from "../processes/loopback.js";
import { systemProgram } from "../processes/system.js";
import { loadNative } from "./native.js";
import { dynamicRange, excludedRanges } from "./netsh.js";

/** What this machine's network says of ports: its table of listeners in process, its ranges by `netsh`. */
export function windowsNetwork(): NetworkPort {
	return {
		listeners: () => attempt(listeners),
		listening: () =>
			attempt(async () => {
				const { rows } = await loadNative();
				return new Set([...rows(4), ...rows(6)].map(({ port }) => port));
			}),
		excluded: () => ask(["int", "ipv4", "show", "excludedportrange", "protocol=tcp"], excludedRanges),
		dynamic: () => ask(["int", "ipv4", "show", "dynamicport", "tcp"], dynamicRange),
		bind: bindLoopback,
		configure: async ({ program, words }) => {
			const { exitCode, output } = await run(program, words);
			return { succeeded: exitCode === 0, told: output.trim() };
		},
	};
}

async function attempt<T>(work: () => Promise<T>): Promise<Known<T>> {
	try {
		return known(await work());
	} catch (error) {
		return unknown(error instanceof Error ? error.message : String(error));
	}
}

/** A process is asked once, however many sockets it has. On Windows a listening socket has one process in the table. */
async function listeners(): Promise<Listener[]> {
	const { rows, owner } = await loadNative();
	const owners = new Map<number, Owner>();
	const ownerOf = (pid: number): Owner => {
		const asked = owners.get(pid) ?? owner(pid);
		owners.set(pid, asked);
		return asked;
	};
	return [...rows(4), ...rows(6)].map(({ address, port, pid }) => ({
		address,
		port,
		owner: ownerOf(pid),
		sharedWith: [],
	}));
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
	const { execa } = await import("execa");
	const { exitCode, all } = await execa(systemProgram(`${program}.exe`), words, {
		all: true,
		// The code page is the system's own; what is read of it, digits and dashes, is the same in all of them.
		encoding: "latin1",
		stdin: "ignore",
		reject: false,
		timeout: 60_000,
	});
	return { exitCode, output: all ?? "" };
}
