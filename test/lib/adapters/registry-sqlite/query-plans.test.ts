import Database from "better-sqlite3";
import { expect, test } from "vitest";
import { parseAccount } from "../../../../src/lib/account/account.js";
import { migrate } from "../../../../src/lib/adapters/registry-sqlite/schema.js";
import { SqliteRegistry } from "../../../../src/lib/adapters/registry-sqlite/store.js";
import type { SqlDatabase } from "../../../../src/lib/adapters/sqlite/database.js";
import { planAddEnvironment } from "../../../../src/lib/environment/plan.js";
import { planAllocation } from "../../../../src/lib/id/allocate.js";
import { parseTarget, planRelease } from "../../../../src/lib/id/release.js";
import { carryOut } from "../../../../src/lib/registry/carry-out.js";

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
	const registry = new SqliteRegistry(listening, ":memory:", { backup() {} });
	const origin = { actor: "a", machine: "m", command: "c", requestKey: "k", repeatable: true, fingerprint: "f" };
	const settings = { quarantineDays: 1 };
	await carryOut(
		registry,
		{ ...origin, requestKey: "1" },
		{
			plan: (view) => planAddEnvironment(view, { name: "default", settings, commonPort: 1 }),
			answer: () => ({}),
		},
	);
	const applicants = [{ account: parseAccount("CORP\\ana") }];
	await carryOut(
		registry,
		{ ...origin, requestKey: "2" },
		{
			plan: (view) => planAllocation(view, { environment: "default", applicants }),
			answer: () => ({}),
		},
	);
	await carryOut(
		registry,
		{ ...origin, requestKey: "3" },
		{
			plan: (view) => planRelease(view, { environment: "default", targets: [parseTarget("CORP\\ana")], atOnce: false }),
			answer: () => ({}),
		},
	);

	const later = new Date(Date.now() + 2 * 86_400_000);
	await carryOut(
		registry,
		{ ...origin, requestKey: "4" },
		{
			plan: (view) => planAllocation(view, { environment: "default", applicants }, later),
			answer: ({ changes }) => {
				// So that what is asked of a quarantine that is over is among what is looked at.
				expect(changes.map(({ action }) => action)).toEqual(["free", "allocate"]);
				return {};
			},
		},
	);

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
