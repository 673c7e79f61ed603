/** How cfm is started on Windows: cfm.cmd by cmd.exe, and a Node of the next major version. */
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import {
	allTraces,
	ask,
	cliFolder,
	done,
	everything,
	home,
	installing,
	machineWithCli,
	noTraces,
	putElevated,
	traces,
} from "./cli.js";
import { project } from "./provision.js";
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

	test("a name that Windows reads as another one is refused wherever one is given; a long path works, or is refused", async () => {
		for (const registry of ["NUL", "C:\\x\\registry.db:hidden", "C:\\x.\\registry.db", "\\\\.\\pipe\\x"]) {
			const refused = { exitCode: 2, error: { code: "bad-flag-value", data: { flag: "--registry" } } };
			expect(await ask(wine, ["ids", "list", "--registry", registry])).toMatchObject(refused);
			const byVariable = await ask(wine, ["ids", "list"], { env: { CFM_REGISTRY: registry } });
			expect(byVariable).toMatchObject({ exitCode: 2, error: { code: "bad-setting" } });
		}
		const from = await ask(wine, ["ids", "allocate", "--from", "con.csv"]);
		expect(from).toMatchObject({ exitCode: 2, error: { data: { flag: "--from" } } });
		const list = `C:\\lists\\${"ü".repeat(120)}\\${"Ł".repeat(120)}\\${"x".repeat(60)}.csv`;
		fs.mkdirSync(path.dirname(wine.path(list)), { recursive: true });
		fs.writeFileSync(wine.path(list), "far\n");
		expect((await done(wine, ["ids", "allocate", "--from", list])).allocations).toMatchObject([{ user: "far" }]);
		const registry = `C:\\${"x".repeat(120)}\\${"x".repeat(120)}\\registry.db`;
		const tooLong = await ask(wine, ["init", "--yes"], { env: { CFM_HOME: path.win32.dirname(registry) } });
		expect(tooLong).toMatchObject({ exitCode: 2, error: { code: "path-not-usable" } });
	});

	test("self check looks at this Windows, names nobody, and changes nothing", async () => {
		const before = await everything(wine);
		const { result, error, exitCode } = await ask(wine, ["self", "check", "--windows"]);
		expect(await everything(wine)).toEqual(before);
		const told = (id: string) => result.checks.find((one: { id: string }) => one.id === id);
		const right = ["own-account", "own-port", "connection-tables", "trusted-folder", "access-lists", "readers"];
		for (const id of right) {
			expect(told(id)).toMatchObject({ state: "as-expected" });
		}
		// Wine has no sessions, and knows nobody who confirmed a time.
		for (const id of ["sessions", "excluded-ports", "signature"]) {
			expect(told(id)).toMatchObject({ state: "differs" });
			expect(error?.data.checks).toContain(id);
		}
		expect(told("signature").seen).toMatch(/^valid, certificates: [2-9], time: -$/);
		expect(told("client")).toMatchObject({ state: "not-tried" });
		expect({ exitCode, code: error?.code }).toEqual({ exitCode: 8, code: "windows-differs" });
		expect(JSON.stringify(result)).not.toMatch(/anna|contoso/i);
	});
});

