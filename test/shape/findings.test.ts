import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { parseWords } from "../../src/lib/cli/request.js";
import { clientVerdicts } from "../../src/lib/client/findings.js";
import { argv } from "../../src/lib/command-line.js";
import { type AnyKind, type FindingKind, found, tell } from "../../src/lib/finding/finding.js";
import type { Verdicts } from "../../src/lib/finding/verdict.js";
import { findingKinds } from "../../src/lib/findings.js";
import { portReasons, portVerdicts } from "../../src/lib/port/findings.js";
import { registryProblems } from "../../src/lib/registry/findings.js";
import { readStates, webIdVerdicts } from "../../src/lib/webid/findings.js";
import { loadAll } from "../../src/main.js";

const commands = await loadAll();
const byId = new Map(findingKinds.map((kind) => [kind.id, kind]));
const root = join(import.meta.dirname, "..", "..");

/** The tests on real parts: those with a call of `bothWays`, which makes both. */
const realTests = readdirSync(join(root, "test"), { recursive: true, encoding: "utf8" })
	.filter((file) => file.endsWith(".test.ts"))
	.map((file) => ({ file, text: readFileSync(join(root, "test", file), "utf8") }))
	.filter(({ text }) => /import \{ bothWays \} from ".*both-ways\.js"/.test(text) && !/\bFake[A-Z]|fake-/.test(text));

/** What is told of a kind's own sample. */
const ofSample = (kind: AnyKind) => tell(found(kind as FindingKind<unknown>, kind.sample));

describe.each(findingKinds.map((kind) => [kind.id, kind] as const))("%s", (id, kind) => {
	it("has an ID like all, and it is the only one that has it", () => {
		expect(id).toMatch(/^CFM-[A-Z]+-\d{3}$/);
		expect(findingKinds.filter((other) => other.id === id)).toEqual([kind]);
		expect(["error", "warning", "notice"]).toContain(kind.severity);
	});

	it("says in general what it is, and of its sample in particular", () => {
		const { title, text } = ofSample(kind);
		expect(title).toMatch(/^\p{Lu}[^\n]*[^.\s]$/u);
		expect(title.length).toBeLessThanOrEqual(80);
		expect(text).toMatch(/^[^\n]*[^.\s]$/);
		expect(text).not.toMatch(/undefined|null|NaN|\[object/);
	});

	it("has remedies that can be typed, and of which those are fixed that change something", () => {
		for (const { fix, ...remedy } of ofSample(kind).remedies) {
			const definition = commands[remedy.command];
			expect(definition, remedy.command).toBeDefined();
			if (definition === undefined) continue;
			const words = argv(remedy).slice(remedy.command.split(" ").length);
			expect(() => parseWords(definition, words), argv(remedy).join(" ")).not.toThrow();
			if (!fix) continue;
			expect(definition.changes, remedy.command).toBeDefined();
			expect(remedy.placeholders, "nobody is there to fill them in").toEqual([]);
		}
	});

	it("has a page with remarks: what it means, how it is found, how to mend it, when to suppress it", () => {
		const remarks = readFileSync(join(root, "docs", "doctor", "remarks", `${id}.md`), "utf8").replaceAll("\r\n", "\n");
		const [means = "", ...parts] = remarks.split(/^## .*\n/m).map((part) => part.trim());
		expect(means.length).toBeGreaterThan(20);
		expect([...remarks.matchAll(/^## (.*)$/gm)].map(([, title]) => title)).toEqual([
			"How it is found",
			"How to mend it",
			"When to suppress it",
		]);
		for (const part of parts) expect(part).toMatch(/\S.*\.$/s);
		const page = readFileSync(join(root, "docs", "doctor", `${id}.md`), "utf8");
		expect(page).toContain(`# ${id}: ${kind.title()}`);
	});

	it("is provoked on a real part, and silent there where all is well", () => {
		const both = realTests.filter(({ text }) => text.includes(`bothWays("${id}", {`));
		expect(both.map(({ file }) => file)).not.toEqual([]);
	});

	it("depends on kinds that there are, and never on itself", () => {
		const behind = new Set<string>();
		for (let ids = kind.dependsOn ?? []; ids.length > 0; ) {
			for (const one of ids) {
				expect(byId.has(one), one).toBe(true);
				behind.add(one);
			}
			ids = ids.flatMap((one) => byId.get(one)?.dependsOn ?? []).filter((one) => !behind.has(one));
		}
		expect(behind).not.toContain(id);
	});
});

describe.each<[page: string, table: Verdicts]>([
	["ports/list", portVerdicts],
	["ports/check", portReasons],
	["client/list", clientVerdicts],
	["web/list", webIdVerdicts],
	["web/list", readStates],
	["registry/check", registryProblems],
])("the words of %s", (page, table) => {
	it("are explained on its page", () => {
		const text = readFileSync(join(root, `docs/commands/${page}.md`), "utf8");
		for (const word of Object.keys(table)) expect(text).toContain(`| \`${word}\` |`);
	});

	it("stand for kinds that are in the list", () => {
		for (const meaning of Object.values(table)) {
			if (meaning !== "fine") expect(findingKinds).toContain("unknown" in meaning ? meaning.unknown : meaning);
		}
	});
});
