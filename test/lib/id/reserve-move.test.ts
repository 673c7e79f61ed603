import { describe, expect, it } from "vitest";
import { parseAccount } from "../../../src/lib/account/account.js";
import { parseIdRanges } from "../../../src/lib/id/ids.js";
import { moveAnswer, planMove } from "../../../src/lib/id/move.js";
import type { FindObstacle } from "../../../src/lib/id/obstacle.js";
import { planReserve, reserveAnswer } from "../../../src/lib/id/reserve.js";
import { known } from "../../../src/lib/known.js";
import { lookAtPorts } from "../../../src/lib/port/obstacles.js";
import { failure } from "../failure.js";
import { expectRunnable, said } from "../hints.js";
import { FakeNetwork, listener, owner } from "../port/fake-network.js";
import { now, rested, resting, Stage } from "../registry/stage.js";

const inThirtyDays = "2026-04-09T12:00:00.000Z";

describe("a reservation", () => {
	const reserve = (stage: Stage, ranges: string, note?: string) =>
		stage.carry((view) => planReserve(view, { environment: "default", ranges: parseIdRanges(ranges), note }, now));

	it("keeps blocks and single IDs, and leaves what is reserved", async () => {
		const stage = await Stage.set({}, { 2: "(reserved)", 3: `old until ${rested}` });
		const plan = await reserve(stage, "1-3,7", "printers");
		expect(reserveAnswer(plan)).toMatchObject({
			allocations: [
				{ id: 1, port: 24_251, state: "reserved", created: true },
				{ id: 2, created: false },
				{ id: 3, created: true },
				{ id: 7, created: true },
			],
			total: 4,
		});
		expect(await stage.rows()).toEqual(["1 (reserved)", "2 (reserved)", "3 (reserved)", "7 (reserved)"]);
		expect(await stage.plan((view) => view.allocation("default", 7))).toMatchObject({ note: "printers" });
		expect((await reserve(stage, "1-3,7")).changes).toEqual([]);
	});

	it("of all IDs can be", async () => {
		const stage = await Stage.set();
		await reserve(stage, "1-10");
		expect(await stage.plan((view) => view.free("default"))).toEqual({ count: 0, first: null });
	});

	it.each([
		["0-3", "id-out-of-range"],
		["9-11", "id-out-of-range"],
		["1,2147483647", "id-out-of-range"],
		["1-5", "id-taken"],
		["4", "id-taken"],
	])("of %s is refused as %s, and nothing is reserved", async (ranges, code) => {
		const stage = await Stage.set({}, { 3: "CORP\\ana", 4: `CORP\\ben until ${resting}` });
		const error = await failure(() => reserve(stage, ranges));
		expect(error).toMatchObject({ kind: "conflict", code });
		await expectRunnable(error);
		expect(await stage.rows()).toHaveLength(2);
	});

	it("names everything that is in the way", async () => {
		const stage = await Stage.set({}, { 3: "CORP\\ana", 4: `CORP\\ben until ${resting}` });
		const error = await failure(() => reserve(stage, "1-5"));
		expect(error.message).toBe("2 of these IDs are taken: 3 (CORP\\ana, allocated), 4 (CORP\\ben, quarantined).");
		expect(error.data).toMatchObject({ taken: [{ id: 3 }, { id: 4 }], total: 2 });
	});
});

