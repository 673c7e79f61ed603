/** What the tests of the CLI share: a machine that has one, its answers, and the answers of Windows' own programs. */
import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import fs from "node:fs";
import path from "node:path";
import { build } from "esbuild";
import { expect, vi } from "vitest";
import { exitCodes } from "../../../src/lib/cli/exit-codes.js";
import type { ErrorKind } from "../../../src/lib/errors.js";
import { here, project } from "./provision.js";
import { freshPrefix, type InstallerVariant, type PrefixOptions, type RunOptions, type Wine } from "./setup.js";

/** The CLI's own folder and the registry's: spaces and letters that are in no code page together. */
export const cliFolder = "C:\\Program Files\\cfm ü Ł";
export const home = "C:\\Daten ü Ł\\cfm home";
export const registryFile = `${home}\\registry.db`;

/** A registry's answer, loosely: tests say what they expect of it. */
// biome-ignore lint/suspicious/noExplicitAny: the shape is what the tests assert
type Json = any;

export interface Answer {
	exitCode: number;
	result?: Json;
	error?: { kind: ErrorKind; code: string; message: string; hints: string[]; data: Json };
	warnings: string[];
}

/**
 * Runs the CLI with `--json` and holds it to what is promised of that: one line with one object on stdout, ASCII only,
 * nothing on stderr, and the exit code of the error's kind.
 */
export async function ask(wine: Wine, words: readonly string[], options: RunOptions = {}): Promise<Answer> {
	const run = await wine.run([...words, "--json"], { ...options, env: { CFM_HOME: home, ...options.env } });
	expect(run.stderr).toBe("");
	expect(run.stdout).toMatch(/^[ -~]+\n$/);
	const { ok, result, error, warnings, ...rest } = JSON.parse(run.stdout);
	expect(rest).toEqual({});
	expect(ok).toBe(error === undefined);
	expect(run.exitCode).toBe(ok ? 0 : exitCodes[error.kind as ErrorKind]);
	return { exitCode: run.exitCode, result, error, warnings };
}

/** The result of a command that must work. */
export async function done(wine: Wine, words: readonly string[], options?: RunOptions): Promise<Json> {
	const answer = await ask(wine, words, options);
	expect(answer.error).toBeUndefined();
	return answer.result;
}

/** A machine with the CLI and a registry. */
export async function machineWithCli(options: PrefixOptions & { init?: readonly string[] } = {}): Promise<Wine> {
	const wine = await freshPrefix(options);
	try {
		wine.installCli(cliFolder);
		await done(wine, ["init", "--yes", ...(options.init ?? [])]);
		believe(wine, {});
		return wine;
	} catch (error) {
		await wine.dispose();
		throw error;
	}
}

/**
 * Lets another account trust the registry's folder. A Windows machine has one HKLM, in which `cfm init` notes it; in
 * the lane every account has its own.
 */
export async function trustToo(other: Wine): Promise<void> {
	await other.evaluate(`
		const reg = require("native-reg");
		const key = reg.createKey(reg.HKLM, "SOFTWARE\\\\cfm\\\\TrustedFolders", reg.Access.ALL_ACCESS);
		reg.setValueSZ(key, ${JSON.stringify(home.toLowerCase())}, "");
	`);
}

/** Puts an administrator's own client profile in place; without a word of it, one that ships but for the patience. */
export function believe(wine: Wine, profile: Record<string, unknown>): void {
	fs.writeFileSync(wine.path(`${home}\\client-profile.json`), JSON.stringify({ settleSeconds: 10, ...profile }));
}

/** The words that install from a stand-in, pinned to it, from a path with spaces and ü. */
export function installing(wine: Wine, variant: InstallerVariant): string[] {
	const installer = wine.putInstaller(variant, `C:\\Über uns\\in st ü Ł\\${variant}`);
	return ["install", "--silent", "--installer", installer, "--sha256", sha256(wine, installer)];
}

