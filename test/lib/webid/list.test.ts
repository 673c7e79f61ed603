import { describe, expect, it } from "vitest";
import { isProblem, listWebIds, repairHint } from "../../../src/lib/webid/list.js";
import type { Browser } from "../../../src/lib/webid/profiles.js";
import type { Place } from "../../../src/lib/webid/scope.js";
import { aProfile, FakeStores } from "./fake-stores.js";

const one = "https://one.example.com";
const two = "https://two.example.com";
const seven = { id: 7 } as const;

async function* inTurn(...places: Place[]): AsyncIterable<Place> {
	yield* places;
}

const list = (stores: FakeStores, sites: string[] | "all", ...places: Place[]) =>
	Array.fromAsync(listWebIds(stores, inTurn(...places), sites));

describe("web IDs of a profile", () => {
	it("are a row for each site, with what must be there", async () => {
		const stores = new FakeStores();
		const profile = stores.put(aProfile(), [{ store: "leveldb", values: { [one]: "7", "https://else.test": "9" } }]);
		expect(await list(stores, [one, two], { profile, expected: seven })).toEqual([
			{
				user: "CORP\\ana",
				browser: "chrome",
				profile: "Default",
				profilePath: profile.path,
				store: "leveldb",
				site: one,
				frame: null,
				container: null,
				webId: "7",
				expectedId: 7,
				verdict: "ok",
				state: "readable",
				why: null,
				forgets: null,
				unknown: [],
			},
			expect.objectContaining({ site: two, webId: null, verdict: "missing" }),
		]);
	});

	it("that were never stored at all are missing, not unknown", async () => {
		const stores = new FakeStores();
		const profile = stores.put(aProfile(), []);
		expect(await list(stores, [one], { profile, expected: seven })).toMatchObject([
			{ store: null, webId: null, verdict: "missing", state: "readable", unknown: [] },
		]);
	});

	it("while the browser runs are told, with the state", async () => {
		const stores = new FakeStores();
		const profile = stores.put(aProfile(), [{ store: "leveldb", values: { [one]: "7" } }], "running");
		expect(await list(stores, [one], { profile, expected: seven })).toMatchObject([
			{ verdict: "ok", state: "running" },
		]);
	});

	it.each(["unreachable", "unsupported", "damaged", "denied"] as const)(
		"of one that is %s are unknown, never missing",
		async (state) => {
			const stores = new FakeStores();
			const profile = stores.put(aProfile(), [], state);
			expect(await list(stores, [one], { profile, expected: seven })).toMatchObject([
				{ webId: null, verdict: "unknown", state, why: `it is ${state}`, unknown: ["webId"] },
			]);
			expect(await list(stores, "all", { profile, expected: seven })).toMatchObject([
				{ site: null, verdict: "unknown" },
			]);
		},
	);

	it("of a damaged store in a sound profile say so", async () => {
		const stores = new FakeStores();
		const profile = stores.put(aProfile(), [{ store: "sqlite", values: { [one]: "7" }, state: "damaged" }]);
		expect(await list(stores, [one], { profile, expected: seven })).toMatchObject([
			{ webId: null, verdict: "unknown", state: "damaged", why: "a checksum is wrong" },
		]);
		expect(await list(stores, "all", { profile, expected: seven })).toMatchObject([{ site: null, state: "damaged" }]);
	});

	it("in two stores: the one written last counts, the other only when it holds something", async () => {
		const stores = new FakeStores();
		const older = { store: "leveldb" as const, values: { [one]: "6" }, modified: "2026-01-01T00:00:00.000Z" };
		const newer = { store: "sqlite" as const, values: { [two]: "7" }, modified: "2026-02-01T00:00:00.000Z" };
		const profile = stores.put(aProfile(), [older, newer]);
		const rows = await list(stores, [one, two], { profile, expected: seven });
		expect(rows.map(({ site, store, verdict }) => [site, store, verdict])).toEqual([
			[one, "sqlite", "missing"],
			[one, "leveldb", "mismatch"],
			[two, "sqlite", "ok"],
		]);
	});

	it("in Firefox's older store count only when there is no newer one", async () => {
		const stores = new FakeStores();
		const old = { store: "webappsstore" as const, values: {}, modified: "2026-02-01T00:00:00.000Z" };
		const profile = stores.put(aProfile(), [old, { store: "data.sqlite", values: { [one]: "7" } }]);
		expect(await list(stores, [one], { profile, expected: seven })).toMatchObject([{ store: "data.sqlite" }]);
	});

	it("of whoever has neither an ID nor a web ID are not told", async () => {
		const stores = new FakeStores();
		const profile = stores.put(aProfile(), [{ store: "leveldb", values: { [two]: "7" } }]);
		const rows = await list(stores, [one, two], { profile, expected: { id: null, why: "unallocated" } });
		expect(rows).toMatchObject([{ site: two, verdict: "unallocated-user" }]);
	});

	it("in frames and containers are counted, and listed on request", async () => {
		const stores = new FakeStores();
		const frame = `${one}/^0https://top.example`;
		const profile = stores.put(aProfile(), [{ store: "leveldb", values: { [one]: "7", [frame]: "9" } }]);
		stores.areas = [{ name: frame, container: null }];
		const place = { profile, expected: seven } as const;
		const counted: number[] = [];
		const rows = await Array.fromAsync(listWebIds(stores, inTurn(place), [one], (count) => counted.push(count)));
		expect([rows.length, counted]).toEqual([1, [1]]);
		expect(await Array.fromAsync(listWebIds(stores, inTurn(place), [one], "list"))).toMatchObject([
			{ site: one, frame: null, verdict: "ok" },
			{ site: one, frame: "https://top.example", container: null, webId: "9", verdict: "mismatch" },
		]);
	});

	it("that are right and will not stay are not-kept; the others are what they are, and that is told, too", async () => {
		const stores = new FakeStores();
		const profile = stores.put(aProfile(), [{ store: "leveldb", values: { [one]: "7" } }]);
		const forgets = { way: "clear-on-exit", by: "policy", setting: "ClearBrowsingDataOnExitList" } as const;
		stores.forgets = [one, two].map((origin) => ({ origin, ...forgets }));
		expect(await list(stores, [one, two], { profile, expected: seven })).toMatchObject([
			{ verdict: "not-kept", webId: "7", state: "readable", forgets },
			{ verdict: "missing", forgets },
		]);
	});

	it("of every site that has one, with discovery", async () => {
		const stores = new FakeStores();
		const profile = stores.put(aProfile(), [{ store: "leveldb", values: { [one]: "7", [two]: "x" } }]);
		const rows = await list(stores, "all", { profile, expected: seven });
		expect(rows.map(({ site, verdict }) => [site, verdict])).toEqual([
			[one, "ok"],
			[two, "not-a-number"],
		]);
		expect(rows.filter(isProblem)).toHaveLength(1);
	});
});

