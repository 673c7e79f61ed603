import { describe, expect, it } from "vitest";
import { command } from "../../../src/lib/cli/definition.js";
import { execute } from "../../../src/lib/cli/execute.js";
import { parseWords } from "../../../src/lib/cli/request.js";
import type { Shell } from "../../../src/lib/cli/shell.js";
import type { Streams } from "../../../src/lib/cli/streams.js";
import { type Block, table } from "../../../src/lib/cli/view.js";
import { line } from "../../../src/lib/command-line.js";
import { CfmError } from "../../../src/lib/errors.js";
import type { Host } from "../../../src/lib/host/host.js";
import { thisHost } from "../../../src/lib/this-host.js";
import { atTerminal, keptStreams } from "./streams-of.js";

async function show(blocks: Block[], options: Partial<Streams> = {}, words: string[] = []) {
	const definition = command({
		summary: "Shows",
		role: "none",
		examples: [],
		run: async () => ({}),
		view: () => blocks,
	});
	const streams = keptStreams(options);
	const code = await execute("show", definition, parseWords(definition, words), streams, thisHost);
	return { code, ...streams.written };
}

async function perform(
	run: (shell: Shell) => Promise<object>,
	words: string[] = [],
	options: Partial<Streams> = {},
	host: Host = thisHost,
) {
	const definition = command({
		summary: "Performs",
		role: "none",
		examples: [],
		changes: "mild",
		run: async (_request, { shell }) => run(shell),
		view: () => [{ line: "done" }],
	});
	const streams = keptStreams(options);
	const code = await execute("perform this", definition, parseWords(definition, words), streams, host);
	return { code, ...streams.written };
}

describe("what a command says to people", () => {
	it("is lines, facts and tables, on stdout", async () => {
		const blocks: Block[] = [
			{ line: "A sentence.", tone: "good" },
			{
				facts: [
					["User", "ana"],
					["Client ID", 7],
					["Note", null],
				],
			},
			table([{ head: "ID", value: (id: number) => id }], [1, 2], "none"),
			{ verbatim: "as it stands" },
		];
		expect(await show(blocks)).toEqual({
			code: 0,
			out: "A sentence.\nUser\tana\nClient ID\t7\nNote\t-\nID\n1\n2\nas it stands",
			err: "",
		});
	});

	it("has its facts in columns on a terminal", async () => {
		const { out } = await show(
			[
				{
					facts: [
						["User", "ana"],
						["Client ID", 7],
					],
				},
			],
			atTerminal,
		);
		expect(out).toBe("User       ana\nClient ID  7\n");
	});

	it("breaks a long fact between words below itself, on a terminal alone, and never a word or a path", async () => {
		const path = `/srv/${"x".repeat(90)}`;
		const why = "the codes can be used for fifteen days after the application was approved";
		const blocks: Block[] = [
			{
				facts: [
					["State", why],
					["Next step", `see ${path}`],
					["SHA-256", "ab".repeat(21)],
				],
			},
		];
		expect((await show(blocks, { ...atTerminal, columns: 50 })).out.split("\n")).toEqual([
			"State      the codes can be used for fifteen days",
			"           after the application was approved",
			`Next step  see ${path}`,
			"SHA-256",
			`  ${"ab".repeat(21)}`,
			"",
		]);
		expect((await show(blocks, { columns: 50 })).out).toBe(
			`State\t${why}\nNext step\tsee ${path}\nSHA-256\t${"ab".repeat(21)}\n`,
		);
	});

	it("says on stderr that a list is empty, and that is a success", async () => {
		const blocks = [table([{ head: "ID", value: (id: number) => id }], [], "No ID matches.")];
		for (const options of [{}, atTerminal]) {
			expect(await show(blocks, options)).toEqual({ code: 0, out: "", err: "No ID matches.\n" });
		}
	});

	it("is not said with --json", async () => {
		expect(await show([{ line: "for people" }], {}, ["--json"])).toEqual({
			code: 0,
			out: '{"ok":true,"result":{},"warnings":[]}\n',
			err: "",
		});
	});

	it("is coloured only where colour may be", async () => {
		const block: Block = { line: "good news", tone: "good" };
		const green = "\u001b[32mgood news\u001b[39m\n";
		expect((await show([block], atTerminal)).out).toBe(green);
		expect((await show([block], { ...atTerminal, variables: { NO_COLOR: "1" } })).out).toBe("good news\n");
		expect((await show([block])).out).toBe("good news\n");
		expect((await show([block], { variables: { FORCE_COLOR: "1" } })).out).toBe(green);
	});

	it("stops when nobody reads any more", async () => {
		let asked = 0;
		async function* rows() {
			for (;;) {
				asked += 1;
				yield [asked];
			}
		}
		const blocks = [table([{ head: "N", value: (n: number) => n }], rows(), "")];
		const { code } = await show(blocks, { out: () => asked < 5 });
		expect(code).toBe(0);
		expect(asked).toBe(5);
	});

	it("stops as JSON when nobody reads any more", async () => {
		let asked = 0;
		async function* rows() {
			for (;;) {
				asked += 1;
				yield [asked];
			}
		}
		const { code } = await perform(async () => ({ rows: rows() }), ["--json"], { out: () => asked < 5 });
		expect(code).toBe(0);
		expect(asked).toBe(5);
	});
});

