import { afterAll, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { parseAccount } from "../../../src/lib/account/account.js";
import type { PostgresRegistry } from "../../../src/lib/adapters/registry-postgres/store.js";
import { allocateIds } from "../../../src/lib/id/allocate.js";
import type { Allocation } from "../../../src/lib/id/allocation.js";
import { carryOut } from "../../../src/lib/operation/carry-out.js";
import { recordKinds } from "../../../src/lib/record-kinds.js";
import type { Change, Registry } from "../../../src/lib/registry/registry.js";
import {
	anAllocation,
	anAttribution,
	anEnvironment,
	aReservation,
	aRest,
	collect,
	environmentChange,
	everything,
	idChange,
	make,
	type Store,
} from "../../contract/store.js";
import { failure } from "../../lib/failure.js";
import { Server } from "./server.js";
import { postgresStore } from "./store.js";

let server: Server;
let store: Store;
beforeAll(async () => {
	server = await Server.started();
});
afterAll(() => server.remove());
beforeEach(async () => {
	store = await postgresStore(server.reach);
	await make(store.registry, [environmentChange(null, anEnvironment({ lastId: 300 }))]);
	return () => store.close();
});

const request = (user: string, sid?: string) =>
	allocateIds({ environment: "default", applicants: [{ account: { ...parseAccount(user), ...(sid && { sid }) } }] });
const allocate = (user: string, on: Registry = store.registry, sid?: string) =>
	carryOut(request(user, sid), { registry: on, attribution: anAttribution(), asker: {} as never });
/** The same registry without the way that is meant here. */
const planned = (registry: Registry): Registry =>
	new Proxy(registry, {
		get(target, name) {
			const value: unknown = name === "give" ? undefined : Reflect.get(target, name, target);
			return typeof value === "function" ? value.bind(target) : value;
		},
	});

describe("a newcomer, where nothing has to be decided", () => {
	it("gets the lowest free ID in one flight, and the log and check know no difference", async () => {
		await make(store.registry, [idChange(null, aReservation(1)), idChange(null, anAllocation(4))]);
		const registry = store.registry as PostgresRegistry;
		const before = registry.flights;
		const answer = await allocate("CORP\\Zoë ß😀");
		expect(registry.flights - before).toBe(1);
		expect(answer.allocations).toMatchObject([{ id: 2, port: 24_252, created: true }]);
		expect((await allocate("CORP\\ben", planned(registry))).allocations[0]?.id).toBe(3);
		expect((await allocate("CORP\\eve")).allocations[0]?.id).toBe(5);
		const events = await registry.read((view) => collect(view.events({ actions: ["allocate"], offset: 2 })));
		expect(events.map(({ subject, id, before, after }) => [subject, id, before, Object.keys(after as object)])).toEqual(
			[
				["CORP\\Zoë ß😀", 2],
				["CORP\\ben", 3],
				["CORP\\eve", 5],
			].map(([user, id]) => [
				...[user, id, null],
				["environment", "id", "state", "user", "sid", "note", "since", "until"],
			]),
		);
		expect((await registry.check(recordKinds)).problems).toEqual([]);
	});

	it("is one of many: 8 clients give 200 IDs, one each", async () => {
		const clients = await Promise.all(Array.from({ length: 8 }, () => store.another()));
		const given = await Promise.all(
			clients.map(async (client, at) => {
				const ids: number[] = [];
				for (let turn = 0; turn < 25; turn += 1)
					ids.push((await allocate(`CORP\\c${at}t${turn}`, client)).allocations[0]?.id ?? 0);
				return ids;
			}),
		);
		expect(given.flat().toSorted((a, b) => a - b)).toEqual(Array.from({ length: 200 }, (_, at) => at + 1));
		expect((await store.registry.check(recordKinds)).problems).toEqual([]);
	});
});

const past = "2026-01-01T00:00:00.000Z";
const future = "2999-01-01T00:00:00.000Z";

describe("where something has to be decided, it is as the planner says", () => {
	it.each<[string, Change[], string, string?]>([
		["they have an ID", [idChange(null, anAllocation(1, { user: "CORP\\ana" }))], "corp\\ANA"],
		[
			"one of that name has an ID in another domain",
			[idChange(null, anAllocation(1, { user: "LAB\\ana" }))],
			"CORP\\ana",
		],
		["one of that name has an ID without a domain", [idChange(null, anAllocation(1, { user: "ana" }))], "CORP\\ana"],
		[
			"their SID has an ID",
			[idChange(null, anAllocation(1, { user: "CORP\\anna", sid: "S-1-5-21-7" }))],
			"CORP\\ana",
			"S-1-5-21-7",
		],
		["they had an ID", [idChange(null, aRest(1, future, { user: "CORP\\ana" }))], "CORP\\ana"],
		["a quarantine is over", [idChange(null, aRest(1, past, { user: "CORP\\ben" }))], "CORP\\ana"],
		[
			"the range is full",
			[
				environmentChange(anEnvironment({ lastId: 300 }), anEnvironment({ lastId: 1 })),
				idChange(null, anAllocation(1)),
			],
			"CORP\\ana",
		],
		["there is no environment", [environmentChange(anEnvironment({ lastId: 300 }), null)], "CORP\\ana"],
		["the account is a machine's", [], "CORP\\SERVER1$"],
	])("%s", async (_, changes, user, sid) => {
		await make(store.registry, changes);
		const [given, plan] = await Promise.all([
			request(user, sid).ordinary &&
				store.registry.give?.(request(user, sid).ordinary?.newcomer as never, anAttribution()),
			store.registry
				.read((view) => request(user, sid).plan(view))
				.then(
					(made) => made.changes.map(({ action }) => action),
					(error) => error.code,
				),
		]);
		expect(given).toBeUndefined();
		const done = await allocate(user, store.registry, sid).then(
			() => plan,
			(error) => error.code,
		);
		expect(done).toEqual(plan);
		expect((await store.registry.check(recordKinds)).problems).toEqual([]);
	});

	it("a server that refuses is told as ever", async () => {
		server.sql(
			"UPDATE cfm.registry SET moved_to = 'postgres://h/other'",
			undefined,
			server.sql("SELECT datname FROM pg_database WHERE datname LIKE 'farm%'"),
		);
		expect(await failure(() => allocate("CORP\\ana"))).toMatchObject({ code: "registry-moved" });
		server.sql(
			"UPDATE cfm.registry SET moved_to = NULL",
			undefined,
			server.sql("SELECT datname FROM pg_database WHERE datname LIKE 'farm%'"),
		);
	});
});

describe("many new IDs are given together as they are one by one", () => {
	const user = (at: number, own: Partial<Allocation> = {}) =>
		anAllocation(at, { user: `CORP\\new${at}`, sid: `S-1-5-21-${at}`, ...own });
	/** Those above what is held, in gaps, at their ends; one gap is left as it is, one is made. */
	const wanted = [2, 3, 5, 7, 8, 9, 21, 23, 25, 26, 28, 60, 61].map((id) => user(id));
	const held = [
		...[1, 4, 6, 10, 30, 40].map((id) => idChange(null, anAllocation(id, { sid: `S-1-5-21-9${id}` }))),
		idChange(null, aRest(50, future, { user: "CORP\\new3", sid: "S-1-5-21-3" })),
	];

	async function outcome(changes: readonly Change[], way: (registry: Registry) => Promise<unknown>) {
		const own = await postgresStore(server.reach);
		try {
			await make(own.registry, [environmentChange(null, anEnvironment({ lastId: 300 }))]);
			await make(own.registry, held);
			const ended = await way(own.registry).then(
				() => "done",
				({ code, message }) => `${code}: ${message}`,
			);
			const { events, ...rest } = await everything(own.registry);
			const told = events.map(({ seq, action, subject, id, after }) => ({ seq, action, subject, id, after }));
			const { problems } = await own.registry.check(recordKinds);
			return { ended, count: changes.length, rest, told, problems };
		} finally {
			await own.close();
		}
	}

	it.each<[string, Partial<Allocation> | undefined, string]>([
		["nothing in the way", undefined, "done"],
		["one in quarantine among them", { state: "quarantined", until: future }, "done"],
		["a reserved one among them", { state: "reserved", user: null, sid: null }, "done"],
		["an ID that is held", { id: 30 }, "changed-meanwhile: ID 30"],
		["an ID twice", { id: 28 }, "changed-meanwhile: ID 28"],
		["an ID above the range", { id: 301 }, "changed-meanwhile: ID 301"],
		["an ID below the range", { id: 0 }, "changed-meanwhile: ID 0"],
		["a user who has one", { user: "corp\\USER30" }, "changed-meanwhile: corp\\USER30 already has"],
		["a user twice", { user: "CORP\\NEW61" }, "changed-meanwhile: CORP\\new61 already has"],
		["a SID that has one", { sid: "S-1-5-21-930" }, "changed-meanwhile: CORP\\new60 already has"],
		["a SID twice", { sid: "S-1-5-21-61" }, "changed-meanwhile: CORP\\new61 already has"],
		["no such environment", { environment: "north" }, "changed-meanwhile: The environment north"],
	])("%s", async (_, odd, ends) => {
		const all = wanted.map((one) => (one.id === 60 && odd !== undefined ? { ...one, ...odd } : one));
		const changes = all.map((one) => idChange(null, one));
		const together = await outcome(changes, (registry) => make(registry, changes));
		const attribution = anAttribution();
		const oneByOne = await outcome(changes, (registry) =>
			registry.change(attribution, async (transaction) => {
				for (const change of changes) await transaction.apply([change], attribution);
				return {};
			}),
		);
		expect(together.ended.startsWith(ends), together.ended).toBe(true);
		expect(together).toEqual(oneByOne);
		expect(together.problems).toEqual([]);
	});
});
