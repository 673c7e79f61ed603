/** What the comparisons share: a folder of their own, processes, time, and what is made of it. */
import { spawn, spawnSync } from "node:child_process";
import {
	copyFileSync,
	existsSync,
	mkdirSync,
	mkdtempSync,
	readdirSync,
	rmSync,
	statSync,
	writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";

const root = join(import.meta.dirname, "..");
const worker = join(root, ".cache/bench/worker.mjs");

/** The product, as a script starts it. */
export const program = join(root, "bin/run.cjs");

/** Numbers of rows, a decade apart. */
export const decades = [0, 1000, 10_000, 100_000, 1_000_000];

/** Builds the workers' bundle, and the product itself when its sources are newer. */
export async function buildAll() {
	const built = join(root, "dist/cfm.cjs");
	if (!existsSync(built) || statSync(built).mtimeMs < newest(join(root, "src"))) {
		const { status } = spawnSync(process.execPath, [join(root, "scripts/build.mjs")], { stdio: ["ignore", 2, 2] });
		if (status !== 0) throw new Error("the product cannot be built");
	}
	mkdirSync(join(root, ".cache/bench"), { recursive: true });
	await build({
		entryPoints: [join(root, "bench/worker.ts")],
		outfile: worker,
		bundle: true,
		platform: "node",
		format: "esm",
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

/** A fresh folder of our own (mode 700, as the product wants it); `remove` takes it away. */
export function makeFolder() {
	const path = mkdtempSync(join(tmpdir(), "cfm-bench-"));
	return { path, remove: () => rmSync(path, { recursive: true, force: true, maxRetries: 3 }) };
}

/**
 * What every measured process sees: no settings of this machine or account, and no certificates to load at start.
 *
 * @param {string} home
 */
export function variables(home) {
	const rest = Object.entries(process.env).filter(([name]) => !/^(CFM_|NODE_|XDG_)/.test(name));
	const own = { HOME: home, USERPROFILE: home, CFM_HOME: home, XDG_CONFIG_HOME: home, XDG_DATA_HOME: home };
	return { ...Object.fromEntries(rest), ...own };
}

/**
 * @typedef {object} Run
 * @property {string} [program] Node, unless it is another
 * @property {string[]} args
 * @property {string} home settings and registry; also the working folder
 * @property {number | "pipe"} [stdin]
 * @property {number | "pipe"} [stdout] a file's descriptor, or a pipe as in a script
 * @property {readonly number[]} [codes] exit codes that are no failure
 * @property {Record<string, string>} [own] variables of its own
 */

/**
 * Runs a process to its end.
 *
 * @param {Run} run
 * @returns {{ ms: number, stdout: string, code: number | null }}
 */
export function timed({ program = process.execPath, args, home, stdin, stdout = "pipe", codes = [0], own = {} }) {
	const options = { cwd: home, env: { ...variables(home), ...own }, maxBuffer: 2 ** 30 };
	const begun = process.hrtime.bigint();
	const ended = spawnSync(program, args, { ...options, stdio: [stdin ?? "ignore", stdout, "pipe"] });
	const ms = Number(process.hrtime.bigint() - begun) / 1e6;
	if (ended.error) throw ended.error;
	if (ended.status === null || !codes.includes(ended.status)) {
		throw new Error(`${program} ${args.join(" ")} ended with ${ended.status}: ${ended.stderr}${ended.stdout ?? ""}`);
	}
	return { ms, stdout: String(ended.stdout ?? ""), code: ended.status };
}

/**
 * Runs `cfm`.
 *
 * @param {string} home
 * @param {string[]} args
 */
export function cfm(home, args) {
	return timed({ args: [program, ...args], home });
}

/** Whether a program of the system is there to compare with. @param {string} name */
export function isThere(name) {
	return spawnSync(name, ["--version"], { stdio: "ignore" }).error === undefined;
}

/**
 * Does a task of worker.ts.
 *
 * @param {object} task
 * @returns {any} the last thing it says
 */
export function work(task) {
	const { status, stdout, stderr, error } = spawnSync(process.execPath, [worker, JSON.stringify(task)], {
		env: variables(tmpdir()),
		encoding: "utf8",
		maxBuffer: 2 ** 28,
	});
	if (error) throw error;
	if (status !== 0) throw new Error(`the worker ended with ${status}: ${stderr}`);
	return lastLine(stdout);
}

/**
 * Starts a worker that waits for a byte before it begins.
 *
 * @param {object} task
 * @param {string} [script] another one's bundle
 */
export function startWork(task, script = worker) {
	const child = spawn(process.execPath, [script, JSON.stringify({ ...task, wait: true })], {
		env: variables(tmpdir()),
		stdio: ["pipe", "pipe", "inherit"],
	});
	let said = "";
	child.stdout.setEncoding("utf8");
	/** @type {Promise<void>} */
	const ready = new Promise((resolve) => {
		child.stdout.on("data", (text) => {
			said += text;
			resolve();
		});
		child.once("close", () => resolve());
	});
	/** @type {Promise<any>} */
	const done = new Promise((resolve, reject) => {
		child.once("error", reject);
		child.once("close", (code) => (code === 0 ? resolve(lastLine(said)) : reject(new Error("a worker failed"))));
	});
	return { ready, go: () => child.stdin.end("go"), done };
}

/** @param {string} text */
function lastLine(text) {
	return JSON.parse(text.trimEnd().split("\n").at(-1) ?? "");
}

/**
 * Registries of every size, each filled once a run from the one before.
 *
 * @param {string} folder
 */
export function registries(folder) {
	/** @type {Map<number, string>} */
	const made = new Map();
	return {
		/**
		 * The one with so many rows. Whoever changes it takes a copy.
		 *
		 * @param {number} rows
		 * @returns {string} its file
		 */
		of(rows) {
			const known = made.get(rows);
			if (known !== undefined) return known;
			const home = join(folder, `rows-${rows}`);
			mkdirSync(home, { mode: 0o700 });
			const file = join(home, "registry.db");
			const smaller = Math.max(-1, ...[...made.keys()].filter((other) => other < rows));
			if (smaller < 0) cfm(home, ["init", "--yes"]);
			else copyFileSync(/** @type {string} */ (made.get(smaller)), file);
			if (rows >= 100_000) console.error(`filling a registry with ${count(rows)} rows`);
			work({ do: "fill", registry: file, rows });
			made.set(rows, file);
			return file;
		},
		/**
		 * A copy to be changed.
		 *
		 * @param {number} rows
		 * @param {string} name
		 */
		copy(rows, name) {
			const home = join(folder, name);
			rmSync(home, { recursive: true, force: true });
			mkdirSync(home, { mode: 0o700 });
			copyFileSync(this.of(rows), join(home, "registry.db"));
			return join(home, "registry.db");
		},
	};
}

/** @param {readonly number[]} values */
export function median(values) {
	const sorted = values.toSorted((a, b) => a - b);
	return ((sorted[(sorted.length - 1) >> 1] ?? 0) + (sorted[sorted.length >> 1] ?? 0)) / 2;
}

/**
 * @typedef {object} Measured the median of the ratios of many pairs, and where it lies with 95 % certainty
 * @property {number} middle
 * @property {number} low
 * @property {number} high
 * @property {number} pairs
 */

/** @typedef {{ most: number } | { least: number }} Bar */

/**
 * Takes pairs A B A B until the bar is clearly held or missed, three times `rounds` at most.
 *
 * @param {() => number} pair measures both and answers their ratio
 * @param {number} rounds
 * @param {Bar} [bar]
 * @returns {Measured}
 */
export function pairs(pair, rounds, bar) {
	pair(); // what is read for the first time is read from the disk
	const ratios = [];
	const at = bar && ("most" in bar ? bar.most : bar.least);
	for (;;) {
		ratios.push(pair());
		const measured = summary(ratios);
		const unclear = at !== undefined && measured.low <= at && at <= measured.high;
		if (ratios.length >= rounds * (unclear ? 3 : 1)) return measured;
	}
}

/**
 * @param {readonly number[]} ratios
 * @returns {Measured}
 */
export function summary(ratios) {
	const sorted = ratios.toSorted((a, b) => a - b);
	const last = sorted.length - 1;
	const away = 0.98 * Math.sqrt(sorted.length);
	const low = sorted[Math.max(0, Math.floor(last / 2 - away))] ?? 0;
	const high = sorted[Math.min(last, Math.ceil(last / 2 + away))] ?? 0;
	return { middle: median(ratios), low, high, pairs: ratios.length };
}

/** @param {number} number */
export function count(number) {
	return number.toLocaleString("en-US");
}

/**
 * What the built-in client profile says is there.
 *
 * @param {string} home
 * @param {number} id
 */
export function install(home, id) {
	const folder = join(home, ".local/share/certifio-manager-se");
	mkdirSync(folder, { recursive: true });
	writeFileSync(join(folder, "client-id"), `${id}\n`);
	writeFileSync(join(folder, "uninstall.json"), '{"version":"3.1.0"}\n');
	writeFileSync(join(folder, "certifio-manager-se"), "#!/bin/sh\n", { mode: 0o755 });
}

/**
 * The most memory a command took, as the process itself is told by the system.
 *
 * The engine is held to a small young generation: left alone it lets that grow to its limit in any process that works
 * for some seconds, and nothing else could be seen.
 *
 * @param {string[]} args
 * @param {string} home
 */
export function peakOf(args, home) {
	const node = ["--max-semi-space-size=1", "--require", join(import.meta.dirname, "peak.cjs")];
	const { output, error } = spawnSync(process.execPath, [...node, ...args], {
		env: variables(home),
		stdio: ["ignore", "ignore", "inherit", "pipe"],
	});
	if (error) throw error;
	return Number(output[3]);
}
