import { describe, expect, it } from "vitest";
import { applyWebIds, refusalOf } from "../../../src/lib/webid/edit.js";
import { countPlanned, planAnswer, planWebIds, refuseUnallocated, type Wish } from "../../../src/lib/webid/plan.js";
import type { Place, ScopeRequest } from "../../../src/lib/webid/scope.js";
import { failure } from "../failure.js";
import { expectRunnable, said } from "../hints.js";
import { aProfile, FakeStores } from "./fake-stores.js";

const one = "https://one.example.com";
const two = "https://two.example.com";
const seven = { id: 7 } as const;
const none = { id: null, why: "unallocated" } as const;
const options = { now: new Date("2026-03-10T12:00:00.000Z"), keepDays: 30 };

async function* inTurn(...places: Place[]): AsyncIterable<Place> {
	yield* places;
}

const plan = (stores: FakeStores, wish: Wish, ...places: Place[]) =>
	planWebIds(stores, inTurn(...places), wish, [one, two], options);

const request = (own: Partial<ScopeRequest>): ScopeRequest => ({
	...{ environment: "default", users: [], browsers: [], sites: [], folder: undefined, id: undefined },
	...own,
});

describe("a plan", () => {
	it("writes nothing, and apply makes just what it says", async () => {
		const stores = new FakeStores();
		const profile = stores.put(aProfile(), [{ store: "leveldb", values: { [one]: "7", [two]: "9" } }]);
		const planned = await plan(stores, { action: "set" }, { profile, expected: seven });
		expect(stores.done).toEqual([]);
		expect(countPlanned(planned)).toBe(1);
		expect(planAnswer(planned)).toMatchObject({
			changes: [
				{ site: one, before: "7", after: "7", outcome: "already-so" },
				{ site: two, before: "9", after: "7", outcome: "planned" },
			],
			total: 2,
		});
		const answer = await applyWebIds(stores, planned, options);
		expect(stores.done).toEqual([`Default: set ${two} 7`]);
		expect(answer.changes.map(({ outcome, backups }) => [outcome, backups])).toEqual([
			["already-so", []],
			["done", ["b1"]],
		]);
		expect(refusalOf(answer)).toBeUndefined();
		const again = await plan(stores, { action: "set" }, { profile, expected: seven });
		expect(countPlanned(again)).toBe(0);
	});

	it("says what the browser will not keep, before and after it is written", async () => {
		const stores = new FakeStores();
		const profile = stores.put(aProfile(), [{ store: "leveldb", values: {} }]);
		const forgets = { way: "ephemeral", by: "profile", setting: null } as const;
		stores.forgets = [{ origin: two, ...forgets }];
		const planned = await plan(stores, { action: "set" }, { profile, expected: seven });
		const told = [
			{ site: one, forgets: null },
			{ site: two, forgets },
		];
		expect(planAnswer(planned).changes).toMatchObject(told);
		expect((await applyWebIds(stores, planned, options)).changes).toMatchObject(told);
	});

	it("leaves areas in frames and containers alone, and counts them; includes them on request", async () => {
		const stores = new FakeStores();
		const [frame, work] = [`${one}/^0https://top.example`, `${one}^userContextId=2`];
		const values = { [one]: "7", [frame]: "9" };
		const profile = stores.put(aProfile(), [{ store: "leveldb", values }]);
		stores.areas = [
			{ name: frame, container: null },
			{ name: work, container: "Work" },
		];
		expect(await plan(stores, { action: "set" }, { profile, expected: seven })).toMatchObject({ otherAreas: 2 });
		const places = inTurn({ profile, expected: seven } as const);
		const planned = await planWebIds(stores, places, { action: "set" }, [one], options, true);
		expect(planned.otherAreas).toBe(0);
		expect(planAnswer(planned).changes).toMatchObject([
			{ site: one, frame: null, container: null, outcome: "already-so" },
			{ site: one, frame: "https://top.example", container: null, before: "9", after: "7" },
			{ site: one, frame: null, container: "Work", before: null, after: "7" },
		]);
		const { changes } = await applyWebIds(stores, planned, options);
		expect(changes.map(({ container, outcome }) => [container, outcome])).toEqual([
			[null, "already-so"],
			[null, "done"],
			["Work", "done"],
		]);
		expect(values).toEqual({ [one]: "7", [frame]: "7", [work]: "7" });
	});

	it("removes the key, or clears the site", async () => {
		const stores = new FakeStores();
		const profile = stores.put(aProfile(), [{ store: "leveldb", values: { [one]: "7" } }]);
		for (const action of ["remove", "clear"] as const) {
			const planned = await plan(stores, { action }, { profile, expected: none });
			expect(planned.entries[0]?.edits).toEqual([
				{ origin: one, action },
				{ origin: two, action },
			]);
			expect(planAnswer(planned).changes.map(({ outcome }) => outcome)).toEqual(["planned", "not-present"]);
		}
	});

	it("sets nothing for whoever has no ID, and says whom it passed over", async () => {
		const stores = new FakeStores();
		const profile = stores.put(aProfile(), []);
		const planned = await plan(stores, { action: "set" }, { profile, expected: none }, { profile, expected: none });
		expect(planned).toMatchObject({ entries: [], withoutId: ["CORP\\ana"] });
	});

	it("passes over whom nobody can tell from others, and does not say that they have no ID", async () => {
		const stores = new FakeStores();
		const [ben, copy] = [
			stores.put(aProfile({ user: "ben" }), []),
			stores.put(aProfile({ user: null, path: "x" }), []),
		];
		const expected = { id: null, why: "unknown" } as const;
		const planned = await plan(stores, { action: "set" }, { profile: ben, expected }, { profile: copy, expected });
		expect(planned).toMatchObject({ entries: [], withoutId: ["x"], unsure: ["ben"] });
		expect(stores.done).toEqual([]);
	});

	it("leaves Internet Explorer alone, and says whose it is", async () => {
		const profile = aProfile({ kind: "domstore", browser: "ie" });
		const planned = await plan(new FakeStores(), { action: "remove" }, { profile, expected: seven });
		expect(planned).toMatchObject({ entries: [], leftAlone: ["CORP\\ana"] });
	});

	it("leaves what it refused alone, though it might work when it is applied", async () => {
		const stores = new FakeStores();
		const open = stores.put(aProfile({ name: "Open", path: "/open" }), [{ store: "leveldb", values: {} }], "running");
		const shut = stores.put(aProfile({ name: "Shut", path: "/shut" }), [{ store: "leveldb", values: {} }]);
		const places: Place[] = [open, shut].map((profile) => ({ profile, expected: seven }));
		const planned = await plan(stores, { action: "set" }, ...places);
		stores.states.set("/open", "readable");
		stores.states.set("/shut", "running");
		const answer = await applyWebIds(stores, planned, options);
		expect(answer.changes.map(({ profile, outcome }) => `${profile} ${outcome}`)).toEqual([
			...["Open in-use", "Open in-use"],
			...["Shut in-use", "Shut in-use"],
		]);
		expect(stores.done).toEqual([]);
	});
});

