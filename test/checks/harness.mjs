/** What the checks share: the built product as processes, workers, chance that can be repeated. */
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { build } from "esbuild";

export const root = join(import.meta.dirname, "../..");
const program = join(root, "bin/run.cjs");
const worker = join(root, ".cache/checks/worker.cjs");

/**
 * Reads `--name N` options; all are whole numbers.
 *
 * @template {Record<string, number>} T
 * @param {T} defaults
 * @returns {{ [K in keyof T]: number }}
 */
export function numbersFrom(defaults) {
	const option = { type: /** @type {const} */ ("string") };
	const { values } = parseArgs({ options: Object.fromEntries(Object.keys(defaults).map((name) => [name, option])) });
	const numbers = Object.entries(defaults).map(([name, standard]) => {
		const given = values[name] ?? standard;
		if (!/^\d+$/.test(String(given))) throw new Error(`--${name} takes a whole number, not ${given}`);
		return [name, Number(given)];
	});
	return Object.fromEntries(numbers);
}

/** @typedef {ReturnType<typeof randomFrom>} Random */

/**
 * Chance that a seed repeats (mulberry32).
 *
 * @param {number} seed
 */
export function randomFrom(seed) {
	let state = seed >>> 0;
	const next = () => {
		state = (state + 0x6d2b79f5) >>> 0;
		let mixed = Math.imul(state ^ (state >>> 15), state | 1);
		mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
		return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
	};
	return {
		/**
		 * A whole number from 0 up to, not including, `limit`.
		 *
		 * @param {number} limit
		 */
		below: (limit) => Math.floor(next() * limit),
		/**
		 * @template T
		 * @param {readonly T[]} choices
		 * @returns {T}
		 */
		pick: (choices) => /** @type {T} */ (choices[Math.floor(next() * choices.length)]),
	};
}

/** A fresh folder of our own (mode 700, as the product wants it); `remove` takes it away. */
export function makeFolder() {
	const path = mkdtempSync(join(tmpdir(), "cfm-check-"));
	return { path, remove: () => rmSync(path, { recursive: true, force: true, maxRetries: 3 }) };
}

/** Builds the workers' bundle, and the product itself when its sources are newer. */
export async function buildAll() {
	const built = join(root, "dist/cfm.cjs");
	if (!existsSync(built) || statSync(built).mtimeMs < newest(join(root, "src"))) {
		const { status } = spawnSync(process.execPath, [join(root, "scripts/build.mjs")], { stdio: ["ignore", 2, 2] });
		if (status !== 0) throw new Error("the product cannot be built");
	}
	mkdirSync(join(root, ".cache/checks"), { recursive: true });
	await build({
		entryPoints: [join(root, "test/checks/worker.ts")],
		outfile: worker,
		bundle: true,
		platform: "node",
		// Not ESM: importing node:process there makes the standard streams non-blocking, and plain reads and writes fail.
		format: "cjs",
		target: "node22",
		external: ["better-sqlite3", "better-sqlite3/*"],
		logLevel: "warning",
	});
}

/** @param {string} folder */
function newest(folder) {
	const times = readdirSync(folder, { recursive: true }).map((name) => statSync(join(folder, String(name))).mtimeMs);
	return Math.max(0, ...times);
}

/**
 * The checks' processes see no settings of this machine or account, and whatever listens here takes no ID from them.
 *
 * @param {string} home
 * @param {Record<string, string>} [more]
 */
function variables(home, more) {
	const { NODE_EXTRA_CA_CERTS: _, ...inherited } = process.env;
	const rest = Object.entries(inherited).filter(([name]) => !name.startsWith("CFM_"));
	return { ...Object.fromEntries(rest), CFM_HOME: home, XDG_CONFIG_HOME: home, CFM_IGNORE_PORTS: "yes", ...more };
}

/**
 * @typedef {object} Ended how a process ended
 * @property {number | null} code null: it was killed
 * @property {string} stdout
 * @property {string} stderr
 */

/**
 * @param {import("node:child_process").ChildProcess} child
 * @returns {Promise<Ended>}
 */
function ended(child) {
	let stdout = "";
	let stderr = "";
	child.stdout?.setEncoding("utf8").on("data", (text) => {
		stdout += text;
	});
	child.stderr?.setEncoding("utf8").on("data", (text) => {
		stderr += text;
	});
	return new Promise((resolve, reject) => {
		child.once("error", reject);
		child.once("close", (code) => resolve({ code, stdout, stderr }));
	});
}

/**
 * Starts a whole `cfm` process.
 *
 * @param {string} registry
 * @param {string[]} args
 * @param {Record<string, string>} [environmentVariables]
 */
export function startCli(registry, args, environmentVariables) {
	const child = spawn(process.execPath, [program, ...args, "--registry", registry], {
		env: variables(join(registry, ".."), environmentVariables),
		stdio: ["ignore", "pipe", "pipe"],
	});
	return { child, ended: ended(child) };
}