describe("warnings", () => {
	it("go to stderr, after the result", async () => {
		const ran = await perform(async (shell) => {
			shell.warn("Mind the gap.");
			return {};
		});
		expect(ran).toEqual({ code: 0, out: "done\n", err: "Warning: Mind the gap.\n" });
	});

	it("go into the envelope with --json, of success and failure", async () => {
		const warned = (fails: boolean) => async (shell: Shell) => {
			shell.warn("Mind the gap.");
			if (fails) throw new CfmError("busy", "busy", "Later.");
			return {};
		};
		const ran = [await perform(warned(false), ["--json"]), await perform(warned(true), ["--json"])];
		for (const { out, err } of ran) {
			expect(JSON.parse(out).warnings).toEqual(["Mind the gap."]);
			expect(err).toBe("");
		}
	});
});

describe("a failure", () => {
	const error = new CfmError("conflict", "id-taken", "ID 7 belongs to ben.", {
		hints: [line("ids show", [7]), { say: "Or:", line: line("ids allocate", ["ana"]) }],
	});

	it("is said on stderr with its hints, and nothing on stdout", async () => {
		const ran = await perform(async () => {
			throw error;
		});
		expect(ran).toEqual({
			code: 4,
			out: "",
			err: "Error: ID 7 belongs to ben.\n  Try: cfm ids show 7\n       Or: cfm ids allocate ana\n",
		});
	});

	it("is red on a terminal, and only the word", async () => {
		const ran = await perform(
			async () => {
				throw error;
			},
			[],
			atTerminal,
		);
		expect(ran.err).toMatch(/^\u001b\[31mError:\u001b\[39m ID 7/);
	});

	it("closes what the command opened, last first, once", async () => {
		for (const fails of [false, true]) {
			const closed: string[] = [];
			await perform(async (shell) => {
				shell.atEnd(() => closed.push("registry"));
				shell.atEnd(() => closed.push("file"));
				if (fails) throw error;
				return {};
			});
			expect(closed).toEqual(["file", "registry"]);
		}
	});
});

describe("with --registry", () => {
	const definition = command({
		summary: "Performs",
		role: "none",
		examples: [],
		registry: true,
		run: async (_request, { shell }) => {
			shell.warn({ say: "Look again:", line: line("client show") });
			throw new CfmError("conflict", "id-taken", "ID 7 belongs to ben.", {
				hints: [line("ids show", [7]), "Or ask ben."],
				data: { id: 7 },
			});
		},
		view: () => [],
	});
	const told = async (...words: string[]) => {
		const streams = keptStreams();
		const request = parseWords(definition, ["--registry", "x.db", ...words]);
		return { code: await execute("perform", definition, request, streams, thisHost), ...streams.written };
	};

	it("hints and warnings name the registry, and the error stays what it is", async () => {
		expect(await told()).toEqual({
			code: 4,
			out: "",
			err:
				"Warning: Look again: cfm client show --registry x.db\n" +
				"Error: ID 7 belongs to ben.\n  Try: cfm ids show 7 --registry x.db\n       Or ask ben.\n",
		});
		expect(JSON.parse((await told("--json")).out)).toEqual({
			ok: false,
			error: {
				...{ kind: "conflict", code: "id-taken", message: "ID 7 belongs to ben.", data: { id: 7 } },
				hints: ["cfm ids show 7 --registry x.db", "Or ask ben."],
				remedies: [{ command: "ids show", words: ["7"], flags: { registry: "x.db" }, placeholders: [] }],
			},
			warnings: ["Look again: cfm client show --registry x.db"],
		});
	});
});

describe("a fault of our own", () => {
	it("is one line for people; the stack is in a log, and never the command line", async () => {
		for (const words of [[], ["--json"]]) {
			const logs: string[] = [];
			const keepLog: Host["keepLog"] = async (kind, text) => `/logs/${kind}-${logs.push(text)}.log`;
			const ran = await perform(
				async () => {
					throw new TypeError("x is not a function\nsecond line");
				},
				words,
				{},
				{ ...thisHost, keepLog },
			);
			expect(ran.code).toBe(1);
			const told = ran.out + ran.err;
			expect(told).toContain("x is not a function");
			expect(told).toContain("/logs/fault-1.log");
			expect(told).not.toMatch(/second line|\.ts:\d/);
			expect(logs).toEqual([expect.stringMatching(/^\d{4}-\S+Z cfm perform this, Node v\d+/)]);
			expect(logs[0]).toContain("execute.test.ts");
		}
	});

	it("is told of things that are no errors, too, and where no log could be written", async () => {
		const fails = async () => {
			throw "just a text";
		};
		const ran = await perform(fails, [], {}, { ...thisHost, keepLog: async () => undefined });
		expect(ran).toMatchObject({ code: 1, out: "" });
		expect(ran.err).toContain("just a text");
		expect(ran.err).toContain("No log could be written");
	});
});
