/** Long lists: against the sqlite3 shell, as they grow, and the memory they take. */
import { closeSync, openSync } from "node:fs";
import { dirname, join } from "node:path";
import { count, decades, isThere, pairs, peakOf, program, summary, timed } from "./harness.mjs";

/** What `ids list` shows, told to the shell. */
const sameTable = `SELECT user, id, port_base + port_stride * id AS port, state, name AS environment, until, allocations.note
	FROM allocations JOIN environments USING (environment) ORDER BY environment, id`;

const ways = [
	{ name: "ids list", flags: [] },
	{ name: "ids list --json", flags: ["--json"] },
];

/** @param {import("./run.mjs").Bench} bench */
export async function listing({ folder, report, registries, rows, rounds = 7 }) {
	const toFile = (/** @type {(stdout: number) => number} */ run) => {
		const stdout = openSync(join(folder, "list"), "w", 0o600);
		try {
			return run(stdout);
		} finally {
			closeSync(stdout);
		}
	};
	const list = (/** @type {string[]} */ flags, /** @type {string} */ registry) =>
		toFile((stdout) => timed({ args: listed(flags, registry), home: dirname(registry), stdout }).ms);
	const shell = (/** @type {string} */ registry) =>
		toFile((stdout) => {
			const args = ["-readonly", "-table", registry, sameTable];
			return timed({ program: "sqlite3", args, home: dirname(registry), stdout }).ms;
		});

	const long = Math.min(100_000, rows);
	report.heading(`${count(long)} rows listed / sqlite3 -table`);
	const bar = { most: 3.2 };
	for (const { name, flags } of ways) {
		const title = `listing: ${name}, ${count(long)} rows / sqlite3 -table`;
		if (!isThere("sqlite3")) report.skipped(title, "there is no sqlite3");
		else {
			const registry = registries.of(long);
			report.ratio(
				title,
				pairs(() => list(flags, registry) / shell(registry), rounds, bar),
				bar,
			);
		}
	}

	report.heading("Ten times the rows / a tenth of them");
	const sizes = decades.filter((size) => size > 0 && size <= rows);
	for (const { name, flags } of ways) {
		/** @type {Map<number, number[]>} */
		const ratios = new Map(sizes.map((size) => [size, []]));
		for (let round = 0; round < Math.min(rounds, 5); round++) {
			let before = list(flags, registries.of(sizes[0] ?? 0));
			for (const size of sizes.slice(1)) {
				const ms = list(flags, registries.of(size));
				ratios.get(size)?.push(ms / before);
				before = ms;
			}
		}
		for (const size of sizes.slice(1)) {
			// Straight growth is ten; less is the start, which all share.
			const most = size === sizes.at(-1) ? { most: 12 } : undefined;
			report.ratio(
				`listing: ${name}, ${count(size)} / ${count(size / 10)} rows`,
				summary(ratios.get(size) ?? []),
				most,
			);
		}
	}

	if (rows < 100_000) return;
	const most = { most: 1.25 };
	report.heading(`Memory at its peak: ${count(rows)} rows / ${count(rows / 10)}`);
	for (const { name, flags } of ways) {
		const peak = (/** @type {number} */ size) =>
			peakOf(listed(flags, registries.of(size)), dirname(registries.of(size)));
		const title = `memory: ${name}, ${count(rows)} / ${count(rows / 10)} rows`;
		report.ratio(
			title,
			pairs(() => peak(rows) / peak(rows / 10), 3, most),
			most,
		);
	}
}

/**
 * @param {string[]} flags
 * @param {string} registry
 */
function listed(flags, registry) {
	return [program, "ids", "list", ...flags, "--registry", registry];
}
