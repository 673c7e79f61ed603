/** What an administrator installs: the bundle by its setup program, upgraded, repaired, removed. */
import { execFileSync } from "node:child_process";
import fs from "node:fs";
import path from "node:path";
import { unzipSync } from "fflate";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { makeSetup } from "../../../scripts/bundle/setup.mjs";
import { makeFolder } from "../../folders.js";
import { until } from "../../until.js";
import { project } from "./provision.js";
import { freshPrefix, type RunOptions, type Wine } from "./setup.js";

const environmentKey = "HKLM\\SYSTEM\\CurrentControlSet\\Control\\Session Manager\\Environment";
const uninstallKey = "HKLM\\Software\\Microsoft\\Windows\\CurrentVersion\\Uninstall\\cfm";
const folder = "C:\\Program Files\\cfm";
const registry = "C:\\ProgramData\\cfm\\registry.db";
const time = new Date("2026-01-01T00:00:00Z");
const { version } = JSON.parse(fs.readFileSync(path.join(project, "package.json"), "utf8"));

/** Longer than a string of NSIS may be, with variables and an entry that is quoted. */
const longPath = ["%SystemRoot%\\system32", '"C:\\Über uns"', ...fill(3500), "C:\\Ende\\"].join(";");

function fill(characters: number): string[] {
	const entry = "C:\\Program Files\\Some Vendor\\Some Product\\bin ü Ł";
	return Array.from({ length: Math.ceil(characters / entry.length) }, (_, at) => `${entry}${at}`);
}

const signer = makeFolder("signer");
const certificate = path.join(signer, "certificate.pem");

let wine: Wine;
let made: string;
let older: string;

beforeAll(async () => {
	const target = makeFolder("bundle");
	const subject = ["-subj", "/CN=Test Publisher", "-days", "30", "-addext", "extendedKeyUsage=codeSigning"];
	const files = ["-keyout", path.join(signer, "key.pem"), "-out", certificate];
	execFileSync("openssl", ["req", "-x509", "-newkey", "rsa:2048", "-nodes", ...files, ...subject], { stdio: "ignore" });
	// To press it as small as the published one takes a minute and a half.
	execFileSync(process.execPath, [path.join(project, "scripts", "bundle.mjs"), target, "win-x64"], {
		stdio: ["ignore", "ignore", "pipe"],
		env: {
			...{ ...process.env, CFM_QUICK_SETUP: "1" },
			...{ CFM_SIGN_CERT: certificate, CFM_SIGN_KEY: path.join(signer, "key.pem") },
		},
	});
	made = path.join(target, "cfm-setup.exe");
	const unpacked = makeFolder("unpacked");
	for (const [name, bytes] of Object.entries(
		unzipSync(fs.readFileSync(path.join(target, `cfm-${version}-win-x64.zip`))),
	)) {
		fs.mkdirSync(path.dirname(path.join(unpacked, name)), { recursive: true });
		fs.writeFileSync(path.join(unpacked, name), bytes);
	}
	older = path.join(makeFolder("older"), "cfm-setup.exe");
	// The version before: as this one, with a file that this one no longer has.
	const before = path.join(unpacked, `cfm-${version}-win-x64`);
	fs.writeFileSync(path.join(before, "dist", "gone.cjs"), "// gone\n");
	fs.appendFileSync(path.join(before, "SHA256SUMS"), `${"0".repeat(64)}  dist/gone.cjs\n`);
	makeSetup({ root: project, folder: before, file: older, version: "0.0.9", time, quick: true });
	wine = await freshPrefix();
	await setPath(longPath);
});
afterAll(() => wine?.dispose());

async function setPath(value: string): Promise<void> {
	await wine.evaluate(`
		const reg = require("native-reg");
		const key = reg.openKey(reg.HKLM, ${JSON.stringify(environmentKey.slice(5))}, reg.Access.ALL_ACCESS);
		reg.setValueRaw(key, "Path", reg.ValueType.EXPAND_SZ, reg.formatString(${JSON.stringify(value)}));
	`);
}