/**
 * Runs `cfm … --json` to its end and gives its result.
 *
 * @param {string} registry
 * @param {string[]} args
 * @param {number[]} [expected] exit codes that are no failure of the check
 * @returns {Promise<{ code: number | null, result: any }>}
 */
export async function cli(registry, args, expected = [0]) {
	const { code, stdout, stderr } = await startCli(registry, [...args, "--json"]).ended;
	if (code === null || !expected.includes(code)) {
		throw new Failure(`cfm ${args.join(" ")} ended with ${code}: ${stdout}${stderr}`.trim());
	}
	return { code, result: JSON.parse(stdout).result };
}

/** What a check has found against the product. */
export class Failure extends Error {}

/**
 * @param {boolean} holds
 * @param {string} otherwise what is wrong when it does not
 */
export function expect(holds, otherwise) {
	if (!holds) throw new Failure(otherwise);
}

/**
 * A registry with the environment `busy`: 20,000 IDs, which can be given again as soon as they are released.
 *
 * @param {string} file
 */
export async function makeRegistry(file) {
	await cli(file, ["init", "--yes"]);
	await cli(file, ["environments", "add", "busy", "--range", "1-20000", "--quarantine-days", "0", "--yes"]);
}

/**
 * Everything allocated, as `cfm` lists it. Fails when the store is not sound, or an ID or a user is there twice.
 *
 * @param {string} file
 * @param {string} [environment]
 * @returns {Promise<Map<string, number>>} user → ID
 */
export async function allocated(file, environment = "busy") {
	await cli(file, ["registry", "check"]);
	const { result } = await cli(file, ["ids", "list", "--environment", environment, "--state", "allocated"]);
	const list = /** @type {{ user: string, id: number }[]} */ (result.allocations);
	expect(result.total === list.length, `ids list says ${result.total} and lists ${list.length}`);
	const users = new Map(list.map(({ user, id }) => [user, id]));
	const ids = new Set(users.values());
	expect(users.size === list.length && ids.size === list.length, "an ID or a user is listed twice");
	return users;
}

/**
 * One line `did NUMBER KIND USER ID` of a worker.
 *
 * @typedef {{ number: number, kind: string, user: string, id: number }} Done
 */

/**
 * @typedef {object} Task see worker.ts
 * @property {string} registry
 * @property {string} environment
 * @property {string} name
 * @property {number} from
 * @property {number} live
 * @property {number} [count]
 * @property {boolean} [repeat]
 * @property {number} [reopenAfter]
 * @property {boolean} [wait]
 * @property {Record<string, string | number>} [pragmas]
 */

/**
 * @param {Task} task
 * @param {Record<string, string>} [environmentVariables]
 */
export function startWorker(task, environmentVariables) {
	const child = spawn(process.execPath, [worker, JSON.stringify(task)], {
		env: variables(join(task.registry, ".."), environmentVariables),
		stdio: ["pipe", "pipe", "pipe"],
	});
	child.stdin.on("error", () => {}); // it may be dead already
	const end = ended(child);
	/** @type {Promise<void>} resolves with the first line (`ready`), or when the worker is gone */
	const ready = new Promise((resolve) => {
		child.stdout.once("data", () => resolve());
		child.once("close", () => resolve());
	});
	const report = end.then(({ code, stdout, stderr }) => {
		// A worker that was killed says nothing on stderr; anything there is an error of the product.
		if (stderr !== "" || (code !== null && code !== 0)) throw new Failure(`a worker failed (${code}): ${stderr}`);
		return { killed: code === null, ...readReport(stdout) };
	});
	report.catch(() => {}); // whoever started it awaits it, perhaps later
	return { child, ready, report };
}

/** @param {string} stdout */
function readReport(stdout) {
	/** @type {Done[]} */
	const done = [];
	/** @type {string | undefined} */
	let stored;
	/** @type {string | undefined} */
	let again;
	let longestWait = 0;
	for (const line of stdout.split("\n").slice(0, -1)) {
		const [word, number, kind = "", user = "", id] = line.split(" ");
		if (word === "did") done.push({ number: Number(number), kind, user, id: Number(id) });
		if (word === "stored") stored = kind;
		if (word === "again") again = kind;
		if (word === "done") longestWait = Number(number);
	}
	return { done, stored, again, longestWait };
}

/** @param {number} ms */
export function pause(ms) {
	return new Promise((resolve) => setTimeout(resolve, ms));
}

/**
 * Runs a check and ends the process: 0 when it held, 1 with the reason otherwise.
 *
 * @param {() => Promise<void>} check
 */
export async function run(check) {
	try {
		await check();
	} catch (error) {
		console.error(error instanceof Failure ? `FAILED: ${error.message}` : error);
		process.exitCode = 1;
	}
}
