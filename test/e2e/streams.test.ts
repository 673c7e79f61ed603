import { spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Scene } from "../shape/scene.js";
import { atTerminal, cfm, initialised, json, root } from "./cfm.js";

let scene: Scene;
beforeAll(async () => {
	scene = await initialised();
	const rows = Array.from({ length: 15_000 }, (_, at) => `CORP\\user${at},${at + 1}`);
	writeFileSync(join(scene.work, "many.csv"), `user,id\r\n${rows.join("\r\n")}\r\n`);
	const { code, err } = await scene.run(["ids", "import", join(scene.work, "many.csv")]);
	if (code !== 0) throw new Error(err);
});
afterAll(() => scene.remove());

describe("a reader that stops reading", () => {
	it.each([
		"ids list",
		"ids list --json",
		"ids list --json --pretty",
		"ids export",
		"ids export --format json",
		"ids history",
		"ids list --help",
		"help",
	])("is no fault: cfm %s | head -1", (line) => {
		return new Promise<void>((resolve, reject) => {
			const child = spawn(process.execPath, [join(root, "bin", "run.cjs"), ...line.split(" ")], {
				env: { ...scene.environment, TMPDIR: scene.folder },
				stdio: ["ignore", "pipe", "pipe"],
			});
			let err = "";
			child.stderr.on("data", (chunk) => {
				err += chunk;
			});
			child.stdout.once("data", () => child.stdout.destroy());
			child.on("error", reject);
			child.on("close", (code, signal) => {
				try {
					expect({ code, signal, err }).toEqual({ code: 0, signal: null, err: "" });
					resolve();
				} catch (error) {
					reject(error);
				}
			});
		});
	});

	it("of a change is no fault either, and the change is made", async () => {
		const line = "cfm ids allocate CORP\\\\headless --json 2>err.txt | true; cat err.txt";
		const { screen } = await atTerminal(scene, line);
		expect(screen).toBe("");
		expect((await json(scene, ["ids", "show", "CORP\\headless"])).result.total).toBe(1);
	});
});

describe("stdout", () => {
	it.each(["ids list", "environments list", "find user1"])(
		"is no stream of Node's where it is no terminal, which takes a fifth of Node's own start: cfm %s",
		async (line) => {
			const preload = join(scene.folder, "asked.cjs");
			writeFileSync(
				preload,
				`const { get } = Object.getOwnPropertyDescriptor(process, "stdout");
				Object.defineProperty(process, "stdout", { get() { require("fs").writeSync(2, "asked"); return get.call(process); } });`,
			);
			const { code, err } = await cfm(scene, line.split(" "), { preload });
			expect({ code, err }).toEqual({ code: 0, err: "" });
		},
	);

	it("has all of a long list, as JSON too", async () => {
		const { result } = await json(scene, ["ids", "list", "--state", "allocated", "--user", "CORP\\user*"]);
		expect(result.total).toBe(15_000);
		expect(result.allocations).toHaveLength(15_000);
		const { out } = await cfm(scene, ["ids", "list", "--user", "CORP\\user*"]);
		expect(out.trimEnd().split("\n")).toHaveLength(15_001);
	});

	it("has all of a long list in a slow pipe", async () => {
		// The shell reads byte by byte, so that a line does not reach past its end.
		const { screen } = await atTerminal(
			scene,
			"cfm ids list --user 'CORP\\user*' | (n=0; while read -r line; do n=$((n+1)); done; echo $n)",
		);
		expect(screen.trim()).toBe("15001");
	});

	it("is tab-separated without colour in a pipe, whatever FORCE_COLOR says of a terminal", async () => {
		const { out } = await cfm(scene, ["ids", "list", "--limit", "1"]);
		expect(out).toBe(
			"USER\tID\tPORT\tSTATE\tENVIRONMENT\tUNTIL\tNOTE\nCORP\\user0\t1\t24251\tallocated\tdefault\t\t\n",
		);
		const forced = await cfm(scene, ["ids", "list", "--limit", "1"], { environment: { FORCE_COLOR: "1" } });
		expect(forced.out).toBe(out);
	});

	it("has nothing of an error, and stderr nothing of a result", async () => {
		const ran = await cfm(scene, ["ids", "show", "CORP\\nobody"]);
		expect(ran).toMatchObject({ code: 3, out: "" });
		expect((await cfm(scene, ["ids", "show", "CORP\\user1"])).err).toBe("");
	});

	it("is the same in any language of the system", async () => {
		const words = ["ids", "show", "CORP\\user1", "--json"];
		const runs = await Promise.all(
			["C", "fr_CA.UTF-8", "tr_TR.UTF-8"].map((LC_ALL) => cfm(scene, words, { environment: { LC_ALL, LANG: LC_ALL } })),
		);
		expect(new Set(runs.map(({ out }) => out)).size).toBe(1);
	});
});

