/** Reading and setting one site's web ID in Chromium profiles, against copying their stores. */
import { spawnSync } from "node:child_process";
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { count, summary, variables } from "./harness.mjs";

const root = join(import.meta.dirname, "..");
const worker = join(root, ".cache/bench/web-worker.mjs");
const profiles = 1000;

/** @param {import("./run.mjs").Bench} bench */
export async function web({ folder, report, rounds = 21 }) {
	await build({
		entryPoints: [join(root, "bench/web-worker.ts")],
		outfile: worker,
		bundle: true,
		platform: "node",
		format: "esm",
		target: "node22",
		packages: "external",
		logLevel: "warning",
	});
	report.heading("One site's web ID / a copy of the profile's LevelDB");
	const copy = join(folder, "copy");
	const [large, small, all] = ["large", "small", "all"].map((name) => join(folder, name));
	work({ do: "make", folder: large, sites: 5000, each: 13_800 }, folder);
	const { ratios } = work({ do: "turns", folder: large, copy, turns: rounds + 3 }, folder);
	report.ratio("web: read / copy, 5,000 sites, 69 MB", summary(ratios), { most: 2 });

	const changed = work({ do: "set", folder: large, copy, turns: rounds + 3, home: join(folder, "home") }, folder);
	report.ratio("web: set one site / copy, 69 MB", summary(changed.ratios), { most: 0.2 });

	work({ do: "make", folder: small, sites: 500, each: 8000 }, folder);
	mkdirSync(/** @type {string} */ (all));
	work({ do: "multiply", folder: small, into: all, count: profiles }, folder);
	const many = work({ do: "all", folder: all, copy }, folder);
	report.ratio(`web: read / copy, ${count(profiles)} profiles of 4 MB, one process`, summary(many.ratios), {
		most: 1.3,
	});
	if (process.platform !== "linux") return;
	const reader = join(root, "bin/reader.cjs");
	const apart = work({ do: "apart", folder: all, copy, program: reader }, folder);
	report.ratio(`web: read / copy, ${count(profiles)} profiles of 4 MB, two readers`, summary(apart.ratios), {
		most: 0.8,
	});
	report.value("web: peaks of all these processes together", apart.peak / 1024, " MB", { most: 300 });
	rmSync(/** @type {string} */ (all), { recursive: true });
}

/**
 * @param {object} task
 * @param {string} home
 */
function work(task, home) {
	const { status, stdout, stderr, error } = spawnSync(process.execPath, [worker, JSON.stringify(task)], {
		env: variables(home),
		encoding: "utf8",
	});
	if (error) throw error;
	if (status !== 0) throw new Error(`the worker ended with ${status}: ${stderr}`);
	return JSON.parse(stdout.trimEnd().split("\n").at(-1) ?? "");
}
