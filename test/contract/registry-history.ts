import { beforeEach, expect, it } from "vitest";
import { parseAccount } from "../../src/lib/account/account.js";
import { recordKinds } from "../../src/lib/record-kinds.js";
import type { EventQuery } from "../../src/lib/registry/registry.js";
import {
	anAllocation,
	anAttribution,
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

const until = "2026-04-01T08:00:00.000Z";
const ana = anAllocation(1, { user: "CORP\\Ana" });
const resting = aRest(1, until, { user: "CORP\\Ana" });
const other = anAllocation(1, { user: "ana@corp.example.com", environment: "Lab" });
const benoit = anAllocation(3, { user: "LAB\\ana-benoit", environment: "Lab" });

/** Every change leaves one event: who, when, where from, what, before, after and why. */
export function historyContract(open: OpenStore): void {
	const store = useStore(open);
	const registry = () => store().registry;
	beforeEach(async () => {
		await make(registry(), [
			environmentChange(null, anEnvironment()),
			environmentChange(null, anEnvironment({ name: "Lab" })),
			idChange(null, aReservation(2), "kept for a printer"),
		]);
		await make(registry(), [idChange(null, ana)]);
		await make(registry(), [idChange(ana, resting), idChange(null, other), idChange(null, benoit)]);
		await make(registry(), [installationChange(null, anInstallation({ user: "CORP\\ana" }))]);
	});
	const told = async (query: EventQuery) => {
		const events = await registry().read((view) => collect(view.events(query)));
		return events.map(({ seq, action, subject }) => `${seq} ${action} ${subject}`);
	};
	const whole = [
		"1 add-environment default",
		"2 add-environment Lab",
		"3 allocate ID 2",
		"4 allocate CORP\\Ana",
		"5 release CORP\\Ana",
		"6 allocate ana@corp.example.com",
		"7 allocate LAB\\ana-benoit",
		"8 install CORP\\ana",
	];

	it("is narrowed by time: from a moment on, and up to another one", async () => {
		const [, , third, fourth] = await registry().read((view) => collect(view.events({})));
		const [since, until] = [third?.at, fourth?.at];
		const all = await told({});
		const from = await told({ since });
		const to = await told({ until });
		expect(from).toContain("3 allocate ID 2");
		expect(to).not.toContain("4 allocate CORP\\Ana");
		// What happened in one millisecond is on one side of it.
		expect([...(await told({ until: since })), ...from]).toEqual(all);
		expect(await told({ since: "2999-01-01T00:00:00.000Z" })).toEqual([]);
	});

	it("tells everything about a change", async () => {
		const attribution = anAttribution({
			actor: "CORP\\chief",
			machine: "TS09",
			command: "ids release",
			requestKey: "ticket-4",
		});
		const start = new Date().toISOString();
		await make(registry(), [idChange(resting, null, "left the company")], attribution);
		const [event] = await registry().read((view) => collect(view.events({ offset: 8 })));
		expect(event).toEqual({
			seq: 9,
			at: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
			actor: "CORP\\chief",
			machine: "TS09",
			command: "ids release",
			action: "free",
			environment: "default",
			subject: "CORP\\Ana",
			id: 1,
			before: resting,
			after: null,
			note: "left the company",
			requestKey: "ticket-4",
		});
		expect(event?.at && event.at >= start).toBe(true);
	});

	it.each<[string, EventQuery, number[]]>([
		["everything", {}, [1, 2, 3, 4, 5, 6, 7, 8]],
		["an environment, whatever its case", { environment: "LAB" }, [2, 6, 7]],
		["an ID", { id: 1 }, [4, 5, 6, 8]],
		["an ID of an environment", { id: 1, environment: "default" }, [4, 5, 8]],
		["a bare name, in any domain", { account: parseAccount("ANA") }, [4, 5, 6, 8]],
		["an account", { account: parseAccount("corp\\ana") }, [4, 5, 6, 8]],
		["an account by its other spelling", { account: parseAccount("ana@corp.example.com") }, [4, 5, 6, 8]],
		["an account of another domain", { account: parseAccount("LAB\\ana") }, []],
		["a user with the name of an environment", { account: parseAccount("default") }, []],
		["a page", { limit: 2, offset: 3 }, [4, 5]],
		["a page of an account", { account: parseAccount("ana"), limit: 2, offset: 1 }, [5, 6]],
		["no more than there is", { limit: 5, offset: 7 }, [8]],
		["nothing", { limit: 0 }, []],
	])("tells of %s", async (_, query, seqs) => {
		expect(await told(query)).toEqual(whole.filter((_, at) => seqs.includes(at + 1)));
		const { limit: _limit, offset: _offset, ...all } = query;
		const count = await registry().read((view) => view.countEvents(query));
		expect(count).toBe((await told(all)).length);
	});

	it("tells of what is more than that IDs were given, of whomever", async () => {
		const events = (query: EventQuery) => registry().read((view) => collect(view.events(query)));
		for (const account of [undefined, "ana", "corp\\ana", "nobody"]) {
			const query = account === undefined ? {} : { account: parseAccount(account) };
			const beyond = (await events(query)).filter(({ action }) => action !== "allocate" && action !== "import");
			expect(await events({ ...query, beyondGiving: true })).toEqual(beyond);
			expect(await registry().read((view) => view.countEvents({ ...query, beyondGiving: true }))).toBe(beyond.length);
		}
	});

	it("tells of what was done elsewhere, and has no row: of whom, and under which ID", async () => {
		const act = { of: "act", environment: "default", before: null } as const;
		const wanted = { user: "CORP\\Ana", attribution: "https://a.example", webId: 1 };
		await make(registry(), [
			{ ...act, action: "web.set", subject: "CORP\\Ana", id: 1, after: { outcome: "intended" } },
			{ ...act, action: "web.set", subject: "https://a.example", id: null, after: wanted, note: "nobody's ID" },
			{ ...act, action: "config.set", environment: "", subject: "setting ana", id: null, after: { value: "ana" } },
		]);
		expect(await told({ account: parseAccount("ana@corp.example.com"), offset: 4 })).toEqual([
			"9 web.set CORP\\Ana",
			"10 web.set https://a.example",
		]);
		expect(await told({ id: 1, offset: 4 })).toEqual(["9 web.set CORP\\Ana"]);
		const [, event] = await registry().read((view) => collect(view.events({ offset: 8 })));
		expect(event).toMatchObject({ environment: "default", id: null, before: null, after: wanted, note: "nobody's ID" });
		expect(await registry().read((view) => view.countEvents({ account: parseAccount("setting ana") }))).toBe(0);
		expect((await registry().check(recordKinds)).problems).toEqual([]);
	});

	it("finds a name of any letters, whatever their case, and nobody whose name only has it inside", async () => {
		const users = ["CORP\\JÜRGEN", "CORP\\a_b", "CORP\\axb", "CORP\\Ana-Maria"];
		await make(
			registry(),
			users.map((user, at) => idChange(null, anAllocation(10 + at, { user }))),
		);
		const found = async (user: string) =>
			(await told({ account: parseAccount(user) })).map((text) => text.split(" ")[2]);
		expect(await found("jürgen")).toEqual(["CORP\\JÜRGEN"]);
		expect(await found("A_B")).toEqual(["CORP\\a_b"]);
		expect(await found("ana-maria")).toEqual(["CORP\\Ana-Maria"]);
		expect(await found("maria")).toEqual([]);
	});

	it("gives a long one in pieces", async () => {
		const wide = anEnvironment({ name: "wide", lastId: 3000, portBase: 1000 });
		const many = Array.from({ length: 2100 }, (_, at) => anAllocation(at + 1, { environment: "wide" }));
		await make(registry(), [environmentChange(null, wide), ...many.map((row) => idChange(null, row))]);
		const lengths: number[] = [];
		await registry().read(async (view) => {
			for await (const chunk of view.events({ environment: "wide" })) lengths.push(chunk.length);
		});
		expect(lengths.length).toBeGreaterThan(1);
		expect(lengths.reduce((sum, length) => sum + length)).toBe(2101);
	});
}
