/**
 * The Wine lane for tests: `freshPrefix()` gives a new Windows in under a second, `wine.run([...])` runs the built CLI
 * in it and gives the exact exit code and output, `wine.dispose()` ends everything that runs there and removes it.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import fs from "node:fs";
import net from "node:net";
import path from "node:path";
import { createInterface } from "node:readline";
import { temporary } from "../../folders.js";
import type { Answer, RegistryKey, Request, SpawnOutcome } from "./agent.js";
import {
	endPrefix,
	here,
	type InstallerVariant,
	installerPath,
	type NodeMajor,
	project,
	provision,
	releaseLock,
	runtimePath,
	templatePrefix,
	templateUser,
	wineEnvironment,
} from "./provision.js";

export { type InstallerVariant, installerVariants, nodeVersions } from "./provision.js";

export interface PrefixOptions {
	/** The major version of the win32 Node that runs the CLI; 24 unless told. */
	node?: NodeMajor;
	/** The account, `DOMAIN\name` or `name`; `CONTOSO\anna` unless told. Non-ASCII names work. */
	user?: string;
}

export interface RunOptions {
	/** Given through a pipe; without it stdin is NUL. */
	stdin?: string | Uint8Array;
	/** Laid over the Windows environment, names compared without case; undefined removes a variable. */
	env?: Record<string, string | undefined>;
	/** A Windows folder; the account's profile folder unless told. */
	cwd?: string;
	/** Runs as another account of the same machine: see `Wine.as`. */
	user?: string;
	/** Kills the program when it takes longer; 150,000 unless told. */
	timeoutMs?: number;
}

export interface RunResult {
	exitCode: number;
	stdout: string;
	stderr: string;
}

export interface ExecOptions extends RunOptions {
	/** False gives the program NUL for all its streams, so that what it leaves running holds none of them. */
	capture?: boolean;
}

/** A program that was started and is not waited for. */
export interface Started {
	pid: number;
	/** Ends it at once, and only it, not its children (TerminateProcess). */
	kill(): Promise<boolean>;
	done: Promise<SpawnOutcome>;
}

type Launched = Omit<Started, "pid"> & { started: Promise<number> };

/** A failed request, with the code that Windows gave it as Node names it (ENOENT, EACCES …). */
class WineError extends Error {
	override readonly name = "WineError";
	readonly code: string | undefined;

	constructor(message: string, code?: string) {
		super(message);
		this.code = code;
	}
}

type Waiting = {
	onStarted: (pid: number) => void;
	resolve: (result: unknown) => void;
	reject: (error: Error) => void;
};

type Op<T> = T extends unknown ? Omit<T, "id"> : never;

/** The connection to one prefix's agent; see `agent.ts`. */
class Agent {
	private readonly waiting = new Map<number, Waiting>();
	private lastId = 0;
	private ended: Error | undefined;
	readonly node: string;
	private readonly process: ChildProcess;
	private readonly socket: net.Socket;

	private constructor(process: ChildProcess, socket: net.Socket, lines: AsyncIterator<string>, node: string) {
		this.process = process;
		this.socket = socket;
		this.node = node;
		void this.listen(lines);
	}

	static async start(environment: NodeJS.ProcessEnv, words: readonly string[], log: string, domain: string) {
		const token = randomUUID();
		const server = net.createServer();
		await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
		const { port } = server.address() as net.AddressInfo;
		const output = fs.openSync(log, "w");
		const args = [...words, String(port), token, domain];
		// Regular files for its streams: with pipes win32 Node dies of EBADF.
		const child = spawn("wine", args, { env: environment, stdio: ["ignore", output, output] });
		fs.closeSync(output);
		let limit: NodeJS.Timeout | undefined;
		try {
			return await new Promise<Agent>((resolve, reject) => {
				const fail = (why: string) => reject(new WineError(`${why}\n${fs.readFileSync(log, "utf8")}`));
				limit = setTimeout(() => fail("no word from the agent inside Windows in 60 s"), 60_000);
				child.once("error", (error) => fail(error.message));
				child.once("exit", (code, signal) => fail(`the agent inside Windows ended with ${code ?? signal}`));
				server.on("connection", async (socket) => {
					socket.on("error", () => {}); // the end of the connection is seen by its reader
					const lines = createInterface({ input: socket })[Symbol.asyncIterator]();
					const first = await lines.next();
					const hello: Answer | undefined = first.done ? undefined : JSON.parse(first.value);
					if (hello?.event !== "hello" || hello.token !== token) return socket.destroy();
					resolve(new Agent(child, socket.setNoDelay(true), lines, hello.node));
				});
			});
		} finally {
			clearTimeout(limit);
			server.close();
		}
	}

