import { afterEach, describe, expect, it } from "vitest";
import { openCopy } from "../../../src/lib/adapters/registry-sqlite/copy.js";
import { createSqliteRegistry } from "../../../src/lib/adapters/registry-sqlite/create.js";
import { openSqliteRegistry } from "../../../src/lib/adapters/registry-sqlite/open.js";
import { sqliteRegistries } from "../../../src/lib/adapters/registry-sqlite/provider.js";
import type { Allocation } from "../../../src/lib/id/allocation.js";
import { placesSeen } from "../../../src/lib/id/still-seen.js";
import { carryOutOutside } from "../../../src/lib/operation/carry-out-outside.js";
import { recordKinds } from "../../../src/lib/record-kinds.js";
import type { Change, Registry } from "../../../src/lib/registry/registry.js";
import { inWords, type RestoreAnswer, restoreRegistry } from "../../../src/lib/registry/restore.js";
import {
	anAllocation,
	anAttribution,
	anEnvironment,
	anInstallation,
	aReservation,
	aRest,
	aSite,
	environmentChange,
	everything,
	idChange,
	installationChange,
	make,
	siteChange,
} from "../../contract/store.js";
import { useFolder } from "../adapters/temp.js";
import { failure } from "../failure.js";

const at = useFolder();
const later = "2030-01-01T00:00:00.000Z";
let registry: Registry;
afterEach(() => registry.close());

/** A registry with these IDs, a backup of it, and what was changed since. */
async function since(ids: readonly Allocation[], changes: readonly Change[], own = {}): Promise<void> {
	await createSqliteRegistry(at("registry.db"));
	registry = await openSqliteRegistry(at("registry.db"), { readonly: false });
	await make(registry, [environmentChange(null, anEnvironment(own)), ...ids.map((id) => idChange(null, id))]);
	await registry.backup(at("copy.db"));
	if (changes.length > 0) await make(registry, changes);
}

interface How {
	freeForgotten?: boolean;
	/** Somebody is asked; what happens before they answer. */
	meanwhile?: () => Promise<unknown>;
	dryRun?: boolean;
}

async function restore({ freeForgotten = false, meanwhile, dryRun = false }: How = {}): Promise<RestoreAnswer> {
	const copy = await openCopy(at("copy.db"));
	const asker = {
		async agree() {
			await meanwhile?.();
			return true;
		},
	};
	const operation = restoreRegistry(sqliteRegistries, {
		...{ location: at("registry.db"), file: at("copy.db"), copy, kinds: recordKinds, freeForgotten },
		...{ usualQuarantineDays: 30, asks: meanwhile !== undefined, current: async () => registry, release: () => {} },
		...{ clock: () => new Date(), attribution: anAttribution() },
	});
	try {
		return await carryOutOutside(operation, { registry: undefined, attribution: anAttribution(), asker, dryRun });
	} finally {
		copy.close();
	}
}

const rows = async () =>
	(await everything(registry)).allocations.map(({ id, user, state }) => `${id} ${user} ${state}`);

