import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { topics } from "../../src/commands.js";
import { loadAll } from "../../src/main.js";
import { makeScene, type Scene } from "../shape/scene.js";
import { cfm, root } from "./cfm.js";

const all = await loadAll();
let scene: Scene;
/** The help page of every command and topic, by its words. */
let pages: Record<string, string>;

beforeAll(async () => {
	scene = makeScene();
	// One process for all pages: oclif prints them itself.
	const script = join(scene.folder, "pages.cjs");
	writeFileSync(
		script,
		`const { join } = require("node:path");
		const { load } = require(${JSON.stringify(join(root, "bin", "run.cjs"))});
		const dist = ${JSON.stringify(join(root, "dist"))};
		const { main } = load(join(dist, "cfm.cjs"));
		(async () => {
			for (const words of process.argv.slice(2)) {
				process.stdout.write("\\f" + words + "\\f");
				const code = await main([...words.split(" "), "--help"], dist);
				if (code !== 0) throw new Error(words + " ended with " + code);
			}
		})();`,
	);
	const { code, out, err } = await cfm(scene, [...Object.keys(all), ...Object.keys(topics)], { script });
	expect({ code, err }).toEqual({ code: 0, err: "" });
	const parts = out.split("\f").slice(1);
	pages = Object.fromEntries(parts.flatMap((part, at) => (at % 2 === 0 ? [[part, parts[at + 1] ?? ""]] : [])));
});
afterAll(() => scene.remove());

// `cfm help --help` is the bare page, as `cfm --help` is.
describe.each(Object.entries(all).filter(([id]) => id !== "help"))("cfm %s --help", (id, definition) => {
	it("tells the summary, every argument, every flag and every example", () => {
		const page = pages[id] ?? "";
		expect(page.startsWith(`${definition.summary}\n`)).toBe(true);
		expect(page).toContain(`$ cfm ${id}`);
		const words = page.replace(/\s+/g, " ");
		for (const [name, { summary }] of Object.entries(definition.args ?? {})) {
			expect(words).toContain(name.toUpperCase());
			expect(words).toContain(summary);
		}
		for (const [name, { summary, char }] of Object.entries(definition.flags ?? {})) {
			expect(words).toContain(char === undefined ? `--${name}` : `-${char}, --${name}`);
			expect(words).toContain(summary);
		}
		if (definition.description) expect(words).toContain(definition.description.replace(/\s+/g, " "));
		for (const { what, line } of definition.examples) {
			expect(words).toContain(what);
			expect(words).toContain(`$ ${line}`.replace(/\s+/g, " "));
		}
	});

	it("tells nothing twice that it need not", () => {
		expect(pages[id]?.split(definition.summary)).toHaveLength(2);
	});

	it("fits 100 columns", () => {
		for (const line of pages[id]?.split("\n") ?? []) expect([...line].length, line).toBeLessThanOrEqual(100);
	});
});

describe.each(Object.keys(topics))("cfm %s", (topic) => {
	it("lists its commands and fits 100 columns", async () => {
		const page = pages[topic] ?? "";
		const own = Object.keys(all).filter((id) => id.startsWith(`${topic} `));
		expect(own).not.toEqual([]);
		// A topic within the topic has a page of its own.
		for (const id of own)
			expect(page).toContain(
				id
					.split(" ")
					.slice(0, topic.split(" ").length + 1)
					.join(" "),
			);
		for (const line of page.split("\n")) expect([...line].length, line).toBeLessThanOrEqual(100);
	});
});

describe("help", () => {
	it("is the same page however it is asked for", async () => {
		for (const words of [
			["help", "ids", "allocate"],
			["ids", "allocate", "--help"],
			["ids", "allocate", "-h"],
		]) {
			expect(await cfm(scene, words)).toEqual({ code: 0, out: pages["ids allocate"], err: "" });
		}
		for (const words of [["ids"], ["help", "ids"], ["ids", "--help"], ["ids", "-h"]]) {
			expect(await cfm(scene, words)).toEqual({ code: 0, out: pages.ids, err: "" });
		}
	});

	it("wins over what else is on the line, mistakes too, and nothing is run", async () => {
		for (const line of ["ids allocate CORP\\ana --help", "ids allocate --bogus -h", "ids list --limit x --help"]) {
			const ran = await cfm(scene, line.split(" "));
			expect([line, ran.code]).toEqual([line, 0]);
			expect(ran.out).toContain("USAGE");
		}
	});

	it("with --json is the page as one object, and a mistake is one too", async () => {
		for (const [words, topic] of [
			[["ids", "allocate", "--help"], "ids allocate"],
			[["help", "ids", "allocate"], "ids allocate"],
			[["ids"], "ids"],
			[["ids", "-h"], "ids"],
			[["--help"], ""],
		] as const) {
			const { code, err, out } = await cfm(scene, [...words, "--json"]);
			expect({ code, err }).toEqual({ code: 0, err: "" });
			const text = topic === "" ? (await cfm(scene, ["--help"])).out : pages[topic];
			expect(JSON.parse(out)).toEqual({ ok: true, result: { topic, text }, warnings: [] });
		}
		const wrong = await cfm(scene, ["help", "nothing", "--json"]);
		expect([wrong.code, JSON.parse(wrong.out).error.code]).toEqual([2, "unknown-command"]);
	});

	it("of something unknown is a usage error", async () => {
		for (const words of [
			["help", "nothing"],
			["help", "ids", "nothing"],
			["nothing", "--help"],
		]) {
			expect(await cfm(scene, words)).toMatchObject({ code: 2, out: "", err: expect.stringContaining("Try:") });
		}
	});

	it("needs no registry, no home and no folder that can be written", async () => {
		const environment = {
			CFM_HOME: "/nonexistent",
			HOME: "/nonexistent",
			XDG_CONFIG_HOME: "/nonexistent",
			TMPDIR: "/",
		};
		for (const words of [[], ["ids"], ["help", "json"], ["--version"]]) {
			expect((await cfm(scene, words, { environment })).code).toBe(0);
		}
	});
});

describe("a mistake on the command line", () => {
	it.each([
		["ids list --bogus", "--bogus"],
		["ids list extra", "extra"],
		["ids show", "WHO"],
		["ids list --stat free", "--state"],
		["doctor suppress CFM-ID-001 --until 2099-12-31", "--reason"],
		["ids list --limit", "--limit"],
		["ids list --user a --user b", "--user"],
		["ids list --sort size", "size"],
	])("is explained, with the way to help: cfm %s", async (line, named) => {
		const { code, out, err } = await cfm(scene, line.split(" "));
		expect({ code, out }).toEqual({ code: 2, out: "" });
		expect(err).toMatch(/^Error: /);
		expect(err).toContain(named);
		expect(err.trimEnd().split("\n").length).toBeLessThanOrEqual(3);
	});

	it("with a value for a flag that takes none changes nothing", async () => {
		await scene.run(["init", "--yes"]);
		for (const words of [["--yes=false"], ["--yes=true"], ["--dry-run=false"], ["--dry-run=true"], ["-y=false"]]) {
			const { code } = await cfm(scene, ["ids", "allocate", "ana", ...words]);
			expect([...words, code]).toEqual([...words, 2]);
		}
		const { out } = await cfm(scene, ["ids", "list", "--json"]);
		expect(JSON.parse(out).result.total).toBe(0);
	});
});
