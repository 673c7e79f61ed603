import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { CommandLine } from "../../src/lib/command-line.js";
import { loadAll } from "../../src/main.js";
import { makeScene, prepare, type Scene, wordsOf } from "./scene.js";

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

/** What one command line ended with. */
export interface ToldHints {
	words: readonly string[];
	hints: string[];
	remedies: CommandLine[];
}

/**
 * The hints of everything that documented examples and common mistakes end with: where there is no registry, and where
 * there is one but nobody said yes.
 *
 * Runs in the scene's working folder, and leaves the process there.
 */
export async function collectHints(furnished: Scene): Promise<ToldHints[]> {
	const bare = makeScene();
	try {
		await prepare(furnished, "ids list");
		writeFileSync(join(furnished.work, "copy.db"), "");
		process.chdir(furnished.work);
		const examples = Object.values(await loadAll()).flatMap((one) => one.examples.map(({ line }) => wordsOf(line)));
		const unanswered = examples.map((words) =>
			words.filter((word) => word !== "--yes" && !word.startsWith("--confirm")),
		);
		const told: ToldHints[] = [];
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
		return told;
	} finally {
		bare.remove();
	}
}