export const sha256 = (wine: Wine, file: string): string =>
	createHash("sha256")
		.update(fs.readFileSync(wine.path(file)))
		.digest("hex");

export const clientKey = "HKCU\\Software\\Notarius\\certifio-manager-se";
export const uninstallKey = "HKCU\\Software\\Microsoft\\Windows\\CurrentVersion\\Uninstall\\certifio-manager-se";
export const clientFolder = (wine: Wine): string => `${wine.profile}\\AppData\\Roaming\\Notarius\\certifio-manager-se`;

/** What there is of an account's client, seen without cfm. */
export async function traces(wine: Wine, port: number) {
	const folder = wine.path(clientFolder(wine));
	return {
		files: fs.existsSync(folder) ? fs.readdirSync(folder).sort() : [],
		clientId: (await wine.registry(clientKey))?.values.CFMID,
		registered: (await wine.registry(uninstallKey)) !== null,
		listening: await wine.listens(port),
	};
}

export const noTraces = { files: [], clientId: undefined, registered: false, listening: false };
export const allTraces = (id: number) => ({
	files: ["certifio-manager-se.exe", "uninstall.exe", "version.txt"],
	clientId: String(id),
	registered: true,
	listening: true,
});

/** The events of the registry, the newest last. */
export const events = (wine: Wine, ...words: string[]): Promise<Json[]> =>
	done(wine, ["ids", "history", ...words]).then(({ events }) => events);

/** Everything that a change would show in: IDs, events, configuration, what is in the registry's folder. */
export async function everything(wine: Wine) {
	const [list, history, config] = await Promise.all([
		done(wine, ["ids", "list"]),
		done(wine, ["ids", "history"]),
		done(wine, ["config", "list"]),
	]);
	const files = fs.readdirSync(wine.path(home)).filter((name) => !/-(wal|shm)$/.test(name));
	return { list, history, config, files: files.sort() };
}

type Program = "hold" | "recorded" | "chromium" | "firefox" | "elevated" | "signs";

/** Builds a program of `programs/` into Windows. */
export function putProgram(wine: Wine, name: Program, target: string): void {
	const file = wine.path(target);
	// Wine's own programs are links to what all prefixes share: never written through, always taken away first.
	fs.rmSync(file, { force: true });
	const source = path.join(here, "programs", `${name}.c`);
	const flags = ["-O2", "-s", "-Wall", "-Werror", "-municode"];
	execFileSync("x86_64-w64-mingw32-gcc", [...flags, "-o", file, source, "-lcrypt32", "-ladvapi32"]);
}

/** Puts a program in place that runs others with administrators' rights, and gives its path. */
export function putElevated(wine: Wine): string {
	const target = "C:\\lane\\elevated.exe";
	putProgram(wine, "elevated", target);
	fs.writeFileSync(
		wine.path(`${target}.manifest`),
		`<assembly xmlns="urn:schemas-microsoft-com:asm.v1" manifestVersion="1.0">
			<trustInfo xmlns="urn:schemas-microsoft-com:asm.v3"><security><requestedPrivileges>
				<requestedExecutionLevel level="requireAdministrator" uiAccess="false"/>
			</requestedPrivileges></security></trustInfo>
		</assembly>`,
	);
	return target;
}

/** One of Windows' own programs with a recorded answer in place of Wine's stub. */
export class Recorded {
	private constructor(private readonly file: string) {}

	/** @param program the full path, in the case that Wine gave it */
	static async put(wine: Wine, program: string): Promise<Recorded> {
		putProgram(wine, "recorded", program);
		// Wine prefers what it has built in, whatever lies there.
		await wine.evaluate(`
			const reg = require("native-reg");
			const key = reg.createKey(reg.HKCU, "Software\\\\Wine\\\\DllOverrides", reg.Access.ALL_ACCESS);
			reg.setValueSZ(key, ${JSON.stringify(path.win32.basename(program))}, "native");
		`);
		const recorded = new Recorded(wine.path(program));
		fs.writeFileSync(`${recorded.file}.input`, "");
		recorded.answer({});
		return recorded;
	}

