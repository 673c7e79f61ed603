/** The clients of a thousand users, against the list of what listens on the same machine. */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { cfm, count, install, pairs, timed } from "./harness.mjs";

const root = join(import.meta.dirname, "..");
const worker = join(root, ".cache/bench/clients-worker.mjs");
const users = 1000;

/** @param {import("./run.mjs").Bench} bench */
export async function clients({ folder, report, rounds = 15 }) {
	if (process.platform !== "linux") return report.skipped("clients", "the made-up server is a Linux one");
	await build({
		entryPoints: [join(root, "bench/clients-worker.ts")],
		outfile: worker,
		bundle: true,
		platform: "node",
		format: "esm",
		target: "node22",
		packages: "external",
		logLevel: "warning",
	});
	const home = join(folder, "cfm");
	mkdirSync(home, { mode: 0o700 });
	cfm(home, ["init", "--yes"]);
	const names = Array.from({ length: users }, (_, at) => `user.${at}`);
	writeFileSync(join(home, "users"), names.map((name) => `${name}\n`).join(""));
	cfm(home, ["ids", "allocate", "--ignore-ports", "--from", join(home, "users")]);
	const accounts = join(folder, "passwd");
	writeFileSync(accounts, names.map((name, at) => `${name}:x:${1000 + at}:1000::${join(folder, name)}:\n`).join(""));
	for (const [at, name] of names.entries()) install(join(folder, name), at + 1);
	/** @param {string[]} words */
	const list = (...words) => timed({ args: [worker, accounts, ...words, "--json"], home });
	const found = JSON.parse(list("client", "list").stdout).result.clients.filter(
		(/** @type {{ verdict: string }} */ { verdict }) => verdict === "ok",
	);
	if (found.length !== users) throw new Error(`${found.length} clients were found, not ${users}`);
	report.heading(`The clients of ${count(users)} users / what listens here`);
	report.ratio(
		`clients: client list / ports list, ${count(users)} users`,
		pairs(() => list("client", "list").ms / list("ports", "list").ms, rounds, { most: 2 }),
		{ most: 2 },
	);
}
