import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { reasonCodes } from "../../src/lib/certificate/reasons.js";
import { revocationStates } from "../../src/lib/certificate/revocation.js";
import { usageCodes } from "../../src/lib/certificate/usage.js";
import { exitCodes } from "../../src/lib/cli/exit-codes.js";
import { clientVerdicts } from "../../src/lib/client/findings.js";
import { portReasons, portVerdicts } from "../../src/lib/port/findings.js";
import { recordKinds } from "../../src/lib/record-kinds.js";
import { registryProblems } from "../../src/lib/registry/findings.js";
import { readStates, webIdVerdicts } from "../../src/lib/webid/findings.js";
import { editOutcomes, storeKinds } from "../../src/lib/webid/stores.js";

// What the pages list is what the code has: no word more, none less.

const root = join(import.meta.dirname, "..", "..");
const textOf = (file: string) => readFileSync(join(root, file), "utf8");
const wordsIn = (text: string) => [...text.matchAll(/`([a-z0-9.-]+)`/g)].map(([, word]) => word as string);

/** The words in the first column of each table of a page. */
function tablesOf(page: string): string[][] {
	const tables = textOf(page).matchAll(/^\|[^\n]*\|\n\|(?:-+\|)+\n((?:\|[^\n]*\n)+)/gm);
	return [...tables].map(([, rows = ""]) => rows.split("\n").flatMap((row) => wordsIn(row.split("|")[1] ?? "")));
}

describe.each<[page: string, words: readonly string[]]>([
	["docs/commands/ports/list.md", Object.keys(portVerdicts)],
	["docs/commands/ports/check.md", Object.keys(portReasons)],
	["docs/commands/client/list.md", Object.keys(clientVerdicts)],
	["docs/commands/web/list.md", Object.keys(webIdVerdicts)],
	["docs/commands/web/list.md", Object.keys(readStates)],
	// A dry run's word stands below the table, that of nothing to remove on the page of `web clear`.
	["docs/commands/web/set.md", editOutcomes.filter((outcome) => outcome !== "planned" && outcome !== "not-present")],
	["docs/commands/registry/check.md", Object.keys(registryProblems)],
	["docs/signing.md", [...reasonCodes, ...usageCodes]],
	["docs/signing.md", revocationStates],
])("%s", (page, words) => {
	it(`has a table of ${words.slice(0, 3).join(", ")} …`, () => {
		expect(tablesOf(page).map((table) => table.sort())).toContainEqual([...words].sort());
	});
});

it.each<[what: string, from: RegExp, words: readonly string[]]>([
	["ports' verdicts", /\| `verdict` \| ([^;]*);/, Object.keys(portVerdicts)],
	["browsers' stores", /`store` \(([^;]*);/, storeKinds],
	[
		"events' actions",
		/Actions: ([^;]*);/,
		["restore", "migrate", "registry.leave", "registry.arrive", ...recordKinds.flatMap(({ actions }) => actions)],
	],
])("docs/json.md lists the %s", (_, from, words) => {
	const [, list = ""] = from.exec(textOf("docs/json.md")) ?? [];
	expect(wordsIn(list).sort()).toEqual([...words].sort());
});

describe("docs/exit-codes.md", () => {
	const kinds = new Set<string>(Object.keys(exitCodes));
	/** `code` and the kinds of the section it stands in. */
	const told = new Map<string, string[]>();
	for (const section of textOf("docs/exit-codes.md").split(/^### /m).slice(1)) {
		const [heading = "", ...lines] = section.split("\n");
		const inSection = [...heading.matchAll(/([a-z-]+) \(\d+\)/g)].map(([, kind]) => kind as string);
		for (const row of lines.filter((text) => text.startsWith("| `"))) {
			for (const code of wordsIn(row.split("|")[1] ?? "")) told.set(code, [...(told.get(code) ?? []), ...inSection]);
		}
	}
	const sources = readdirSync(join(root, "src"), { recursive: true, encoding: "utf8" }).filter((file) =>
		file.endsWith(".ts"),
	);
	const source = sources.map((file) => textOf(join("src", file))).join("\n");

	it("has every code that is thrown, under its kind", () => {
		const thrown = [
			...source.matchAll(/new CfmError\(\s*"([a-z-]+)",\s*"([a-z0-9-]+)"/g),
			...source.matchAll(/\[\s*"([a-z-]+)",\s*"([a-z0-9-]+)",\s*t`/g),
		].filter(([, kind = ""]) => kinds.has(kind));
		expect(thrown.length).toBeGreaterThan(100);
		const missing = thrown.filter(([, kind = "", code = ""]) => !told.get(code)?.includes(kind));
		expect(missing.map(([, kind, code]) => `${kind} ${code}`)).toEqual([]);
	});

	it("has every code that a function is said to throw", () => {
		const promised = [...source.matchAll(/@throws ([^@]*?)\*\//g)].flatMap(([, text = ""]) =>
			[...text.replace(/\s+\*?/g, " ").matchAll(/([a-z-]+) (`[a-z0-9-]+`(?:, `[a-z0-9-]+`)*)/g)]
				.filter(([, kind = ""]) => kinds.has(kind))
				.flatMap(([, , codes = ""]) => wordsIn(codes)),
		);
		expect(promised.length).toBeGreaterThan(100);
		expect([...new Set(promised)].filter((code) => !told.has(code)).sort()).toEqual([]);
	});

	it("has no code that nothing throws", () => {
		expect([...told.keys()].filter((code) => !source.includes(`"${code}"`))).toEqual([]);
	});
});

it("docs/decisions/README.md lists every decision", () => {
	const files = readdirSync(join(root, "docs/decisions")).filter((file) => /^\d{4}-/.test(file));
	const listed = [...textOf("docs/decisions/README.md").matchAll(/^\| \[\d{4}\]\(([^)]*)\) \|/gm)].map(
		([, file]) => file,
	);
	expect(listed).toEqual(files.sort());
});
