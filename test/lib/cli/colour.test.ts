import { describe, expect, it } from "vitest";
import { mayColour } from "../../../src/lib/cli/streams.js";
import { coloured, plain } from "../../../src/lib/cli/theme.js";
import { keptStreams } from "./streams-of.js";

const may = (environment: Record<string, string>, isTerminal: boolean) =>
	mayColour(keptStreams({ variables: environment }), isTerminal);

describe("colour", () => {
	it.each([
		[{}, true, true],
		[{}, false, false],
		[{ NO_COLOR: "1" }, true, false],
		[{ NO_COLOR: "0" }, true, false],
		// no-color.org: only when it is not empty.
		[{ NO_COLOR: "" }, true, true],
		[{ FORCE_COLOR: "1" }, false, true],
		[{ FORCE_COLOR: "" }, false, true],
		[{ FORCE_COLOR: "0" }, true, false],
		[{ FORCE_COLOR: "false" }, true, false],
		[{ NO_COLOR: "1", FORCE_COLOR: "1" }, false, false],
		[{ TERM: "dumb" }, true, false],
		[{ TERM: "xterm-256color" }, true, true],
		[{ TERM: "dumb", FORCE_COLOR: "3" }, true, true],
	] as [Record<string, string>, boolean, boolean][])(
		"with %j, terminal %s: %s",
		(environment, isTerminal, expected) => {
			expect(may(environment, isTerminal)).toBe(expected);
		},
	);

	it("has a meaning each, and none when plain", async () => {
		const paint = await coloured();
		const tones = ["good", "caution", "bad", "quiet", "strong"] as const;
		const painted = tones.map((tone) => paint("x", tone));
		expect(new Set(painted).size).toBe(tones.length);
		for (const text of painted) expect(text).toMatch(/^\u001b\[\d+mx\u001b\[\d+m$/);
		for (const tone of tones) expect(plain("x", tone)).toBe("x");
	});
});
