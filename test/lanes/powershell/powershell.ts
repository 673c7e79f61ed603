/**
 * The PowerShell lane for tests: `openPowerShell("wine")` gives a PowerShell with the built `cfm` on its PATH, a folder
 * and a registry of its own; `shell.run(script)` runs a script in it and gives what came of it as data.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import path from "node:path";
import { makeFolder } from "../../folders.js";
import { wineEnvironment } from "../wine/provision.js";
import { freshPrefix, type PrefixOptions, type Wine } from "../wine/setup.js";
import { missingForHost, onPath, project, provisionHost, provisionLauncher, runnerSource } from "./provision.js";

/** `linux` and `wine` are PowerShell's engine in the lane's own host; `pwsh` is the real one on PATH. */
export type Engine = "linux" | "wine" | "pwsh";

/** Why an engine cannot run here, for each that cannot; a `pwsh` that is not there is not missed. */
export function missingEngines(): Partial<Record<Engine, string>> {
	const host = missingForHost();
	if (host !== undefined) return { linux: host, wine: host };
	const needed = ["wine", "wineserver", "makensis", "x86_64-w64-mingw32-gcc"].filter((name) => !onPath(name));
	return needed.length === 0 ? {} : { wine: `the Wine lane needs ${needed.join(", ")}` };
}

/**
 * The engines that can run here.
 * @throws on a build machine (CI) when `linux` or `wine` cannot: nothing may be skipped there
 */
export function engines(): Engine[] {
	const missing = missingEngines();
	const [first] = Object.entries(missing);
	if (first !== undefined && process.env.CI !== undefined) throw new Error(`PowerShell on ${first[0]}: ${first[1]}`);
	const hosted = (["linux", "wine"] as const).filter((engine) => missing[engine] === undefined);
	return onPath("pwsh") === undefined ? hosted : [...hosted, "pwsh"];
}

export interface RunOptions {
	/** Given to the script by name; `true` sets a switch. */
	parameters?: Record<string, unknown>;
	/** Set before the script starts: `{ ErrorActionPreference: "Stop" }`. */
	preferences?: Record<string, unknown>;
	/** A folder of the engine's own system; the shell's unless told. */
	cwd?: string;
	/** Laid over the shell's environment; undefined removes a variable. */
	env?: Record<string, string | undefined>;
	/** The host's standard input, which native programs inherit; nothing unless told. */
	stdin?: string;
	/** Makes the stand-ins keep to Windows PowerShell 5.1 where it differs; see the README for what that covers. */
	windowsPowerShell?: boolean;
	/** Ctrl-C, for PowerShell and all that runs in it, once this file is there. Not under Wine. */
	interruptWhen?: string;
	/** On a terminal: what runs has a console, and a Ctrl-C in it reaches all that is there. */
	terminal?: boolean;
	/** Kills the host when it takes longer; 150,000 unless told. */
	timeoutMs?: number;
}

export interface ErrorRecord {
	/** FullyQualifiedErrorId */
	id: string;
	message: string;
	category: string;
	/** The exception's type. */
	exception: string;
	target: unknown;
	recommendedAction: string | null;
	/** It ended the script. */
	terminating: boolean;
	line: number;
}

/** What came of a script. */
export interface Outcome {
	/** PowerShell's own version. */
	version: string;
	/** The output, as JSON carries it: properties in order, arrays as arrays, dates as text. */
	objects: unknown[];
	/** The .NET type of each of them. */
	types: string[];
	errors: ErrorRecord[];
	/** What native programs wrote on stderr and nobody redirected, a line each: no error, in 7.2 and later. */
	stderr: string[];
	streams: {
		warnings: string[];
		verbose: string[];
		information: string[];
		progress: { activity: string; status: string; percent: number; completed: boolean }[];
	};
	/** What was written to the host past all streams, whether in colour, and what the host was asked. */
	host: { text: string; colour: boolean; prompts: string[] };
	/** What `pwsh -File` would end with: the script's `exit`, 1 after a terminating error, else 0. */
	exitCode: number;
	/** `$LASTEXITCODE`; null when no program ran. */
	lastExitCode: number | null;
	/** What reached the host process's own stdout and stderr: nothing, if all is well. */
	console: string;
	ms: number;
}

