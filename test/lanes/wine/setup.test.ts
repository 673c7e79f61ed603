/** Proves the lane itself: what it says about Windows has to be true before it may say anything about cfm. */
import fs from "node:fs";
import path from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from "vitest";
import { makeFolder } from "../../folders.js";
import { freshPrefix, type InstallerVariant, installerVariants, nodeVersions, type Wine } from "./setup.js";

const clientKey = "HKCU\\Software\\Notarius\\certifio-manager-se";
const uninstallKeys = "HKCU\\Software\\Microsoft\\Windows\\CurrentVersion\\Uninstall";
const clientFolder = (wine: Wine): string => `${wine.profile}\\AppData\\Roaming\\Notarius\\certifio-manager-se`;
const startup = (wine: Wine): string =>
	`${wine.profile}\\AppData\\Roaming\\Microsoft\\Windows\\Start Menu\\Programs\\StartUp\\certifio-manager-se.exe`;

/** Waits until a condition holds: an NSIS uninstaller, and a client that starts, outlive the program that was run. */
const until = (what: () => void | Promise<void>): Promise<void> => vi.waitFor(what, { timeout: 10_000, interval: 25 });

const install = (wine: Wine, installer: string, id: number): Promise<number | null> =>
	wine.exec(installer, ["/S", `/CFMID=${id}`], { capture: false }).then(({ exitCode }) => exitCode);

async function uninstall(wine: Wine): Promise<void> {
	const program = `${clientFolder(wine)}\\uninstall.exe`;
	expect(await wine.exec(program, ["/S"], { capture: false })).toMatchObject({ exitCode: 0 });
	await until(async () => {
		expect(fs.existsSync(wine.path(program))).toBe(false);
		expect(await wine.registry(clientKey)).toBeNull();
	});
}

/** Everything that an installer may leave behind. */
async function traces(wine: Wine, id: number) {
	const folder = wine.path(clientFolder(wine));
	return {
		files: fs.existsSync(folder) ? fs.readdirSync(folder).sort() : [],
		startup: fs.existsSync(wine.path(startup(wine))),
		clientId: (await wine.registry(clientKey))?.values.CFMID,
		uninstall: (await wine.registry(`${uninstallKeys}\\certifio-manager-se`))?.values,
		listening: await wine.listens(24250 + id),
	};
}

const nothing = { files: [], startup: false, clientId: undefined, uninstall: undefined, listening: false };

describe("a fresh prefix", () => {
	let wine: Wine;
	beforeAll(async () => {
		wine = await freshPrefix({ user: "CONTOSO\\jürgen" });
	});
	afterAll(() => wine?.dispose());

	test("runs the win32 Node 24 as the account asked for", async () => {
		expect(wine.nodeVersion).toBe(`v${nodeVersions[24].version}`);
		expect(
			await wine.evaluate(`
				const os = require("node:os");
				const { APPDATA, LOCALAPPDATA, ProgramData, TEMP, USERNAME, USERDOMAIN } = process.env;
				return { platform: process.platform, user: os.userInfo().username, home: os.homedir(), release: os.release(),
					APPDATA, LOCALAPPDATA, ProgramData, TEMP, USERNAME, USERDOMAIN, cwd: process.cwd() };
			`),
		).toEqual({
			platform: "win32",
			user: "jürgen",
			home: "C:\\users\\jürgen",
			release: expect.stringMatching(/^10\.0\./),
			APPDATA: "C:\\users\\jürgen\\AppData\\Roaming",
			LOCALAPPDATA: "C:\\users\\jürgen\\AppData\\Local",
			ProgramData: "C:\\ProgramData",
			TEMP: "C:\\users\\jürgen\\AppData\\Local\\Temp",
			USERNAME: "jürgen",
			USERDOMAIN: "CONTOSO",
			cwd: "C:\\users\\jürgen",
		});
		const profiles = "HKLM\\SOFTWARE\\Microsoft\\Windows NT\\CurrentVersion\\ProfileList";
		expect(await wine.registry(`${profiles}\\S-1-5-21-0-0-0-1000`)).toMatchObject({
			values: { ProfileImagePath: "C:\\users\\jürgen" },
		});
	});

	test("shares nothing with another one, and neither leads to the DLLs of the system", async () => {
		const other = await freshPrefix();
		try {
			fs.writeFileSync(wine.path("C:\\ProgramData\\mine.txt"), "");
			await wine.evaluate(`
				const reg = require("native-reg");
				reg.setValueSZ(reg.createKey(reg.HKCU, "Software\\\\cfm-lane", reg.Access.ALL_ACCESS), "a", "naïve 日本 😀");
			`);
			expect(await wine.registry("HKCU\\Software\\cfm-lane")).toEqual({ keys: [], values: { a: "naïve 日本 😀" } });
			expect(await other.registry("HKCU\\Software\\cfm-lane")).toBeNull();
			expect(fs.existsSync(other.path("C:\\ProgramData\\mine.txt"))).toBe(false);
			expect(fs.realpathSync(other.path("C:\\windows\\system32\\kernel32.dll"))).toContain("/.cache/wine/template/");
		} finally {
			await other.dispose();
		}
	});

	test("reads the registry as `reg export` writes it", async () => {
		await wine.evaluate(`
			const reg = require("native-reg");
			const key = reg.createKey(reg.HKCU, "Software\\\\cfm-export", reg.Access.ALL_ACCESS);
			reg.setValueSZ(key, "Jürgen", "ζ");
			reg.setValueDWORD(key, "count", 4294967295);
		`);
		await wine.exec("reg.exe", ["export", "HKCU\\Software\\cfm-export", "C:\\export.reg", "/y"]);
		const exported = fs.readFileSync(wine.path("C:\\export.reg")).toString("utf16le");
		expect(exported).toContain('"Jürgen"="ζ"');
		expect(exported).toContain('"count"=dword:ffffffff');
		const read = await wine.registry("HKCU\\Software\\cfm-export");
		expect(read).toEqual({ keys: [], values: { Jürgen: "ζ", count: 4294967295 } });
	});
});

