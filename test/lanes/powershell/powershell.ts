/**
 * The PowerShell lane for tests: `openPowerShell("wine")` gives a PowerShell with the built `cfm` on its PATH, a folder
 * and a registry of its own; `shell.run(script)` runs a script in it and gives what came of it as data.
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import fs from "node:fs";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { makeFolder } from "../../folders.js";
import { missingPrograms, wineEnvironment } from "../wine/provision.js";
import { freshPrefix, type PrefixOptions, type Wine } from "../wine/setup.js";
import {
	here,
	missingForPowerShell,
	project,
	provisionHost,
	provisionLauncher,
	provisionModules,
	provisionPwsh,
	provisionRunner,
	quietly,
} from "./provision.js";

/** `pwsh` is the real one, on this system; `wine` is a win32 process, by the lane's own host. */
export type Engine = "pwsh" | "wine";

/** Why an engine cannot run here, for each that cannot. */
export function missingEngines(): Partial<Record<Engine, string>> {
	const why = missingForPowerShell();
	if (why !== undefined) return { pwsh: why, wine: why };
	const needed = missingPrograms();
	return needed.length === 0 ? {} : { wine: `the Wine lane needs ${needed.join(", ")}` };
}

/**
 * The engines that can run here.
 * @throws on a build machine (CI) when one cannot: nothing may be skipped there
 */
export function engines(): Engine[] {
	const missing = missingEngines();
	const [first] = Object.entries(missing);
	if (first !== undefined && process.env.CI !== undefined) throw new Error(`PowerShell on ${first[0]}: ${first[1]}`);
	return (["pwsh", "wine"] as const).filter((engine) => missing[engine] === undefined);
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
	/** Imitates Windows PowerShell 5.1 where its cmdlets differ; see windows-powershell.ps1 for what that covers. */
	windowsPowerShell?: boolean;
	/** Ctrl-C, for PowerShell and all that runs in it, once this file is there. Not under Wine. */
	interruptWhen?: string;
	/** On a terminal: what runs has a console, and a Ctrl-C in it reaches all that is there. */
	terminal?: boolean;
	/** Kills the host when it takes longer; 580,000 unless told. */
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
	/** The variable, and its value, by which cfm loads a file of this system before itself. */
	preloading(file: string): [name: string, value: string];
	/** Puts a file into the folder; gives its path in this system. Text is written as UTF-8 without a mark. */
	put(name: string, content: string | Uint8Array): string;
	/** @param script its text, or the path of a file in this system */
	run(script: string | { file: string }, options?: RunOptions): Promise<Outcome>;
	dispose(): Promise<void>;
}

type Own = Pick<PowerShell, "engine" | "folder" | "node" | "script" | "wine" | "path" | "preloading" | "dispose">;

/** How the host is started, and where. */
interface Host {
	/** The words that start it: with the paths of a request and of its answer, or with the folder where both will lie. */
	command(...words: string[]): string[];
	env: NodeJS.ProcessEnv;
	/** A folder for the files that serve as its standard streams: pipes from Linux into Wine fail. */
	scratch: string;
	/** Given to each script, beside what a run has of its own. */
	environment: Record<string, string>;
}

const imitation = fs.readFileSync(path.join(here, "windows-powershell.ps1"), "utf8");