const pathNow = (name = "Path") =>
	wine.evaluate(`
		const reg = require("native-reg");
		const key = reg.openKey(reg.HKLM, ${JSON.stringify(environmentKey.slice(5))}, reg.Access.READ);
		const raw = reg.queryValueRaw(key, ${JSON.stringify(name)});
		return raw && { type: raw.type, text: reg.parseString(raw) };
	`);

/** Runs a setup program. @returns its exit code, and the log */
async function setUp(program: string, ...words: string[]): Promise<{ code: number; log: string }> {
	const name = `C:\\setup ü\\${path.basename(path.dirname(program))}.exe`;
	fs.mkdirSync(wine.path("C:\\setup ü"), { recursive: true });
	fs.copyFileSync(program, wine.path(name));
	const log = wine.path("C:\\setup ü\\log.txt");
	fs.rmSync(log, { force: true });
	const code = await ran(name, ["/S", '/LOG="C:\\setup ü\\log.txt"', ...words]);
	return { code, log: fs.existsSync(log) ? fs.readFileSync(log, "utf16le") : "" };
}

/** Runs a program with its words as they stand: setup programs have rules of their own for quotation marks. */
async function ran(program: string, words: readonly string[]): Promise<number> {
	const code = await wine.evaluate(
		`
		const { spawnSync } = require("node:child_process");
		const options = { windowsVerbatimArguments: true, stdio: "ignore" };
		return spawnSync(${JSON.stringify(program)}, ${JSON.stringify(words)}, options).status;
	`,
		{ timeoutMs: 280_000 },
	);
	return code as number;
}

/** As Windows does it. The uninstaller starts a copy of itself and ends: what it does is waited for. */
async function uninstall(words: readonly string[] = [], from = folder): Promise<void> {
	const { QuietUninstallString: line } = (await installed()) ?? {};
	const [program = "", rest = ""] = String(line).slice(1).split('" ');
	expect(await ran(program, [rest, ...words])).toBe(0);
	await until("the uninstaller", () => !fs.existsSync(wine.path(from)), 60_000);
	await vi.waitFor(async () => expect(await installed()).toBeNull(), { timeout: 30_000 });
}

async function cfm(words: readonly string[], options: RunOptions = {}) {
	const { exitCode, stdout, stderr } = await wine.exec(`${folder}\\bin\\cfm.exe`, [...words, "--json"], options);
	expect(stderr).toBe("");
	const { result, error } = JSON.parse(stdout);
	return { exitCode, result, error };
}

function launcher(): string {
	const file = path.join(makeFolder("launcher"), "cfm.exe");
	execFileSync(process.execPath, [path.join(project, "scripts", "launcher.mjs"), file]);
	return file;
}

const installed = async () => (await wine.registry(uninstallKey))?.values ?? null;

