import { describe, expect, it } from "vitest";
import {
	parseTarget,
	planRelease,
	type ReleaseRequest,
	releaseAnswer,
	releaseIds,
} from "../../../src/lib/id/release.js";
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

	it("at once says where a last look saw the ID, in a client or in a browser", async () => {
		const stage = await Stage.set({}, { 1: "CORP\\ana" });
		const at = now.toISOString();
		const look = { environment: "default", machine: "TS01", at, users: null };
		const sighting = { user: "CORP\\ana", id: 1, attention: false, facts: {} };
		await stage.registry.keepLook({ ...look, kind: "clients", sightings: [sighting] });
		await stage.registry.keepLook({ ...look, kind: "web-ids", sightings: [sighting, sighting] });
		const request = { environment: "default", targets: [{ id: 1 }], atOnce: true };
		const { answers } = await stage.plan((view) => planRelease(view, request, now));
		const place = { machine: "TS01", user: "CORP\\ana", at };
		expect(answers[0]?.seen).toEqual([
			{ ...place, kind: "clients" },
			{ ...place, kind: "web-ids" },
		]);
		const rested = await stage.plan((view) => planRelease(view, { ...request, atOnce: false }, now));
		expect(rested.answers[0]).not.toHaveProperty("seen");
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

describe("a release of many", () => {
	const ids = { 1: "CORP\\ana", 2: "CORP\\anton", 3: "LAB\\ana", 4: `CORP\\alan until ${resting}`, 5: "(reserved)" };
	const of = (more: Partial<ReleaseRequest>): ReleaseRequest => ({
		environment: "default",
		targets: [],
		atOnce: false,
		...more,
	});

	it("is of everybody who has an ID and is called like a pattern, each once", async () => {
		const stage = await Stage.set({}, ids);
		const request = of({ patterns: ["CORP\\a*", "an*"], targets: [{ id: 1 }] });
		const plan = await stage.carry((view) => planRelease(view, request, now));
		expect(plan.answers.map(({ id }) => id)).toEqual([1, 2, 3]);
		expect(plan.isBulk).toBe(true);
	});

	it("of a pattern that nobody is called like is refused", async () => {
		const stage = await Stage.set({}, ids);
		const error = await failure(() => stage.plan((view) => planRelease(view, of({ patterns: ["zoe*"] }), now)));
		expect(error).toMatchObject({ kind: "not-found", code: "no-match" });
		await expectRunnable(error);
	});

	it("asks how many, and only then", async () => {
		const stage = await Stage.set({}, ids);
		const danger = async (request: ReleaseRequest) => {
			const operation = releaseIds(request);
			return operation.danger?.(await stage.plan((view) => operation.plan(view)));
		};
		expect(await danger(of({ patterns: ["CORP\\*"] }))).toMatchObject({ name: "2" });
		expect(await danger(of({ targets: [{ ...parseTarget("CORP\\ana"), line: 2 }] }))).toMatchObject({ name: "1" });
		expect(await danger(of({ targets: [parseTarget("CORP\\ana"), { id: 3 }] }))).not.toHaveProperty("name");
	});

	it("tells all lines that name nobody, and releases the others when it may", async () => {
		const stage = await Stage.set({}, ids);
		const words = ["CORP\\ana", "CORP\\zoe", "ana", "CORP\\alan"];
		const targets = words.map((word, at) => ({ ...parseTarget(word), line: at + 2 }));
		const refused: unknown[] = [];
		const plan = await stage.plan((view) => releaseIds(of({ targets }), (bad) => refused.push(...bad)).plan(view));
		expect(refused).toMatchObject([{ line: 3 }, { line: 4 }]);
		expect(plan.answers.map(({ id, changed }) => [id, changed])).toEqual([
			[1, true],
			[4, false],
		]);
	});

	it("tells a note that was not stored", async () => {
		const stage = await Stage.set({}, ids);
		const plan = await stage.plan((view) => planRelease(view, of({ targets: [{ id: 1 }, { id: 4 }], note: "x" }), now));
		expect(releaseAnswer(plan).noteNotStored).toEqual(["CORP\\alan"]);
	});
});
