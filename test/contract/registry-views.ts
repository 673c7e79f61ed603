import { beforeEach, describe, expect, it } from "vitest";
import { parseAccount } from "../../src/lib/account/account.js";
import { findInstallation, listInstallations } from "../../src/lib/client/installation.js";
import { listEnvironments } from "../../src/lib/environment/environment.js";
import type { AllocationQuery, AllocationSort } from "../../src/lib/id/allocation.js";
import {
	anAllocation,
	anEnvironment,
	anInstallation,
	aReservation,
	aRest,
	collect,
	environmentChange,
	idChange,
	installationChange,
	make,
	type OpenStore,
} from "./store.js";
import { useStore } from "./use-store.js";

const rows = [
	anAllocation(1, { user: "CORP\\zoe", since: "2026-03-05T00:00:00.000Z" }),
	anAllocation(2, { user: "ana@corp.example.com", since: "2026-03-01T00:00:00.000Z" }),
	aReservation(3, { since: "2026-03-02T00:00:00.000Z", note: "printer" }),
	anAllocation(4, { user: "CORP\\Jürgen_M", since: "2026-03-04T00:00:00.000Z" }),
	aRest(5, "2026-05-01T00:00:00.000Z", { user: "bob", since: "2026-03-03T00:00:00.000Z" }),
	anAllocation(6, { user: "LAB\\a%b", since: "2026-03-06T00:00:00.000Z", environment: "Lab" }),
	anAllocation(7, { user: "CORP\\zoe", since: "2026-03-07T00:00:00.000Z", environment: "Lab" }),
];

