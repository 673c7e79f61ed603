import { describe, expect, it } from "vitest";
import { listFree, listRanges } from "../../../src/lib/id/ranges.js";
import { collect } from "../../contract/store.js";
import fc from "../../property.js";
import { failure } from "../failure.js";
import { resting, Stage } from "../registry/stage.js";

const crowded = () =>
	Stage.set({}, { 2: "CORP\\ana", 3: "CORP\\ben", 5: "(reserved)", 6: "(reserved)", 8: `CORP\\cid until ${resting}` });

describe("blocks of IDs", () => {
	it("tell which are free, and why the others are not", async () => {
		const { ranges, total } = await (await crowded()).plan((view) => listRanges(view, {}));
		expect(ranges.map(({ first, last, state }) => `${first}-${last} ${state}`)).toEqual([
			"1-1 free",
			"2-3 allocated",
			"4-4 free",
			"5-6 reserved",
			"7-7 free",
			"8-8 quarantined",
			"9-10 free",
		]);
		expect(total).toBe(7);
		expect(ranges[5]).toMatchObject({ user: "CORP\\cid", until: resting, firstPort: 24_258 });
		expect(ranges[1]).toMatchObject({ user: null, count: 2, firstPort: 24_252, lastPort: 24_253 });
	});

	it("can be narrowed and paged", async () => {
		const stage = await crowded();
		const asked = { state: "free", limit: 2, offset: 1 } as const;
		const { ranges, total } = await stage.plan((view) => listRanges(view, asked));
		expect({ total, firsts: ranges.map(({ first }) => first) }).toEqual({ total: 4, firsts: [4, 7] });
		expect(await failure(() => stage.plan((view) => listRanges(view, { environment: "no" })))).toMatchObject({
			code: "no-environment",
		});
	});

	it("cover the whole range once, and the free ones are those that the registry counts", async () => {
		await fc.assert(
			fc.asyncProperty(fc.uniqueArray(fc.integer({ min: 1, max: 10 })), async (taken) => {
				const stage = await Stage.set({}, Object.fromEntries(taken.map((id) => [id, `CORP\\u${id}`])));
				const { ranges } = await stage.plan((view) => listRanges(view, {}));
				const ids = ranges.flatMap(({ first, count }) => Array.from({ length: count }, (_, at) => first + at));
				expect(ids).toEqual(Array.from({ length: 10 }, (_, at) => at + 1));
				const view = await stage.registry.snapshot();
				const { allocations, total } = await listFree(view, {});
				const free = (await collect(allocations)).map(({ id }) => id);
				expect(free).toEqual(ids.filter((id) => !taken.includes(id)));
				expect(total).toBe(free.length);
			}),
			{ numRuns: 20 },
		);
	});
});

describe("the free IDs", () => {
	it.each([
		[{ limit: 0 }, []],
		[{ limit: 2 }, [1, 4]],
		[{ limit: 2, offset: 2 }, [7, 9]],
		[{ offset: 4 }, [10]],
	])("a page of them: %j", async (page, wanted) => {
		const { allocations, total } = await listFree(await (await crowded()).registry.snapshot(), page);
		expect((await collect(allocations)).map(({ id }) => id)).toEqual(wanted);
		expect(total).toBe(5);
	});
});
