import { describe, expect, it } from "vitest";
import { paged } from "../../../src/lib/cli/pages.js";
import { atTerminal, keptStreams } from "./streams-of.js";

/** A terminal of so many rows, and a pager that keeps what it gets until somebody leaves it. */
function terminal(rows: number, options: { leavesAfter?: number; none?: boolean } = {}) {
	const pages: string[] = [];
	let ended = false;
	const pager = {
		async write(text: string) {
			pages.push(text);
			return pages.length < (options.leavesAfter ?? Number.POSITIVE_INFINITY);
		},
		async end() {
			ended = true;
		},
	};
	const streams = keptStreams({ ...atTerminal, rows, openPager: async () => (options.none ? undefined : pager) });
	return { streams, pages, hasEnded: () => ended };
}

describe("a long text on a terminal", () => {
	it("goes there when it fits, to the last line but the prompt's", async () => {
		const { streams, pages } = terminal(4);
		const { write, end } = paged(streams);
		await write("1\n2\n");
		expect(streams.written.out).toBe("");
		await write("3\n");
		await end();
		expect({ out: streams.written.out, pages }).toEqual({ out: "1\n2\n3\n", pages: [] });
	});

	it("goes to the pager from its beginning, which is waited for", async () => {
		const { streams, pages, hasEnded } = terminal(4);
		const { write, end } = paged(streams);
		for (const line of ["1\n2\n", "3\n4\n", "5\n"]) await write(line);
		await end();
		expect({ out: streams.written.out, pages, ended: hasEnded() }).toEqual({
			out: "",
			pages: ["1\n2\n3\n4\n", "5\n"],
			ended: true,
		});
	});

	it("ends when the person leaves the pager", async () => {
		const { streams } = terminal(2, { leavesAfter: 2 });
		const { write } = paged(streams);
		expect([await write("1\n2\n"), await write("3\n")]).toEqual([true, false]);
	});

	it("goes to the terminal where there is no pager", async () => {
		const { streams } = terminal(2, { none: true });
		const { write, end } = paged(streams);
		for (const line of ["1\n2\n", "3\n"]) expect(await write(line)).toBe(true);
		await end();
		expect(streams.written.out).toBe("1\n2\n3\n");
	});

	it("is never paged in a pipe", async () => {
		const streams = keptStreams({
			rows: 1,
			openPager: () => {
				throw new Error("asked for");
			},
		});
		const { write, end } = paged(streams);
		await write("1\n2\n3\n");
		await end();
		expect(streams.written.out).toBe("1\n2\n3\n");
	});
});
