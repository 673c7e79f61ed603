/** How cfm is started on Windows: cfm.cmd by cmd.exe, and a Node of the next major version. */
import fs from "node:fs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { allTraces, ask, cliFolder, done, home, installing, machineWithCli, noTraces, traces } from "./cli.js";
import type { RunOptions, Wine } from "./setup.js";

describe("cfm.cmd, by cmd.exe", () => {
	let wine: Wine;
	beforeAll(async () => {
		wine = await machineWithCli();
	});
	afterAll(() => wine?.dispose());

	const cmd = (words: string[], options: RunOptions = {}) => {
		const PATH = `${cliFolder}\\bin;C:\\node;C:\\windows\\system32`;
		return wine.exec("cmd.exe", ["/d", "/c", "cfm", ...words], { ...options, env: { PATH, CFM_HOME: home } });
	};

	test("runs from a path with spaces and ü, and hands on words, input, output and exit code", async () => {
		expect(await cmd(["--version"])).toMatchObject({ exitCode: 0, stderr: "", stdout: /^cfm\/\S+ win32-x64 node-v22/ });
		const given = await cmd(["ids", "allocate", "CONTOSO\\Jürgen Łuka", "Zoë & Co", "--json"]);
		expect(given).toMatchObject({ exitCode: 0, stderr: "" });
		expect(JSON.parse(given.stdout).result.allocations).toMatchObject([
			{ user: "CONTOSO\\Jürgen Łuka", id: 1 },
			{ user: "Zoë & Co", id: 2 },
		]);
		const piped = await cmd(["ids", "allocate", "--from", "-", "--json"], { stdin: "ü\r\nŁ\r\n" });
		expect(JSON.parse(piped.stdout).result.allocations).toMatchObject([{ user: "ü" }, { user: "Ł" }]);
		const codes = await Promise.all(
			[["ids", "show", "nobody"], ["ids", "allocate", "x", "--id", "1"], ["nonsense"], ["ids", "list"]].map((words) =>
				cmd(words),
			),
		);
		expect(codes.map(({ exitCode }) => exitCode)).toEqual([3, 4, 2, 0]);
		expect(codes[3]?.stdout).toContain("CONTOSO\\Jürgen Łuka\t1\t");
	});

	test("takes the Node that stands beside cfm before any other", async () => {
		const beside = `${cliFolder}\\node`;
		fs.mkdirSync(wine.path(beside));
		fs.copyFileSync(wine.path("C:\\windows\\system32\\hostname.exe"), wine.path(`${beside}\\node.exe`));
		const answer = await cmd(["--version"]);
		expect(answer.stdout).not.toContain("cfm/");
		fs.rmSync(wine.path(beside), { recursive: true });
		expect((await cmd(["--version"])).stdout).toContain("cfm/");
	});
});

describe("Node 24 (the patched test copy)", () => {
	test("does the main job, also with the cached code that the build made on Linux", async () => {
		const wine = await machineWithCli({ node: 24 });
		try {
			expect((await wine.run(["--version"])).stdout).toMatch(/ win32-x64 node-v24\.\d+\.\d+\n$/);
			expect(await done(wine, ["ids", "allocate", wine.user])).toMatchObject({ allocations: [{ id: 1 }] });
			expect(await done(wine, installing(wine, "ok"))).toMatchObject({ outcome: "installed", port: 24251 });
			expect(await traces(wine, 24251)).toEqual(allTraces(1));
			expect(await done(wine, ["client", "list"])).toMatchObject({ clients: [{ verdict: "ok", listening: true }] });
			expect(await done(wine, ["uninstall", "--silent", "--yes"])).toMatchObject({ outcome: "uninstalled" });
			expect(await ask(wine, installing(wine, "exit-1602"))).toMatchObject({ exitCode: 7 });
			expect(await traces(wine, 24251)).toEqual(noTraces);
			expect(await ask(wine, ["ids", "lst"])).toMatchObject({ exitCode: 2, error: { code: "unknown-command" } });
			expect((await wine.run(["ids", "allocate", "--help"])).stdout).toContain("--from");
		} finally {
			await wine.dispose();
		}
	});
});