describe("running a program", () => {
	let wine: Wine;
	beforeAll(async () => {
		wine = await freshPrefix();
	});
	afterAll(() => wine?.dispose());
	const node = (source: string, args: string[] = [], options = {}) =>
		wine.exec("node", ["-e", source, "--", ...args], options);

	test.each([0, 1, 130, 1602, 1618, 3010, 0xc0000005])("gives exit code %i whole", async (code) => {
		expect(await node(`process.exit(${code})`)).toMatchObject({ exitCode: code, signal: null });
	});

	test("carries arguments, stdin, stdout and stderr unchanged", async () => {
		const args = ["", "a b", 'say "hi"', "C:\\tail\\", "ü 日本 😀", "%PATH%", "a^b&c|d", "*"];
		const stdin = "ü\r\n😀\n".repeat(20_000);
		const echo = `
			console.error(JSON.stringify(process.argv.slice(1)));
			process.stdin.pipe(process.stdout);
		`;
		const { stdout, stderr } = await node(echo, args, { stdin });
		expect(JSON.parse(stderr)).toEqual(args);
		expect(stdout).toBe(stdin);
	});

	test("gives an end of input at once when there is no stdin, and no terminal anywhere", async () => {
		const { stdout } = await node(`
			const { stdin, stdout, stderr } = process;
			stdin.resume().on("end", () => console.log([stdin.isTTY, stdout.isTTY, stderr.isTTY].map(Boolean).join()));
		`);
		expect(stdout).toBe("false,false,false\n");
	});

	test("sets, overrides and removes environment variables whatever their case", async () => {
		const show = "const { CFM_HOME, ProgramData, APPDATA } = process.env; console.log(CFM_HOME, ProgramData, APPDATA)";
		const { stdout } = await node(show, [], {
			env: { CFM_HOME: "C:\\ü", PROGRAMDATA: "C:\\elsewhere", appdata: undefined },
		});
		expect(stdout).toBe("C:\\ü C:\\elsewhere undefined\n");
	});

	test("lets nothing of the Linux environment in", async () => {
		vi.stubEnv("CFM_LEAK", "1");
		const other = await freshPrefix();
		try {
			expect(await other.evaluate("return process.env.CFM_LEAK")).toBeNull();
		} finally {
			vi.unstubAllEnvs();
			await other.dispose();
		}
	});

	test("ends what takes too long, and what it is told to end", async () => {
		const late = await node("setTimeout(() => {}, 60_000)", [], { timeoutMs: 500 });
		expect(late).toMatchObject({ exitCode: null, signal: "SIGKILL", timedOut: true });
		const started = await wine.start("node", ["-e", "setTimeout(() => {}, 60_000)"]);
		expect(started.pid).toBeGreaterThan(0);
		expect(await started.kill()).toBe(true);
		expect(await started.done).toMatchObject({ signal: "SIGKILL", timedOut: false });
	});

	test("says so when there is no such program", async () => {
		await expect(wine.exec("C:\\nowhere.exe")).rejects.toMatchObject({ name: "WineError", code: "ENOENT" });
		await expect(wine.start("C:\\nowhere.exe")).rejects.toMatchObject({ code: "ENOENT" });
	});

	test("runs many at once", async () => {
		const all = await Promise.all([1, 2, 3, 4, 5, 6, 7, 8].map((n) => node(`process.exitCode = ${n}`)));
		expect(all.map(({ exitCode }) => exitCode)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
	});
});

describe("running the CLI", () => {
	let wine: Wine;
	let source: string;
	beforeAll(async () => {
		wine = await freshPrefix();
		source = makeFolder("wine-cli");
		fs.mkdirSync(path.join(source, "bin"));
		fs.writeFileSync(path.join(source, "package.json"), "{}");
		const script = `
			const { spawn, spawnSync } = require("node:child_process");
			const [verb, ...rest] = process.argv.slice(2);
			if (verb === "install") {
				const { status } = spawnSync(rest[0], ["/S", "/CFMID=" + rest[1]], { stdio: rest[2] ?? "ignore" });
				process.exitCode = status;
			}
			// Not detached, it would die with its parent: libuv puts its children into a job that ends them.
			const stay = { stdio: "inherit", detached: true };
			if (verb === "leave") spawn(process.execPath, ["-e", "setTimeout(() => {}, 5000)"], stay).unref();
			if (verb === "wait") Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
			console.log(JSON.stringify({ file: __filename, user: process.env.USERNAME, rest }));
		`;
		fs.writeFileSync(path.join(source, "bin", "run.cjs"), script);
		wine.installCli("C:\\Program Files\\cfm ü", source);
	});
	afterAll(async () => {
		if (source !== undefined) fs.rmSync(source, { recursive: true });
		await wine?.dispose();
	});

	test("runs the copy inside Windows", async () => {
		const { exitCode, stdout, stderr } = await wine.run(["show", "é"]);
		expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
		const file = "C:\\Program Files\\cfm ü\\bin\\run.cjs";
		expect(JSON.parse(stdout)).toEqual({ file, user: "anna", rest: ["é"] });
	});

	test("lets it install a client that stays, without the client holding its output", async () => {
		const { exitCode } = await wine.run(["install", wine.putInstaller("exit-3010"), "21"]);
		expect(exitCode).toBe(3010);
		// It runs on, and was not waited for.
		await until(async () => expect(await wine.listens(24271)).toBe(true));
		await uninstall(wine);
	});

	test("complains about a process that holds its output, and about being killed", async () => {
		await expect(wine.run(["leave"])).rejects.toThrow(/holds its stdout or stderr/);
		await expect(wine.run(["wait"], { timeoutMs: 500 })).rejects.toThrow(
			/^cfm wait was killed \(SIGKILL\) after \d+ ms/,
		);
	});

	test("runs it as another account of the machine: its own HKCU and profile, the same disk and ports", async () => {
		const { stdout } = await wine.run(["show"], { user: "CONTOSO\\dora" });
		expect(JSON.parse(stdout)).toMatchObject({ user: "dora" });
		const dora = await wine.as("contoso\\DORA");
		expect(dora.user).toBe("CONTOSO\\dora");
		const installer = wine.putInstaller("ok");
		expect(await install(wine, installer, 22)).toBe(0);
		expect(await install(dora, installer, 23)).toBe(0);
		await until(async () => expect(await wine.listens(24273)).toBe(true));
		expect(await dora.listens(24272)).toBe(true);
		expect((await wine.registry(clientKey))?.values.CFMID).toBe("22");
		expect((await dora.registry(clientKey))?.values.CFMID).toBe("23");
		expect(fs.readdirSync(wine.path("C:\\users")).sort()).toEqual(["Public", "anna", "dora"]);
		await uninstall(dora);
		expect(await wine.listens(24272)).toBe(true);
		await uninstall(wine);
	});
});

describe("the stand-in installers, from a path with spaces and ü", () => {
	let wine: Wine;
	const at = (variant: InstallerVariant): string => wine.putInstaller(variant, `C:\\Über uns\\in st ü\\${variant}`);
	beforeAll(async () => {
		wine = await freshPrefix();
	});
	afterEach(async () => {
		if (fs.existsSync(wine.path(`${clientFolder(wine)}\\uninstall.exe`))) await uninstall(wine);
		await until(async () => expect(await traces(wine, 7)).toEqual(nothing));
		expect(await wine.registry("HKCU\\Software\\Notarius")).toBeNull();
		expect(fs.existsSync(path.dirname(wine.path(clientFolder(wine))))).toBe(false);
	});
	afterAll(() => wine?.dispose());

	const installed = () => ({
		files: ["certifio-manager-se.exe", "uninstall.exe", "version.txt"],
		startup: true,
		clientId: "7",
		uninstall: {
			DisplayName: "CertifiO Manager - Server Edition",
			DisplayVersion: "2.1.0-standin",
			Publisher: "Stand-in for Notarius Inc.",
			InstallLocation: clientFolder(wine),
			UninstallString: `"${clientFolder(wine)}\\uninstall.exe"`,
			QuietUninstallString: `"${clientFolder(wine)}\\uninstall.exe" /S`,
			NoModify: 1,
			NoRepair: 1,
		},
		listening: true,
	});

	test.each([
		["ok", 0],
		["exit-3010", 3010],
	] as const)("%s installs, starts the client and exits %i", async (variant, code) => {
		expect(await install(wine, at(variant), 7)).toBe(code);
		await until(async () => expect(await traces(wine, 7)).toEqual(installed()));
		expect(fs.readFileSync(wine.path(`${clientFolder(wine)}\\version.txt`), "utf8")).toBe("2.1.0-standin\r\n");
	});

	test("a client that runs answers on its port, which nobody else can bind; its file cannot be opened to write", async () => {
		await install(wine, at("ok"), 7);
		await until(async () => expect(await wine.listens(24257)).toBe(true));
		const look = `
			const fs = require("node:fs");
			const answer = await new Promise((resolve, reject) => require("node:http")
				.get("http://127.0.0.1:24257/", (response) => response.setEncoding("utf8").on("data", resolve)).on("error", reject));
			const bind = (port) => new Promise((resolve) => {
				const server = require("node:net").createServer().on("error", (error) => resolve(error.code));
				server.listen(port, "127.0.0.1", () => server.close(() => resolve("bound")));
			});
			const ports = [await bind(24257), await bind(24258)];
			let opened = "opened";
			try { fs.closeSync(fs.openSync(${JSON.stringify(`${clientFolder(wine)}\\certifio-manager-se.exe`)}, "r+")); }
			catch (error) { opened = error.code; }
			return { answer, ports, opened };
		`;
		expect(await wine.evaluate(look)).toEqual({
			answer: "stand-in",
			ports: ["EADDRINUSE", "bound"],
			opened: "EBUSY",
		});
	});

	test("ok installs again over itself with another ID", async () => {
		await install(wine, at("ok"), 8);
		await until(async () => expect(await wine.listens(24258)).toBe(true));
		expect(await install(wine, at("ok"), 7)).toBe(0);
		await until(async () => expect(await traces(wine, 7)).toEqual(installed()));
		expect(await wine.listens(24258)).toBe(false);
	});

	test("busy-then-ok exits 1618 once, then installs", async () => {
		expect(await install(wine, at("busy-then-ok"), 7)).toBe(1618);
		expect(await traces(wine, 7)).toEqual(nothing);
		expect(await install(wine, at("busy-then-ok"), 7)).toBe(0);
		await until(async () => expect(await traces(wine, 7)).toEqual(installed()));
	});

	test.each([
		["exit-1602", 1602],
		["nothing", 0],
	] as const)("%s leaves nothing and exits %i", async (variant, code) => {
		expect(await install(wine, at(variant), 7)).toBe(code);
		expect(await traces(wine, 7)).toEqual(nothing);
	});

	test("wrong-id stores another ID, and its client listens there", async () => {
		expect(await install(wine, at("wrong-id"), 7)).toBe(0);
		await until(async () => expect(await wine.listens(24250 + 1007)).toBe(true));
		expect(await traces(wine, 7)).toEqual({ ...installed(), clientId: "1007", listening: false });
	});

	test("no-start installs and starts no client", async () => {
		expect(await install(wine, at("no-start"), 7)).toBe(0);
		expect(await traces(wine, 7)).toEqual({ ...installed(), listening: false });
	});

	test("hang never ends, and can be ended", async () => {
		const outcome = await wine.exec(at("hang"), ["/S", "/CFMID=7"], { capture: false, timeoutMs: 1500 });
		expect(outcome).toMatchObject({ exitCode: null, signal: "SIGKILL", timedOut: true });
		expect(await traces(wine, 7)).toEqual(nothing);
	});

	test("hang-child leaves its child behind when only it is ended", async () => {
		const outcome = await wine.exec(at("hang-child"), ["/S", "/CFMID=7"], { capture: false, timeoutMs: 1500 });
		expect(outcome).toMatchObject({ signal: "SIGKILL", timedOut: true });
		const child = await wine.exec("taskkill", ["/F", "/IM", "certifio-manager-se-setup.exe"]);
		expect(child.stdout).toContain("forcibly terminated");
	});

	test.each(installerVariants)("%s without an ID is a script abort: exit 2", async (variant) => {
		expect(await wine.exec(at(variant), ["/S"], { capture: false })).toMatchObject({ exitCode: 2 });
		expect(await wine.exec(at(variant), ["/S", "/CFMID="], { capture: false })).toMatchObject({ exitCode: 2 });
	});
});

describe("Node 22", () => {
	test("runs, and loads a native addon", async () => {
		const wine = await freshPrefix({ node: 22 });
		try {
			expect(wine.nodeVersion).toBe(`v${nodeVersions[22].version}`);
			expect(await wine.exec("node", ["-e", "process.exit(3010)"])).toMatchObject({ exitCode: 3010 });
			expect(await wine.evaluate('return typeof require("native-reg").openKey')).toBe("function");
		} finally {
			await wine.dispose();
		}
	});
});