describe("a batch that partly failed", () => {
	it("is exit 9, and names whose browsers they were", async () => {
		const stores = new FakeStores();
		const open = stores.put(aProfile({ path: "/open" }), [], "running");
		const missing = {
			user: "CORP\\ben",
			sid: null,
			browser: null,
			path: "/ben",
			state: "unreachable",
			why: "roams",
		} as const;
		const planned = await plan(
			stores,
			{ action: "set" },
			{ profile: open, expected: seven },
			{ missing, expected: seven },
		);
		const answer = await applyWebIds(stores, planned, options);
		expect(answer.changes.at(-1)).toMatchObject({
			user: "CORP\\ben",
			outcome: "unreachable",
			unknown: ["before", "after"],
		});
		const error = refusalOf(answer);
		expect(error).toMatchObject({ kind: "partial", code: "web-ids-refused" });
		expect(error?.message).toContain("CORP\\ana, CORP\\ben");
		if (error !== undefined) await expectRunnable(error);
		expect(said(refusalOf({ ...answer, environment: "south" })).slice(-2)).toEqual([
			"cfm web list --problems --environment south",
			"cfm web steps 'CORP\\ana' --environment south",
		]);
	});
});

describe("an ID that must be known", () => {
	const without = { entries: [], unreached: [], withoutId: ["CORP\\ana"], unsure: [], leftAlone: [], otherAreas: 0 };

	it("is asked of whoever was named", async () => {
		const error = await failure(() => refuseUnallocated(without, request({ users: ["ana"] })));
		expect([error.kind, error.code]).toEqual(["not-found", "no-allocation"]);
		await expectRunnable(error);
		const folder = { path: "/profile", kind: "chromium" } as const;
		expect(await failure(() => refuseUnallocated(without, request({ folder })))).toMatchObject({ code: "id-needed" });
	});

	it("is asked of whoever was named and could be another", async () => {
		const unsure = { ...without, withoutId: [], unsure: ["ben"] };
		const error = await failure(() => refuseUnallocated(unsure, request({ users: ["ben"] })));
		expect([error.kind, error.code]).toEqual(["conflict", "user-ambiguous"]);
		expect(() => refuseUnallocated(unsure, request({ users: ["b*"] }))).not.toThrow();
	});

	it("is not asked of all the users that a pattern fits", () => {
		expect(() => refuseUnallocated(without, request({ users: ["a*"] }))).not.toThrow();
		expect(() => refuseUnallocated(without, request({}))).not.toThrow();
	});
});
