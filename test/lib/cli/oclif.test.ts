import { Parser } from "@oclif/core";
import { describe, expect, it } from "vitest";
import { toOclifCommand } from "../../../src/lib/cli/oclif.js";
import { parseWords, toRequest, Unusual } from "../../../src/lib/cli/request.js";
import { CfmError } from "../../../src/lib/errors.js";
import { thisHost } from "../../../src/lib/this-host.js";
import { loadAll } from "../../../src/main.js";
import fc from "../../property.js";
import { keptStreams } from "./streams-of.js";

const program = async () => ({ commands: {}, topics: {} });
const commands = Object.entries(await loadAll());

/** What a command line comes to: a request, or a usage error (the two word some of them differently). */
type Outcome = { request: unknown } | { refused: true };

async function outcomeOf(parse: () => unknown): Promise<Outcome> {
	try {
		return { request: await parse() };
	} catch (error) {
		if (error instanceof CfmError || (error instanceof Error && "parse" in error)) return { refused: true };
		throw error;
	}
}

describe("the two parsers of one definition", () => {
	it.each(commands)("understand cfm %s alike", async (id, definition) => {
		const oclif = toOclifCommand(id, definition, { streams: keptStreams(), host: thisHost, program }, () => {});
		const flags = Object.entries(definition.flags ?? {});
		const value = fc.constantFrom(
			"7",
			"0",
			"1-10",
			"allocated",
			"csv",
			"id",
			"a b",
			"ana",
			"=x",
			"x=y",
			"CORP\\ana",
			"-",
			"é",
		);
		const flag = fc.constantFrom(...flags).chain(([name, { kind, char }]) => {
			const spellings = [`--${name}`, ...(char === undefined ? [] : [`-${char}`])];
			if (kind === "boolean") return fc.constantFrom(...spellings).map((one) => [one]);
			return fc.tuple(fc.constantFrom(...spellings), value, fc.boolean()).map(([one, text, joined]) => {
				if (!joined) return [one, text];
				return [one.startsWith("--") ? `${one}=${text}` : `${one}${text}`];
			});
		});
		const argument = fc
			.constantFrom("ana", "CORP\\ben", "7", "1-10,42", "a b", "users.csv", "-", "é")
			.map((one) => [one]);
		const line = fc
			.array(fc.oneof({ weight: 2, arbitrary: argument }, { weight: 3, arbitrary: flag }), { maxLength: 5 })
			.map((parts) => parts.flat());
		let compared = 0;
		await fc.assert(
			fc.asyncProperty(line, async (words) => {
				// The router leaves what it does not understand to oclif: then there is nothing to compare.
				let router: Outcome;
				try {
					router = await outcomeOf(() => parseWords(definition, words));
				} catch (error) {
					if (error instanceof Unusual) return;
					throw error;
				}
				compared += 1;
				const other = await outcomeOf(async () => {
					const options = { flags: oclif.flags, args: oclif.args, strict: oclif.strict };
					const parsed = await Parser.parse([...words], options as Parameters<typeof Parser.parse>[1]);
					return toRequest(definition, parsed as unknown as Parameters<typeof toRequest>[1]);
				});
				expect(other).toEqual(router);
			}),
			{ numRuns: 300 },
		);
		expect(compared).toBeGreaterThan(10);
	});
});

describe("a short flag with = between it and its value", () => {
	const short = commands.flatMap(([id, definition]) =>
		Object.values(definition.flags ?? {})
			.filter(({ kind, char }) => kind !== "boolean" && char !== undefined)
			.map(({ char }) => [`cfm ${id} -${char}=x`, definition, `-${char}=x`, id] as const),
	);

	it.each(short)("%s is understood alike", async (_, definition, word, id) => {
		const { flags, args, strict } = toOclifCommand(
			id,
			definition,
			{ streams: keptStreams(), host: thisHost, program },
			() => {},
		);
		const words = [...Object.keys(args).map(() => "ana"), word];
		let router: Outcome;
		try {
			router = await outcomeOf(() => parseWords(definition, words));
		} catch (error) {
			if (error instanceof Unusual) return;
			throw error;
		}
		const options = { flags, args, strict } as Parameters<typeof Parser.parse>[1];
		const parsed = await outcomeOf(async () =>
			toRequest(definition, (await Parser.parse(words, options)) as unknown as Parameters<typeof toRequest>[1]),
		);
		expect(router).toEqual(parsed);
	});
});

describe("an oclif command", () => {
	it.each(commands)("of cfm %s never reads an argument from standard input", (id, definition) => {
		const { args } = toOclifCommand(id, definition, { streams: keptStreams(), host: thisHost, program }, () => {});
		for (const arg of Object.values(args)) expect(arg.ignoreStdin).toBe(true);
	});
});