describe("the setup program", () => {
	test("installs the version before, keeps a long PATH whole, and the main job can be done", async () => {
		expect(await setUp(older)).toMatchObject({ code: 0, log: expect.stringMatching(/There is no registry .* yet\./) });
		expect(await installed()).toMatchObject({ DisplayVersion: "0.0.9", InstallLocation: folder });
		expect(await pathNow()).toEqual({ type: 2, text: `${longPath};${folder}\\bin` });
		expect(await cfm(["init", "--yes"])).toMatchObject({ exitCode: 0, result: { created: true } });
		expect(await cfm(["ids", "allocate", "CONTOSO\\Jürgen Łuka"])).toMatchObject({ result: { total: 1 } });
		expect(fs.existsSync(wine.path(`${folder}\\dist\\gone.cjs`))).toBe(true);
		// What a cfm of long ago wrote takes the place of the registry that was just made.
		fs.copyFileSync(path.join(project, "test/contract/schema-3/registry.db"), wine.path(registry));
	});

	test("upgrades in place, also while cfm runs, and every file is as it came", async () => {
		const running = await wine.start(`${folder}\\node\\node.exe`, ["-e", "setInterval(() => {}, 1e6)"], {
			capture: false,
		});
		try {
			const upgraded = await setUp(made);
			expect(upgraded).toMatchObject({ code: 3010, log: expect.stringContaining("removed at the next start") });
			expect(upgraded.log).toMatch(/registry\.db: from schema 3 to \d+/);
		} finally {
			await running.kill();
		}
		expect(await installed()).toMatchObject({ DisplayVersion: version, NoModify: 1 });
		expect(await pathNow()).toEqual({ type: 2, text: `${longPath};${folder}\\bin` });
		// Of the folders of modules that Windows has by itself none is lost.
		const modules = (await pathNow("PSModulePath")) as { type: number; text: string };
		expect(modules.text).toMatch(/WindowsPowerShell\\v1\.0\\Modules/);
		expect(modules.text.split(";").at(-1)).toBe(`${folder}\\powershell`);
		expect(fs.existsSync(wine.path(`${folder}\\powershell\\Cfm\\Cfm.psd1`))).toBe(true);
		const { result } = await cfm(["self", "check"]);
		expect(result).toMatchObject({ version, files: [] });
		expect(fs.existsSync(wine.path(`${folder}\\dist\\gone.cjs`))).toBe(false);
		expect(await cfm(["registry", "check"])).toMatchObject({ exitCode: 0, result: { checked: { allocations: 8 } } });
	});

	test("is signed, with all programs that it brings but Node's, which its makers signed", () => {
		for (const file of [made, wine.path(`${folder}\\uninstall.exe`), wine.path(`${folder}\\bin\\cfm.exe`)]) {
			const told = execFileSync("osslsigncode", ["verify", "-CAfile", certificate, "-in", file], { encoding: "utf8" });
			expect(told).toMatch(/Subject: \/CN=Test Publisher[\s\S]*Signature verification: ok/);
		}
	});

	test("is signed the same the second time, at the time of the commit", () => {
		const files = [launcher(), launcher()];
		const env = {
			CFM_SIGN_CERT: certificate,
			CFM_SIGN_KEY: path.join(signer, "key.pem"),
			SOURCE_DATE_EPOCH: "1767225600",
		};
		for (const file of files) {
			execFileSync(process.execPath, [path.join(project, "scripts/bundle/sign.mjs"), file], {
				env: { ...process.env, ...env },
			});
			const told = execFileSync("osslsigncode", ["verify", "-CAfile", certificate, "-in", file], { encoding: "utf8" });
			expect(told).toMatch(/Signing time: Jan\s+1 00:00:00 2026 GMT/);
		}
		const [one, two] = files.map((file) => fs.readFileSync(file));
		expect(one).toEqual(two);
	});

	test("repairs what was changed", async () => {
		fs.writeFileSync(wine.path(`${folder}\\dist\\help.json`), "{}");
		expect(await cfm(["self", "check"])).toMatchObject({ exitCode: 8, error: { code: "program-changed" } });
		expect((await setUp(made, "/NOMIGRATE")).code).toBe(0);
		const { result } = await cfm(["self", "check"]);
		expect(result.files).toEqual([]);
	});

	test("refuses to go back to an older version", async () => {
		expect(await setUp(older)).toMatchObject({ code: 1638, log: expect.stringContaining("newer than 0.0.9") });
		expect(await installed()).toMatchObject({ DisplayVersion: version });
	});

	test("removes everything but the data, and gives PATH back as it was", async () => {
		await uninstall();
		expect(await pathNow()).toEqual({ type: 2, text: longPath });
		expect(fs.existsSync(wine.path(registry))).toBe(true);
	});

	test("takes no folder that somebody else has filled", async () => {
		fs.mkdirSync(wine.path("C:\\Öffentlich"));
		fs.writeFileSync(wine.path("C:\\Öffentlich\\version.dll"), "planted");
		expect((await setUp(made, "/D=C:\\Öffentlich")).code).toBe(1639);
		expect(fs.readdirSync(wine.path("C:\\Öffentlich"))).toEqual(["version.dll"]);
	});

	test("takes no folder that others could put another in the place of, and makes none there", async () => {
		for (const [open, folder] of [
			["C:\\offen", "C:\\offen\\cfm"],
			["C:\\leer", "C:\\leer"],
			["C:\\closed\\offen", "C:\\closed\\offen\\a\\cfm"],
		] as const) {
			fs.mkdirSync(wine.path(open), { recursive: true });
			fs.chmodSync(wine.path(open), 0o777);
			const { code, log } = await setUp(made, `/D=${folder}`);
			expect({ code, log }).toMatchObject({ code: 1603, log: expect.stringContaining("others than administrators") });
			expect(fs.readdirSync(wine.path(open))).toEqual([]);
		}
	});

	test("makes what is missing on the way, closed", async () => {
		expect((await setUp(made, "/D=C:\\Programme\\Notar\\cfm")).code).toBe(0);
		expect(await installed()).toMatchObject({ InstallLocation: "C:\\Programme\\Notar\\cfm" });
		await uninstall([], "C:\\Programme\\Notar\\cfm");
	});

	test("judges folders as Windows has them, and as administrators leave them", async () => {
		const tool = wine.path("C:\\setup-tool.exe");
		const flags = ["-O2", "-municode", "-mwindows", "-o", tool, path.join(project, "launcher", "setup-tool.c")];
		execFileSync("x86_64-w64-mingw32-gcc", flags);
		const judged = (sddl: string) => ran("C:\\setup-tool.exe", ["C:\\said.txt", "judge", `"${sddl}"`]);
		const installer = "S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464";
		const everyday = "(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)(A;OICI;0x1200a9;;;BU)";
		const closed = [
			// The drive of a server, Program Files, and what setup itself makes.
			`O:${installer}D:P${everyday}(A;CI;LC;;;BU)(A;CIIO;DC;;;BU)(A;OICIIO;GA;;;CO)`,
			`O:${installer}D:P(A;;FA;;;${installer})(A;;0x1301bf;;;SY)(A;;0x1301bf;;;BA)(A;;0x1200a9;;;BU)(A;OICIIO;GA;;;CO)`,
			`O:BAD:P${everyday}`,
			// Who may add files here can't exchange what others made.
			`O:BAD:${everyday}(A;CI;DCLC;;;BU)`,
		];
		const open = [
			// Below a data drive of Windows 10; a share's folder; one's own; no list at all.
			`O:BAD:${everyday}(A;OICIID;0x1301bf;;;AU)`,
			`O:BAD:${everyday}(A;OICI;FA;;;WD)`,
			`O:S-1-5-21-1-2-3-1104D:${everyday}`,
			`O:BAD:${everyday}(A;;FA;;;S-1-5-21-1-2-3-1104)`,
			"O:BA",
			`O:BAD:${everyday}(A;;DT;;;BU)`,
			`O:BAD:${everyday}(A;;WD;;;AU)`,
			`O:BAD:${everyday}(A;;WO;;;AU)`,
			`O:BAD:${everyday}(A;;GA;;;AU)`,
			"not a descriptor",
		];
		for (const sddl of closed) expect({ sddl, code: await judged(sddl) }).toEqual({ sddl, code: 0 });
		for (const sddl of open) expect({ sddl, code: await judged(sddl) }).toEqual({ sddl, code: 1 });
	});

	test("loads nothing from where it lies: a download's neighbours are anybody's", () => {
		// Those that Windows maps by itself (KnownDLLs), or takes from its own store by the manifest (COMCTL32).
		const known = ["ADVAPI32", "COMCTL32", "GDI32", "KERNEL32", "MSVCRT", "OLE32", "SHELL32", "USER32"];
		for (const file of [made, wine.path("C:\\setup-tool.exe"), launcher()]) {
			const listed = execFileSync("x86_64-w64-mingw32-objdump", ["-p", file], { encoding: "utf8" });
			const names = [...listed.matchAll(/DLL Name: (\S+)\.dll/gi)].map(([, name = ""]) => name.toUpperCase());
			expect(names.length).toBeGreaterThan(0);
			expect(names.filter((name) => !known.includes(name))).toEqual([]);
		}
	});

	test("removes the data, too, when it is told to", async () => {
		expect((await setUp(made)).code).toBe(0);
		await uninstall(["/PURGE"]);
		await vi.waitFor(() => expect(fs.existsSync(wine.path("C:\\ProgramData\\cfm"))).toBe(false), { timeout: 30_000 });
	});
});
