/**
 * Measured comparisons: npm run bench -- [--only NAME]… [--rounds N] [--rows N] [--strict]
 *
 * Prints ratios taken in one run, never absolute times, and whether each bar holds. README.md says how to read them.
 */
import { mkdirSync, statfsSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { allocator } from "./allocator.mjs";
import { audit } from "./audit.mjs";
import { bundle } from "./bundle.mjs";
import { certificates } from "./certificates.mjs";
import { clients } from "./clients.mjs";
import { doctor } from "./doctor.mjs";
import { files } from "./files.mjs";
import { growth } from "./growth.mjs";
import { buildAll, makeFolder, registries } from "./harness.mjs";
import { listing } from "./listing.mjs";
import { ports } from "./ports.mjs";
import { postgres } from "./postgres.mjs";
import { powershell } from "./powershell.mjs";
import { processes } from "./processes.mjs";
import { Report } from "./report.mjs";
import { signing } from "./signing.mjs";
import { start } from "./start.mjs";
import { tokens } from "./tokens.mjs";
import { web } from "./web.mjs";

/**
 * @typedef {object} Bench what a comparison gets
 * @property {string} folder its own
 * @property {Report} report
 * @property {number | undefined} rounds how many pairs, when the caller says
 * @property {number} rows the largest registry
 * @property {ReturnType<typeof registries>} registries
 */

/** @type {Record<string, (bench: Bench) => Promise<void>>} */
const comparisons = {
	...{ start, files, allocator, listing, processes, powershell, growth, ports, clients, web, certificates },
	...{ doctor, tokens, signing, audit, postgres, bundle },
};

const { values } = parseArgs({
	options: {
		only: { type: "string", multiple: true, default: Object.keys(comparisons) },
		rounds: { type: "string" },
		rows: { type: "string", default: "1000000" },
		strict: { type: "boolean", default: false },
	},
});
const unknown = values.only.find((name) => !Object.hasOwn(comparisons, name));
if (unknown !== undefined)
	throw new Error(`no comparison ${unknown}; there are ${Object.keys(comparisons).join(", ")}`);

const folder = makeFolder();
for (const signal of ["SIGINT", "SIGTERM"]) {
	process.once(signal, () => {
		folder.remove();
		process.exit(130);
	});
}
const report = new Report();
try {
	await buildAll();
	// Linux's tmpfs: waiting for such a disk is no waiting.
	if (process.platform === "linux" && statfsSync(folder.path).type === 0x01021994) {
		console.log(`${folder.path} is in memory: what is said about durable changes is worth nothing.`);
	}
	const cached = registries(folder.path);
	for (const name of values.only) {
		const own = join(folder.path, name);
		mkdirSync(own, { mode: 0o700 });
		const rounds = values.rounds === undefined ? undefined : Number(values.rounds);
		await comparisons[name]?.({ folder: own, report, rounds, rows: Number(values.rows), registries: cached });
	}
	report.end();
} finally {
	folder.remove();
}
if (values.strict && report.missed > 0) process.exitCode = 1;
