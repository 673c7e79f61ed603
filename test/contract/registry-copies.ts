import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { beforeEach, expect, it } from "vitest";
import { recordKinds } from "../../src/lib/record-kinds.js";
import { failure } from "../lib/failure.js";
import {
	anAllocation,
	anAttribution,
	anEnvironment,
	collect,
	environmentChange,
	everything,
	idChange,
	make,
	type OpenStore,
} from "./store.js";
import { useStore } from "./use-store.js";

/** Whoever looks sees one state, whatever others do meanwhile. */
export function copiesContract(open: OpenStore): void {
	const store = useStore(open);
	const registry = () => store().registry;
	beforeEach(() => make(registry(), [environmentChange(null, anEnvironment()), idChange(null, anAllocation(1))]));

	it("reads one state while another connection changes it", async () => {
		const other = await store().another();
		const [before, after] = await registry().read(async (view) => {
			const first = await view.lowestFree("default", 3);
			await make(other, [idChange(null, anAllocation(2))]);
			return [first, await view.lowestFree("default", 3)];
		});
		expect(after).toEqual(before);
		expect(await registry().read((view) => view.lowestFree("default", 3))).toEqual([3, 4, 5]);
	});

	it("ends a reading that failed", async () => {
		await expect(registry().read(() => Promise.reject(new Error("no")))).rejects.toThrow("no");
		await make(registry(), [idChange(null, anAllocation(2))]);
	});

	it("keeps a snapshot until it is closed: rows come while others write", async () => {
		const writer = await store().another();
		const view = await registry().snapshot();
		await make(writer, [idChange(null, anAllocation(2)), idChange(null, anAllocation(3))]);
		expect((await collect(view.allocations({}))).map(({ id }) => id)).toEqual([1]);
		expect(await view.countEvents({})).toBe(2);
	});

	it("has the state of the moment when the snapshot was taken, not of the first look", async () => {
		const writer = await store().another();
		const view = await registry().snapshot();
		await make(writer, [idChange(null, anAllocation(2))]);
		expect(await view.countAllocations({})).toBe(1);
	});

	it("says what it is", async () => {
		expect(await registry().info()).toMatchObject({
			location: registry().location,
			environments: 1,
			allocations: 1,
			events: 2,
			sizeBytes: expect.any(Number),
		});
	});

	it("writes a copy that is whole, while another connection is in the middle of a change", async () => {
		const file = join(store().folder, "copy.db");
		const before = await everything(registry());
		const other = await store().another();
		const attribution = anAttribution();
		await registry().change(attribution, async (transaction) => {
			await transaction.apply([idChange(null, anAllocation(2))], attribution);
			await other.backup(file);
			await transaction.apply([idChange(null, anAllocation(3))], attribution);
			return {};
		});
		const copy = await store().openCopy(file);
		expect(await everything(copy)).toEqual(before);
		expect((await copy.check(recordKinds)).problems).toEqual([]);
		expect((await everything(registry())).allocations).toHaveLength(3);
	});

	it("keeps the answers of requests in the copy", async () => {
		const attribution = anAttribution({ requestKey: "ticket-1", repeatable: true });
		await registry().change(attribution, async () => ({ total: 1 }));
		const file = join(store().folder, "copy.db");
		await registry().backup(file);
		const copy = await store().openCopy(file);
		expect(await copy.answerTo(attribution)).toEqual({ answer: { total: 1 } });
	});

	it("writes no copy over a file that is there, and none into a folder that is not", async () => {
		const file = join(store().folder, "copy.db");
		await registry().backup(file);
		const before = await everything(registry());
		await make(registry(), [idChange(null, anAllocation(2))]);
		expect(await failure(() => registry().backup(file))).toMatchObject({ kind: "conflict", code: "file-exists" });
		expect(await everything(await store().openCopy(file))).toEqual(before);
		const nowhere = join(store().folder, "nowhere", "copy.db");
		expect((await failure(() => registry().backup(nowhere))).kind).toMatch(/^(not-found|denied|unavailable)$/);
		expect(existsSync(nowhere)).toBe(false);
		expect(readdirSync(store().folder).filter((name) => name.includes("unfinished"))).toEqual([]);
	});
}
