import type { Streams } from "./streams.js";

/** Where a long list is written: piece by piece, and whoever reads may be slower. */
export interface Output {
	/** False once nobody reads any more. */
	write(text: string): boolean | Promise<boolean>;
	/** All is written: waits until the person has seen it. */
	end(): void | Promise<void>;
}

/** Straight to stdout. */
export const straight = ({ out }: Pick<Streams, "out">): Output => ({ write: out, end() {} });

/**
 * What fits the terminal goes to it; what is longer, to a pager. Memory stays flat: the text is kept only until one of the two
 * is decided.
 */
export function paged(streams: Streams): Output {
	if (streams.openPager === undefined || !streams.outIsTerminal || !streams.inIsTerminal) return straight(streams);
	const { rows = 0, openPager } = streams;
	if (rows === 0) return straight(streams);
	let waiting = "";
	let lines = 0;
	let pager: Awaited<ReturnType<NonNullable<Streams["openPager"]>>>;
	let isDecided = false;
	return {
		async write(text) {
			if (isDecided) return pager === undefined ? streams.out(text) : pager.write(text);
			waiting += text;
			lines += text.split("\n").length - 1;
			// The line on which the shell asks for the next command takes a row, too.
			if (lines < rows) return true;
			isDecided = true;
			pager = await openPager.call(streams);
			const all = waiting;
			waiting = "";
			return pager === undefined ? streams.out(all) : pager.write(all);
		},
		async end() {
			if (!isDecided) streams.out(waiting);
			await pager?.end();
		},
	};
}
