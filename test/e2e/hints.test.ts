import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { argv, type CommandLine, render } from "../../src/lib/command-line.js";
import { loadAll } from "../../src/main.js";
import { filledIn } from "../lib/hints.js";
import { readBySh } from "../lib/sh.js";
import { makeScene, prepare, type Scene, wordsOf } from "../shape/scene.js";

// Every command that a hint names is the one that its structured form says, is read so by sh, and is no mistake.

const all = await loadAll();

interface Told {
	error?: { code: string; hints: string[]; remedies: CommandLine[] };
}

/** Users that shells would act on. */
const names = ["CORP\\a$b", "a$(reboot)", "o'neil", "a`b`", "a;b", "a&b", "Zoë", "%PATH%"];

/** What goes wrong for whoever forgets something, and for names that are more than names. */
const mistakes: readonly string[][] = [
	...names.flatMap((name) => [
		["ids", "show", name],
		["ids", "move", name, "--id", "3"],
		["ids", "allocate", name, "--id", "1"],
		["install", "--silent", "--user", name],
		["client", "show", name],
	]),
	["ids", "show", "7", "--environment", "nowhere"],
	["ids", "allocate", "CORP\\ana", "--id", "5"],
	["ids", "reserve", "1-3"],
	["ids", "release", "900"],
	["ids", "history", "nobody"],
	["ids", "allocate"],
	["ids", "allocate", "--id", "x", "ana"],
	["ids", "export", "--out-file", "known.csv"],
	["environments", "add", "default", "--range", "1-2"],
	["environments", "set", "default", "--range", "1-60000"],
	["environments", "set", "default"],
	["environments", "remove", "default"],
	["install", "--silent", "--id", "1"],
	["install", "--silent", "--installer", "nothing.exe", "--id", "7"],
	["config", "set", "install.timeout"],
	["config", "get", "nothing"],
	["registry", "restore", "copy.db", "--confirm", "other"],
	["web", "set", "--all-users", "--all-sites"],
	["web", "list", "--profile-dir", "x"],
	["web", "list", "--user", "nobody"],
	["web", "backups", "restore", "latest"],
	["web", "policy", "export", "-o", ".", "--update-url", "https://w.example/update.xml"],
	["web", "policy", "export", "-o", "x", "--update-url", "w"],
	["help", "nothing"],
	["ids", "list", "--nothing"],
];

describe("every command among the hints", () => {
	const told: { words: string[]; hints: string[]; remedies: CommandLine[] }[] = [];
	// What is said to be written into a folder must not come to lie here.
	const kept = process.cwd();
	let bare: Scene;
	let furnished: Scene;

	beforeAll(async () => {
		[bare, furnished] = [makeScene(), makeScene()];
		await prepare(furnished, "ids list");
		writeFileSync(join(furnished.work, "copy.db"), "");
		process.chdir(furnished.work);
		const examples = Object.values(all).flatMap(({ examples }) => examples.map(({ line }) => wordsOf(line)));
		const unanswered = examples.map((words) =>
			words.filter((word) => word !== "--yes" && !word.startsWith("--confirm")),
		);
		for (const [scene, lines] of [
			[bare, examples.filter((words) => words[0] !== "init")],
			[furnished, [...unanswered, ...mistakes]],
		] as const) {
			for (const words of lines) {
				if (words.includes("--watch")) continue;
				const { out } = await scene.run([...words.filter((word) => word !== "--json"), "--json"]);
				const { error } = JSON.parse(out) as Told;
				if (error !== undefined) told.push({ words, hints: error.hints, remedies: error.remedies });
			}
		}
	});
	afterAll(() => {
		process.chdir(kept);
		bare.remove();
		furnished.remove();
	});

	it("ends a hint, as sh writes it", () => {
		expect(told.flatMap(({ remedies }) => remedies).length).toBeGreaterThan(50);
		for (const { words, hints, remedies } of told) {
			for (const remedy of remedies) {
				const text = render(remedy, "sh") ?? "";
				expect(
					hints.some((hint) => hint === text || hint.endsWith(`: ${text}`)),
					`${words}: ${text}`,
				).toBe(true);
			}
			const commands = hints.filter((hint) => /(^|: )cfm( |$)/.test(hint));
			expect(commands, words.join(" ")).toHaveLength(remedies.length);
		}
	});

	it("is read by sh as its words", () => {
		const remedies = told.flatMap((one) => one.remedies);
		expect(readBySh(remedies.map((one) => render(one, "sh") ?? ""))).toEqual(remedies.map(argv));
	});

	it("is one that there is, and whose words are no mistake", async () => {
		const distinct = new Map(told.flatMap((one) => one.remedies).map((one) => [JSON.stringify(one), one]));
		for (const one of distinct.values()) {
			const definition = all[one.command];
			expect(one.command === "" || definition !== undefined, one.command).toBe(true);
			if (one.flags.help) continue;
			const words = filledIn(one);
			const dry = definition?.changes !== undefined && !words.includes("--dry-run") ? ["--dry-run"] : [];
			const end = words.includes("--") ? words.indexOf("--") : words.length;
			const { code, err } = await furnished.run(words.toSpliced(end, 0, ...dry));
			// What only somebody at a terminal can answer is no mistake.
			expect(code === 2 && !/asks questions/.test(err) ? err : "", words.join(" ")).toBe("");
		}
	});
});
