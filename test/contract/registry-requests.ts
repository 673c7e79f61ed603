import { beforeEach, expect, it } from "vitest";
import { failure } from "../lib/failure.js";
import {
	anAllocation,
	anAttribution,
	anEnvironment,
	environmentChange,
	everything,
	idChange,
	make,
	type OpenStore,
} from "./store.js";
import { useStore } from "./use-store.js";

/** A request that comes again, after a crash for instance, gets the answer it got, and does nothing. */
export function requestsContract(open: OpenStore): void {
	const store = useStore(open);
	const registry = () => store().registry;
	beforeEach(() => make(registry(), [environmentChange(null, anEnvironment())]));

	const request = anAttribution({ requestKey: "ticket-17", repeatable: true, fingerprint: "allocate ana" });
	const allocate = (on = registry(), attribution = request) =>
		on.change(attribution, async (transaction) => {
			const [id = 0] = await transaction.lowestFree("default", 1);
			await transaction.apply([idChange(null, anAllocation(id, { user: `CORP\\u${id}` }))], attribution);
			return { id, note: "für Ana" };
		});

	it("gets the same answer, and the work is not done again", async () => {
		const first = await allocate();
		const before = await everything(registry());
		expect(await allocate()).toEqual(first);
		expect(await allocate(await store().another())).toEqual(first);
		expect(await everything(registry())).toEqual(before);
	});

	it("can be asked for, without anything being done", async () => {
		expect(await registry().answerTo(request)).toBeUndefined();
		const answer = await allocate();
		expect(await registry().answerTo(request)).toEqual({ answer });
	});

	it("is a conflict when its key was used for something else", async () => {
		await allocate();
		const other = { ...request, fingerprint: "allocate ben" };
		const expected = { kind: "conflict", code: "request-id-reused" };
		const before = await everything(registry());
		expect(await failure(() => allocate(registry(), other))).toMatchObject(expected);
		expect(await failure(() => registry().answerTo(other))).toMatchObject(expected);
		expect(await everything(registry())).toEqual(before);
	});

	it("is not remembered when it failed: it may work the next time", async () => {
		await expect(registry().change(request, () => Promise.reject(new Error("no")))).rejects.toThrow("no");
		expect(await registry().answerTo(request)).toBeUndefined();
		expect(await allocate()).toMatchObject({ id: 1 });
	});

	it("is not remembered when its key was made by the command itself", async () => {
		const once = { ...request, repeatable: false };
		expect(await allocate(registry(), once)).toMatchObject({ id: 1 });
		expect(await registry().answerTo(once)).toBeUndefined();
		expect(await allocate(registry(), once)).toMatchObject({ id: 2 });
	});

	it.each(["answer", "fingerprint", "at", "hash"])(
		"is never another one: where the %s is not what was kept, the file is damaged",
		async (column) => {
			await allocate();
			await store().tamper(`UPDATE answers SET ${column} = substr(${column}, 1, length(${column}) - 1) || 'x'`);
			const damaged = { kind: "unavailable", code: "registry-damaged" };
			expect(await failure(() => registry().answerTo(request))).toMatchObject(damaged);
			expect(await failure(() => allocate())).toMatchObject(damaged);
		},
	);
}