	private async listen(lines: AsyncIterator<string>): Promise<void> {
		try {
			for (let line = await lines.next(); !line.done; line = await lines.next()) this.take(JSON.parse(line.value));
		} catch (error) {
			this.ended = error as Error;
		}
		this.ended ??= new WineError("the agent inside Windows has ended");
		for (const { reject } of this.waiting.values()) reject(this.ended);
		this.waiting.clear();
	}

	private take(answer: Answer): void {
		const waiting = this.waiting.get(answer.id);
		if (waiting === undefined) return;
		if (answer.event === "started") waiting.onStarted(answer.pid);
		else this.waiting.delete(answer.id);
		if (answer.event === "done") waiting.resolve(answer.result);
		if (answer.event === "failed") waiting.reject(new WineError(answer.message, answer.code));
	}

	/** Sends one request; `id` serves to name it in a later one. */
	send<T>(request: Op<Request>, onStarted: (pid: number) => void = () => {}): { id: number; done: Promise<T> } {
		this.lastId += 1;
		const id = this.lastId;
		const done = new Promise<unknown>((resolve, reject) => {
			if (this.ended !== undefined) return reject(this.ended);
			this.waiting.set(id, { onStarted, resolve, reject });
			this.socket.write(`${JSON.stringify({ id, ...request })}\n`);
		}) as Promise<T>;
		return { id, done };
	}

	async end(): Promise<void> {
		if (this.process.exitCode !== null || this.process.signalCode !== null) return;
		const gone = new Promise((resolve) => this.process.once("exit", resolve));
		this.send({ op: "exit" }).done.catch(() => {});
		const limit = setTimeout(() => this.process.kill("SIGKILL"), 5000);
		await gone;
		clearTimeout(limit);
		this.socket.destroy();
	}
}

/** What the accounts of one machine share: the disk, hence ProgramData, the CLI and each other's profiles; the ports. */
interface Machine {
	folder: string;
	drive: string;
	major: NodeMajor;
	/** The Windows folder of the CLI. */
	cli: string;
	accounts: Map<string, Promise<Wine>>;
}

const accountName = (user: string): string => user.slice(user.indexOf("\\") + 1);

/** A name as a .reg file of Wine spells it. */
const inHive = (name: string): string =>
	name.replace(/[^ -~]/gu, (letter) =>
		Array.from({ length: letter.length }, (_, at) => `\\x${letter.charCodeAt(at).toString(16).padStart(4, "0")}`).join(
			"",
		),
	);

/**
 * Gives the copied hives to another account: HKCU, its folders, and its entry in HKLM's ProfileList, under a SID of its
 * own. Wine itself knows only the first account's.
 */
function renameAccount(prefix: string, name: string, index: number): void {
	for (const hive of ["user.reg", "system.reg", "userdef.reg"]) {
		const file = path.join(prefix, hive);
		const text = fs.readFileSync(file, "utf8");
		fs.writeFileSync(
			file,
			text
				.replaceAll(templateUser, () => inHive(name))
				.replace("ProfileList\\\\S-1-5-21-0-0-0-1000]", `ProfileList\\\\S-1-5-21-0-0-0-${1000 + index}]`),
		);
	}
}

/** One account on one Windows machine of its own. */
export class Wine {
	/** `DOMAIN\name`, or the name alone when no domain was given. */
	readonly user: string;
	/** The account's profile folder in Windows, `C:\users\<name>`. */
	readonly profile: string;
	private evaluations = 0;
	private readonly machine: Machine;
	private readonly prefix: string;
	private readonly agent: Agent;

	private constructor(machine: Machine, prefix: string, user: string, agent: Agent) {
		this.machine = machine;
		this.prefix = prefix;
		this.user = user;
		this.profile = `C:\\users\\${accountName(user)}`;
		this.agent = agent;
	}