	answer({ output = "", code = 0 }: { output?: string; code?: number }): void {
		fs.writeFileSync(`${this.file}.output`, output);
		fs.writeFileSync(`${this.file}.code`, String(code));
	}

	/** The command lines it was called with since the last look. */
	calls(): string[] {
		const log = `${this.file}.calls`;
		if (!fs.existsSync(log)) return [];
		const lines = fs.readFileSync(log, "utf8").split("\n").slice(0, -1);
		fs.rmSync(log);
		return lines;
	}

	/** What it read from its standard input the last time. */
	input(): string {
		return fs.readFileSync(`${this.file}.input`, "utf8");
	}
}

/** Runs some work while another program holds a file open; `share` as in `programs/hold.c`. */
export function whileHeld<T>(wine: Wine, file: string, share: 0 | 1 | 3, work: () => Promise<T>): Promise<T> {
	return whileRunning(wine, "hold", [file, String(share)], work);
}

/** Runs some work while a browser runs: a program that opens the profile's files as that browser does. */
export function whileBrowserRuns<T>(
	wine: Wine,
	browser: "chromium" | "firefox",
	folders: readonly string[],
	work: () => Promise<T>,
): Promise<T> {
	return whileRunning(wine, browser, folders, work);
}

async function whileRunning<T>(
	wine: Wine,
	program: Program,
	words: readonly string[],
	work: () => Promise<T>,
): Promise<T> {
	const [file, marker] = [`C:\\lane\\${program}.exe`, "C:\\lane\\held"];
	fs.rmSync(wine.path(marker), { force: true });
	if (!fs.existsSync(wine.path(file))) putProgram(wine, program, file);
	const holder = await wine.start(file, [...words, marker]);
	try {
		await vi.waitFor(() => expect(fs.existsSync(wine.path(marker))).toBe(true), { timeout: 10_000, interval: 20 });
		return await work();
	} finally {
		await holder.kill();
		await holder.done;
	}
}

/**
 * Runs a piece of code in a win32 Node beside functions of `src/lib/adapters/windows/`, and gives what it returns.
 *
 * @param parts file → the functions of it that the code uses
 */
export async function inProcess(
	wine: Wine,
	parts: Readonly<Record<string, readonly string[]>>,
	code: string,
): Promise<unknown> {
	const names = Object.values(parts).flat();
	const { outputFiles } = await build({
		stdin: {
			contents: Object.entries(parts)
				.map(([file, names]) => `export { ${names.join(", ")} } from "./src/lib/adapters/windows/${file}";`)
				.join("\n"),
			resolveDir: project,
		},
		bundle: true,
		write: false,
		platform: "node",
		format: "cjs",
		plugins: [
			{
				name: "koffi",
				setup: ({ onResolve }) =>
					onResolve({ filter: /^(koffi|native-reg|execa)$/ }, ({ path: name }) => ({
						path: path.win32.join(cliFolder, `dist\\vendor\\${name}.cjs`),
						external: true,
					})),
			},
		],
		supported: { "dynamic-import": false },
	});
	return wine.evaluate(`
		const module = { exports: {} };
		(new Function("module", "exports", "require", ${JSON.stringify(outputFiles[0]?.text)}))(module, module.exports, require);
		const { ${names.join(", ")} } = module.exports;
		${code}
	`);
}

/** Starts a win32 program that listens on a port, and waits until it does. */
export async function occupy(wine: Wine, port: number, host: string): Promise<() => Promise<void>> {
	const listener = await wine.start("node", ["-e", `require("net").createServer().listen(${port}, "${host}")`]);
	const asked = host === "::1" ? host : undefined;
	await vi.waitFor(async () => expect(await wine.listens(port, asked)).toBe(true), { timeout: 10_000, interval: 20 });
	return async () => {
		await listener.kill();
		await listener.done;
	};
}
