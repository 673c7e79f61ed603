import Database from "better-sqlite3";
import { expect, test } from "vitest";
import { parseAccount } from "../../../../src/lib/account/account.js";
import { tools } from "../../../../src/lib/adapters/registry-sqlite/open.js";
import { migrate } from "../../../../src/lib/adapters/registry-sqlite/schema.js";
import { SqliteRegistry } from "../../../../src/lib/adapters/registry-sqlite/store.js";
import type { SqlDatabase } from "../../../../src/lib/adapters/sqlite/database.js";
import { addEnvironment } from "../../../../src/lib/environment/plan.js";
import { allocateIds, planAllocation } from "../../../../src/lib/id/allocate.js";
import { personCalled } from "../../../../src/lib/id/history.js";
import { parseTarget, releaseIds } from "../../../../src/lib/id/release.js";
import { carryOut } from "../../../../src/lib/operation/carry-out.js";

/** SQLite chooses an index by itself, and an ORDER BY is enough to make it walk the whole table instead. */
const highest = /FROM allocations WHERE allocations.environment = \S+ ORDER BY id DESC LIMIT 1/;

test("nothing that an allocation or a release asks grows with the number of IDs", async () => {
	const database = new Database(":memory:");
	migrate(database as unknown as SqlDatabase);
	const asked = new Set<string>();
	const listening = new Proxy(database, {
		get(target, key) {
			if (key === "prepare") {
				return (sql: string) => {
					asked.add(sql);
					return target.prepare(sql);
				};
			}
			const value: unknown = Reflect.get(target, key);
			return typeof value === "function" ? value.bind(target) : value;
		},
	}) as unknown as SqlDatabase;
	const registry = new SqliteRegistry(listening, ":memory:", tools);
	const attribution = { actor: "a", machine: "m", command: "c", repeatable: true, fingerprint: "f" };
	const ask = (requestKey: string) => ({
		registry,
		attribution: { ...attribution, requestKey },
		asker: { agree: async () => true },
	});
	const settings = { quarantineDays: 1 };
	await carryOut(addEnvironment({ name: "default", settings, commonPort: 1 }), ask("1"));
	const applicants = [{ account: parseAccount("CORP\\ana") }];
	const allocating = allocateIds({ environment: "default", applicants });
	await carryOut(allocating, ask("2"));
	const targets = [parseTarget("CORP\\ana")];
	await carryOut(releaseIds({ environment: "default", targets, atOnce: false }), ask("3"));

	const later = new Date(Date.now() + 2 * 86_400_000);
	const somebodyElse = [{ account: { ...parseAccount("CORP\\ben"), sid: "S-1-5-21-1" } }];
	const restedOver: typeof allocating = {
		...allocating,
		async plan(view) {
			const plan = await planAllocation(view, { environment: "default", applicants: somebodyElse }, later);
			// So that what is asked of a quarantine that is over is among what is looked at.
			expect(plan.changes.map(({ action }) => action)).toEqual(["free", "allocate"]);
			return plan;
		},
	};
	await carryOut(restedOver, ask("4"));

	const walks = [...asked].flatMap((sql) => {
		const steps = database.prepare(`EXPLAIN QUERY PLAN ${sql}`).all(...Array(sql.split("?").length - 1).fill(null));
		return (
			(steps as { detail: string }[])
				.map(({ detail }) => detail)
				// An index, or the key down to one row; `environment=?` alone is every ID of the environment.
				.filter((detail) => /allocations|events|gaps|requests/.test(detail))
				.filter((detail) => /^SCAN (?!events$)/.test(detail) || /PRIMARY KEY \(environment=\?\)$/.test(detail))
				.filter((detail) => !/gaps/.test(detail))
				// The highest ID is at the end of the key: one step, whatever is below. Nothing else of that text may do it.
				.filter((detail, at, all) => detail.startsWith("SCAN") || !highest.test(sql) || all.indexOf(detail) !== at)
				.map((detail) => `${detail}: ${sql}`)
		);
	});
	expect(asked.size).toBeGreaterThan(8);
	expect(walks).toEqual([]);
});

test("who holds nothing is looked for without reading the log from end to end", async () => {
	const database = new Database(":memory:");
	migrate(database as unknown as SqlDatabase);
	const asked = new Set<string>();
	const listening = {
		...{ pragma: database.pragma.bind(database), exec: database.exec.bind(database), close: () => {} },
		inTransaction: false,
		prepare(sql: string) {
			asked.add(sql);
			return database.prepare(sql);
		},
	} as unknown as SqlDatabase;
	const registry = new SqliteRegistry(listening, ":memory:", tools);
	await registry.read(async (view) => {
		await view.countEvents({ account: parseAccount("CORP\\ana"), userFields: ["user"], beyondGiving: true });
		await personCalled(view, parseAccount("CORP\\ana"));
		await Array.fromAsync(view.events({ requestKey: "ticket-1" }));
	});
	const plans = [...asked]
		.filter((sql) => /FROM events/.test(sql))
		.map((sql) =>
			database
				.prepare(`EXPLAIN QUERY PLAN ${sql}`)
				.all(...Array(sql.split("?").length - 1).fill(null))
				.map((step) => (step as { detail: string }).detail)
				.find((detail) => /events/.test(detail)),
		);
	expect(plans).toEqual([
		"SCAN events USING INDEX events_beyond",
		"SEARCH events USING INDEX events_beyond (action=?)",
		"SEARCH events USING INDEX events_request (request_key=?)",
	]);
});