/** What can be asked: by environment, state, name; sorted; in pages. */
export function viewsContract(open: OpenStore): void {
	const store = useStore(open);
	const registry = () => store().registry;
	beforeEach(() =>
		make(registry(), [
			environmentChange(null, anEnvironment()),
			environmentChange(null, anEnvironment({ name: "Lab", domain: "LAB", note: "for trials", quarantineDays: 0 })),
			...rows.map((row) => idChange(null, row)),
		]),
	);
	it("tells who has which ID of one environment, and of no other state", async () => {
		const holders = (environment: string, first = 0, last = 100) =>
			registry().read((view) => view.holders(environment, first, last));
		expect([...(await holders("default"))]).toEqual([
			[1, { id: 1, user: "CORP\\zoe", sid: null }],
			[2, { id: 2, user: "ana@corp.example.com", sid: null }],
			[4, { id: 4, user: "CORP\\Jürgen_M", sid: null }],
		]);
		expect((await holders("lab")).size).toBe(2);
		expect((await holders("nowhere")).size).toBe(0);
		expect([...(await holders("default", 2, 4)).keys()]).toEqual([2, 4]);
	});

	it.each([
		["zoo", 1, ["zoe"]],
		["zeo", 2, ["zoe"]],
		["jurgen_m", 1, ["jürgen_m"]],
		["jürgen", 2, ["jürgen_m"]],
		["a%c", 1, ["a%b"]],
		["a_b", 0, []],
		["zoezoe", 1, []],
	])("passes by nobody who may be called nearly %s, with %d letters wrong", async (name, wrong, names) => {
		const ask = (begins: boolean) => registry().read((view) => view.namesNear({ name, wrong, begins }));
		const near = [...(await ask(true)), ...(await ask(false))];
		expect(near).toEqual(expect.arrayContaining(names));
		// Of those who surely are others, some are never handed over: those of another length.
		if (names.length === 0) expect(near).toEqual([]);
	});

	it("tells names of one environment or all, those that begin so apart, and none that rests", async () => {
		const near = async (name: string, environment?: string, begins = true) => {
			const wrong = begins ? 0 : 1;
			return [...new Set(await registry().read((view) => view.namesNear({ name, wrong, environment, begins })))];
		};
		expect(await near("zoe")).toEqual(["zoe"]);
		expect(await near("zoo", "lab", false)).toEqual([]);
		expect(await near("xoe", "lab", false)).toEqual(["zoe"]);
		expect(await near("zoe", "LAB")).toEqual(["zoe"]);
		expect(await near("ana", "lab")).toEqual([]);
		expect(await near("zoe", "nowhere")).toEqual([]);
		expect(await near("bob")).toEqual([]);
	});

	it("finds by its SID what an account has, in one environment and no other state", async () => {
		const ana = anAllocation(9, { user: "CORP\\anna", sid: "S-1-5-21-9" });
		const withSid = (environment: string) => registry().read((view) => view.allocatedToSid("S-1-5-21-9", environment));
		await make(registry(), [idChange(null, ana)]);
		expect(await withSid("default")).toEqual(ana);
		expect(await withSid("lab")).toBeUndefined();
		for (const containing of ["s-1-5-21-9", "5-21", "S-"]) expect(await idsOf({ containing })).toContain(9);
		await make(registry(), [idChange(ana, { ...ana, state: "quarantined", until: "2026-04-01T00:00:00.000Z" })]);
		expect(await withSid("default")).toBeUndefined();
	});

	const idsOf = async (query: AllocationQuery) => {
		const found = await registry().read((view) => collect(view.allocations(query)));
		return found.map(({ id }) => id);
	};

	it("finds environments whatever the case of their name, and lists them by it", async () => {
		const lab = anEnvironment({ name: "Lab", domain: "LAB", note: "for trials", quarantineDays: 0 });
		expect(await registry().read((view) => view.environment("LAB"))).toEqual(lab);
		expect(await registry().read((view) => view.environment("none"))).toBeUndefined();
		expect(await registry().read((view) => listEnvironments(view))).toEqual([anEnvironment(), lab]);
		expect(await registry().read((view) => view.allocation("lAB", 6))).toEqual(rows[5]);
	});

	it("gives rows back as they were stored", async () => {
		expect(await registry().read((view) => collect(view.allocations({})))).toEqual(rows);
	});

	it.each<[AllocationQuery, number[]]>([
		[{}, [1, 2, 3, 4, 5, 6, 7]],
		[{ environment: "default" }, [1, 2, 3, 4, 5]],
		[{ environment: "LAB" }, [6, 7]],
		[{ environment: "none" }, []],
		[{ state: "allocated" }, [1, 2, 4, 6, 7]],
		[{ state: "reserved" }, [3]],
		[{ state: "quarantined", environment: "default" }, [5]],
		[{ state: "quarantined", environment: "Lab" }, []],
	])("filters by %o", async (query, ids) => {
		expect(await idsOf(query)).toEqual(ids);
		expect(await registry().read((view) => view.countAllocations(query))).toBe(ids.length);
	});

	it.each<[string, number[]]>([
		["zoe", [1, 7]],
		["ZOE", [1, 7]],
		["z*", [1, 7]],
		["?oe", [1, 7]],
		["?o?", [1, 5, 7]],
		["o", []],
		["*", [1, 2, 4, 5, 6, 7]],
		["corp\\*", [1, 2, 4, 7]],
		["CORP\\zoe", [1, 7]],
		["*\\zoe", [1, 7]],
		["ana@corp.example.com", [2]],
		["*@corp.*", [2]],
		["*@CORP", [1, 2, 4, 7]],
		["JÜRGEN*", [4]],
		["Ju\u0308rgen*", [4]],
		["jürgen_m", [4]],
		["jürgen?m", [4]],
		["zo_", []],
		["zo%", []],
		["a%b", [6]],
		["a!%b", []],
		["nobody", []],
	])("finds users like %s", async (userPattern, ids) => {
		expect(await idsOf({ userPattern })).toEqual(ids);
		expect(await registry().read((view) => view.countAllocations({ userPattern }))).toBe(ids.length);
	});

	it.each<[string, number[]]>([
		["PRINT", [3]],
		["corp", [1, 2, 4, 7]],
		["\\zo", [1, 7]],
		["jürgen_", [4]],
		["a%B", [6]],
		["o_", []],
		["*", []],
		["S-1-5-21-9", []],
	])("finds what stands in a user's name, a SID or a note: %s", async (containing, ids) => {
		expect(await idsOf({ containing })).toEqual(ids);
		expect(await registry().read((view) => view.countAllocations({ containing }))).toBe(ids.length);
	});

	it.each<[AllocationSort, number[]]>([
		["id", [1, 2, 3, 4, 5, 6, 7]],
		["user", [3, 6, 2, 5, 4, 1, 7]],
		["state", [1, 2, 4, 6, 7, 5, 3]],
		["since", [2, 3, 5, 4, 1, 6, 7]],
	])("sorts by %s, both ways", async (sort, ids) => {
		expect(await idsOf({ sort })).toEqual(ids);
		expect(await idsOf({ sort, descending: true })).toEqual(ids.toReversed());
	});

	it("gives pages that neither overlap nor leave anything out", async () => {
		for (const sort of ["id", "user", "state", "since"] as const) {
			const whole = await idsOf({ sort });
			for (const limit of [1, 2, 3, 10]) {
				const pages: number[] = [];
				for (let offset = 0; offset < whole.length; offset += limit) {
					pages.push(...(await idsOf({ sort, limit, offset })));
				}
				expect(pages).toEqual(whole);
			}
		}
		expect(await idsOf({ limit: 0 })).toEqual([]);
		expect(await idsOf({ offset: 7 })).toEqual([]);
		expect(await registry().read((view) => view.countAllocations({ limit: 1, offset: 3 }))).toBe(7);
	});

	it("finds what every account of one name holds", async () => {
		const named = async (...query: [string, "allocated" | "quarantined", string?]) =>
			(await registry().read((view) => view.allocationsNamed(...query))).map(({ id }) => id);
		expect(await named("zoe", "allocated")).toEqual([1, 7]);
		expect(await named("zoe", "allocated", "lab")).toEqual([7]);
		expect(await named("jürgen_m", "allocated")).toEqual([4]);
		expect(await named("bob", "allocated")).toEqual([]);
		expect(await named("bob", "quarantined")).toEqual([5]);
	});

	it("gives a long list in pieces, and may be left in the middle of it", async () => {
		const wide = anEnvironment({ name: "wide", lastId: 5000, portBase: 1000 });
		const many = Array.from({ length: 2500 }, (_, at) => anAllocation(at + 1, { environment: "wide" }));
		await make(registry(), [environmentChange(null, wide), ...many.map((row) => idChange(null, row))]);
		const lengths = await registry().read(async (view) => {
			const found: number[] = [];
			for await (const chunk of view.allocations({ environment: "wide" })) found.push(chunk.length);
			return found;
		});
		expect(lengths.length).toBeGreaterThan(1);
		expect(lengths.reduce((sum, length) => sum + length)).toBe(2500);
		await registry().read(async (view) => {
			for await (const _ of view.allocations({ environment: "wide" })) break;
			for await (const _ of view.events({})) break;
		});
		await make(registry(), [idChange(null, anAllocation(3000, { environment: "wide" }))]);
	});

	describe("of installations", () => {
		const onOne = anInstallation();
		const onTwo = anInstallation({ machine: "TS02", user: "CORP\\ben", id: 2, rebootRequired: true, version: null });
		const inLab = anInstallation({ environment: "Lab", user: "CORP\\ben", id: 7, outcome: "failed", returnCode: null });
		beforeEach(() =>
			make(
				registry(),
				[onTwo, inLab, onOne].map((one) => installationChange(null, one)),
			),
		);

		it("keep one for each user on each machine, the last one", async () => {
			const newer = { ...onOne, version: "2.0.0", user: "corp\\ANA" };
			await make(registry(), [installationChange(onOne, newer)]);
			expect(await registry().read((view) => listInstallations(view, {}))).toEqual([newer, onTwo, inLab]);
		});

		it("filter by environment and machine", async () => {
			const found = (query: object) => registry().read((view) => listInstallations(view, query));
			expect(await found({ machine: "ts01" })).toEqual([onOne, inLab]);
			expect(await found({ environment: "lab" })).toEqual([inLab]);
			expect(await found({ environment: "default", machine: "TS02" })).toEqual([onTwo]);
		});

		it("are found by account", async () => {
			const find = (...[environment, machine, user]: [string, string, string]) =>
				registry().read((view) => findInstallation(view, environment, machine, parseAccount(user)));
			expect(await find("default", "ts01", "corp\\Ana")).toEqual(onOne);
			expect(await find("default", "TS01", "ana@corp.example.com")).toEqual(onOne);
			expect(await find("default", "TS01", "LAB\\ana")).toBeUndefined();
			expect(await find("default", "TS01", "ana")).toBeUndefined();
			expect(await find("Lab", "TS01", "ben")).toBeUndefined();
			expect(await find("default", "TS01", "CORP\\ben")).toBeUndefined();
			expect(await find("Lab", "TS01", "CORP\\ben")).toEqual(inLab);
		});
	});
}