	/** For `freshPrefix` and `as`. */
	static async logOn(machine: Machine, user: string): Promise<Wine> {
		const name = accountName(user);
		const index = machine.accounts.size;
		const prefix = path.join(machine.folder, `prefix-${index}`);
		const first = !fs.existsSync(machine.drive);
		fs.cpSync(templatePrefix, prefix, {
			recursive: true,
			verbatimSymlinks: true,
			preserveTimestamps: true,
			filter: (source) => first || source !== path.join(templatePrefix, "drive_c"),
		});
		if (first) {
			fs.renameSync(path.join(prefix, "drive_c"), machine.drive);
			furnish(machine);
		}
		fs.symlinkSync(machine.drive, path.join(prefix, "drive_c"));
		const profile = path.join(machine.drive, "users", name);
		const blank = path.join(templatePrefix, "drive_c", "users", templateUser);
		fs.cpSync(blank, profile, { recursive: true, verbatimSymlinks: true });
		// Wine made Desktop, Documents … links to one folder of the template's: what is put there would outlive its prefix.
		for (const entry of fs.readdirSync(profile, { withFileTypes: true }).filter((one) => one.isSymbolicLink())) {
			fs.rmSync(path.join(profile, entry.name));
			fs.mkdirSync(path.join(profile, entry.name));
		}
		renameAccount(prefix, name, index);

		const environment = wineEnvironment(prefix, path.join(machine.folder, "home"), name);
		const log = path.join(machine.folder, `agent-${index}.log`);
		const words = ["C:\\node\\node.exe", "--no-warnings", "C:\\lane\\agent.mts"];
		const agent = await Agent.start(
			environment,
			words,
			log,
			user.includes("\\") ? user.slice(0, user.indexOf("\\")) : "",
		);
		return new Wine(machine, prefix, user, agent);
	}

	/** The version of the win32 Node, `v22.23.3`. */
	get nodeVersion(): string {
		return this.agent.node;
	}

	/** The Linux path of a Windows one (`C:\…`): tests read and write Windows' files with node:fs. */
	path(windowsPath: string): string {
		if (!/^c:\\/i.test(windowsPath)) throw new Error(`not on drive C: ${windowsPath}`);
		return path.join(this.machine.drive, ...windowsPath.slice(3).split("\\"));
	}

	/**
	 * Another account on the same machine: its own HKCU and profile; the same disk, ProgramData, CLI and ports. Two
	 * accounts have a wineserver each, so file locks (LockFileEx, hence SQLite's) hold between them, but share modes,
	 * mutexes and process lists end at the account. ProfileList gives each a SID of its own; their processes have the first's.
	 */
	as(user: string): Promise<Wine> {
		const key = accountName(user).toLowerCase();
		const present = this.machine.accounts.get(key);
		if (present !== undefined) return present;
		const coming = Wine.logOn(this.machine, user);
		this.machine.accounts.set(key, coming);
		return coming;
	}

	/**
	 * Copies the built CLI (`bin`, `dist`, `package.json`) into Windows, a Node beside it, and runs that from now on.
	 * @param folder where it goes, `C:\cfm` unless told
	 * @param source where it is, the project unless told
	 */
	installCli(folder = "C:\\cfm", source = project): void {
		const target = this.path(folder);
		fs.rmSync(target, { recursive: true, force: true });
		fs.mkdirSync(target, { recursive: true });
		for (const part of ["bin", "dist", "package.json", "oclif.manifest.json"]) {
			const from = path.join(source, part);
			if (fs.existsSync(from)) fs.cpSync(from, path.join(target, part), { recursive: true, dereference: true });
		}
		if (!fs.existsSync(path.join(target, "bin", "run.cjs")))
			throw new Error(`no bin/run.cjs in ${source}: build first`);
		fs.mkdirSync(path.join(target, "node"));
		fs.symlinkSync(runtimePath(this.machine.major), path.join(target, "node", "node.exe"));
		this.machine.cli = folder;
	}

	/** Copies a stand-in installer into Windows, under the vendor's file name; gives its Windows path. */
	putInstaller(variant: InstallerVariant, folder = `C:\\installers\\${variant}`): string {
		fs.mkdirSync(this.path(folder), { recursive: true });
		const target = `${folder}\\certifio-manager-se.exe`;
		fs.copyFileSync(installerPath(variant), this.path(target));
		return target;
	}

	/** Makes a folder of drive C: known as a share of a server, `\\server\name`, to programs of this account. */
	share(unc: string, folder: string): void {
		const link = path.join(this.prefix, "dosdevices", "unc", ...unc.slice(2).split("\\"));
		fs.mkdirSync(path.dirname(link), { recursive: true });
		fs.symlinkSync(this.path(folder), link);
	}

