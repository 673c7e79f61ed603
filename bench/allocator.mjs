/** Allocations one by one in one process, each durable before the next: against the disk, the sqlite3 shell, and size. */
import { openSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { count, decades, isThere, pairs, summary, timed, work } from "./harness.mjs";

const Database = createRequire(import.meta.url)("better-sqlite3");

/** Allocations in one measurement. */
const each = 500;

/** @param {import("./run.mjs").Bench} bench */
export async function allocator(bench) {
	const { report, rounds = 9 } = bench;
	report.heading("Allocations per second: one process / append + fdatasync of as many bytes as an event has");
	const { script, bytes } = asShellScript(bench);
	let round = 0;
	const product = () => work({ do: "allocate", registry: bench.registries.copy(1000, "product"), name: "a", count: each });
	const raw = () => work({ do: "append", file: join(bench.folder, `log-${round++}`), bytes, count: each });
	const least = { least: 0.8 };
	report.ratio("allocator / append + fdatasync", pairs(() => raw().ms / product().ms, rounds, least), least);

	report.heading("The same rows by the sqlite3 shell, a transaction each");
	if (isThere("sqlite3")) {
		const shell = () => {
			const registry = bench.registries.copy(1000, "shell");
			const stdin = openSync(script, "r");
			return timed({ program: "sqlite3", args: ["-bail", registry], home: dirname(registry), stdin });
		};
		const bar = { least: 1 };
		report.ratio("allocator / sqlite3 shell", pairs(() => shell().ms / product().ms, rounds, bar), bar);
	} else report.skipped("allocator / sqlite3 shell", "there is no sqlite3");

	growth(bench, rounds);
}

/**
 * How much slower an allocation is among many rows than among none.
 *
 * @param {import("./run.mjs").Bench} bench
 * @param {number} rounds
 */
function growth({ report, registries, rows }, rounds) {
	report.heading("Time of an allocation: among many rows / among none");
	const sizes = decades.filter((size) => size <= rows);
	const large = new Map(sizes.map((size) => [size, registries.copy(size, `grow-${size}`)]));
	/** @type {Map<number, number[]>} */
	const ratios = new Map(sizes.map((size) => [size, []]));
	for (let round = -1; round < rounds; round++) {
		/** @type {(size: number) => number} */
		const ms = (size) => {
			// A few hundred more make a difference to a small one only.
			const registry = size < 100_000 ? registries.copy(size, `grow-${size}`) : large.get(size);
			return work({ do: "allocate", registry, name: `g${round}`, count: each }).ms;
		};
		const none = ms(0);
		for (const size of sizes.slice(1)) {
			const ratio = ms(size) / none;
			if (round >= 0) ratios.get(size)?.push(ratio); // the first round reads from the disk
		}
	}
	for (const size of sizes.slice(1)) {
		const bar = size === sizes.at(-1) ? { most: 1.25 } : undefined;
		report.ratio(`allocator: ${count(size)} rows / 0 rows`, summary(ratios.get(size) ?? []), bar);
	}
}

/**
 * What the product writes for some allocations, as a script for the sqlite3 shell, and the size of an event.
 *
 * @param {import("./run.mjs").Bench} bench
 */
function asShellScript({ folder, registries }) {
	const file = registries.copy(1000, "script");
	const before = new Database(file, { readonly: true });
	const start = before.prepare("SELECT max(seq) FROM events").pluck().get();
	before.close();
	work({ do: "allocate", registry: file, name: "a", count: each });
	const after = new Database(file, { readonly: true });
	const inserted = (/** @type {string} */ table, /** @type {string} */ where) => {
		const columns = after.prepare(`SELECT name FROM pragma_table_info('${table}') ORDER BY cid`).pluck().all();
		const values = columns.map((name) => `quote(${name})`).join(" || ',' || ");
		return after.prepare(`SELECT 'INSERT INTO ${table} VALUES (' || ${values} || ');' FROM ${table} WHERE ${where}`).pluck();
	};
	const events = inserted("events", "seq = ?");
	const allocations = inserted("allocations", "environment = ? AND id = ?");
	const given = after
		.prepare(
			`SELECT seq, id, environments.environment FROM events JOIN environments ON environments.name = events.environment
			WHERE seq > ? AND action = 'allocate' ORDER BY seq`,
		)
		.all(start);
	const transactions = given.map(({ seq, id, environment }) =>
		[
			"BEGIN IMMEDIATE;",
			`UPDATE free SET lo = lo + 1 WHERE environment = ${environment} AND lo = ${id};`,
			allocations.get(environment, id),
			events.get(seq),
			"COMMIT;",
		].join("\n"),
	);
	const lengths = given.map(({ seq }) => String(events.get(seq)).length - "INSERT INTO events VALUES ();".length);
	after.close();
	const script = join(folder, "allocations.sql");
	writeFileSync(script, `PRAGMA synchronous = FULL;\n${transactions.join("\n")}\n`);
	return { script, bytes: Math.round(lengths.reduce((sum, one) => sum + one, 0) / lengths.length) };
}
