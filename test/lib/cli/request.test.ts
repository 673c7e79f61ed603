import { describe, expect, it } from "vitest";
import { type AnyCommand, command } from "../../../src/lib/cli/definition.js";
import { parseWords, toRequest, Unusual } from "../../../src/lib/cli/request.js";
import { CfmError } from "../../../src/lib/errors.js";
import { loadAll } from "../../../src/main.js";
import fc from "../../property.js";
import { failure } from "../failure.js";

const sample = command({
	summary: "Sample",
	role: "none",
	registry: true,
	changes: "mild",
	args: { name: { summary: "A name", required: true }, rest: { summary: "More", many: true } },
	flags: {
		id: { kind: "integer", value: "N", summary: "A number" },
		port: { kind: "integer", value: "N", least: 1, most: 65_535, summary: "A port" },
		need: { kind: "text", value: "TEXT", required: true, summary: "Needed" },
		state: { kind: "text", value: "STATE", choices: ["new", "old"], summary: "A choice" },
		tag: { kind: "text", value: "TAG", multiple: true, summary: "Tags" },
		environment: { kind: "text", char: "e", value: "NAME", summary: "A name" },
		force: { kind: "boolean", char: "f", summary: "By force" },
	},
	examples: [],
	run: async () => ({}),
	view: () => [],
});

const parse = (line: string) =>
	parseWords(sample, line === "" ? [] : line.split(" ")) as unknown as {
		args: Record<string, unknown>;
		flags: Record<string, unknown>;
	};
const refused = (line: string) => failure(() => parse(`x --need y ${line}`));

it.each(["-environment", "-Environment", "-environment:north", "-environment=north", "-id", "-dry-run", "-yes"])(
	"%s, as PowerShell's own commands have it, is told with two dashes",
	async (word) => {
		const error = await refused(`${word} north`);
		expect(error).toMatchObject({ kind: "usage", code: "bad-command-line" });
		expect(error.hints).toEqual([
			`Long flags begin with two dashes: -${/^-[a-z-]+/.exec(word.toLowerCase())?.[0] ?? ""}`,
		]);
	},
);

describe("a well-formed command line", () => {
	it("has every argument and every flag, given or not, with its type", () => {
		expect(parse("ana --need x")).toEqual({
			args: { name: "ana", rest: [] },
			flags: {
				id: undefined,
				port: undefined,
				need: "x",
				state: undefined,
				tag: [],
				environment: undefined,
				force: false,
				registry: undefined,
				"dry-run": false,
				yes: false,
				"request-id": undefined,
				json: false,
				pretty: false,
				verbose: false,
			},
		});
	});

	it("has only arguments behind --, as the module Cfm writes them", () => {
		const { args, flags } = parse("--need x -f -- --force -- -e ana");
		expect(args).toEqual({ name: "--force", rest: ["--", "-e", "ana"] });
		expect(flags).toMatchObject({ need: "x", force: true, environment: undefined });
		expect(parse("--need x ana --").args).toEqual({ name: "ana", rest: [] });
		expect(() => parse("--need --")).toThrow(Unusual);
	});

	it("may have its flags anywhere, with = or a space, long or short", () => {
		const expected = { id: 7, need: "x y", environment: "north", force: true, yes: true, tag: ["a", "b"] };
		const words = [
			["-f", "ana", "--id", "7", "--need=x y", "-e", "north", "-y", "--tag", "a", "--tag=b"],
			["--need", "x y", "--id=7", "-f", "--yes", "--environment=north", "--tag=a", "ana", "--tag", "b"],
		];
		for (const one of words) {
			expect(parseWords(sample, one)).toMatchObject({ args: { name: "ana" }, flags: expected });
		}
	});

	it("takes no value for a flag that is yes or no: --yes=false would mean its opposite", () => {
		for (const line of ["ana --need x --force=true", "ana --need x --yes=false", "ana --need x --yes="]) {
			expect(() => parse(line)).toThrow(expect.objectContaining({ kind: "usage", code: "bad-flag-value" }));
		}
	});

	it("takes - for a value and for an argument", () => {
		expect(parse("- --need -")).toMatchObject({ args: { name: "-" }, flags: { need: "-" } });
	});

	it("takes numbers at the edges", () => {
		for (const [line, value] of [
			["--id 0", 0],
			["--id 2147483647", 2_147_483_647],
			["--id 007", 7],
		] as const) {
			expect(parse(`x --need y ${line}`).flags.id).toBe(value);
		}
		expect(parse("x --need y --port 65535").flags.port).toBe(65_535);
	});
});

