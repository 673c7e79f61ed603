import { spawn } from "node:child_process";
import { chmodSync, existsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { makeScene, type Ran, type Scene } from "../shape/scene.js";

export const root = join(import.meta.dirname, "..", "..");
export const program = join(root, "bin", "run.cjs");

/** The programs here are those that were built; the tests do not build. */
if (!existsSync(join(root, "dist", "cfm.cjs"))) throw new Error("there is no bundle yet: npm run build");

export interface RunOptions {
	/** Over the scene's own environment, which is all a program gets. */
	environment?: Record<string, string>;
	/** What is piped in; nothing is an empty pipe. */
	input?: string | Buffer;
	/** Instead of the Node that runs the tests. */
	node?: string;
	/** A file that Node loads before `cfm`. */
	preload?: string;
	/** Instead of the scene's working folder. */
	folder?: string;
	/** Instead of `bin/run.cjs`. */
	script?: string;
	/** Another account that runs it, where root runs the tests: its number. */
	uid?: number;
	/** A program and its words that start it, such as one that sets limits. */
	under?: readonly string[];
}

/**
 * A file that Node loads before `cfm`: the machine has the scene's accounts, and no others.
 *
 * Old versions of Node run it, too.
 */
export function accountsOf(scene: Scene): string {
	const file = join(scene.folder, "accounts.cjs");
	if (existsSync(file)) return file;
	writeFileSync(
		file,
		`var fs = require("fs"), readFileSync = fs.readFileSync, os = require("os"), userInfo = os.userInfo;
		var accounts = ${JSON.stringify(scene.accounts)};
		fs.readFileSync = function (file, options) {
			return readFileSync(file === "/etc/passwd" ? accounts : file, options);
		};
		os.userInfo = function (options) {
			var uid = process.getuid();
			var lines = readFileSync(accounts, "utf8").split("\\n").map(function (line) { return line.split(":"); });
			var own = lines.filter(function (line) { return line[2] === String(uid); })[0];
			return own ? { username: own[0], uid: uid, gid: process.getgid(), homedir: own[5], shell: own[6] } : userInfo(options);
		};`,
	);
	chmodSync(file, 0o644);
	return file;
}

/** Runs the built `cfm` in a process of its own, off a terminal. */
export function cfm(scene: Scene, words: readonly string[], options: RunOptions = {}): Promise<Ran> {
	const { environment, input = "", node = process.execPath, preload, folder = scene.work, script = program } = options;
	const { uid, under = [] } = options;
	const before = [accountsOf(scene), ...(preload === undefined ? [] : [preload])].flatMap((file) => [
		"--require",
		file,
	]);
	return new Promise((resolve, reject) => {
		const [file = node, ...line] = [...under, node, ...before, script, ...words];
		const child = spawn(file, line, {
			...(uid !== undefined && process.geteuid?.() === 0 && { uid, gid: uid }),
			cwd: folder,
			env: { ...scene.environment, ...environment },
			stdio: "pipe",
		});
		const out: Buffer[] = [];
		const err: Buffer[] = [];
		child.stdout.on("data", (chunk) => out.push(chunk));
		child.stderr.on("data", (chunk) => err.push(chunk));
		child.on("error", reject);
		child.on("close", (code, signal) => {
			const text = (chunks: Buffer[]) => Buffer.concat(chunks).toString("utf8");
			resolve({ code: code ?? (signal === null ? -1 : -2), out: text(out), err: text(err) });
		});
		child.stdin.on("error", () => {}); // it may end without having read
		child.stdin.end(input);
	});
}

/** Runs with `--json`. @returns the one object; fails when stdout is anything else */
export async function json(scene: Scene, words: readonly string[], options: RunOptions = {}) {
	const end = words.includes("--") ? words.indexOf("--") : words.length;
	const ran = await cfm(scene, words.toSpliced(end, 0, "--json"), options);
	const lines = ran.out.split("\n");
	if (lines.length !== 2 || lines[1] !== "") throw new Error(`not one line on stdout: ${JSON.stringify(ran)}`);
	const told = JSON.parse(lines[0] ?? "");
	return { ...ran, ok: told.ok, error: told.error, result: told.result, warnings: told.warnings };
}

/** A scene with a registry of the defaults. */
export async function initialised(): Promise<Scene> {
	const scene = makeScene();
	const { code, err } = await scene.run(["init", "--yes"]);
	if (code !== 0) throw new Error(err);
	return scene;
}

/** What somebody at a terminal does: waits for a text, then types. */
export type Typing = readonly [waitFor: string | RegExp, keys: string];

/** util-linux's: runs a command in a terminal it makes, and ends with that command's exit code. */
const terminalMaker = "script";

export const enter = "\r";
export const ctrlC = "\u0003";

export interface Seen {
	code: number;
	/** All that the terminal was sent. */
	screen: string;
}

/**
 * Runs a command line of `sh`, which knows `cfm`, in a terminal of its own.
 */
export function atTerminal(
	scene: Scene,
	line: string,
	typing: readonly Typing[] = [],
	options: { columns?: number; environment?: Record<string, string>; script?: string } = {},
): Promise<Seen> {
	const { columns = 100, environment, script = program } = options;
	return new Promise((resolve, reject) => {
		const known = `cfm() { ${quoted(process.execPath)} --require ${quoted(accountsOf(scene))} ${quoted(script)} "$@"; }`;
		const shell = `${known}; stty cols ${columns} rows 40; ${line}`;
		const child = spawn(terminalMaker, ["-q", "-e", "-c", shell, "/dev/null"], {
			cwd: scene.work,
			env: { TERM: "xterm", SHELL: "/bin/sh", ...scene.environment, ...environment },
			stdio: "pipe",
		});
		const left = [...typing];
		let screen = "";
		let seen = 0;
		const stuck = setTimeout(() => {
			child.kill("SIGKILL");
			reject(new Error(`waited in vain for ${left[0]?.[0] ?? "the end"}; the screen: ${JSON.stringify(screen)}`));
		}, 100_000);
		child.stdout.on("data", (chunk: Buffer) => {
			screen += chunk.toString("utf8");
			for (let next = left[0]; next !== undefined; next = left[0]) {
				const rest = screen.slice(seen);
				const [waitFor, keys] = next;
				const at = typeof waitFor === "string" ? rest.indexOf(waitFor) : rest.search(waitFor);
				if (at < 0) return;
				seen = screen.length;
				left.shift();
				child.stdin.write(keys);
			}
		});
		child.on("error", reject);
		child.on("close", (code) => {
			clearTimeout(stuck);
			resolve({ code: code ?? -1, screen });
		});
	});
}

function quoted(text: string): string {
	return `'${text.replaceAll("'", "'\\''")}'`;
}
