import { copyFileSync, readFileSync } from "node:fs";
import { join } from "node:path";
import Database from "better-sqlite3";
import { beforeEach, describe, expect, it } from "vitest";
import { openCopy } from "../../../../src/lib/adapters/registry-sqlite/copy.js";
import { migrateSqliteRegistry } from "../../../../src/lib/adapters/registry-sqlite/migrate.js";
import { openSqliteRegistry } from "../../../../src/lib/adapters/registry-sqlite/open.js";
import type { Environment } from "../../../../src/lib/environment/environment.js";
import type { Allocation } from "../../../../src/lib/id/allocation.js";
import { recordKinds } from "../../../../src/lib/record-kinds.js";
import { chainStart, eventOf, type Recorded, type StoredEvent } from "../../../../src/lib/registry/event-chain.js";
import type { MigrateEvent, RestoreEvent } from "../../../../src/lib/registry/registry.js";
import { anAttribution, everything } from "../../../contract/store.js";
import { useFolder } from "../temp.js";

/**
 * Registries as programs before this one wrote them, with rows and events of every kind and action there was, and what those
 * programs told of them: schema 3 (commit 846f9a3), the same brought to schema 4, with what came then (commit 5fad510), and schema 6 (commit b04c256).
 */
describe.each([
	{ schema: 3, environments: 2, allocations: 8, actions: 14 },
	{ schema: 4, environments: 3, allocations: 10, actions: 17 },
	{ schema: 6, environments: 2, allocations: 7, actions: 8 },
])("a registry of schema $schema", ({ schema, environments, allocations, actions }) => {
	const written = join(import.meta.dirname, `../../../contract/schema-${schema}/registry.db`);
	const told = JSON.parse(readFileSync(written.replace(/db$/, "json"), "utf8")) as Awaited<
		ReturnType<typeof everything>
	>;
	const at = useFolder();
	beforeEach(() => copyFileSync(written, at("registry.db")));

	it("has no problem, and tells all that it told", async () => {
		await migrateSqliteRegistry(at("registry.db"), anAttribution());
		const registry = await openSqliteRegistry(at("registry.db"), { readonly: false });
		expect(await registry.check(recordKinds)).toMatchObject({
			problems: [],
			checked: { environments, allocations, events: told.events.length + 1 },
		});
		const now = await everything(registry);
		expect(now).toMatchObject({ ...told, events: [...told.events, { action: "migrate" }] });
		registry.close();
		const copy = await openCopy(written);
		expect(await everything(copy)).toMatchObject(told);
		copy.close();
	});

	it("answers a request that comes again as it was answered then", async () => {
		await migrateSqliteRegistry(at("registry.db"), anAttribution());
		const old = new Database(written, { readonly: true });
		const kept = old.prepare(`SELECT * FROM ${schema < 5 ? "requests" : "answers"}`).all() as Record<string, string>[];
		old.close();
		expect(kept.length).toBeGreaterThan(0);
		const registry = await openSqliteRegistry(at("registry.db"), { readonly: false });
		for (const { request_key: requestKey = "", fingerprint = "", answer = "" } of kept) {
			const asked = anAttribution({ requestKey, fingerprint, repeatable: true });
			expect(await registry.answerTo(asked)).toEqual({ answer: JSON.parse(answer) });
		}
		registry.close();
	});

	it("has the events that this program would write for the same changes, to the last byte", () => {
		const database = new Database(at("registry.db"), { readonly: true });
		const events = database.prepare("SELECT * FROM events ORDER BY seq").all() as StoredEvent[];
		database.close();
		expect(new Set(events.map(({ action }) => action)).size).toBe(actions);
		let last: Pick<StoredEvent, "seq" | "hash"> = { seq: 0, hash: chainStart };
		for (const stored of events) {
			const { actor, machine, command, request_key: requestKey } = stored;
			last = eventOf(last, changeOf(stored), anAttribution({ actor, machine, command, requestKey }), stored.at);
			expect(last).toEqual(stored);
		}
	});
});

/** The change that an event tells of, its rows as they are in this program. */
function changeOf({ action, environment, subject, id, before, after, note }: StoredEvent): Recorded {
	const rows = { before: rowOf(before), after: rowOf(after) };
	if (action === "restore") return { ...(rows as RestoreEvent), of: "registry", action, environment: "", note };
	if (action === "migrate") return { ...(rows as MigrateEvent), of: "registry", action, environment: "", note };
	const kind = recordKinds.find(({ actions }) => actions.includes(action));
	if (kind === undefined) return { of: "act", action: action as "web.set", environment, subject, id, ...rows, note };
	const change = { action, environment, ...rows, note };
	if (kind.name !== "allocation") return { of: kind, ...change };
	return {
		of: "allocation",
		...(change as { action: "move"; before: Allocation; after: Allocation }),
		environment,
		id: id ?? 0,
	};
}

function rowOf(text: string | null): object | null {
	const row = text === null ? null : (JSON.parse(text) as object);
	if (row === null || !("portBase" in row) || "domains" in row) return row;
	const { domain } = row as unknown as Environment;
	return { ...row, domains: domain === null ? [] : [{ name: domain, aliases: [] }] };
}
