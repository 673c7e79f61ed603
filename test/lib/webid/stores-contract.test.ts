import { rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { openBrowserStores } from "../../../src/lib/adapters/browsers/open.js";
import type { BrowserProfile, BrowserStores, Edit } from "../../../src/lib/webid/stores.js";
import { makeFolder } from "../../folders.js";
import { makeProfile } from "../adapters/browsers/profiles.js";
import { aProfile, FakeStores } from "./fake-stores.js";

// What the domain takes for granted of stores: the fake of its tests and the real ones answer alike.

const site = "https://sign.example";
const never = "https://never.example";
const options = { now: new Date(), keepDays: 1 };
const folders: string[] = [];
afterAll(() => {
	for (const folder of folders) rmSync(folder, { recursive: true, force: true });
});

const subjects: [string, () => Promise<{ stores: BrowserStores; profile: BrowserProfile }>][] = [
	[
		"the fake",
		async () => {
			const stores = new FakeStores();
			return { stores, profile: stores.put(aProfile(), [{ store: "leveldb", values: { [site]: "9" } }]) };
		},
	],
	...(["leveldb", "sqlite", "data.sqlite"] as const).map((kind): (typeof subjects)[number] => [
		kind,
		async () => {
			const profile = await makeProfile(kind, { [site]: { CFM_ID: "9", draft: "x" } });
			const home = makeFolder("stores");
			folders.push(home, dirname(profile.path));
			return { ...(await openBrowserStores(home)), profile };
		},
	]),
];

describe.each(subjects)("stores: %s", (_, make) => {
	it("answer each edit in its order; a dry run writes nothing, and says what the real one does", async () => {
		const { stores, profile } = await make();
		const read = async () => {
			const { state, stores: found } = await stores.read(profile, { origins: [never, site] });
			expect(state).toBe("readable");
			return found.flatMap(({ values }) => values.map(({ origin, value }) => [origin, value.known && value.value]));
		};
		const edit = async (dryRun: boolean, ...edits: Edit[]) =>
			(await stores.edit(profile, edits, { ...options, dryRun })).map(({ origin, before, after, outcome }) => [
				...[origin, before.known && before.value, after.known && after.value, outcome],
			]);
		expect(await read()).toEqual([
			[never, null],
			[site, "9"],
		]);
		const set: Edit[] = [site, never].map((origin) => ({ origin, action: "set", value: "7" }));
		expect(await edit(true, ...set)).toEqual([
			[site, "9", "7", "planned"],
			[never, null, "7", "planned"],
		]);
		expect((await read())[1]).toEqual([site, "9"]);
		expect(await edit(false, ...set)).toEqual([
			[site, "9", "7", "done"],
			[never, null, "7", "done"],
		]);
		expect(await read()).toEqual([
			[never, "7"],
			[site, "7"],
		]);
		for (const dryRun of [true, false]) {
			expect((await edit(dryRun, ...set)).map((one) => one[3])).toEqual(["already-so", "already-so"]);
		}
		expect(await edit(false, { origin: site, action: "remove" })).toEqual([[site, "7", null, "done"]]);
		expect(await edit(false, { origin: site, action: "remove" })).toEqual([[site, null, null, "not-present"]]);
	});

	it("tell a folder that is not there as unreachable, and never throw", async () => {
		const { stores, profile } = await make();
		const gone = { ...profile, path: join(dirname(profile.path), "gone") };
		expect(await stores.read(gone, { origins: [site] })).toMatchObject({ state: "unreachable", stores: [] });
		const [result] = await stores.edit(gone, [{ origin: site, action: "set", value: "7" }], {
			...options,
			dryRun: false,
		});
		expect(result).toMatchObject({ outcome: "unreachable" });
	});
});
