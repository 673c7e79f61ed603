import { beforeEach, describe, expect, it, vi } from "vitest";
import { command, type Danger } from "../../../src/lib/cli/definition.js";
import { parseWords, Unusual } from "../../../src/lib/cli/request.js";
import { Shell } from "../../../src/lib/cli/shell.js";
import type { Streams } from "../../../src/lib/cli/streams.js";
import { failure } from "../failure.js";
import { said } from "../hints.js";
import { atTerminal, type KeptStreams, keptStreams } from "./streams-of.js";

/** Stands in for the prompt library; whether it was loaded at all is part of what is tested. */
const prompts = vi.hoisted(() => ({ loaded: 0, asked: [] as unknown[], answer: true as boolean | string | Error }));
vi.mock("@inquirer/prompts", () => {
	prompts.loaded += 1;
	const ask = async (question: unknown, context: unknown) => {
		prompts.asked.push(question, context);
		if (prompts.answer instanceof Error) throw prompts.answer;
		return prompts.answer;
	};
	return { confirm: ask, input: ask };
});

function shellWith(
	words: string[],
	options: Partial<Streams> = {},
	changes: Danger = "moderate",
): Shell & { streams: KeptStreams } {
	const definition = command({ summary: "Changes", examples: [], changes, run: async () => ({}), view: () => [] });
	const streams = keptStreams(options);
	return new Shell("change this", definition, parseWords(definition, words), streams) as Shell & {
		streams: KeptStreams;
	};
}

beforeEach(() => {
	prompts.asked.length = 0;
	prompts.answer = true;
});

describe("off a terminal", () => {
	const places: [string, Partial<Streams>, string[]][] = [
		["nothing is a terminal", {}, []],
		["stdin is a pipe", { ...atTerminal, inIsTerminal: false }, []],
		["stderr is a file", { ...atTerminal, errIsTerminal: false }, []],
		["--json is asked for", atTerminal, ["--json"]],
	];

	it.each(places)("agreeing is refused with the flag's name: %s", async (_, options, words) => {
		const shell = shellWith(words, options);
		const error = await failure(() => shell.agree("Release 3 IDs?", ["  7 ana"]));
		expect(error).toMatchObject({ kind: "usage", code: "agreement-needed" });
		expect(said(error).join()).toContain("--yes");
		expect(said(error).join()).toContain("--dry-run");
		expect(shell.streams.written).toEqual({ out: "", err: "" });
		expect(prompts.loaded).toBe(0);
	});

	it.each(places)("confirming is refused with the flag and the name: %s", async (_, options, words) => {
		const shell = shellWith(words, options, "severe");
		const error = await failure(() => shell.confirm("registry.db", undefined, "Replace it?", ["much"]));
		expect(error).toMatchObject({ kind: "usage", code: "agreement-needed" });
		expect(said(error).join()).toContain("--confirm registry.db");
		expect(shell.streams.written).toEqual({ out: "", err: "" });
		expect(prompts.loaded).toBe(0);
	});

	it("--yes is enough to agree; with --json too, which alone never means yes", async () => {
		await shellWith(["--yes"]).agree("Release 3 IDs?");
		await shellWith(["-y", "--json"]).agree("Release 3 IDs?");
		expect(prompts.loaded).toBe(0);
	});

	it("--yes is not enough to confirm: a command that is severe has no such flag", () => {
		expect(() => shellWith(["--yes"], {}, "severe")).toThrow(Unusual);
	});

	it("the name is enough to confirm, and nothing but the name", async () => {
		await shellWith([], {}, "severe").confirm("south", "south", "Remove it?");
		for (const wrong of ["South", "south ", "sout", ""]) {
			const error = await failure(() => shellWith([], {}, "severe").confirm("south", wrong, "Remove it?"));
			expect(error).toMatchObject({ kind: "usage", code: "wrong-confirmation" });
			expect(said(error)).toEqual(["cfm again --confirm south"]);
		}
		expect(prompts.loaded).toBe(0);
	});
});

describe("on a terminal", () => {
	it("the details are shown on stderr, then the question is asked there", async () => {
		const shell = shellWith([], atTerminal);
		await shell.agree("Release 1 ID?", ["  7 ana"]);
		expect(shell.streams.written).toEqual({ out: "", err: "  7 ana\n" });
		expect(prompts.asked).toEqual([
			{ message: "Release 1 ID?", default: false },
			expect.objectContaining({ output: process.stderr }),
		]);
	});

	it("no is a cancellation, and so is Ctrl-C", async () => {
		prompts.answer = false;
		expect(await failure(() => shellWith([], atTerminal).agree("?"))).toMatchObject({ kind: "cancelled" });
		prompts.answer = Object.assign(new Error("User force closed the prompt"), { name: "ExitPromptError" });
		expect(await failure(() => shellWith([], atTerminal).agree("?"))).toMatchObject({ kind: "cancelled" });
		expect(await failure(() => shellWith([], atTerminal, "severe").confirm("a", undefined, "?"))).toMatchObject({
			kind: "cancelled",
		});
	});

	it("a name is asked for until it is the name", async () => {
		prompts.answer = "south";
		await shellWith([], atTerminal, "severe").confirm("south", undefined, "Remove it?");
		const { message, validate } = prompts.asked[0] as { message: string; validate: (answer: string) => true | string };
		expect(message).toContain("south");
		expect(validate("south")).toBe(true);
		expect(validate("y")).toContain("south");
		expect(validate("")).not.toBe(true);
	});

	it("a fault of the prompt library stays a fault", async () => {
		prompts.answer = new TypeError("broken");
		await expect(shellWith([], atTerminal).agree("?")).rejects.toThrow(TypeError);
	});

	it("nothing is asked with --yes", async () => {
		await shellWith(["--yes"], atTerminal).agree("?");
		expect(prompts.asked).toEqual([]);
	});
});

describe("what a shell knows", () => {
	it("is the danger of its command", () => {
		expect(shellWith([], {}, "severe").danger).toBe("severe");
	});
});