/** The part that is the same everywhere: scripts, requests and answers are files in the shell's folder. */
function shell(own: Own, host: Host): PowerShell {
	const separator = own.folder.includes("\\") ? "\\" : "/";
	let [runs, servers] = [0, 0];
	let server: Server | undefined;
	const put: PowerShell["put"] = (name, content) => {
		const file = `${own.folder}${separator}${name}`;
		fs.writeFileSync(own.path(file), content);
		return file;
	};
	/** The process that runs one script after the other; another one when it has ended. */
	const serve = (): Server => {
		if (server?.process.isRunning()) return server;
		servers += 1;
		const folder = `${own.folder}${separator}server-${servers}`;
		fs.mkdirSync(own.path(folder));
		server = { process: launch(host, [folder], {}), folder: own.path(folder), asked: 0 };
		return server;
	};
	return {
		...own,
		put,
		async run(script, options = {}) {
			runs += 1;
			// With a byte order mark: that is how a script with other than ASCII in it must be stored for 5.1.
			const file = typeof script === "string" ? put(`script-${runs}.ps1`, `\ufeff${script}`) : script.file;
			const { parameters = {}, preferences = {}, windowsPowerShell = false, cwd = own.folder } = options;
			const given = Object.entries({ ...host.environment, ...options.env });
			const env = Object.fromEntries(given.map(([name, value]) => [name, value ?? null]));
			const before = windowsPowerShell ? imitation : "";
			const request = JSON.stringify({ script: file, parameters, preferences, before, cwd, env });
			const started = performance.now();
			let ran: { answer: string | undefined; console: string };
			if (options.stdin !== undefined || options.interruptWhen !== undefined || options.terminal) {
				const [asked, answer] = [put(`request-${runs}.json`, request), `${own.folder}${separator}answer-${runs}.json`];
				ran = await alone(launch(host, [asked, answer], options), own.path(answer), options);
			} else ran = await ask(serve(), request, options);
			const ms = Math.round(performance.now() - started);
			if (ran.answer === undefined) throw new Error(`the PowerShell host gave no answer: ${ran.console}`);
			const { warnings, verbose, information, progress, ...rest } = JSON.parse(ran.answer);
			return { ...rest, streams: { warnings, verbose, information, progress }, console: ran.console, ms };
		},
		async dispose() {
			await server?.process.kill();
			await own.dispose();
		},
	};
}

/** The words that run a program on a new terminal, whose screen is its own stdout (util-linux's script). */
const onTerminal = (words: readonly string[]): string[] => {
	const line = words.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(" ");
	return ["script", "--quiet", "--return", "--command", line, "/dev/null"];
};

/** A running host. */
interface HostProcess {
	isRunning(): boolean;
	ended: Promise<void>;
	/** What it wrote itself, from one place on. */
	said(from?: number): string;
	signal(name: NodeJS.Signals): void;
	kill(): Promise<void>;
}

interface Server {
	process: HostProcess;
	/** Where requests and answers lie. */
	folder: string;
	asked: number;
}

let launched = 0;

function launch(host: Host, words: string[], options: Pick<RunOptions, "stdin" | "terminal">): HostProcess {
	launched += 1;
	const [input, output] = ["stdin", "console"].map((name) => path.join(host.scratch, `${name}-${launched}`)) as [
		string,
		string,
	];
	fs.writeFileSync(input, options.stdin ?? "");
	const streams = [fs.openSync(input, "r"), fs.openSync(output, "w")] as const;
	// A process group of its own, to be interrupted or killed as a whole; Windows has none.
	const grouped = process.platform !== "win32";
	const command = host.command(...words);
	const [program = "", ...given] = options.terminal ? onTerminal(command) : command;
	const child = spawn(program, given, {
		env: host.env,
		stdio: [streams[0], streams[1], streams[1]],
		detached: grouped,
	});
	for (const one of streams) fs.closeSync(one);
	const ended = once(child, "close").then(() => {});
	ended.catch(() => {});
	const isRunning = () => child.pid !== undefined && child.exitCode === null && child.signalCode === null;
	const signal = (name: NodeJS.Signals) => {
		if (!isRunning() || child.pid === undefined) return;
		if (grouped) process.kill(-child.pid, name);
		else child.kill(name);
	};
	return {
		isRunning,
		ended,
		// Wine's own remark when PowerShell looks at the drives; nothing silences it.
		said: (from = 0) =>
			fs
				.readFileSync(output, "utf8")
				.slice(from)
				.replace(/^wine: Read access denied for device .*\n/gm, ""),
		signal,
		async kill() {
			signal("SIGKILL");
			await ended.catch(() => {});
		},
	};
}

/** The end of what hangs: on a busy machine a script may take as long as it takes. */
const patience = 580_000;

/** Waits for a host that runs one script. */
async function alone(host: HostProcess, answer: string, options: RunOptions) {
	const limit = setTimeout(() => host.signal("SIGKILL"), options.timeoutMs ?? patience);
	const watch = setInterval(() => {
		if (options.interruptWhen === undefined || !fs.existsSync(options.interruptWhen)) return;
		clearInterval(watch);
		host.signal("SIGINT");
	}, 10);
	try {
		await host.ended;
	} finally {
		clearTimeout(limit);
		clearInterval(watch);
	}
	return { answer: fs.existsSync(answer) ? fs.readFileSync(answer, "utf8") : undefined, console: host.said() };
}