describe.each(["cfm.cmd", "cfm.exe"])("%s", (launcher) => {
	let wine: Wine;
	beforeAll(async () => {
		wine = await machineWithCli();
		const target = wine.path(`${cliFolder}\\bin\\cfm.exe`);
		execFileSync(process.execPath, [path.join(project, "scripts", "launcher.mjs"), target]);
		// Every Windows has this key, which administrators alone may read.
		await wine.evaluate(`
			const reg = require("native-reg");
			reg.closeKey(reg.createKey(reg.HKU, "S-1-5-19", reg.Access.ALL_ACCESS));
		`);
	});
	afterAll(() => wine?.dispose());

	const start = (words: string[], env: RunOptions["env"] = {}) => {
		const options = { env: { PATH: "C:\\node;C:\\windows\\system32", CFM_HOME: home, ...env } };
		const program = `${cliFolder}\\bin\\${launcher}`;
		if (launcher === "cfm.exe") return wine.exec(program, words, options);
		return wine.exec("cmd.exe", ["/d", "/c", program, ...words], options);
	};

	test("takes, with administrators' rights, the Node that stands beside cfm and no other", async () => {
		const beside = wine.path(`${cliFolder}\\node\\node.exe`);
		const real = fs.readlinkSync(beside);
		fs.rmSync(beside);
		// cfm.exe asks its own token; cfm.cmd can only try what administrators may.
		if (launcher === "cfm.exe") expect((await start(["--version"])).stdout).toContain("cfm/");
		const options = { env: { PATH: "C:\\node;C:\\windows\\system32", CFM_HOME: home } };
		const without =
			launcher === "cfm.exe"
				? await wine.exec(putElevated(wine), [`${cliFolder}\\bin\\${launcher}`, "--version"], options)
				: await start(["--version"]);
		expect(without).toMatchObject({ exitCode: 2, stdout: "" });
		expect(without.stderr).toMatch(/^cfm runs as an administrator and takes only the Node beside it: .*\.\r?\n$/);
		fs.copyFileSync(wine.path("C:\\windows\\system32\\hostname.exe"), beside);
		expect((await start(["--version"])).stdout).not.toContain("cfm/");
		fs.rmSync(beside);
		fs.symlinkSync(real, beside);
		expect((await start(["--version"])).stdout).toContain("cfm/");
	});

	if (launcher === "cfm.exe") {
		test("its hints are written for the shell that called it, whatever the variables say", async () => {
			await done(wine, ["init", "--yes"]);
			// What a PowerShell leaves to the programs it starts: cmd.exe was called from one.
			const env = {
				CFM_HOME: home,
				PSModulePath: "C:\\users\\a\\Documents\\PowerShell\\Modules;C:\\x",
				CFM_PARENT: "pwsh.exe",
			};
			const words = ["ids", "show", "o'neil"];
			const { stderr } = await wine.exec("cmd.exe", ["/d", "/c", `${cliFolder}\\bin\\cfm.exe`, ...words], { env });
			expect(stderr).toContain('cfm ids allocate "o\'neil"');
		});
	}

	test("lets no setting of Node's in: neither code that it would load nor words it does not know", async () => {
		fs.writeFileSync(wine.path("C:\\lane\\evil.cjs"), "console.log('evil')");
		for (const env of [
			{ NODE_OPTIONS: "--require C:\\lane\\evil.cjs" },
			{ node_options: "--no-such-word" },
			{ NODE_OPTIONS: "", NODE_REPL_EXTERNAL_MODULE: "C:\\lane\\evil.cjs" },
		]) {
			expect(await start(["--version"], env)).toMatchObject({
				...{ exitCode: 0, stderr: "", stdout: expect.stringMatching(/^cfm\/\S+ win32-x64 node-v\S+\r?\n$/) },
			});
		}
	});
});

test("an installer goes on when cfm is killed: half a client is worse than one that is not recorded", async () => {
	const wine = await machineWithCli();
	try {
		await done(wine, ["ids", "allocate", wine.user]);
		const words = [`${cliFolder}\\bin\\run.cjs`, ...installing(wine, "hang")];
		const cfm = await wine.start("C:\\node\\node.exe", words, { env: { CFM_HOME: home } });
		const copies = () => {
			const folder = wine.path("C:\\ProgramData");
			return fs.readdirSync(folder).filter((name) => name.startsWith("cfm-work-"));
		};
		/** A program that runs cannot be opened to write. */
		const runs = () =>
			wine.evaluate(`
				try {
					require("node:fs").closeSync(require("node:fs").openSync(
						"C:\\\\ProgramData\\\\${copies()[0]}\\\\certifio-manager-se.exe", "r+"));
					return false;
				} catch (error) {
					return error.code;
				}`);
		await vi.waitFor(() => expect(copies()).toHaveLength(1), { timeout: 20_000, interval: 50 });
		await vi.waitFor(async () => expect(await runs()).toBe("EBUSY"), { timeout: 20_000, interval: 50 });
		await cfm.kill();
		await cfm.done;
		expect(await runs()).toBe("EBUSY");
	} finally {
		await wine.dispose();
	}
});

describe("Node 22", () => {
	// On a machine of its own, so it may be tried twice: Wine refuses about one start of a program in a thousand, or hangs in it.
	test("does the main job, also with the cached code that the build made on Linux", { retry: 1 }, async () => {
		const wine = await machineWithCli({ node: 22 });
		try {
			expect((await wine.run(["--version"])).stdout).toMatch(/ win32-x64 node-v22\.\d+\.\d+\n$/);
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
