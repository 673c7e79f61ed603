/** An audit of everybody on a server, against copying the stores of their browsers. */
import { spawnSync } from "node:child_process";
import { mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { count, summary, variables } from "./harness.mjs";

const root = join(import.meta.dirname, "..");
const users = 1000;

/** @param {import("./run.mjs").Bench} bench */
export async function audit({ folder, report, rounds = 21 }) {
	const [profiles, audits] = ["web", "audit"].map((name) => join(root, `.cache/bench/${name}-worker.mjs`));
	for (const [name, outfile] of [
		["web", profiles],
		["audit", audits],
	]) {
		await build({
			entryPoints: [join(root, `bench/${name}-worker.ts`)],
			outfile,
			bundle: true,
			platform: "node",
			format: "esm",
			target: "node22",
			packages: "external",
			logLevel: "warning",
		});
	}
	report.heading("An audit of everybody / a copy of their browsers' stores");
	const [profile, all, copy] = ["profile", "everybody", "copy"].map((name) => join(folder, name));
	mkdirSync(/** @type {string} */ (all));
	work(profiles, { do: "make", folder: profile, sites: 500, each: 8000 }, folder);
	const about = { profile, folder: all, copy, users };
	work(audits, { ...about, do: "make" }, folder);
	const ratios = [];
	let peak = 0;
	for (let turn = 0; turn < Math.ceil(rounds / 7); turn += 1) {
		const copied = work(audits, { ...about, do: "copy" }, folder);
		const audited = work(audits, { ...about, do: "audit" }, folder);
		ratios.push(audited.ms / copied.ms);
		peak = Math.max(peak, audited.peak);
	}
	report.ratio(`audit: audit / copy, ${count(users)} users with 3 browsers of 4 MB`, summary(ratios), { most: 1.3 });
	report.value(`audit: peak of memory, ${count(users)} users`, peak / 1024, " MB", { most: 300 });
	rmSync(/** @type {string} */ (all), { recursive: true });
}

/**
 * @param {string | undefined} worker
 * @param {object} task
 * @param {string} home
 */
function work(worker, task, home) {
	const { status, stdout, stderr, error } = spawnSync(process.execPath, [String(worker), JSON.stringify(task)], {
		env: variables(home),
		encoding: "utf8",
	});
	if (error) throw error;
	if (status !== 0) throw new Error(`the worker ended with ${status}: ${stderr}`);
	return JSON.parse(stdout.trimEnd().split("\n").at(-1) ?? "");
}
