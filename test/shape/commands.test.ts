import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { commands as loaders } from "../../src/commands.js";
import { hot } from "../../src/hot.js";
import { findPlaces } from "../../src/lib/adapters/files/places.js";
import type { AnyCommand, Flag } from "../../src/lib/cli/definition.js";
import { parseWords } from "../../src/lib/cli/request.js";
import type { Host } from "../../src/lib/host/host.js";
import { bareHelp, loadAll } from "../../src/main.js";
import { makeFolder } from "../folders.js";
import { keptStreams } from "../lib/cli/streams-of.js";
import { wordsOf } from "./scene.js";

const root = join(import.meta.dirname, "..", "..");
const all = Object.entries(await loadAll());
/** What each command has is on the page about all of them. */
const everywhere = new Set(
	Object.keys(all[0]?.[1].flags ?? {}).filter((name) => all.every(([, { flags }]) => flags?.[name] !== undefined)),
);
const commandsPage = readFileSync(join(root, "docs/commands/README.md"), "utf8");
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
		for (const [name] of flags) expect(everywhere.has(name) ? commandsPage : page).toContain(`--${name}`);
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
		// Only builds with a key have it (docs/updates.md).
		expect(found.filter((file) => file !== "self/update.ts").toSorted()).toEqual(
			all.map(([id]) => inTree("", id, ".ts")).toSorted(),
		);
	});

	it("say the same flag in the same way", () => {
		const seen = new Map<string, [id: string, flag: Flag]>();
		for (const [id, definition] of all) {
			for (const [name, flag] of Object.entries(definition.flags ?? {})) {
				// A key on a token has an ID of its own kind, and PKCS#11's programs all call it so.
				if (name === "id" && "module" in (definition.flags ?? {})) continue;
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

describe("the bundles of the hot commands", () => {
	const { hot: ids, hotId } = createRequire(import.meta.url)("../../bin/run.cjs") as {
		hot: string[];
		hotId(words: string[]): string | undefined;
	};
	const nobody = {} as Host;
	const definitions = Object.fromEntries(all);

	it("are of commands that there are, and start-up looks for each in its own", () => {
		const found = all.map(([id]) => id).filter((id) => hotId(id.split(" ")) !== undefined);
		expect(found.toSorted()).toEqual(ids.toSorted());
		for (const id of ids) expect(hotId([...id.split(" "), "ana"])).toBe(id);
	});

	it("leave everything that is no well-formed call of theirs to the whole program", async () => {
		for (const line of [
			"",
			"ids",
			"ids history",
			"ids list --help",
			"ids list --mistake",
			"ids list --limit x",
			"ids show",
			"find",
			"find ana --mistake",
		]) {
			for (const [id, onServer] of ids.flatMap((one) => [[one, false] as const, [one, true] as const])) {
				const main = hot(id, definitions[id] as AnyCommand, { host: nobody, onServer });
				expect(await main(wordsOf(`cfm ${line}`)), `${line} in ${id}`).toBeUndefined();
			}
		}
	});

	it("leave the other kind of registry to the other bundle, whatever names it", async () => {
		const home = makeFolder("hot");
		const variables = { CFM_HOME: home, XDG_CONFIG_HOME: home };
		const streams = (more: object = {}) => keptStreams({ variables: { ...variables, ...more } });
		const main = (onServer: boolean) =>
			hot("ids list", definitions["ids list"] as AnyCommand, { host: nobody, onServer });
		const server = "postgres://db.example.com/cfm";
		const words = wordsOf("cfm ids list");
		expect(await main(false)([...words, "--registry", server], home, streams())).toBe("server");
		expect(await main(false)(words, home, streams({ CFM_REGISTRY: server }))).toBe("server");
		expect(await main(true)([...words, "--registry", "x.db"], home, streams({ CFM_REGISTRY: server }))).toBeUndefined();
		expect(await main(true)(words, home, streams())).toBeUndefined();
		writeFileSync(findPlaces(variables).machineConfig, JSON.stringify({ registry: server }));
		expect(await main(false)(words, home, streams())).toBe("server");
		findPlaces();
		rmSync(home, { recursive: true });
	});
});
