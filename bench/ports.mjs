/** What listens and whose it is, against the tools that tell less. */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { cfm, count, isThere, pairs, program, summary, timed } from "./harness.mjs";

/** How many sockets, and how many times `ss` it may take: Node's own start is most of it when they are few. */
const sizes = [
	{ sockets: 100, most: 7 },
	{ sockets: 5000, most: 2.1 },
	{ sockets: 20_000, most: 1.2 },
];

/** The port of ID 1. */
const first = 24_251;
const holders = 10;

/** Listens on the ports it is told, some more with each line. */
const holder = `
const net = require("node:net");
require("node:readline").createInterface({ input: process.stdin }).on("line", async (line) => {
	const [from, to] = line.split(" ").map(Number);
	let failed = 0;
	for (let port = from; port < to; port++)
		await new Promise((done) => net.createServer().once("error", () => done(failed++)).listen(port, "127.0.0.1", 1, done));
	console.log(failed);
});`;

/** What other packages do to answer, each as a whole process. */
const peers = [
	{
		name: "systeminformation",
		script: 'require("systeminformation").networkConnections().then((all) => console.log(all.length))',
	},
	{
		name: "find-process",
		script: `Promise.resolve(require("find-process")).then((m) => (m.default ?? m)("port", ${first})).then((all) => console.log(all.length))`,
	},
	{
		name: "pid-port",
		script: 'import("pid-port").then((m) => m.allPortsWithPid()).then((all) => console.log(all.size))',
	},
];

/** @param {import("./run.mjs").Bench} bench */
export async function ports({ folder, report, rounds = 15 }) {
	if (process.platform !== "linux") return report.skipped("ports", "the comparison is with Linux's own tools");
	const home = join(folder, "ports");
	spawnSync("mkdir", ["-m", "700", home]);
	cfm(home, ["init", "--yes"]);
	writeFileSync(join(home, "users"), Array.from({ length: 20_000 }, (_, at) => `CORP\\user.${at}\n`).join(""));
	cfm(home, ["ids", "allocate", "--ignore-ports", "--from", join(home, "users")]);
	const fetched = fetchPeers(folder);
	const list = () => timed({ args: [program, "ports", "list", "--json"], home }).ms;
	/** @type {(name: string, args: string[]) => number} */
	const tool = (name, args) => timed({ program: name, args, home, codes: [0, 1] }).ms;

	const children = Array.from({ length: holders }, () => {
		const child = spawn(process.execPath, ["-e", holder], { stdio: ["pipe", "pipe", "inherit"] });
		child.stdout.setEncoding("utf8");
		return child;
	});
	try {
		let opened = 0;
		/** @type {Map<number, number[]>} */
		const times = new Map();
		for (const { sockets, most } of sizes) {
			const each = (sockets - opened) / holders;
			const missing = await Promise.all(
				children.map(async (child, at) => {
					const from = first + opened + at * each;
					child.stdin.write(`${from} ${from + each}\n`);
					const [failed] = await once(child.stdout, "data");
					return Number(failed);
				}),
			);
			opened = sockets;
			const failed = missing.reduce((sum, one) => sum + one, 0);
			report.heading(`${count(sockets)} listening sockets${failed === 0 ? "" : ` (${failed} ports were taken)`}`);
			const against = (/** @type {string} */ name, /** @type {() => number} */ other, /** @type {number} */ bar) =>
				report.ratio(
					`ports: ${count(sockets)} / ${name}`,
					pairs(() => list() / other(), rounds, { most: bar }),
					{ most: bar },
				);
			if (isThere("ss")) against("ss -ltnp", () => tool("ss", ["-ltnp"]), most);
			else report.skipped(`ports: ${count(sockets)} / ss -ltnp`, "there is no ss (Debian: iproute2)");
			times.set(sockets, Array.from({ length: rounds }, list));
			if (sockets < 5000) continue;
			if (spawnSync("lsof", ["-v"]).error === undefined) {
				against("lsof", () => tool("lsof", ["-nP", "-iTCP", "-sTCP:LISTEN"]), 1);
			} else report.skipped(`ports: ${count(sockets)} / lsof`, "there is no lsof");
			for (const { name, script } of peers) {
				if (fetched === undefined) report.skipped(`ports: ${count(sockets)} / ${name}`, "npm could not fetch it");
				else against(name, () => peer(fetched, script), 1);
			}
		}
		// What is told of twenty thousand must not cost more than four times what is told of five thousand.
		const [less, more] = [times.get(5000) ?? [], times.get(20_000) ?? []];
		const growth = more.map((ms, at) => ms / (less[at] ?? ms));
		report.ratio("ports: 20,000 sockets / 5,000", summary(growth), { most: 4 });
		countPrograms(home, folder, report);
	} finally {
		for (const child of children) child.kill();
	}
}

/** @param {string} folder @returns {string | undefined} where they are */
function fetchPeers(folder) {
	const at = join(folder, "peers");
	spawnSync("mkdir", [at]);
	writeFileSync(join(at, "package.json"), '{"private":true}');
	const words = ["install", "--no-audit", "--no-fund", "--ignore-scripts", ...peers.map(({ name }) => name)];
	const { status } = spawnSync("npm", words, { cwd: at, stdio: "ignore", timeout: 120_000 });
	return status === 0 ? at : undefined;
}

/** @param {string} folder @param {string} script */
function peer(folder, script) {
	return timed({ args: ["-e", script], home: folder }).ms;
}

/** @param {string} home @param {string} folder @param {import("./report.mjs").Report} report */
function countPrograms(home, folder, report) {
	if (!isThere("strace")) return report.skipped("ports: programs started", "there is no strace");
	const trace = join(folder, "programs");
	const words = ["-f", "-qq", "-e", "trace=execve", "-o", trace, process.execPath, program, "ports", "list", "--json"];
	timed({ program: "strace", args: words, home });
	const started = readFileSync(trace, "utf8").match(/execve\(.*= 0$/gm)?.length ?? 0;
	report.value("ports: programs started besides itself", started - 1, "", { most: 0 });
}