/** One system with a PowerShell, `cfm` on its PATH and a registry of its own. */
export interface PowerShell {
	readonly engine: Engine;
	/** A folder of this system for the test's files; scripts start in it. */
	readonly folder: string;
	/** The paths of Node and of `cfm`'s start file in this system: `& node run.cjs …` passes by every launcher. */
	readonly node: string;
	readonly script: string;
	/** The Windows it runs in, under Wine. */
	readonly wine?: Wine;
	/** A path of this system, as this process opens it. */
	path(ownPath: string): string;
	/** Puts a file into the folder; gives its path in this system. Text is written as UTF-8 without a mark. */
	put(name: string, content: string | Uint8Array): string;
	/** @param script its text, or the path of a file in this system */
	run(script: string | { file: string }, options?: RunOptions): Promise<Outcome>;
	dispose(): Promise<void>;
}

/** Starts the host with the paths of a request and of the answer it is to write; ends when it has ended. */
type Start = (request: string, answer: string, options: RunOptions) => Promise<{ console: string }>;
type Own = Pick<PowerShell, "engine" | "folder" | "node" | "script" | "wine" | "path" | "dispose">;

/** The part that is the same everywhere: scripts, requests and answers are files in the shell's folder. */
function shell(own: Own, environment: Record<string, string>, start: Start): PowerShell {
	const separator = own.folder.includes("\\") ? "\\" : "/";
	let runs = 0;
	const put: PowerShell["put"] = (name, content) => {
		const file = `${own.folder}${separator}${name}`;
		fs.writeFileSync(own.path(file), content);
		return file;
	};
	return {
		...own,
		put,
		async run(script, options = {}) {
			runs += 1;
			// With a byte order mark: that is how a script with other than ASCII in it must be stored for 5.1.
			const file = typeof script === "string" ? put(`script-${runs}.ps1`, `\ufeff${script}`) : script.file;
			const { parameters = {}, preferences = {}, windowsPowerShell = false, cwd = own.folder } = options;
			const given = Object.entries({ ...environment, ...options.env });
			const env = Object.fromEntries(given.map(([name, value]) => [name, value ?? null]));
			const asked = { script: file, parameters, preferences, windowsPowerShell, cwd, env };
			const request = put(`request-${runs}.json`, JSON.stringify(asked));
			const answer = `${own.folder}${separator}answer-${runs}.json`;
			const started = performance.now();
			const ran = await start(request, answer, options);
			const ms = Math.round(performance.now() - started);
			if (!fs.existsSync(own.path(answer))) throw new Error(`the PowerShell host gave no answer: ${ran.console}`);
			const written = JSON.parse(fs.readFileSync(own.path(answer), "utf8"));
			const { warnings, verbose, information, progress, ...rest } = written;
			return { ...rest, streams: { warnings, verbose, information, progress }, ...ran, ms };
		},
	};
}

/** The words that run a program on a new terminal, whose screen is its own stdout (util-linux's script). */
const onTerminal = (words: readonly string[]): string[] => {
	const line = words.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(" ");
	return ["script", "--quiet", "--return", "--command", line, "/dev/null"];
};

interface Launch {
	env: NodeJS.ProcessEnv;
	/** A folder for the files that serve as its standard streams: pipes from Linux into Wine fail. */
	folder: string;
	options: RunOptions;
}

/** Runs the host to its end and gives what it wrote itself. */
async function launch(file: string, words: string[], { env, folder, options }: Launch): Promise<{ console: string }> {
	const [input, output] = [path.join(folder, "stdin"), path.join(folder, "console")];
	fs.writeFileSync(input, options.stdin ?? "");
	const streams = [fs.openSync(input, "r"), fs.openSync(output, "w")] as const;
	// A process group of its own, to be interrupted or killed as a whole; Windows has none.
	const grouped = process.platform !== "win32";
	const [program = "", ...given] = options.terminal ? onTerminal([file, ...words]) : [file, ...words];
	const child = spawn(program, given, { env, stdio: [streams[0], streams[1], streams[1]], detached: grouped });
	for (const one of streams) fs.closeSync(one);
	const signal = (name: NodeJS.Signals) => {
		if (child.pid === undefined || child.exitCode !== null) return;
		if (grouped) process.kill(-child.pid, name);
		else child.kill(name);
	};
	const limit = setTimeout(() => signal("SIGKILL"), options.timeoutMs ?? 150_000);
	const watch = setInterval(() => {
		if (options.interruptWhen === undefined || !fs.existsSync(options.interruptWhen)) return;
		clearInterval(watch);
		signal("SIGINT");
	}, 10);
	try {
		await once(child, "close");
	} finally {
		clearTimeout(limit);
		clearInterval(watch);
	}
	return { console: fs.readFileSync(output, "utf8") };
}

