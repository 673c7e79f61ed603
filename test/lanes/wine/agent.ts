/**
 * Runs inside Windows: the lane's hands there. It takes one JSON request a line from the test process and answers with
 * one JSON object a line.
 *
 * It exists because of two traps. Pipes between Linux and a win32 program fail (EBADF), while pipes inside Windows
 * work; and an exit code that leaves `wine` keeps only its low 8 bits (3010 → 194), while a parent inside Windows reads
 * it whole. It also spares each run the start of a second node.exe. The channel is a loopback TCP connection, which
 * Wine carries faithfully.
 *
 * node.exe runs this file as it is (it strips the types), so: erasable syntax only, Node's own modules only.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { createRequire } from "node:module";
import net from "node:net";
import { dirname } from "node:path";
import { createInterface } from "node:readline";

interface SpawnRequest {
	file: string;
	args: string[];
	/** Laid over the agent's own environment; null removes a variable. Names are compared without case. */
	env: Record<string, string | null>;
	cwd: string;
	/** Base64; null gives the child the NUL device. */
	stdin: string | null;
	/** Without capture all three streams are NUL, as for a program nobody listens to. */
	capture: boolean;
	timeoutMs: number;
}

export type Request = { id: number } & (
	| ({ op: "spawn" } & SpawnRequest)
	| { op: "kill"; target: number }
	| { op: "registry"; key: string }
	| { op: "listening"; port: number; host: string }
	| { op: "exit" }
);

export interface SpawnOutcome {
	/** The whole 32-bit exit code; null when `signal` ended it. */
	exitCode: number | null;
	signal: string | null;
	stdout: string;
	stderr: string;
	timedOut: boolean;
	/** A process it left behind still holds its stdout or stderr: whoever reads them to the end waits for that one. */
	heldOpen: boolean;
	ms: number;
}

export interface RegistryKey {
	/** Sub-keys, by name. */
	keys: string[];
	/** REG_DWORD as a number, REG_MULTI_SZ as an array, every other kind as text. */
	values: Record<string, string | number | string[]>;
}

export type Answer = { id: number } & (
	| { event: "hello"; token: string; node: string }
	| { event: "started"; pid: number }
	| { event: "done"; result: unknown }
	| { event: "failed"; message: string; code?: string | undefined }
);

/** How long a finished program's streams may stay open before it counts as held open. */
const CLOSE_GRACE_MS = 1500;

const running = new Map<number, ChildProcess>();

function environment(changes: Record<string, string | null>): NodeJS.ProcessEnv {
	const env: NodeJS.ProcessEnv = { ...process.env, PATH: `${dirname(process.execPath)};${process.env.PATH}` };
	for (const [name, value] of Object.entries(changes)) {
		for (const present of Object.keys(env)) if (present.toUpperCase() === name.toUpperCase()) delete env[present];
		if (value !== null) env[name] = value;
	}
	return env;
}

function run(id: number, request: SpawnRequest, say: (answer: Answer) => void): void {
	const started = performance.now();
	const child = spawn(request.file, request.args, {
		cwd: request.cwd,
		env: environment(request.env),
		stdio: request.capture ? [request.stdin === null ? "ignore" : "pipe", "pipe", "pipe"] : "ignore",
	});
	running.set(id, child);
	const stdout: Buffer[] = [];
	const stderr: Buffer[] = [];
	let timedOut = false;
	let answered = false;

	child.stdout?.on("data", (chunk: Buffer) => stdout.push(chunk));
	child.stderr?.on("data", (chunk: Buffer) => stderr.push(chunk));
	child.stdin?.on("error", () => {}); // a program may end without reading its input
	if (request.stdin !== null) child.stdin?.end(Buffer.from(request.stdin, "base64"));

	const limit = setTimeout(() => {
		timedOut = true;
		child.kill("SIGKILL");
	}, request.timeoutMs);

	const answer = (heldOpen: boolean): void => {
		if (answered) return;
		answered = true;
		clearTimeout(limit);
		running.delete(id);
		child.stdout?.destroy();
		child.stderr?.destroy();
		const result: SpawnOutcome = {
			exitCode: child.exitCode,
			signal: child.signalCode,
			stdout: Buffer.concat(stdout).toString("utf8"),
			stderr: Buffer.concat(stderr).toString("utf8"),
			timedOut,
			heldOpen,
			ms: Math.round(performance.now() - started),
		};
		say({ id, event: "done", result });
	};
	child.on("spawn", () => say({ id, event: "started", pid: child.pid ?? 0 }));
	child.on("exit", () => setTimeout(() => answer(true), CLOSE_GRACE_MS).unref());
	child.on("close", () => answer(false));
	child.on("error", (error: NodeJS.ErrnoException) => {
		if (answered || child.pid !== undefined) return;
		answered = true;
		clearTimeout(limit);
		running.delete(id);
		say({ id, event: "failed", message: error.message, code: error.code });
	});
}

