import { spawnSync } from "node:child_process";
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Scene } from "../shape/scene.js";
import { accountsOf, atTerminal, initialised, program, type Typing } from "./cfm.js";

let scene: Scene;
let path: string;
beforeAll(async () => {
	scene = await initialised();
	const users = ["CORP\\ana", "CORP\\ben", "CORP\\zoé o'brien"];
	expect((await scene.run(["ids", "allocate", ...users])).code).toBe(0);
	const request = ["--request-id", "x'; touch put-in; ' $(touch put-in)!then"];
	expect((await scene.run(["ids", "allocate", "CORP\\dora", ...request])).code).toBe(0);
	expect((await scene.run(["sites", "add", "https://portal.example.com"])).code).toBe(0);
	const bin = join(scene.folder, "bin");
	mkdirSync(bin);
	const words = [process.execPath, "--require", accountsOf(scene), program].map((word) => `'${word}'`).join(" ");
	writeFileSync(join(bin, "cfm"), `#!/bin/sh\nexec ${words} "$@"\n`);
	chmodSync(join(bin, "cfm"), 0o755);
	path = `${bin}:${scene.environment.PATH}`;
});
afterAll(() => scene.remove());

/** What somebody sees who types keys at a shell's prompt, each when the one before has been answered. */
async function typed(start: string, ready: string, ...keys: Typing[]): Promise<string> {
	const environment = { PATH: path, PS1: "> ", LANG: "C.UTF-8", LC_ALL: "C.UTF-8", INPUTRC: "/dev/null" };
	const { screen } = await atTerminal(scene, start, [["> ", `${ready}\r`], ...keys, ["gone", "exit\r"]], {
		environment,
	});
	return screen.replace(/\u001b\[[\d;?]*[A-Za-z]/g, "");
}

const bell = "\u0007";

describe.each([
	["bash", "bash --norc --noprofile -i", "source <(cfm completion bash); echo re''ady"],
	[
		"zsh",
		"zsh -f -i", // Its usual key carries out what stands in `$(…)` by itself, before it asks anybody.
		"autoload -Uz compinit && compinit -u -D; source <(cfm completion zsh); bindkey '^I' complete-word; echo re''ady",
	],
])("%s", (_shell, start, ready) => {
	it("completes commands, flags and values, and what comes out runs", async () => {
		const screen = await typed(
			start,
			ready,
			[/ready[\s\S]*> /, "cfm ids sh\t"],
			[/show\S* /, "CORP\\\\a\t"],
			[/ana\S* /, "--js\t"],
			[/--json\S* /, "; echo go''ne\r"],
		);
		expect(screen).toContain('"user":"CORP\\\\ana"');
	});

	it("completes within quotation marks, and what needs them", async () => {
		const screen = await typed(
			start,
			ready,
			[/ready[\s\S]*> /, "cfm ids show 'CORP\\b\t"],
			["ben", " --json; cfm ids show --json CORP\\\\z\t"],
			[/brien/, "; echo go''ne\r"],
		);
		expect(screen).toContain('"user":"CORP\\\\ben"');
		expect(screen).toContain('"user":"CORP\\\\zo\\u00e9 o\'brien"');
	});

	it("completes a site behind its colon, and files where files are wanted", async () => {
		const screen = await typed(
			start,
			ready,
			[/ready[\s\S]*> /, "cfm sites remove https://po\t"],
			[/portal.example.com\S* /, "--dry-run --json; cfm ids import kno\t"],
			[/known.csv\S* /, "--dry-run --json; echo go''ne\r"],
		);
		expect(screen).toContain('"origin":"https://portal.example.com"');
		expect(screen).toContain('"CORP\\\\fay"');
	});

	it("puts in nothing that is carried out, whichever quotation mark is open", async () => {
		for (const mark of ["'", '"', ""]) {
			const screen = await typed(
				start,
				ready,
				[/ready[\s\S]*> /, `cfm undo ${mark}x\t`],
				[/then/, " --dry-run --json\r"],
				[/"ok"/, "echo go''ne\r"],
			);
			expect(screen).toContain('"ok":true');
		}
		expect(spawnSync("ls", [scene.work], { encoding: "utf8" }).stdout).not.toContain("put-in");
	});

	it("carries out nothing of what is typed", async () => {
		await typed(start, ready, [/ready[\s\S]*> /, "cfm ids show $(touch carried-out)\t"], [bell, "\u0015echo go''ne\r"]);
		expect(spawnSync("ls", [scene.work], { encoding: "utf8" }).stdout).not.toContain("carried-out");
	});
});

it("fish's own engine tells values with what they are", () => {
	const asked = (line: string) => {
		const environment = { ...scene.environment, PATH: path, LANG: "C.UTF-8", LC_ALL: "C.UTF-8" };
		const script = "cfm completion fish | source; complete -C $argv[1]";
		const ran = spawnSync("fish", ["--no-config", "-c", script, line], { encoding: "utf8", env: environment });
		expect(ran.stderr).toBe("");
		return ran.stdout.split("\n").filter((one) => one !== "");
	};
	expect(asked("cfm ids sh")).toEqual(["show\tShow the allocation of a user or an ID"]);
	expect(asked("cfm ids show 'CORP\\a")).toEqual(["CORP\\ana\tID 1"]);
	expect(asked("cfm ids show CORP\\\\z")).toEqual(["CORP\\zoé o'brien\tID 3"]);
	expect(asked("cfm ids list -e ")).toEqual(["default"]);
});
