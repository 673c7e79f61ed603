import type { Streams } from "../../../src/lib/cli/streams.js";

/** Streams that keep what is written to them. Off a terminal unless told otherwise. */
export interface KeptStreams extends Streams {
	written: { out: string; err: string };
}

export function keptStreams(options: Partial<Streams> = {}): KeptStreams {
	const written = { out: "", err: "" };
	return {
		written,
		out(text) {
			written.out += text;
			return true;
		},
		err(text) {
			written.err += text;
		},
		inIsTerminal: false,
		outIsTerminal: false,
		errIsTerminal: false,
		columns: 100,
		variables: {},
		...options,
	};
}

/** A person at a terminal. */
export const atTerminal = { inIsTerminal: true, outIsTerminal: true, errIsTerminal: true } as const;
