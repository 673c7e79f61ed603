import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { argv, render } from "../../src/lib/command-line.js";
import { loadAll } from "../../src/main.js";
import { filledIn } from "../lib/hints.js";
import { readBySh } from "../lib/sh.js";
import { makeScene, type Scene } from "../shape/scene.js";
import { collectHints, type ToldHints } from "../shape/told-hints.js";

// Every command that a hint names is the one that its structured form says, is read so by sh, and is no mistake.

const all = await loadAll();

describe("every command among the hints", () => {
	// What is said to be written into a folder must not come to lie here.
	const kept = process.cwd();
	let told: ToldHints[];
	let scene: Scene;

	beforeAll(async () => {
		scene = makeScene();
		told = await collectHints(scene);
	});
	afterAll(() => {
		process.chdir(kept);
		scene.remove();
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
			// A noun alone shows its commands.
			const isNoun = Object.keys(all).some((id) => id.startsWith(`${one.command} `));
			expect(one.command === "" || definition !== undefined || isNoun, one.command).toBe(true);
			if (one.flags.help) continue;
			const words = filledIn(one);
			const dry = definition?.changes !== undefined && !words.includes("--dry-run") ? ["--dry-run"] : [];
			const end = words.includes("--") ? words.indexOf("--") : words.length;
			const { code, err } = await scene.run(words.toSpliced(end, 0, ...dry));
			// What only somebody at a terminal can answer is no mistake.
			expect(code === 2 && !/asks questions/.test(err) ? err : "", words.join(" ")).toBe("");
		}
	});
});