describe("an ID that was given since", () => {
	const given = idChange(null, anAllocation(2));

	it("is told, and quarantined for whom it was given to: it is out on a client", async () => {
		await since([anAllocation(1)], [given]);
		const answer = await restore();
		expect(answer.forgotten).toMatchObject([{ environment: "default", id: 2, user: "CORP\\user2" }]);
		const [, rest] = (await everything(registry)).allocations;
		expect(rest).toMatchObject({ id: 2, user: "CORP\\user2", state: "quarantined", until: answer.forgotten[0]?.until });
		const days = (Date.parse(rest?.until ?? "") - Date.now()) / 86_400_000;
		expect(days).toBeGreaterThan(29.9);
		expect((await registry.check(recordKinds)).problems).toEqual([]);
		const { events } = await everything(registry);
		expect(events.slice(-2).map(({ action }) => action)).toEqual(["restore", "id.quarantine"]);
	});

	it("is quarantined also where released IDs are free at once: nobody released this one", async () => {
		await since([], [given], { quarantineDays: 0 });
		await restore();
		expect(await rows()).toEqual(["2 CORP\\user2 quarantined"]);
	});

	it("is free on demand", async () => {
		await since([anAllocation(1)], [given]);
		const { forgotten } = await restore({ freeForgotten: true });
		expect(forgotten).toEqual([{ environment: "default", id: 2, user: "CORP\\user2", until: null }]);
		expect(await rows()).toEqual(["1 CORP\\user1 allocated"]);
	});

	it("and released since keeps the quarantine that it has", async () => {
		await since([], [given, idChange(anAllocation(2), aRest(2, later))]);
		const { forgotten } = await restore();
		expect(forgotten).toEqual([]);
		expect((await everything(registry)).allocations).toEqual([aRest(2, later)]);
	});

	it("after another one's quarantine rests for whom it was given to last", async () => {
		const until = "2026-04-01T08:00:00.000Z";
		const change = [idChange(aRest(3, until), null), idChange(null, anAllocation(3, { user: "CORP\\new" }))];
		await since([aRest(3, until)], change);
		await restore();
		expect(await rows()).toEqual(["3 CORP\\new quarantined"]);
		expect((await registry.check(recordKinds)).problems).toEqual([]);
	});

	it("and released since stays in quarantine while a last look saw it in use, also where that is over", async () => {
		const over = "2026-04-01T08:00:00.000Z";
		await since([aRest(3, over)], [given, idChange(anAllocation(2), aRest(2, over))]);
		const sightings = [2, 3].map((id) => ({ user: `CORP\\user${id}`, id, attention: true, facts: {} }));
		const look = { environment: "default", machine: "TS01", kind: "clients", users: null } as const;
		await registry.keepLook({ ...look, at: "2026-03-01T08:00:00.000Z", sightings });
		await restore();
		const now = await openSqliteRegistry(at("registry.db"), { readonly: true });
		const ended = await now.read((view) => view.quarantineOver("default", later));
		const seen = await now.read((view) => placesSeen(view, "default", 3));
		now.close();
		expect(ended).toEqual([]);
		expect(seen).toMatchObject([{ machine: "TS01", user: "CORP\\user3" }]);
		expect(await rows()).toEqual(["2 CORP\\user2 quarantined", "3 CORP\\user3 quarantined"]);
	});

	it.each<[string, Allocation]>([
		["to another user", anAllocation(3, { user: "CORP\\old" })],
		["as reserved", aReservation(3)],
	])("that the backup has %s is told, and is what the backup says", async (_, then) => {
		await since([then], [idChange(then, null), idChange(null, anAllocation(3, { user: "CORP\\new" }))]);
		expect((await restore()).forgotten).toEqual([{ environment: "default", id: 3, user: "CORP\\new", until: null }]);
		expect((await everything(registry)).allocations).toEqual([then]);
	});

	it("outside the range that the environment had then is told", async () => {
		const wider = anEnvironment({ lastId: 30 });
		await since([], [environmentChange(anEnvironment(), wider), idChange(null, anAllocation(25))]);
		expect((await restore()).forgotten).toMatchObject([{ id: 25, until: null }]);
		expect((await registry.check(recordKinds)).problems).toEqual([]);
	});

	it("in an environment that did not exist is told", async () => {
		const environment = "lab";
		const change = [
			environmentChange(null, anEnvironment({ name: environment })),
			idChange(null, anAllocation(1, { environment })),
		];
		await since([], change);
		const { forgotten, changes } = await restore();
		expect(forgotten).toMatchObject([{ environment, id: 1, until: null }]);
		expect(changes.map(({ kind }) => kind)).toEqual(["environment", "allocation"]);
	});
});

