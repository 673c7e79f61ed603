import { join } from "node:path";
import { beforeEach, expect, it } from "vitest";
import { parseAccount } from "../../src/lib/account/account.js";
import { recordKinds } from "../../src/lib/record-kinds.js";
import {
	keepLook,
	type Look,
	lastLook,
	mostSightings,
	type Sighting,
	type SightingQuery,
} from "../../src/lib/registry/look.js";
import { newerLooks } from "../../src/lib/registry/newer-looks.js";
import {
	anAttribution,
	anEnvironment,
	aRest,
	collect,
	environmentChange,
	everything,
	idChange,
	make,
	type OpenStore,
} from "./store.js";
import { useStore } from "./use-store.js";

const aSighting = (user: string | null, id: number | null, own: Partial<Sighting> = {}): Sighting => ({
	user,
	id,
	attention: false,
	facts: { verdict: "ok" },
	...own,
});

const aLook = (own: Partial<Look> = {}): Look => ({
	environment: "default",
	machine: "TS01",
	kind: "clients",
	at: "2026-03-01T08:00:00.000Z",
	users: null,
	sightings: [],
	...own,
});

/** What was seen last: no change, no event, and what keeps an ID from being given again. */
export function looksContract(open: OpenStore): void {
	const store = useStore(open);
	const registry = () => store().registry;
	const seen = (query: SightingQuery = {}) =>
		registry().read(async (view) => (await collect(view.sightings(query))).map(({ user, id }) => `${user} ${id}`));
	beforeEach(() => make(registry(), [environmentChange(null, anEnvironment())]));

	it("are kept by machine and kind, the next in the place of the one before", async () => {
		const before = await everything(registry());
		await registry().keepLook(aLook({ sightings: [aSighting("CORP\\ana", 7), aSighting("CORP\\ben", 8)] }));
		await registry().keepLook(aLook({ machine: "TS02", sightings: [aSighting("CORP\\eve", 9, { attention: true })] }));
		await registry().keepLook(aLook({ kind: "ports", sightings: [aSighting(null, null)] }));
		const at = "2026-03-02T08:00:00.000Z";
		await registry().keepLook(aLook({ machine: "ts01", at, sightings: [aSighting("CORP\\ana", 3)] }));
		expect(await seen({ kinds: ["clients"] })).toEqual(["CORP\\eve 9", "CORP\\ana 3"]);
		expect(await registry().read((view) => lastLook(view, "clients", { environment: "DEFAULT" }))).toEqual([
			{ environment: "default", machine: "TS01", kind: "clients", at, total: 1, attention: 0, left: 0 },
			{
				...{ environment: "default", machine: "TS02", kind: "clients", at: "2026-03-01T08:00:00.000Z" },
				...{ total: 1, attention: 1, left: 0 },
			},
		]);
		expect(await everything(registry())).toEqual(before);
		expect((await registry().check(recordKinds)).problems).toEqual([]);
	});

	it("of some users leave what was seen of the others", async () => {
		await registry().keepLook(aLook({ sightings: [aSighting("CORP\\ana", 7), aSighting("CORP\\ben", 8)] }));
		const at = "2026-03-02T08:00:00.000Z";
		await registry().keepLook(aLook({ at, users: ["CORP\\ana"], sightings: [aSighting("CORP\\ana", 2)] }));
		expect((await seen()).toSorted()).toEqual(["CORP\\ana 2", "CORP\\ben 8"]);
		const [look] = await registry().read((view) => lastLook(view, "clients", { environment: "default" }));
		expect(look).toMatchObject({ at: "2026-03-01T08:00:00.000Z", total: 2 });
		await registry().keepLook(aLook({ machine: "TS02", users: ["CORP\\eve"], sightings: [aSighting("CORP\\eve", 1)] }));
		const [first, second] = await registry().read((view) => lastLook(view, "clients", { environment: "default" }));
		expect([first?.machine, second]).toEqual([
			"TS01",
			expect.objectContaining({ machine: "TS02", at: null, total: 1 }),
		]);
	});

	it("are found by user in any spelling, by ID, and by what needs attention", async () => {
		const facts = { verdict: "wrong-id", site: 'https://a.example/"é' };
		const rows = [aSighting("CORP\\Ana", 7, { attention: true, facts }), aSighting("CORP\\ben", 7), aSighting(null, 8)];
		await registry().keepLook(aLook({ sightings: rows }));
		expect(await seen({ account: parseAccount("ana@corp.example") })).toEqual(["CORP\\Ana 7"]);
		expect(await seen({ id: 7, environment: "default" })).toEqual(["CORP\\Ana 7", "CORP\\ben 7"]);
		const [row] = await registry().read((view) => collect(view.sightings({ attention: true })));
		expect(row).toEqual({ ...rows[0], environment: "default", machine: "TS01", kind: "clients", at: aLook().at });
	});

	it("have a bound: what needs attention is kept before all else", async () => {
		const many = Array.from({ length: mostSightings + 5 }, (_, at) => aSighting("CORP\\ana", null, { facts: { at } }));
		await registry().keepLook(aLook({ sightings: [...many, aSighting("CORP\\ben", 8, { attention: true })] }));
		expect(await seen({ id: 8 })).toEqual(["CORP\\ben 8"]);
		const [look] = await registry().read((view) => lastLook(view, "clients", { environment: "default" }));
		expect(look).toMatchObject({ total: mostSightings, left: 6 });
	});

	it("beyond the bound keep each ID that was seen: else it would be given to somebody else", async () => {
		const many = Array.from({ length: mostSightings }, () => aSighting("CORP\\ana", 7, { attention: true }));
		await registry().keepLook(aLook({ sightings: [...many, aSighting("CORP\\ben", 8)] }));
		expect(await seen({ id: 8 })).toEqual(["CORP\\ben 8"]);
	});

	it("newer than a backup outlive its restore, each in the place of an older one of the same machine", async () => {
		const day = (number: number) => `2026-03-0${number}T08:00:00.000Z`;
		const [one, two, three] = [day(1), day(2), day(3)] as const;
		const ana = (id: number) => [aSighting("CORP\\ana", id)];
		await registry().keepLook(aLook({ at: one, sightings: ana(1) }));
		await registry().keepLook(aLook({ at: one, machine: "TS02", sightings: ana(2) }));
		const copy = join(store().folder, "copy.db");
		await registry().backup(copy);
		await registry().keepLook(aLook({ at: two, sightings: ana(3), left: 5 }));
		const ben = { at: three, users: ["CORP\\ben"], sightings: [aSighting("CORP\\ben", 4)] };
		await registry().keepLook(aLook(ben));
		const opened = await store().openCopy(copy);
		const looks = await opened.read((then) => registry().read((now) => newerLooks(then, now)));
		await store().restore(copy, looks);
		const restored = await store().another();
		const kept = await restored.read(async (view) => ({
			rows: (await collect(view.sightings({}))).map(({ machine, user, id, at }) => `${machine} ${user} ${id} ${at}`),
			looks: (await view.looks({})).map(({ machine, at, total, left }) => [machine, at, total, left]),
		}));
		expect(kept.rows.toSorted()).toEqual([
			`TS01 CORP\\ana 3 ${two}`,
			`TS01 CORP\\ben 4 ${three}`,
			`TS02 CORP\\ana 2 ${one}`,
		]);
		expect(kept.looks).toEqual([
			["TS01", two, 2, 5],
			["TS02", one, 1, 0],
		]);
		expect((await restored.check(recordKinds)).problems).toEqual([]);
	});

	it("of an environment that is not there, or ends, are gone", async () => {
		await registry().keepLook(aLook({ environment: "nowhere", sightings: [aSighting("CORP\\ana", 7)] }));
		expect(await seen()).toEqual([]);
		await registry().keepLook(aLook({ sightings: [aSighting("CORP\\ana", 7)] }));
		await make(registry(), [environmentChange(anEnvironment(), null)]);
		expect(await seen()).toEqual([]);
		expect((await registry().check(recordKinds)).problems).toEqual([]);
	});

	it("wait for nobody who writes, and fail nobody", async () => {
		const look = aLook({ sightings: [aSighting("CORP\\ana", 7)] });
		const another = await store().another();
		await another.change(anAttribution(), async () => {
			await keepLook(registry(), () => look);
			return {};
		});
		expect(await seen()).toEqual([]);
		await keepLook(undefined, () => look);
		await keepLook(registry(), () => look);
		expect(await seen()).toEqual(["CORP\\ana 7"]);
	});

	it("keep an ID in quarantine that they saw on a client or in a browser, until a look no longer does", async () => {
		const over = "2026-05-01T00:00:00.000Z";
		await make(
			registry(),
			[1, 2, 3, 4].map((id) => idChange(null, aRest(id, over))),
		);
		const ended = () =>
			registry().read(async (view) => (await view.quarantineOver("default", over)).map(({ id }) => id));
		await registry().keepLook(aLook({ sightings: [aSighting("CORP\\ana", 2)] }));
		await registry().keepLook(aLook({ kind: "web-ids", machine: "TS02", sightings: [aSighting(null, 3)] }));
		await registry().keepLook(aLook({ kind: "ports", sightings: [aSighting("CORP\\ben", 4)] }));
		expect(await ended()).toEqual([1, 4]);
		await registry().keepLook(aLook({ sightings: [] }));
		expect(await ended()).toEqual([1, 2, 4]);
	});
}