/** Has a script run by a host that goes on; it is killed when that takes too long. */
async function ask(server: Server, request: string, options: RunOptions) {
	server.asked += 1;
	const [asked, answer] = [`${server.asked}.json`, `${server.asked}.answer.json`].map((name) =>
		path.join(server.folder, name),
	) as [string, string];
	const from = server.process.said().length;
	fs.writeFileSync(`${asked}.part`, request);
	fs.renameSync(`${asked}.part`, asked);
	const until = performance.now() + (options.timeoutMs ?? patience);
	while (!fs.existsSync(answer) && server.process.isRunning()) {
		if (performance.now() > until) await server.process.kill();
		await sleep(10);
	}
	const whole = fs.existsSync(answer) ? fs.readFileSync(answer, "utf8") : undefined;
	return { answer: whole, console: server.process.said(from) };
}

const quiet = {
	...quietly,
	// What else runs on this machine must not move IDs, and Wine's netsh tells nothing, which is a warning.
	CFM_IGNORE_PORTS: "yes",
};

/** On this very system, in the real pwsh. */
function openHere(): PowerShell {
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
		PSModulePath: [provisionModules(), path.join(project, "dist", "powershell")].join(path.delimiter),
		HOME: at("home"),
		XDG_CONFIG_HOME: at("home"),
		APPDATA: at("home"),
		CFM_HOME: at("cfm"),
		LC_ALL: "C.UTF-8",
	};
	const env = { ...(windows ? process.env : {}), ...environment };
	const [pwsh, ...words] = provisionPwsh();
	const load = `[Reflection.Assembly]::LoadFrom('${provisionRunner()}')`;
	const command = (...[first, answer]: string[]) => {
		const call = answer === undefined ? `Serve('${first}')` : `Run('${first}', '${answer}')`;
		return [
			pwsh,
			...words,
			"-NoProfile",
			"-NonInteractive",
			"-Command",
			`$null = ${load}; exit [Cfm.Lane.Runner]::${call}`,
		];
	};
	const own: Own = {
		engine: "pwsh",
		folder: at("work"),
		node: process.execPath,
		script,
		path: (ownPath) => ownPath,
		preloading: (file) => ["NODE_OPTIONS", `--require="${file.replaceAll("\\", "/")}"`],
		dispose: async () => fs.rmSync(scratch, { recursive: true, force: true, maxRetries: 5 }),
	};
	return shell(own, { command, env, scratch, environment });
}

const [hostInWindows, modulesInWindows] = ["C:\\powershell", "C:\\modules"];

/**
 * As a win32 process, in a Windows of its own. It is started here and not by the agent of the Wine lane: the agent's
 * Wine has mscoree disabled, without which no managed DLL is found, and what it starts inherits that.
 */
async function openInWine(options: PrefixOptions): Promise<PowerShell> {
	const host = provisionHost();
	const wine = await freshPrefix(options);
	wine.installCli();
	// Beside cfm.cmd, as on a server: what is asked for as `cfm` is this one.
	fs.copyFileSync(provisionLauncher(), wine.path("C:\\cfm\\bin\\cfm.exe"));
	// The launchers let no setting of Node's in: what tests have cfm load first is asked for by its start file here.
	const start = wine.path("C:\\cfm\\bin\\run.cjs");
	const preload = '"use strict";\nif (process.env.LANE_PRELOAD) require(process.env.LANE_PRELOAD);\n';
	fs.writeFileSync(start, fs.readFileSync(start, "utf8").replace('"use strict";\n', preload));
	fs.symlinkSync(host.folder, wine.path(hostInWindows));
	fs.symlinkSync(provisionModules(), wine.path(modulesInWindows));
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
		PSModulePath: `${modulesInWindows};C:\\cfm\\dist\\powershell`,
		PATH: "C:\\cfm\\bin;C:\\node;C:\\windows\\system32;C:\\windows",
	};
	const own: Own = {
		engine: "wine",
		folder,
		node: "C:\\node\\node.exe",
		script: "C:\\cfm\\bin\\run.cjs",
		wine,
		path: (ownPath) => wine.path(ownPath),
		preloading: (file) => ["LANE_PRELOAD", file],
		dispose: () => wine.dispose(),
	};
	const command = (...words: string[]) => ["wine", `${hostInWindows}\\${host.program}`, ...words];
	return shell(own, { command, env, scratch: machine, environment });
}

/** Opens a PowerShell; the first call ever installs it. `dispose()` removes all that it had. */
export async function openPowerShell(engine: Engine, options: PrefixOptions = {}): Promise<PowerShell> {
	return engine === "wine" ? openInWine(options) : openHere();
}