describe("what is not well-formed is left to oclif, which explains it", () => {
	it.each([
		"",
		"--need x",
		"ana --need",
		"ana --need x --bogus",
		"ana --need x -z",
		"ana --need x --help",
		"ana --need x -h",
		"ana --need x --id 1 --id 2",
		"ana --need x -fy",
		"ana --need x -enorth",
		"ana --need x -e=north",
		"ana --need x --no-force",
		"ana --need x --need --force",
	])("%s", (line) => {
		expect(() => parse(line)).toThrow(Unusual);
	});

	it("a word too many", () => {
		const { rest: _, ...args } = sample.args ?? {};
		expect(() => parseWords({ ...sample, args } as AnyCommand, ["ana", "ben", "--need", "x"])).toThrow(Unusual);
	});
});

describe("a value of the wrong kind is refused with the flag's name", () => {
	it.each([
		"--id 1.5",
		"--id 0x10",
		"--id 1e3",
		"--id=-1",
		"--id=",
		"--id 2147483648",
		"--id 99999999999999999999",
		"--id ١",
		"--id 1_000",
		"--port 0",
		"--port 65536",
		"--state older",
		"--environment=",
		"--tag=",
		"--environment a\u0007b",
		"--environment a\u0000b",
	])("%s", async (line) => {
		const name = /--[a-z-]+/.exec(line)?.[0];
		const error = await refused(line);
		expect(error).toMatchObject({ kind: "usage", code: "bad-flag-value", data: { flag: name } });
		expect(error.message).toContain(name);
		expect(error.message).not.toMatch(/\p{Cc}/u);
		expect(error.message.length).toBeLessThan(200);
	});

	it("and one that is needed but not there, too", async () => {
		expect(await failure(() => parse("ana"))).toMatchObject({ kind: "usage", code: "missing-flag" });
		expect(await failure(() => toRequest(sample, { args: { name: "x" }, flags: {} }))).toMatchObject({
			code: "missing-flag",
			data: { flag: "--need" },
		});
	});
});

describe("any words at all", async () => {
	const commands = Object.entries(await loadAll());
	const flagNames = commands.flatMap(([, { flags }]) => Object.keys(flags ?? {}).map((name) => `--${name}`));
	const word = fc.oneof(
		fc.constantFrom(...flagNames, "-e", "-u", "-y", "-o", "--", "-", "", "=", "--=", "-=", "---", "__proto__"),
		fc.constantFrom("--constructor", "--__proto__=x", "--toString", "--help", "-h", "--no-json", "--json=true"),
		fc.tuple(fc.constantFrom(...flagNames), fc.string({ maxLength: 5 })).map(([name, value]) => `${name}=${value}`),
		fc.string({ unit: "binary", maxLength: 8 }),
		fc.constantFrom("CORP\\ana", "7", "-7", "1.5", "0x7", "a b"),
	);

	it.each(commands)("give cfm %s a request, Unusual or a CfmError", (_, definition) => {
		fc.assert(
			fc.property(fc.array(word, { maxLength: 6 }), (words) => {
				try {
					const { args, flags } = parseWords(definition, words) as unknown as Record<string, object>;
					expect(Object.keys(args ?? {}).toSorted()).toEqual(Object.keys(definition.args ?? {}).toSorted());
					expect(Object.keys(flags ?? {}).toSorted()).toEqual(Object.keys(definition.flags ?? {}).toSorted());
				} catch (error) {
					if (!(error instanceof Unusual || error instanceof CfmError)) throw error;
					if (error instanceof CfmError) expect(error.kind).toBe("usage");
				}
			}),
			{ numRuns: 200 },
		);
	});
});
