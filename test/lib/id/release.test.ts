import { describe, expect, it } from "vitest";
import { parseTarget, planRelease, type ReleaseRequest, releaseAnswer } from "../../../src/lib/id/release.js";
import { failure } from "../failure.js";
import { expectRunnable } from "../hints.js";
import { now, rested, resting, Stage } from "../registry/stage.js";

const inThirtyDays = "2026-04-09T12:00:00.000Z";
const ids = {
	1: "CORP\\ana",
	2: "(reserved)",
	3: `CORP\\ben until ${resting}`,
	4: "LAB\\cleo",
	5: "CORP\\cleo",
	6: "dora",
};

const asked = (targets: string, more: Partial<ReleaseRequest> = {}): ReleaseRequest => ({
	environment: "default",
	targets: targets.split(", ").map(parseTarget),
	atOnce: false,
	...more,
});

/** What became of each, a line each; `=` marks what was so already. */
async function released(stage: Stage, request: ReleaseRequest): Promise<string[]> {
	const { allocations } = releaseAnswer(await stage.carry((view) => planRelease(view, request, now)));
	return allocations.map(({ id, user, state, until, changed }) =>
		[`${id}${changed ? "" : "="}`, user, state, until].filter((word) => word !== null).join(" "),
	);
}

describe("a release", () => {
	it.each<[string, Partial<ReleaseRequest>, string[]]>([
		["CORP\\ana", {}, [`1 CORP\\ana quarantined ${inThirtyDays}`]],
		["ana@corp.example.com", {}, [`1 CORP\\ana quarantined ${inThirtyDays}`]],
		["ana", {}, [`1 CORP\\ana quarantined ${inThirtyDays}`]],
		["1", {}, [`1 CORP\\ana quarantined ${inThirtyDays}`]],
		["1", { atOnce: true }, ["1 CORP\\ana free"]],
		["2", {}, ["2 free"]],
		["3", {}, [`3= CORP\\ben quarantined ${resting}`]],
		["CORP\\ben", {}, [`3= CORP\\ben quarantined ${resting}`]],
		["3", { atOnce: true }, ["3 CORP\\ben free"]],
		["ben", { atOnce: true }, []],
		["1, 2", {}, [`1 CORP\\ana quarantined ${inThirtyDays}`, "2 free"]],
		["1, CORP\\ana, 1", {}, [`1 CORP\\ana quarantined ${inThirtyDays}`]],
	])("of %s %j", async (targets, more, answer) => {
		const stage = await Stage.set({}, ids);
		if (answer.length === 0) {
			expect(await failure(() => released(stage, asked(targets, more)))).toMatchObject({ code: "no-allocation" });
			return;
		}
		expect(await released(stage, asked(targets, more))).toEqual(answer);
	});

	it("repeated is about the ID that was taken back last, when others rest under the same name", async () => {
		const stage = await Stage.set({}, { 3: "CORP\\ana", 7: `CORP\\ana until ${resting}` });
		await released(stage, asked("CORP\\ana"));
		expect(await released(stage, asked("CORP\\ana"))).toEqual([`3= CORP\\ana quarantined ${inThirtyDays}`]);
	});

	it("twice changes nothing the second time", async () => {
		const stage = await Stage.set({}, ids);
		await released(stage, asked("CORP\\ana, 3"));
		const before = await stage.rows();
		const plan = await stage.carry((view) => planRelease(view, asked("CORP\\ana, 3"), now));
		expect(plan.changes).toEqual([]);
		expect(await stage.rows()).toEqual(before);
	});

	it("without quarantine days frees at once", async () => {
		const stage = await Stage.set({ quarantineDays: 0 }, ids);
		expect(await released(stage, asked("1, 3"))).toEqual(["1 CORP\\ana free", "3 CORP\\ben free"]);
	});

	it("rests part of a day when that is what the environment says", async () => {
		const stage = await Stage.set({ quarantineDays: 0.5 }, ids);
		expect(await released(stage, asked("1"))).toEqual(["1 CORP\\ana quarantined 2026-03-11T00:00:00.000Z"]);
	});

	it("keeps whose it was, and the reason", async () => {
		const stage = await Stage.set({}, ids);
		await released(stage, asked("1", { note: "left" }));
		const row = await stage.plan((view) => view.allocation("default", 1));
		expect(row).toMatchObject({ user: "CORP\\ana", note: "left", since: now.toISOString() });
		const events = await stage.plan(async (view) => {
			for await (const chunk of view.events({ id: 1, offset: 1 })) return chunk;
			return [];
		});
		expect(events).toMatchObject([{ action: "release", note: "left" }]);
	});

	it.each([
		["7", "not-found", "id-not-given"],
		["99", "not-found", "id-not-given"],
		["CORP\\zoe", "not-found", "no-allocation"],
		["cleo", "conflict", "user-ambiguous"],
		["CORP\\dora", "conflict", "user-ambiguous"],
		["1, 7", "not-found", "id-not-given"],
	])("of %s is refused as %s %s, and changes nothing", async (targets, kind, code) => {
		const stage = await Stage.set({}, ids);
		const error = await failure(() => stage.carry((view) => planRelease(view, asked(targets), now)));
		expect(error).toMatchObject({ kind, code });
		await expectRunnable(error);
		expect(await stage.rows()).toHaveLength(6);
	});

	it("of a name that fits two users is refused, also when that very name was released before", async () => {
		const stage = await Stage.set({}, { ...ids, 7: `cleo until ${rested}` });
		const error = await failure(() => stage.plan((view) => planRelease(view, asked("cleo"), now)));
		expect(error).toMatchObject({ kind: "conflict", code: "user-ambiguous" });
	});
});