	/**
	 * Runs the CLI: `run(["ids", "list", "--json"])`.
	 * @throws WineError when it was killed (its time was up, or it crashed with a signal), or when something that it
	 *   started still holds its stdout or stderr: `cfm … | …` in a shell would never return
	 */
	async run(args: string[], options: RunOptions = {}): Promise<RunResult> {
		const { user, ...rest } = options;
		if (user !== undefined) return (await this.as(user)).run(args, rest);
		const script = `${this.machine.cli}\\bin\\run.cjs`;
		const result = await this.exec("C:\\node\\node.exe", [script, ...args], rest);
		const { exitCode, stdout, stderr } = result;
		const complaint =
			exitCode === null
				? `was killed (${result.signal}) after ${result.ms} ms`
				: result.heldOpen
					? "ended, but a process that it left behind holds its stdout or stderr"
					: undefined;
		if (complaint !== undefined || exitCode === null) {
			throw new WineError(`cfm ${args.join(" ")} ${complaint}\nstdout: ${stdout}\nstderr: ${stderr}`);
		}
		return { exitCode, stdout, stderr };
	}

	/**
	 * Runs the CLI in a console: a terminal on Linux, in which Wine draws one.
	 *
	 * @param codePage of the console's input and output
	 * @returns what the terminal got, the sequences that move its cursor included
	 */
	async terminal(args: readonly string[], { codePage, env = {} }: { codePage: number; env?: RunOptions["env"] }) {
		// Not a batch file: that is read in a code page.
		const starter = "C:\\lane\\terminal.cjs";
		const words = [`${this.machine.cli}\\bin\\run.cjs`, ...args];
		fs.writeFileSync(
			this.path(starter),
			`const { spawnSync } = require("node:child_process");
			spawnSync("chcp.com", ["${codePage}"], { stdio: "inherit" });
			const env = { ...process.env, ...${JSON.stringify(env)} };
			process.exitCode = spawnSync(process.execPath, ${JSON.stringify(words)}, { stdio: "inherit", env }).status;`,
		);
		const name = accountName(this.user);
		const environment = wineEnvironment(this.prefix, path.join(this.machine.folder, "home"), name);
		const log = path.join(this.machine.folder, "terminal");
		const command = `stty rows 50 cols 120; wine 'C:\\node\\node.exe' '${starter}'`;
		const program = spawn("script", ["-qefc", command, log], {
			env: { ...environment, TERM: "xterm", SHELL: "/bin/sh" },
			stdio: "ignore",
		});
		const [code] = await once(program, "exit");
		return { exitCode: code as number, shown: fs.readFileSync(log, "utf8") };
	}

	/** Runs any program: a Windows path, or a name on the PATH (`C:\node` comes first). */
	async exec(file: string, args: string[] = [], options: ExecOptions = {}): Promise<SpawnOutcome> {
		return (await this.launch(file, args, options)).done;
	}

	/** Starts any program and returns once it runs. */
	async start(file: string, args: string[] = [], options: ExecOptions = {}): Promise<Started> {
		const { started, done, kill } = await this.launch(file, args, options);
		done.catch(() => {}); // a caller that only wants to kill need not look
		return { pid: await started, kill, done };
	}

	private async launch(file: string, args: string[], { user, ...options }: ExecOptions): Promise<Launched> {
		if (user !== undefined) return (await this.as(user)).launch(file, args, options);
		let onStarted: (pid: number) => void = () => {};
		const started = new Promise<number>((resolve) => {
			onStarted = resolve;
		});
		const domain = this.user.includes("\\") ? { USERDOMAIN: this.user.slice(0, this.user.indexOf("\\")) } : {};
		const env = Object.entries({ ...domain, ...options.env }).map(([name, value]) => [name, value ?? null]);
		const { id, done } = this.agent.send<SpawnOutcome>(
			{
				op: "spawn",
				file,
				args,
				env: Object.fromEntries(env),
				cwd: options.cwd ?? this.profile,
				stdin: options.stdin === undefined ? null : Buffer.from(options.stdin).toString("base64"),
				capture: options.capture ?? true,
				timeoutMs: options.timeoutMs ?? 150_000,
			},
			(pid) => onStarted(pid),
		);
		const kill = (): Promise<boolean> => this.agent.send<boolean>({ op: "kill", target: id }).done;
		const startedOrFailed = Promise.race([started, done.then(() => 0)]);
		startedOrFailed.catch(() => {}); // `exec` looks at `done` only
		return { started: startedOrFailed, done, kill };
	}