/** Reads one key in-process: `reg query` loses every character its code page lacks. Null when there is no such key. */
function registry(path: string): RegistryKey | null {
	const reg = createRequire(import.meta.url)("native-reg");
	const [hive = "", ...rest] = path.split("\\");
	const key = reg.openKey(reg[hive], rest.join("\\"), reg.Access.READ);
	if (key === null) return null;
	try {
		const names: string[] = reg.enumValueNames(key);
		return {
			keys: reg.enumKeyNames(key),
			values: Object.fromEntries(names.map((name) => [name, reg.queryValue(key, name)])),
		};
	} finally {
		reg.closeKey(key);
	}
}

/**
 * Whether somebody listens. It connects, and does not try a bind: a bind that succeeds holds the port for a moment, and
 * a client that starts in that moment finds its port taken and gives up.
 */
function listening(port: number, host: string): Promise<boolean> {
	return new Promise((resolve, reject) => {
		const socket = net.connect({ port, host });
		socket.once("connect", () => {
			socket.destroy();
			resolve(true);
		});
		socket.once("error", (error: NodeJS.ErrnoException) =>
			error.code === "ECONNREFUSED" ? resolve(false) : reject(error),
		);
	});
}

async function serve(request: Request, say: (answer: Answer) => void): Promise<void> {
	const { id } = request;
	switch (request.op) {
		case "spawn":
			return run(id, request, say);
		case "kill":
			return say({ id, event: "done", result: running.get(request.target)?.kill("SIGKILL") ?? false });
		case "registry":
			return say({ id, event: "done", result: registry(request.key) });
		case "listening":
			return say({ id, event: "done", result: await listening(request.port, request.host) });
		case "exit":
			process.exit(0);
	}
}

/**
 * Gives the computer the name of the account's domain: Wine calls every account by the computer's name, which it takes
 * from Linux at each start.
 */
function joinDomain(domain: string): void {
	const reg = createRequire(import.meta.url)("native-reg");
	const place = "System\\CurrentControlSet\\Control\\ComputerName\\ActiveComputerName";
	const key = reg.openKey(reg.HKLM, place, reg.Access.ALL_ACCESS);
	reg.setValueSZ(key, "ComputerName", domain);
	reg.closeKey(key);
}

/** Wine starts the desktop for the first program that asks for a window, and it would hold that program's output. */
function startDesktop(): void {
	spawn("C:\\windows\\system32\\explorer.exe", ["/desktop"], { stdio: "ignore", detached: true }).unref();
}

const [port, token, domain] = process.argv.slice(2);
startDesktop();
if (domain) joinDomain(domain);
const socket = net.connect(Number(port), "127.0.0.1");
socket.setNoDelay(true);
const say = (answer: Answer): void => {
	socket.write(`${JSON.stringify(answer)}\n`);
};
socket.on("connect", () => say({ id: 0, event: "hello", token: token ?? "", node: process.version }));
socket.on("close", () => process.exit(0)); // the test process is gone
socket.on("error", () => process.exit(1));
createInterface({ input: socket }).on("line", (line) => {
	const request: Request = JSON.parse(line);
	serve(request, say).catch((error: NodeJS.ErrnoException) =>
		say({ id: request.id, event: "failed", message: error.message, code: error.code }),
	);
});
