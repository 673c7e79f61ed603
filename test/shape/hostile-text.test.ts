import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import type { AnyCommand } from "../../src/lib/cli/definition.js";
import { end } from "../../src/lib/cli/execute.js";
import { print } from "../../src/lib/cli/print.js";
import { parseWords } from "../../src/lib/cli/request.js";
import { Shell } from "../../src/lib/cli/shell.js";
import type { Streams } from "../../src/lib/cli/streams.js";
import { CfmError } from "../../src/lib/errors.js";
import { loadAll } from "../../src/main.js";

// What a user could have written (a client's version, a process's name, a note) stands in any field of a result. Every
// field of every sample gets it in its turn, and nothing of it may act on a terminal or be a line of its own.

const all = await loadAll();
const marker = "\\u001b[2J";
const hostile =
	"\u001b[2J\u001b]0;owned\u0007\r\nFORGED\tok\u2028FORGED\u0085\u202e\u2066\u200b\u{e0041}\u0000\u009b1m\ud800";

/** What must not come out: all that is hidden, but for the ends of our own lines and the tabs between our own cells. */
const acts = /(?![\n\t])[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/u;

type Path = readonly (string | number)[];

/** Where a sample holds a text, or could. */
function* textsIn(value: unknown, path: Path = []): Generator<Path> {
	if (value === null || typeof value === "string") yield path;
	else if (typeof value === "object")
		for (const [key, one] of Object.entries(value)) yield* textsIn(one, [...path, key]);
}

function withHostile(sample: object, path: Path): object {
	const copy = structuredClone(sample);
	const last = path.at(-1) as string;
	// biome-ignore lint/suspicious/noExplicitAny: any sample, any path
	const holder = path.slice(0, -1).reduce((at: any, key) => at[key], copy);
	holder[last] = `${holder[last] ?? ""}${hostile}`;
	return copy;
}

/** The same list, longer than what is drawn with lines around it. */
function long(sample: object): object {
	const grown = Object.entries(sample).map(([key, value]) => [
		key,
		Array.isArray(value) && typeof value[0] === "object" ? Array.from({ length: 201 }, () => value[0]) : value,
	]);
	return Object.fromEntries(grown);
}

const pipe = { inIsTerminal: false, outIsTerminal: false, errIsTerminal: false, columns: 100 };
const terminal = { inIsTerminal: true, outIsTerminal: true, errIsTerminal: true, columns: 100 };

async function* inOneChunk(rows: unknown) {
	yield rows as readonly unknown[];
}

/** What people are told of a result. */
async function said(definition: AnyCommand, sample: object, kind: typeof pipe): Promise<string> {
	// What is read while it is printed comes in chunks.
	const result = () =>
		Object.fromEntries(
			Object.entries(structuredClone(sample)).map(([key, value]) => [
				key,
				key === "events" ? inOneChunk(value) : value,
			]),
		);
	let text = "";
	const write = (piece: string) => {
		text += piece;
		return true;
	};
	const streams: Streams = { out: write, err: write, variables: { NO_COLOR: "1" }, dialect: "sh", ...kind };
	try {
		await print(definition.view(result()), streams);
		const error = definition.verdict?.(result());
		await end({ error, warnings: [] }, streams, { json: false, pretty: false });
	} catch (problem) {
		// No view knows a verdict that there is not.
		if (!(problem instanceof TypeError)) throw problem;
	}
	return text;
}

function sampleOf(id: string): object {
	const file = join(import.meta.dirname, "samples", `${id.replaceAll(" ", "-")}.json`);
	return (JSON.parse(readFileSync(file, "utf8")) as { result: object }).result;
}

/** How many fields of a command's sample came out made visible. */
async function fieldsShown(id: string): Promise<{ shown: number; fields: number }> {
	const definition = all[id] as AnyCommand;
	// An export is a file for programs: in a pipe it is what was written, byte for byte.
	const isFile = id.endsWith(" export") && id !== "web policy export";
	let [shown, fields] = [0, 0];
	for (const sample of [sampleOf(id), long(sampleOf(id))]) {
		for (const path of textsIn(sample)) {
			if (Number(path[1] ?? 0) > 0) continue; // rows are alike
			if (["letter", "calendar"].includes(path.join("."))) continue; // lines of our own, in which names were made visible
			fields += 1;
			const result = withHostile(sample, path);
			const texts = [await said(definition, result, terminal), isFile ? "" : await said(definition, result, pipe)];
			for (const text of texts) {
				expect(text, path.join(".")).not.toMatch(acts);
				expect(text, path.join(".")).not.toMatch(/^FORGED/m);
			}
			if (texts.some((text) => text.includes(marker))) shown += 1;
		}
	}
	return { shown, fields };
}

describe("hostile text in any field of a result", () => {
	const counts = new Map<string, number>();

	// A page of help and a shell's script are the program's own.
	it.each(Object.keys(all).filter((id) => id !== "help" && id !== "completion"))(
		"of cfm %s is made visible on a terminal and in a pipe",
		async (id) => {
			const { shown, fields } = await fieldsShown(id);
			counts.set(id, shown);
			expect(shown).toBeLessThanOrEqual(fields);
		},
	);

	it("is shown at all: these tests see what they look for", () => {
		const seen = (id: string) => counts.get(id) ?? 0;
		for (const id of ["client list", "client show", "ids list", "ids history", "ports list", "ports check", "web list"])
			expect(seen(id), id).toBeGreaterThan(2);
		expect([...counts.values()].filter((shown) => shown > 0).length).toBeGreaterThan(25);
	});
});

describe("hostile text in a message", () => {
	const error = new CfmError("conflict", "case", `It is ${hostile}.`, {
		hints: [`Look at ${hostile}`],
		data: { name: hostile },
	});
	const warnings = [`Can't read ${hostile}`];

	it.each([terminal, pipe])("of an error, a hint and a warning is made visible ($outIsTerminal)", async (kind) => {
		let text = "";
		const streams: Streams = {
			...{ out: () => true, variables: { NO_COLOR: "1" }, dialect: "sh" as const, ...kind },
			err: (piece) => {
				text += piece;
			},
		};
		await end({ error, warnings }, streams, { json: false, pretty: false });
		expect(text).not.toMatch(acts);
		// What goes on in a next line of a terminal is indented, and looks like no message of its own.
		expect(text.match(/^\S.*/gm)).toEqual([expect.stringMatching(/^Warning: /), expect.stringMatching(/^Error: /)]);
		expect(text.split(marker)).toHaveLength(4);
	});

	it("is made visible in JSON too, where scripts take it for their logs; data stay as they are", async () => {
		let text = "";
		const out = (piece: string) => {
			text += piece;
			return true;
		};
		const streams: Streams = { out, err: () => {}, variables: {}, dialect: "sh", ...pipe };
		await end({ error, warnings }, streams, { json: true, pretty: false });
		const told = JSON.parse(text);
		for (const one of [told.error.message, ...told.error.hints, ...told.warnings]) {
			expect(one).not.toMatch(/[\p{Cc}\p{Cf}]/u);
			expect(one).toContain(marker);
		}
		expect(told.error.data.name).toBe(hostile);
	});
});

describe("hostile text in a question", () => {
	it("is made visible, in the details too", async () => {
		let err = "";
		const asked: string[] = [];
		const prompts = async () =>
			({
				confirm: async ({ message }: { message: string }) => asked.push(message) > 0,
				input: async ({ message }: { message: string }) => {
					asked.push(message);
					return "x";
				},
			}) as never;
		const streams: Streams = {
			...{ out: () => true, variables: { NO_COLOR: "1" }, dialect: "sh" as const, prompts, ...terminal },
			err: (piece) => {
				err += piece;
			},
		};
		const definition = all["web set"] as AnyCommand;
		const shell = new Shell("web set", definition, parseWords(definition, ["--all-users", "--all-sites"]), streams);
		expect(await shell.agree({ question: `Change ${hostile}?`, details: [`  ${hostile}`] })).toBe(true);
		await shell.agree({ question: `Remove ${hostile}?`, name: hostile });
		const texts = [err.trimEnd(), ...asked];
		expect(texts).toHaveLength(3);
		for (const text of texts) {
			expect(text).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}]/u);
			expect(text).toContain(marker);
		}
	});
});