describe("a move", () => {
	const ids = {
		1: "CORP\\ana",
		2: "CORP\\ben",
		3: "(reserved)",
		4: `CORP\\ben until ${resting}`,
		5: `CORP\\ana until ${resting}`,
		6: `old until ${rested}`,
	};
	const move = (stage: Stage, user: string, id?: number, note?: string, obstacle?: FindObstacle) =>
		stage.carry((view) =>
			planMove(view, { environment: "default", account: parseAccount(user), id, note, obstacle }, now),
		);

	const blocked = new FakeNetwork();
	blocked.found = known([listener(24_257, owner("CORP\\ben")), listener(24_258, owner("CORP\\ana"))]);
	blocked.ranges = known([{ first: 24_259, last: 24_259, administered: false }]);

	it.each([
		[0, "common-port", ["cfm ports check 0"]],
		[7, "port-in-use", ["cfm ports check 7", "cfm ids move 'CORP\\ana' --id 7 --ignore-ports"]],
		[9, "port-excluded", ["cfm ports check 9", "cfm ids move 'CORP\\ana' --id 9 --ignore-ports"]],
	])("to ID %d, whose port cannot be used, is refused as %s", async (id, code, hints) => {
		const stage = await Stage.set({ firstId: 0 }, ids);
		const before = await stage.rows();
		const obstacle = (await lookAtPorts(24_250, blocked, () => {})).asking;
		const error = await failure(() => move(stage, "CORP\\ana", id, undefined, obstacle));
		expect(error).toMatchObject({ kind: "conflict", code, data: { id } });
		expect(said(error)).toEqual(hints);
		await expectRunnable(error);
		expect(await stage.rows()).toEqual(before);
	});

	it("to an ID on whose port the user's own client listens already is made", async () => {
		const stage = await Stage.set({}, ids);
		await move(stage, "CORP\\ana", 8, undefined, (await lookAtPorts(24_250, blocked, () => {})).asking);
		expect(await stage.rows()).toContain("8 CORP\\ana");
	});

	it("whatever the ports, never gives the regular edition's", async () => {
		const stage = await Stage.set({ firstId: 0 }, ids);
		const obstacle = (await lookAtPorts(24_250, undefined, () => {})).asking;
		expect(await failure(() => move(stage, "CORP\\ana", 0, undefined, obstacle))).toMatchObject({
			code: "common-port",
		});
		await move(stage, "CORP\\ana", 7, undefined, obstacle);
		expect(await stage.rows()).toContain("7 CORP\\ana");
	});

	it.each([
		["to a free ID", 9, ["9 CORP\\ana", `1 CORP\\ana until ${inThirtyDays}`]],
		["back to one of their own that rests", 5, ["5 CORP\\ana", `1 CORP\\ana until ${inThirtyDays}`]],
		["to one that has rested", 6, ["6 CORP\\ana", `1 CORP\\ana until ${inThirtyDays}`]],
	])("%s lets the old one rest", async (_, id, rows) => {
		const stage = await Stage.set({}, ids);
		const plan = await move(stage, "ana@corp.example.com", id, "new room");
		expect(await stage.rows()).toEqual(expect.arrayContaining(rows));
		expect(moveAnswer(plan)).toEqual({
			environment: "default",
			allocations: [{ user: "CORP\\ana", id, port: 24_250 + id, state: "allocated", previousId: 1, changed: true }],
			total: 1,
		});
	});

	it("without an ID gives the lowest that is free and whose port can be used, and says which were skipped", async () => {
		const stage = await Stage.set({}, { ...ids, 8: "CORP\\cid", 10: "CORP\\dan" });
		const plan = await move(stage, "CORP\\ana");
		// What has rested is free again.
		expect(moveAnswer(plan)).toMatchObject({ allocations: [{ id: 6, previousId: 1 }] });
		const obstacle = (await lookAtPorts(24_250, blocked, () => {})).asking;
		const error = await failure(() => move(stage, "CORP\\ana", undefined, undefined, obstacle));
		expect(error).toMatchObject({
			code: "range-full",
			data: { skipped: [{ id: 7 }, { id: 9, code: "port-excluded" }] },
		});
		await expectRunnable(error);
	});

	it("without quarantine days frees the old one", async () => {
		const stage = await Stage.set({ quarantineDays: 0 }, { 1: "CORP\\ana" });
		await move(stage, "ana", 2);
		expect(await stage.rows()).toEqual(["2 CORP\\ana"]);
	});

	it("to where the user is changes nothing", async () => {
		const stage = await Stage.set({}, ids);
		const plan = await move(stage, "CORP\\ana", 1);
		expect(plan.changes).toEqual([]);
		expect(moveAnswer(plan).allocations).toMatchObject([{ id: 1, previousId: 1, changed: false }]);
	});

	it("keeps the remark when no other is given", async () => {
		const stage = await Stage.set();
		const { planAllocation } = await import("../../../src/lib/id/allocate.js");
		const applicants = [{ account: parseAccount("CORP\\ana") }];
		await stage.carry((view) => planAllocation(view, { environment: "default", applicants, note: "boss" }, now));
		await move(stage, "CORP\\ana", 7);
		expect(await stage.plan((view) => view.allocation("default", 7))).toMatchObject({ note: "boss" });
	});

	it.each([
		["CORP\\ana", 2, "conflict", "id-taken"],
		["CORP\\ana", 3, "conflict", "id-reserved"],
		["CORP\\ana", 4, "conflict", "id-quarantined"],
		["CORP\\ana", 11, "conflict", "id-out-of-range"],
		["CORP\\zoe", 9, "not-found", "no-allocation"],
	])("of %s to %d is refused as %s %s, and changes nothing", async (user, id, kind, code) => {
		const stage = await Stage.set({}, ids);
		const before = await stage.rows();
		const error = await failure(() => move(stage, user, id));
		expect(error).toMatchObject({ kind, code });
		await expectRunnable(error);
		expect(await stage.rows()).toEqual(before);
	});
});