it("tells every record that becomes another one, by kind", async () => {
	const installed = anInstallation();
	const site = aSite("https://portal.example");
	await since(
		[anAllocation(1), aReservation(2), anAllocation(4)],
		[
			environmentChange(anEnvironment(), anEnvironment({ note: "wider" })),
			idChange(anAllocation(1), aRest(1, later)),
			idChange(aReservation(2), null),
			idChange(null, aReservation(3)),
			idChange(anAllocation(4), aRest(4, later)),
			idChange(null, anAllocation(5, { user: "CORP\\user4" })),
			installationChange(null, installed),
			siteChange(null, site),
		],
	);
	const answer = await restore({ dryRun: true });
	expect(answer.changes.map((change) => `${change.kind} ${change.subject}: ${inWords(change).split(",")[0]}`)).toEqual([
		"environment default: note: wider -> -",
		"allocation CORP\\user1: state: quarantined -> allocated",
		"allocation ID 3: will be gone",
		"allocation CORP\\user4: state: quarantined -> allocated",
		"allocation CORP\\user4: will be gone",
		"allocation ID 2: comes back",
		"installation CORP\\ana: will be gone",
		"site https://portal.example: will be gone",
	]);
	expect(answer).toMatchObject({ ofThisRegistry: true, kept: null, forgotten: [{ id: 5, user: "CORP\\user4" }] });
	expect(await restore()).toMatchObject({ changes: answer.changes });
});

describe("what came between the question and the answer", () => {
	it("is a conflict, and nothing is restored", async () => {
		await since([anAllocation(1)], []);
		const meanwhile = () => make(registry, [idChange(null, anAllocation(2))]);
		const error = await failure(() => restore({ meanwhile }));
		expect(error).toMatchObject({ kind: "conflict", code: "changed-meanwhile" });
		expect(await rows()).toEqual(["1 CORP\\user1 allocated", "2 CORP\\user2 allocated"]);
	});

	it("is none when it is only an event", async () => {
		await since([anAllocation(1)], [idChange(null, anAllocation(2))]);
		const act = { of: "act", action: "config.set", environment: "", subject: "setting registry" } as const;
		const meanwhile = () => make(registry, [{ ...act, id: null, before: null, after: {} }]);
		expect((await restore({ meanwhile })).forgotten).toMatchObject([{ id: 2 }]);
	});

	it("is told, where the answer came with the command: nobody agreed to a list", async () => {
		await since([anAllocation(1)], []);
		const other = await openSqliteRegistry(at("registry.db"), { readonly: false });
		const copy = await openCopy(at("copy.db"));
		const operation = restoreRegistry(sqliteRegistries, {
			...{ location: at("registry.db"), file: at("copy.db"), copy, kinds: recordKinds, freeForgotten: false },
			...{ usualQuarantineDays: 30, asks: false, current: async () => registry, clock: () => new Date() },
			...{ attribution: anAttribution(), release: () => {} },
		});
		const plan = await operation.plan();
		await make(other, [idChange(null, anAllocation(2))]);
		const answer = operation.answer(plan, await operation.apply(plan));
		expect(plan?.forgotten).toEqual([]);
		expect(answer.forgotten).toMatchObject([{ id: 2 }]);
		for (const one of [other, copy]) one.close();
	});

	it("a backup in another one's place is not used: what was checked is what is restored", async () => {
		await since([anAllocation(1)], []);
		const { writeFileSync } = await import("node:fs");
		await restore({ meanwhile: async () => writeFileSync(at("copy.db"), "another file") });
		expect(await rows()).toEqual(["1 CORP\\user1 allocated"]);
	});
});

it("says when the backup is another registry's", async () => {
	await since([], []);
	await createSqliteRegistry(at("other.db"));
	const other = await openSqliteRegistry(at("other.db"), { readonly: false });
	await make(other, [environmentChange(null, anEnvironment({ name: "other" }))]);
	const { rmSync } = await import("node:fs");
	rmSync(at("copy.db"));
	await other.backup(at("copy.db"));
	other.close();
	expect(await restore({ dryRun: true })).toMatchObject({ ofThisRegistry: false });
});