describe("colour", () => {
	const line = "cfm ids show 1 2>&1; cfm ids show CORP\\\\nobody";

	it("is there on a terminal", async () => {
		const { screen } = await atTerminal(scene, line);
		expect(screen).toContain("\u001b[1mUSER");
		expect(screen).toContain("\u001b[31mError:");
	});

	it.each([{ NO_COLOR: "1" }, { TERM: "dumb" }, { FORCE_COLOR: "0" }])("is not there with %j", async (environment) => {
		const { screen } = await atTerminal(scene, line, [], { environment: environment as Record<string, string> });
		expect(screen).toContain("Error:");
		expect(screen).not.toContain("\u001b[");
	});

	it("is not in the half that goes elsewhere", async () => {
		await atTerminal(scene, "cfm ids show 1 > out.txt; cfm ids show CORP\\\\nobody 2> err.txt");
		for (const file of ["out.txt", "err.txt"]) {
			expect(readFileSync(join(scene.work, file), "utf8")).not.toContain("\u001b");
		}
	});
});

describe("a terminal", () => {
	it.each([80, 100])("of %d columns gets a table that fits", async (columns) => {
		const long = `CORP\\${"long".repeat(4)}`;
		await scene.run(["ids", "allocate", long, "--note", "a remark that goes on and on and on"]);
		await scene.run(["ids", "allocate", `${long}er`]);
		await scene.run(["ids", "release", long, "--yes"]);
		const { screen } = await atTerminal(scene, `cfm ids list --user '${long.replaceAll("long", "lo*")}'`, [], {
			columns,
			environment: { NO_COLOR: "1" },
		});
		const lines = screen.trimEnd().split("\r\n");
		expect(lines[0]).toMatch(/^┌.*┐$/);
		for (const one of lines) expect([...one].length, one).toBeLessThanOrEqual(columns);
		// Who it is is never cut.
		expect(screen).toContain(`${long}er `);
	});

	it("gets a list that is longer than it page by page, and cfm ends when the pager is left", async () => {
		const { screen } = await atTerminal(scene, "cfm ids list --user 'CORP\\user1*'", [["user1 ", "q"]], {
			environment: { NO_COLOR: "1", CFM_PAGER: "less", LESS: "" },
		});
		expect(screen).toContain("CORP\\user1 ");
		expect(screen).not.toContain("CORP\\user1999");
	});

	it.each(["less", "head -3", "false"])(
		"is told nothing when %s is left before it has read a long list",
		async (pager) => {
			const { screen, code } = await atTerminal(scene, "cfm ids list", pager === "less" ? [["user0 ", "q"]] : [], {
				environment: { NO_COLOR: "1", CFM_PAGER: pager, LESS: "" },
			});
			expect({ code, screen }).toEqual({ code: 0, screen: expect.not.stringContaining("Error") });
		},
	);

	it("gets a long list in columns, all of it", async () => {
		const { screen } = await atTerminal(scene, "cfm ids list --user 'CORP\\user1*'", [], {
			environment: { NO_COLOR: "1", CFM_PAGER: "cat" },
		});
		const lines = screen.trimEnd().split("\r\n");
		expect(lines[0]).toMatch(/^USER +ID +PORT +STATE/);
		expect(lines.length).toBe(1 + (1 + 10 + 100 + 1000 + 5000) + 1);
		expect(lines.at(-1)).toBe("Total: 6111");
	});
});
