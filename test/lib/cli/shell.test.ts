import { beforeEach, describe, expect, it } from "vitest";
import { command, type Danger as Level } from "../../../src/lib/cli/definition.js";
import { parseWords, Unusual } from "../../../src/lib/cli/request.js";
import { Shell } from "../../../src/lib/cli/shell.js";
import type { Streams } from "../../../src/lib/cli/streams.js";
import { failure } from "../failure.js";
import { said } from "../hints.js";
import { atTerminal, type KeptStreams, keptStreams } from "./streams-of.js";

/** Answers in a person's place; whether the prompt library would have been loaded at all is part of what is tested. */
const prompts = { loaded: 0, asked: [] as unknown[], answer: true as boolean | string | Error };
const answering = async () => {
	prompts.loaded += 1;
	const ask = async (question: unknown, context: unknown) => {
		prompts.asked.push(question, context);
		if (prompts.answer instanceof Error) throw prompts.answer;
		return prompts.answer as never;
	};
	return { confirm: ask, input: ask, password: ask };
};

function shellWith(
	words: string[],
	options: Partial<Streams> = {},
	changes: Level = "moderate",
): Shell & { streams: KeptStreams } {
	const definition = command({
		summary: "Changes",
		role: "none",
		examples: [],
		changes,
		run: async () => ({}),
		view: () => [],
	});
	const streams = keptStreams({ prompts: answering, ...options });
	return new Shell("change this", definition, parseWords(definition, words), streams) as Shell & {
		streams: KeptStreams;
	};
}

beforeEach(() => {
	prompts.loaded = 0;
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
		const error = await failure(() => shell.agree({ question: "Release 3 IDs?", details: ["  7 ana"] }));
		expect(error).toMatchObject({ kind: "usage", code: "agreement-needed" });
		expect(said(error).join()).toContain("--yes");
		expect(said(error).join()).toContain("--dry-run");
		expect(shell.streams.written).toEqual({ out: "", err: "" });
		expect(prompts.loaded).toBe(0);
	});

	it.each(places)("confirming is refused with the flag and the name: %s", async (_, options, words) => {
		const shell = shellWith(words, options, "severe");
		const error = await failure(() => shell.agree({ name: "registry.db", question: "Replace it?", details: ["much"] }));
		expect(error).toMatchObject({ kind: "usage", code: "agreement-needed" });
		expect(said(error).join()).toContain("--confirm registry.db");
		expect(shell.streams.written).toEqual({ out: "", err: "" });
		expect(prompts.loaded).toBe(0);
	});

	it("--yes is enough to agree; with --json too, which alone never means yes", async () => {
		await shellWith(["--yes"]).agree({ question: "Release 3 IDs?" });
		await shellWith(["-y", "--json"]).agree({ question: "Release 3 IDs?" });
		expect(prompts.loaded).toBe(0);
	});

	it("--yes is not enough to confirm: a command that is severe has no such flag", () => {
		expect(() => shellWith(["--yes"], {}, "severe")).toThrow(Unusual);
	});

	it("the name is enough to confirm, and nothing but the name", async () => {
		await shellWith(["--confirm", "south"], {}, "severe").agree({ name: "south", question: "Remove it?" });
		for (const wrong of ["South", "south ", "sout"]) {
			const shell = shellWith([`--confirm=${wrong}`], {}, "severe");
			const error = await failure(() => shell.agree({ name: "south", question: "Remove it?" }));
			expect(error).toMatchObject({ kind: "usage", code: "wrong-confirmation" });
			expect(said(error)).toEqual(["cfm again --confirm south"]);
		}
		expect(prompts.loaded).toBe(0);
	});
});

describe("on a terminal", () => {
	it("the details are shown on stderr, then the question is asked there", async () => {
		const shell = shellWith([], atTerminal);
		await shell.agree({ question: "Release 1 ID?", details: ["  7 ana"] });
		expect(shell.streams.written).toEqual({ out: "", err: "  7 ana\n" });
		expect(prompts.asked).toEqual([
			expect.objectContaining({ message: "Release 1 ID?", default: false }),
			expect.objectContaining({ output: process.stderr }),
		]);
	});

	it("no is a cancellation, and so is Ctrl-C", async () => {
		prompts.answer = false;
		expect(await failure(() => shellWith([], atTerminal).agree({ question: "?" }))).toMatchObject({
			kind: "cancelled",
		});
		prompts.answer = Object.assign(new Error("User force closed the prompt"), { name: "ExitPromptError" });
		expect(await failure(() => shellWith([], atTerminal).agree({ question: "?" }))).toMatchObject({
			kind: "cancelled",
		});
		expect(await failure(() => shellWith([], atTerminal, "severe").agree({ name: "a", question: "?" }))).toMatchObject({
			kind: "cancelled",
		});
	});

	it("a name is asked for until it is the name", async () => {
		prompts.answer = "south";
		await shellWith([], atTerminal, "severe").agree({ name: "south", question: "Remove it?" });
		const { message, validate } = prompts.asked[0] as { message: string; validate: (answer: string) => true | string };
		expect(message).toContain("south");
		expect(validate("south")).toBe(true);
		expect(validate("y")).toContain("south");
		expect(validate("")).not.toBe(true);
	});

	it("a fault of the prompt library stays a fault", async () => {
		prompts.answer = new TypeError("broken");
		await expect(shellWith([], atTerminal).agree({ question: "?" })).rejects.toThrow(TypeError);
	});

	it("nothing is asked with --yes", async () => {
		await shellWith(["--yes"], atTerminal).agree({ question: "?" });
		expect(prompts.asked).toEqual([]);
	});
});

describe("a plan that is of use by itself", () => {
	const plan = { question: "Reserve them?", planAlone: "unanswered" } as const;

	it("stays one where nobody can be asked", async () => {
		expect(await shellWith([]).agree(plan)).toBe(false);
		expect(await shellWith(["--yes"]).agree(plan)).toBe(true);
		expect(prompts.asked).toEqual([]);
	});

	it("is asked about on a terminal, but for what cannot be done here", async () => {
		expect(await shellWith([], atTerminal).agree(plan)).toBe(true);
		expect(prompts.asked).toHaveLength(2);
		prompts.asked.length = 0;
		expect(await shellWith([], atTerminal).agree({ ...plan, planAlone: "unasked" })).toBe(false);
		expect(prompts.asked).toEqual([]);
	});
});

it("a secret is asked for on stderr, and Ctrl-C cancels", async () => {
	prompts.answer = "s3cret" as never;
	const shell = shellWith([], atTerminal);
	expect(await shell.askSecret("Password of ana on db:5432:")).toBe("s3cret");
	expect(prompts.asked).toEqual([{ message: "Password of ana on db:5432:" }, { output: process.stderr }]);
	expect(shell.streams.written).toEqual({ out: "", err: "" });
	prompts.answer = Object.assign(new Error(), { name: "ExitPromptError" }) as never;
	expect(await failure(() => shell.askSecret("Password?"))).toMatchObject({ kind: "cancelled", code: "cancelled" });
});