/** No statistics over the network, no look for a newer version, no look at ports. */
const quiet = {
	POWERSHELL_TELEMETRY_OPTOUT: "1",
	POWERSHELL_UPDATECHECK: "Off",
	// What else runs on this machine must not move IDs, and Wine's netsh tells nothing, which is a warning.
	CFM_IGNORE_PORTS: "yes",
};

/** On this very system: in the lane's host, or in its pwsh. */
function openHere(engine: "linux" | "pwsh"): PowerShell {
	const scratch = makeFolder("powershell");
	const at = (name: string) => path.join(scratch, name);
	for (const name of ["work", "home", "bin"]) fs.mkdirSync(at(name), { mode: 0o700 });
	const script = path.join(project, "bin", "run.cjs");
	const windows = process.platform === "win32";
	if (!windows) fs.symlinkSync(script, path.join(at("bin"), "cfm"));
	const launchers = windows ? path.join(project, "bin") : at("bin");
	const environment = {
		...quiet,
		PATH: [launchers, path.dirname(process.execPath), process.env.PATH].join(path.delimiter),
		HOME: at("home"),
		XDG_CONFIG_HOME: at("home"),
		APPDATA: at("home"),
		CFM_HOME: at("cfm"),
		LC_ALL: "C.UTF-8",
	};
	const env = { ...(windows ? process.env : {}), ...environment };
	const command = (request: string, answer: string): [string, string[]] => {
		if (engine === "linux") {
			const host = provisionHost("linux");
			return [path.join(host.folder, host.program), [request, answer]];
		}
		const compile = `Add-Type -Path '${runnerSource}'`;
		const run = `[Cfm.Lane.Runner]::Run('${request}', '${answer}')`;
		return ["pwsh", ["-NoProfile", "-NonInteractive", "-Command", `${compile}; exit ${run}`]];
	};
	const own: Own = {
		engine,
		folder: at("work"),
		node: process.execPath,
		script,
		path: (ownPath) => ownPath,
		dispose: async () => fs.rmSync(scratch, { recursive: true, force: true, maxRetries: 5 }),
	};
	return shell(own, environment, (request, answer, options) =>
		launch(...command(request, answer), { env, folder: scratch, options }),
	);
}

const hostInWindows = "C:\\powershell";

/**
 * As a win32 process, in a Windows of its own. It is started here and not by the agent of the Wine lane: the agent's
 * Wine has mscoree disabled, without which no managed DLL is found, and what it starts inherits that.
 */
async function openInWine(options: PrefixOptions): Promise<PowerShell> {
	const host = provisionHost("win32");
	const wine = await freshPrefix(options);
	wine.installCli();
	// Beside cfm.cmd, as on a server: what is asked for as `cfm` is this one.
	fs.copyFileSync(provisionLauncher(), wine.path("C:\\cfm\\bin\\cfm.exe"));
	fs.symlinkSync(host.folder, wine.path(hostInWindows));
	const folder = "C:\\work";
	fs.mkdirSync(wine.path(folder));
	const machine = path.dirname(wine.path("C:\\"));
	const [name = "", domain] = wine.user.split("\\").reverse();
	const env = {
		...wineEnvironment(path.join(machine, "prefix-0"), path.join(machine, "home"), name),
		WINEDLLOVERRIDES: "winemenubuilder.exe,mshtml=",
		// With it .NET dies now and then under Wine ("Internal CLR error").
		DOTNET_EnableWriteXorExecute: "0",
	};
	const environment = {
		...quiet,
		...(domain === undefined ? {} : { USERDOMAIN: domain }),
		PATH: "C:\\cfm\\bin;C:\\node;C:\\windows\\system32;C:\\windows",
	};
	const own: Own = {
		engine: "wine",
		folder,
		node: "C:\\node\\node.exe",
		script: "C:\\cfm\\bin\\run.cjs",
		wine,
		path: (ownPath) => wine.path(ownPath),
		dispose: () => wine.dispose(),
	};
	return shell(own, environment, async (request, answer, options) => {
		const program = `${hostInWindows}\\${host.program}`;
		const { console } = await launch("wine", [program, request, answer], { env, folder: machine, options });
		// Wine's own remark when PowerShell looks at the drives; nothing silences it.
		return { console: console.replace(/^wine: Read access denied for device .*\n/gm, "") };
	});
}

/** Opens a PowerShell; the first call ever builds its host. `dispose()` removes all that it had. */
export async function openPowerShell(engine: Engine, options: PrefixOptions = {}): Promise<PowerShell> {
	return engine === "wine" ? openInWine(options) : openHere(engine);
}
