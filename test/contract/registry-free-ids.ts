import { expect, it } from "vitest";
import type { Environment } from "../../src/lib/environment/environment.js";
import type { Allocation } from "../../src/lib/id/allocation.js";
import { recordKinds } from "../../src/lib/record-kinds.js";
import type { Change, Registry } from "../../src/lib/registry/registry.js";
import { failure } from "../lib/failure.js";
import fc from "../property.js";
import {
	anAllocation,
	anAttribution,
	anEnvironment,
	aReservation,
	aRest,
	environmentChange,
	idChange,
	make,
	type OpenStore,
} from "./store.js";
import { useStore } from "./use-store.js";

/** Free and taken IDs together are the range, whatever was done; the lowest free one is always the next. */
export function freeIdsContract(open: OpenStore): void {
	const store = useStore(open);
	const registry = () => store().registry;
	const lowest = (count: number) => registry().read((view) => view.lowestFree("default", count));

	it("are none where there is no environment", async () => {
		expect(await lowest(5)).toEqual([]);
		expect(await registry().read((view) => view.isFree("default", 1))).toBe(false);
		expect(await registry().read((view) => view.free("default"))).toEqual({ count: 0, first: null });
	});

	it("are told from the lowest on, as many as are asked for and there", async () => {
		await make(registry(), [environmentChange(null, anEnvironment({ firstId: 3, lastId: 9 }))]);
		await make(registry(), [idChange(null, anAllocation(4)), idChange(null, aReservation(7))]);
		expect(await lowest(1)).toEqual([3]);
		expect(await lowest(3)).toEqual([3, 5, 6]);
		expect(await lowest(100)).toEqual([3, 5, 6, 8, 9]);
		expect(await registry().read((view) => view.free("default"))).toEqual({ count: 5, first: 3 });
	});

	it("of one environment have nothing to do with those of another", async () => {
		const names = ["one", "two"];
		await make(
			registry(),
			names.map((name) => environmentChange(null, anEnvironment({ name, lastId: 3 }))),
		);
		await make(registry(), [idChange(null, anAllocation(2, { environment: "two" }))]);
		const free = await registry().read((view) => Promise.all(names.map((name) => view.lowestFree(name, 9))));
		expect(free).toEqual([
			[1, 2, 3],
			[1, 3],
		]);
	});

	it("follow a range that grows, shrinks and moves", async () => {
		const ranges: [number, number, number[]][] = [
			[5, 8, [5, 6, 8]],
			[3, 10, [3, 4, 5, 6, 8, 9, 10]],
			[7, 7, []],
			[7, 9, [8, 9]],
		];
		let before: Environment | null = null;
		for (const [firstId, lastId, free] of ranges) {
			const after: Environment = anEnvironment({ firstId, lastId });
			const also: Change[] = before === null ? [idChange(null, anAllocation(7))] : [];
			await make(registry(), [environmentChange(before, after), ...also]);
			expect(await lowest(100)).toEqual(free);
			before = after;
		}
		const away = environmentChange(before, anEnvironment({ firstId: 20, lastId: 30 }));
		expect(await failure(() => make(registry(), [away]))).toMatchObject({ code: "ids-outside-range" });
		await make(registry(), [idChange(anAllocation(7), null), away]);
		expect(await lowest(2)).toEqual([20, 21]);
		expect((await registry().check(recordKinds)).problems).toEqual([]);
	});

	it("knows whose quarantine is over", async () => {
		const rows = [
			aRest(3, "2026-05-01T00:00:00.000Z"),
			aRest(1, "2026-04-01T00:00:00.000Z"),
			aRest(2, "2026-04-01T00:00:00.001Z"),
			anAllocation(4),
			aReservation(5),
		];
		const other = aRest(6, "2026-01-01T00:00:00.000Z", { environment: "other" });
		await make(registry(), [
			environmentChange(null, anEnvironment()),
			environmentChange(null, anEnvironment({ name: "other" })),
			...[...rows, other].map((row) => idChange(null, row)),
		]);
		const over = async (now: string) =>
			(await registry().read((view) => view.quarantineOver("default", now))).map(({ id }) => id);
		expect(await over("2026-03-31T23:59:59.999Z")).toEqual([]);
		expect(await over("2026-04-01T00:00:00.000Z")).toEqual([1]);
		expect(await over("2026-06-01T00:00:00.000Z")).toEqual([1, 2, 3]);
	});

	it("and knows it at once of one that was laid to rest in the same change", async () => {
		await make(registry(), [environmentChange(null, anEnvironment())]);
		const seen = await registry().change(anAttribution(), async (transaction) => {
			const look = async () =>
				(await transaction.quarantineOver("default", "2026-06-01T00:00:00.000Z")).map(({ id }) => id);
			const before = await look();
			await transaction.apply([idChange(null, aRest(3, "2026-05-01T00:00:00.000Z"))], anAttribution());
			return { before, after: await look() };
		});
		expect(seen).toEqual({ before: [], after: [3] });
	});

	it("and the others are the range: after any takings and givings the store says what a plain map says", async () => {
		await make(registry(), [environmentChange(null, anEnvironment())]);
		const model = new Map<number, Allocation>();
		const step = fc.record({
			id: fc.integer({ min: 0, max: 22 }),
			to: fc.constantFrom("allocated", "reserved", "quarantined", "free"),
		});
		await fc.assert(
			fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 30 }), async (steps) => {
				const changes = steps.flatMap((one) => toChange(one, model));
				await make(registry(), changes);
				await sameAs(registry(), model);
			}),
			{ numRuns: 60 },
		);
		expect((await registry().check(recordKinds)).problems).toEqual([]);
	});
}

/** The change that brings an ID into a state, made in the model too; none when it cannot be or is so already. */
function toChange(
	{ id, to }: { id: number; to: Allocation["state"] | "free" },
	model: Map<number, Allocation>,
): Change[] {
	const before = model.get(id) ?? null;
	if (id < 1 || id > 20 || (before?.state ?? "free") === to) return [];
	const made = {
		allocated: anAllocation(id),
		reserved: aReservation(id),
		quarantined: aRest(id, "2026-05-01"),
		free: null,
	};
	const after = made[to];
	if (after === null) model.delete(id);
	else model.set(id, after);
	return [idChange(before, after)];
}

async function sameAs(registry: Registry, model: ReadonlyMap<number, Allocation>): Promise<void> {
	const range = Array.from({ length: 20 }, (_, at) => at + 1);
	const expected = range.filter((id) => !model.has(id));
	await registry.read(async (view) => {
		expect(await view.lowestFree("default", 100)).toEqual(expected);
		expect(await view.free("default")).toEqual({ count: expected.length, first: expected[0] ?? null });
		expect(await view.countAllocations({})).toBe(model.size);
		for (const id of range) {
			expect(await view.isFree("default", id)).toBe(!model.has(id));
			expect(await view.allocation("default", id)).toEqual(model.get(id));
		}
	});
}
