import { existsSync, readdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { commands as loaders } from "../../src/commands.js";
import { commands as hot, main as hotMain } from "../../src/hot.js";
import type { Flag } from "../../src/lib/cli/definition.js";
import { parseWords } from "../../src/lib/cli/request.js";
import { bareHelp, loadAll } from "../../src/main.js";
import { wordsOf } from "./scene.js";

const root = join(import.meta.dirname, "..", "..");
const all = Object.entries(await loadAll());
const inTree = (folder: string, id: string, ending: string) => join(folder, `${id.replaceAll(" ", "/")}${ending}`);
const files = (folder: string) =>
	readdirSync(join(root, folder), { recursive: true, encoding: "utf8" }).map((file) => file.replaceAll("\\", "/"));

describe.each(all)("cfm %s", (id, definition) => {
	const flags: [string, Flag][] = Object.entries(definition.flags ?? {});
	const args = Object.entries(definition.args ?? {});

	it("is src/commands/<noun>/<verb>.ts, and nothing else is there for it", () => {
		expect(id).toMatch(/^[a-z]+(-[a-z]+)*( [a-z]+(-[a-z]+)*){0,2}$/);
		expect(existsSync(join(root, inTree("src/commands", id, ".ts")))).toBe(true);
		expect(loaders[id]?.toString()).toContain(`${id.replaceAll(" ", "/")}`);
	});

	it("has a page in docs/commands", () => {
		const page = readFileSync(join(root, inTree("docs/commands", id, ".md")), "utf8");
		expect(page).toContain(`# cfm ${id}`);
		expect(page).toContain(definition.summary);
		for (const { line } of definition.examples) expect(page).toContain(line);
		for (const [name] of flags) expect(page).toContain(`--${name}`);
	});

	it("has a summary of one line", () => {
		const summaries = [definition.summary, ...[...flags, ...args].map(([, { summary }]) => summary)];
		for (const summary of summaries) {
			expect(summary).toMatch(/^\S.*[^\s.]$/);
			expect(summary.length).toBeLessThanOrEqual(80);
			expect(summary).not.toMatch(/\p{Cc}/u);
		}
	});

	it("has examples that parse as written", () => {
		expect(definition.examples).not.toEqual([]);
		for (const { what, line } of definition.examples) {
			expect(what).toMatch(/^\S.*[^\s.]$/);
			expect(`${line} `.startsWith(`cfm ${id} `), line).toBe(true);
			const words = wordsOf(line).slice(id.split(" ").length);
			expect(() => parseWords(definition, words), line).not.toThrow();
		}
	});

	it("has --json and --pretty, and what its kind needs", () => {
		const names = flags.map(([name]) => name);
		expect(names).toEqual(expect.arrayContaining(["json", "pretty"]));
		if (definition.registry) expect(names).toContain("registry");
		if (definition.changes === undefined) return;
		// A yes is too little for what is severe: the name must be said.
		expect(names).toEqual(expect.arrayContaining(["dry-run", definition.changes === "severe" ? "confirm" : "yes"]));
		if (definition.registry && definition.repeats !== false) expect(names).toContain("request-id");
	});

	it("has flags in kebab-case, with a letter only once", () => {
		for (const [name, flag] of flags) {
			expect(name).toMatch(/^[a-z\d]+(-[a-z\d]+)*$/);
			if (flag.kind !== "boolean") expect(flag.value).toMatch(/^[A-Z][A-Z-]*$/);
			if (flag.kind === "integer") expect(flag.least ?? 0).toBeLessThanOrEqual(flag.most ?? Number.MAX_SAFE_INTEGER);
		}
		const chars = flags.flatMap(([, { char }]) => char ?? []);
		expect(new Set(chars).size).toBe(chars.length);
		// -h is for help, everywhere.
		expect(chars).not.toContain("h");
	});

	it("has arguments of which only the last takes many or may be left out", () => {
		for (const [at, [name, arg]] of args.entries()) {
			expect(name).toMatch(/^[a-z]+$/);
			const next = args[at + 1]?.[1];
			if (next !== undefined) expect(arg.many).not.toBe(true);
			if (next?.required) expect(arg.required).toBe(true);
		}
	});
});

describe("all commands", () => {
	it("are in a file each, and every file is a command, or begins with _ and is shared by some", () => {
		const found = files("src/commands").filter((file) => /(^|\/)[^_/][^/]*\.ts$/.test(file));
		expect(found.toSorted()).toEqual(all.map(([id]) => inTree("", id, ".ts")).toSorted());
	});

	it("say the same flag in the same way", () => {
		const seen = new Map<string, [id: string, flag: Flag]>();
		for (const [id, definition] of all) {
			for (const [name, flag] of Object.entries(definition.flags ?? {})) {
				const [other, earlier] = seen.get(name) ?? [id, flag];
				expect([name, flag.kind, flag.char], `--${name} of ${id} and ${other}`).toEqual([
					name,
					earlier.kind,
					earlier.char,
				]);
				seen.set(name, [other, earlier]);
			}
		}
	});

	it("are on the bare help page, by topic, in 100 columns", async () => {
		const page = await bareHelp();
		for (const [id] of all) expect(page).toMatch(new RegExp(`^ {2}${id.split(" ", 1)[0]} `, "m"));
		for (const line of page.split("\n")) expect(line.length, line).toBeLessThanOrEqual(100);
	});
});

describe("the bundle of the hot commands", () => {
	const { isHot } = createRequire(import.meta.url)("../../bin/run.cjs") as { isHot(words: string[]): boolean };

	it("has those that start-up looks for in it, by the same definitions", () => {
		const found = all.map(([id]) => id).filter((id) => isHot(id.split(" ")));
		expect(Object.keys(hot).toSorted()).toEqual(found.toSorted());
		for (const [id, definition] of Object.entries(hot)) expect(definition).toBe(Object.fromEntries(all)[id]);
	});

	it("leaves everything that is no well-formed call of these to the whole program", async () => {
		for (const line of [
			"",
			"ids",
			"ids history",
			"ids list --help",
			"ids list --mistake",
			"ids list --limit x",
			"ids show",
		])
			expect(await hotMain(wordsOf(`cfm ${line}`)), line).toBeUndefined();
	});
});
