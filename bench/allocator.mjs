/** Allocations one by one, each durable before the next: against the disk, against the sqlite3 shell, and among many rows. */
import { writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { count, decades, isThere, summary, work } from "./harness.mjs";

const Database = createRequire(import.meta.url)("better-sqlite3");

/** Allocations in one turn. */
const each = 50;

/** Turns that nobody counts: the engine is still compiling, and pages are read for the first time. */
const warming = 30;

/** @param {import("./run.mjs").Bench} bench */
export async function allocator(bench) {
	const { folder, report, registries, rounds = 40 } = bench;
	const turns = warming + rounds;
	/** @param {object[]} contestants */
	const inTurn = (contestants) => work({ do: "turns", contestants, turns, each }).times;
	/** @type {(slower: number[], faster: number[]) => import("./harness.mjs").Measured} */
	const ratio = (slower, faster) => summary(slower.map((ms, turn) => ms / (faster[turn] ?? 0)).slice(warming));

	report.heading("Allocations per second in one process");
	const { allocating, copying, bytes } = asShellScripts(bench, turns * each);
	const product = { product: registries.copy(1000, "product"), name: "a" };
	const append = { append: join(folder, "log"), bytes };
	const [own, raw] = inTurn([product, append]);
	report.ratio("allocator / append + fdatasync of an event's bytes", ratio(raw, own), { least: 0.75 });
	if (isThere("sqlite3")) {
		const again = { product: registries.copy(1000, "again"), name: "b" };
		const asks = { shell: registries.copy(1000, "asks"), script: allocating };
		const knows = { shell: registries.copy(1000, "knows"), script: copying };
		const [mine, asking, knowing] = inTurn([again, asks, knows]);
		report.ratio("allocator / sqlite3 shell that looks for the ID", ratio(asking, mine), { least: 1 });
		report.ratio("allocator / sqlite3 shell that is told every row", ratio(knowing, mine));
	} else report.skipped("allocator / sqlite3 shell", "there is no sqlite3");

	report.heading("Time of an allocation: among many rows / among none");
	const sizes = decades.filter((size) => size <= bench.rows);
	const [none, ...many] = inTurn(sizes.map((size) => ({ product: registries.copy(size, `among-${size}`), name: "c" })));
	for (const [at, times] of many.entries()) {
		const last = at === many.length - 1;
		const name = `allocator: ${count(sizes[at + 1] ?? 0)} rows / 0 rows`;
		report.ratio(name, ratio(times, none), last ? { most: 1.25 } : undefined);
	}
}

/**
 * So many allocations as scripts for the sqlite3 shell: one asks what any allocator must ask before it writes (whether the
 * user has an ID, which is the lowest free one, where the chain of events ends), the other only writes the rows that the
 * product has written. And the size of an event.
 *
 * @param {import("./run.mjs").Bench} bench
 * @param {number} allocations
 */
function asShellScripts({ folder, registries }, allocations) {
	const file = registries.copy(1000, "script");
	const since = ask(file, (database) => database.prepare("SELECT max(seq) FROM events").pluck().get());
	work({ do: "allocate", registry: file, name: "a", count: allocations });
	return ask(file, (database) => {
		/** @type {(table: string, where: string) => any} */
		const inserted = (table, where) => {
			const columns = database.prepare(`SELECT name FROM pragma_table_info('${table}') ORDER BY cid`).pluck().all();
			const values = columns.map((/** @type {string} */ name) => `quote(${name})`).join(" || ',' || ");
			const insert = `'INSERT INTO ${table} VALUES (' || ${values} || ');'`;
			return database.prepare(`SELECT ${insert} FROM ${table} WHERE ${where}`).pluck();
		};
		const event = inserted("events", "seq = ?");
		const allocation = inserted("allocations", "environment = ? AND id = ?");
		const given = database
			.prepare(
				`SELECT seq, id, environments.environment FROM events JOIN environments ON environments.name = events.environment
				WHERE seq > ? AND action = 'allocate' ORDER BY seq`,
			)
			.all(since);
		const questions = database
			.prepare(
				`SELECT 'SELECT id, user FROM allocations WHERE state = ''allocated'' AND name_key = ' || quote(name_key) || ';
				SELECT (SELECT lo FROM gaps WHERE environment = ' || environment || ' ORDER BY lo LIMIT 1),
				(SELECT id FROM allocations WHERE environment = ' || environment || ' ORDER BY id DESC LIMIT 1);
				SELECT seq, hash FROM events ORDER BY seq DESC LIMIT 1;' FROM allocations WHERE environment = ? AND id = ?`,
			)
			.pluck();
		/** @type {(name: string, before: (environment: number, id: number) => string[]) => string} */
		const scriptOf = (name, before) => {
			const transactions = given.map((/** @type {any} */ { seq, id, environment }) =>
				[
					...["BEGIN IMMEDIATE;", ...before(environment, id)],
					...[allocation.get(environment, id), event.get(seq), "COMMIT;"],
				].join("\n"),
			);
			const file = join(folder, name);
			writeFileSync(file, transactions.join("\n\n"));
			return file;
		};
		return {
			allocating: scriptOf("allocating.sql", (environment, id) => [questions.get(environment, id)]),
			copying: scriptOf("copying.sql", () => []),
			bytes: event.get(given[0].seq).length - "INSERT INTO events VALUES ();".length,
		};
	});
}

/**
 * @template T
 * @param {string} file
 * @param {(database: any) => T} work
 * @returns {T}
 */
function ask(file, work) {
	const database = new Database(file, { readonly: true });
	try {
		return work(database);
	} finally {
		database.close();
	}
}