	/**
	 * Runs a piece of CommonJS in a win32 Node of its own and gives what it returns, as JSON carries it. It may await,
	 * and may require "native-reg".
	 */
	async evaluate(source: string, options: RunOptions = {}): Promise<unknown> {
		this.evaluations += 1;
		const name = `C:\\lane\\evaluate-${path.basename(this.prefix)}-${this.evaluations}`;
		const script =
			`(async () => {\n${source}\n})().then(\n` +
			// Ended as cfm ends itself: Node 24 on Windows can fail at its own end (nodejs/node#56645).
			`\t(value) => { require("node:fs").writeFileSync(${JSON.stringify(`${name}.json`)}, JSON.stringify(value ?? null)); process.kill(process.pid, "SIGKILL"); },\n` +
			"\t(error) => { console.error(error); process.exitCode = 1; },\n);\n";
		fs.writeFileSync(this.path(`${name}.cjs`), script);
		const result = await this.exec("C:\\node\\node.exe", [`${name}.cjs`], options);
		const told = this.path(`${name}.json`);
		if (!fs.existsSync(told)) throw new WineError(`${result.stdout}${result.stderr}`);
		return JSON.parse(fs.readFileSync(told, "utf8"));
	}

	/** Reads one registry key, `HKCU\…` or `HKLM\…`; null when there is none. */
	registry(key: string): Promise<RegistryKey | null> {
		return this.agent.send<RegistryKey | null>({ op: "registry", key }).done;
	}

	/** Whether a program inside Windows that connects to this port is let in. */
	listens(port: number, host = "127.0.0.1"): Promise<boolean> {
		return this.agent.send<boolean>({ op: "listening", port, host }).done;
	}

	/** Ends everything that runs on the machine, of every account, and removes it. */
	async dispose(): Promise<void> {
		machines.delete(this.machine);
		for (const account of this.machine.accounts.values()) {
			const wine = await account.catch(() => undefined);
			await wine?.agent.end();
		}
		removeMachine(this.machine.folder);
		if (machines.size === 0) releaseLock();
	}
}

/** Puts Node, the agent and the registry reader on a new machine's disk. */
function furnish({ drive, major }: Machine): void {
	fs.rmSync(path.join(drive, "users", templateUser), { recursive: true });
	fs.mkdirSync(path.join(drive, "node"));
	fs.symlinkSync(runtimePath(major), path.join(drive, "node", "node.exe"));
	const lane = path.join(drive, "lane");
	fs.mkdirSync(path.join(lane, "node_modules"), { recursive: true });
	fs.copyFileSync(path.join(here, "agent.ts"), path.join(lane, "agent.mts"));
	for (const name of ["native-reg", "node-gyp-build"]) {
		fs.cpSync(path.join(project, "node_modules", name), path.join(lane, "node_modules", name), { recursive: true });
	}
}

const scratch = path.join(temporary, "cfm-wine-");

function removeMachine(folder: string): void {
	for (const name of fs.readdirSync(folder)) {
		if (name.startsWith("prefix-")) endPrefix(path.join(folder, name), path.join(folder, "home"));
	}
	fs.rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
}

/** Machines whose test process was killed still run clients on the ports that the next test wants. */
function removeAbandoned(): void {
	for (const name of fs.readdirSync(path.dirname(scratch))) {
		const folder = path.join(path.dirname(scratch), name);
		if (!folder.startsWith(scratch) || !fs.existsSync(path.join(folder, "owner"))) continue;
		const owner = Number(fs.readFileSync(path.join(folder, "owner"), "utf8"));
		if (owner !== process.pid && !fs.existsSync(`/proc/${owner}`)) removeMachine(folder);
	}
}

const machines = new Set<Machine>();
process.once("exit", () => {
	for (const { folder } of machines) removeMachine(folder);
});

/** A Windows machine with one account logged on, new, in under a second (the first call ever: about 15 s). */
export async function freshPrefix(options: PrefixOptions = {}): Promise<Wine> {
	const major = options.node ?? 24;
	const user = options.user ?? "CONTOSO\\anna";
	await provision(major);
	removeAbandoned();
	const folder = fs.mkdtempSync(scratch);
	fs.writeFileSync(path.join(folder, "owner"), String(process.pid));
	fs.mkdirSync(path.join(folder, "home"));
	const machine: Machine = { folder, drive: path.join(folder, "drive_c"), major, cli: "C:\\cfm", accounts: new Map() };
	machines.add(machine);
	const coming = Wine.logOn(machine, user);
	machine.accounts.set(accountName(user).toLowerCase(), coming);
	try {
		return await coming;
	} catch (error) {
		machines.delete(machine);
		removeMachine(folder);
		throw error;
	}
}