it("a home that is not there is a row of its own: not the same as empty", async () => {
	const missing = {
		user: "CORP\\ben",
		sid: null,
		browser: null,
		path: "C:\\Users\\ben",
		state: "unreachable",
		why: "roams",
	} as const;
	expect(await list(new FakeStores(), [one], { missing, expected: seven })).toEqual([
		{
			...{ user: "CORP\\ben", browser: null, profile: null, profilePath: "C:\\Users\\ben", store: null, site: null },
			...{ frame: null, container: null },
			...{
				webId: null,
				expectedId: 7,
				verdict: "unknown",
				state: "unreachable",
				why: "roams",
				forgets: null,
				unknown: ["webId"],
			},
		},
	]);
});

describe("what to do about damaged stores", () => {
	const none = { "profile-dir": undefined, "browser-kind": undefined };
	const rowsOf = async (browser: Browser, users: readonly string[], state: "damaged" | "denied" = "damaged") => {
		const stores = new FakeStores();
		const places = users.map((user, at) => ({
			profile: stores.put(aProfile({ user, browser, path: `/home/${at}` }), [], state),
			expected: seven,
		}));
		return list(stores, [one], ...places);
	};
	const hintFor = (rows: Awaited<ReturnType<typeof rowsOf>>, folder: Parameters<typeof repairHint>[2] = none) =>
		repairHint(rows, "nord", folder);

	it("is told with the users, with all of them where they are many, or with the folder that was named", async () => {
		const command = "web repair";
		const always = { "dry-run": true, environment: "nord" };
		expect(hintFor(await rowsOf("chrome", ["ana", "ben"]))).toMatchObject({
			line: { command, flags: { user: ["ana", "ben"], ...always } },
		});
		expect(hintFor(await rowsOf("firefox", ["ana"]))).toMatchObject({ line: { command } });
		expect(hintFor(await rowsOf("edge", ["a", "b", "c", "d"]))).toMatchObject({
			line: { command, flags: { "all-users": true, ...always } },
		});
		const folder = { "profile-dir": "/mnt/x", "browser-kind": "chromium" };
		const named = hintFor(await rowsOf("chrome", ["ana"]), folder);
		expect(named).toMatchObject({ line: { command, flags: { ...folder, ...always } } });
		expect(named).not.toHaveProperty("line.flags.user");
	});

	it("is not told of Internet Explorer, which has no repair, nor of what could not be read for another reason", async () => {
		expect(hintFor(await rowsOf("ie", ["ana"]))).toBeUndefined();
		expect(hintFor(await rowsOf("old-edge", ["ana"]))).toBeUndefined();
		expect(hintFor(await rowsOf("chrome", ["ana"], "denied"))).toBeUndefined();
	});
});
