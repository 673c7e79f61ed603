import { describe, expect, it } from "vitest";
import { parseAccount } from "../../../src/lib/account/account.js";
import { planSetEnvironment } from "../../../src/lib/environment/plan.js";
import { type AllocationRequest, allocationAnswer, planAllocation } from "../../../src/lib/id/allocate.js";
import { planRelease } from "../../../src/lib/id/release.js";
import { failure } from "../failure.js";
import { expectRunnable, said } from "../hints.js";
import { now, rested, resting, Stage } from "../registry/stage.js";

const asked = (users: string, more: Partial<AllocationRequest> = {}): AllocationRequest => ({
	environment: "default",
	applicants: users.split(", ").map((user) => ({ account: parseAccount(user) })),
	...more,
});

/** Who gets which ID, a line each; `*` marks a new one. */
async function given(stage: Stage, request: AllocationRequest): Promise<string[]> {
	const { allocations } = allocationAnswer(await stage.carry((view) => planAllocation(view, request, now)));
	return allocations.map(({ id, user, created }) => `${id}${created ? "*" : ""} ${user}`);
}

const refusal = (stage: Stage, request: AllocationRequest) =>
	failure(() => stage.plan((view) => planAllocation(view, request, now)));

describe("an allocation", () => {
	it("gives the lowest free IDs, in the order of the users", async () => {
		const stage = await Stage.set({}, { 1: "CORP\\zoe", 2: "(reserved)", 4: `old until ${resting}` });
		expect(await given(stage, asked("CORP\\ana, CORP\\ben, CORP\\cleo"))).toEqual([
			"3* CORP\\ana",
			"5* CORP\\ben",
			"6* CORP\\cleo",
		]);
	});

	it("answers with the port, the total and the environment as it is spelled", async () => {
		const stage = await Stage.set({ name: "Farm", portBase: 30_000, portStride: 10 });
		const plan = await stage.plan((view) => planAllocation(view, asked("CORP\\ana", { environment: "farm" }), now));
		expect(allocationAnswer(plan)).toEqual({
			environment: "Farm",
			allocations: [{ user: "CORP\\ana", id: 1, port: 30_010, state: "allocated", created: true }],
			total: 1,
		});
	});

	it("keeps the remark and the moment", async () => {
		const stage = await Stage.set();
		await given(stage, asked("CORP\\ana", { note: "accounting" }));
		const row = await stage.plan((view) => view.allocation("default", 1));
		expect(row).toMatchObject({ note: "accounting", since: now.toISOString(), state: "allocated", until: null });
	});

	it.each([
		["CORP\\ana", "CORP\\ana"],
		["CORP\\ana", "corp\\ANA"],
		["CORP\\ana", "ana@corp.example.com"],
		["ana@corp.example.com", "CORP\\ana"],
		["ana", "ANA"],
	])("to %s leaves what %s has, and plans nothing", async (first, again) => {
		const stage = await Stage.set({}, { 4: first });
		expect(await given(stage, asked(again))).toEqual([`4 ${first}`]);
		const plan = await stage.plan((view) => planAllocation(view, asked(again), now));
		expect(plan.changes).toEqual([]);
	});

	it("gives new IDs beside those that users have", async () => {
		const stage = await Stage.set({}, { 2: "CORP\\ben" });
		expect(await given(stage, asked("CORP\\ana, CORP\\ben, CORP\\cleo"))).toEqual([
			"1* CORP\\ana",
			"2 CORP\\ben",
			"3* CORP\\cleo",
		]);
	});

	it("takes IDs whose quarantine is over for free, whatever order they come in", async () => {
		const stage = await Stage.set({}, { 1: `old until ${resting}`, 2: `gone until ${rested}`, 3: "CORP\\ben" });
		expect(await given(stage, asked("CORP\\ana, CORP\\cleo"))).toEqual(["2* CORP\\ana", "4* CORP\\cleo"]);
		expect(await stage.rows()).toEqual([`1 old until ${resting}`, "2 CORP\\ana", "3 CORP\\ben", "4 CORP\\cleo"]);
	});

	it("takes a bare name for the domain that the environment names", async () => {
		const stage = await Stage.set({ domain: "CORP" }, { 3: "CORP\\ana" });
		expect(await given(stage, asked("ana"))).toEqual(["3 CORP\\ana"]);
		expect(await given(stage, asked("LAB\\ana"))).toEqual(["1* LAB\\ana"]);
	});

	it("tells namesakes of different domains apart", async () => {
		const stage = await Stage.set({}, { 1: "CORP\\ana" });
		expect(await given(stage, asked("LAB\\ana"))).toEqual(["2* LAB\\ana"]);
	});
});

describe("a wanted ID", () => {
	it.each([1, 10])("at the end of the range, %d, is given", async (id) => {
		expect(await given(await Stage.set(), asked("CORP\\ana", { id }))).toEqual([`${id}* CORP\\ana`]);
	});

	it.each([
		["free", {}, "5* CORP\\ana"],
		["the user's own already", { 5: "corp\\ANA" }, "5 corp\\ANA"],
		["the user's own, resting", { 5: `ana@corp.example.com until ${resting}` }, "5* CORP\\ana"],
		["somebody else's that has rested", { 5: `CORP\\ben until ${rested}` }, "5* CORP\\ana"],
		[
			"the user's own, resting, beside others of theirs",
			{ 4: `CORP\\ana until ${resting}`, 5: `corp\\Ana until ${resting}`, 6: `CORP\\Ana until ${resting}` },
			"5* CORP\\ana",
		],
	])("that is %s is given", async (_, ids, answer) => {
		const stage = await Stage.set({}, ids);
		expect(await given(stage, asked("CORP\\ana", { id: 5 }))).toEqual([answer]);
	});

	it.each([
		["id-taken", { 5: "CORP\\ben" }, 5, ["cfm ids show 5", "cfm ids allocate CORP\\ana"]],
		["id-reserved", { 5: "(reserved)" }, 5, ["cfm ids release 5", "cfm ids allocate CORP\\ana"]],
		[
			"id-quarantined",
			{ 5: `CORP\\ben until ${resting}` },
			5,
			["cfm ids release 5 --at-once", "cfm ids allocate CORP\\ana"],
		],
		[
			"id-quarantined",
			{ 4: `CORP\\ana until ${resting}`, 5: `CORP\\ben until ${resting}` },
			5,
			["cfm ids release 5 --at-once", "cfm ids allocate CORP\\ana"],
		],
		["id-out-of-range", {}, 0, ["cfm environments show default"]],
		["id-out-of-range", {}, 11, ["cfm environments show default"]],
		["user-has-other-id", { 2: "CORP\\ana" }, 5, ["cfm ids move CORP\\ana --id 5"]],
	])("is refused as %s, with %j there", async (code, ids, id, hints) => {
		const stage = await Stage.set({}, ids);
		const error = await refusal(stage, asked("CORP\\ana", { id }));
		expect(error).toMatchObject({ kind: "conflict", code });
		expect(said(error)).toEqual(hints.map((hint) => hint.replace("CORP\\ana", "'CORP\\ana'")));
		await expectRunnable(error);
	});

	it("says why it is reserved, and until when it rests", async () => {
		const stage = await Stage.set({}, { 4: `CORP\\ben until ${resting}` });
		expect((await refusal(stage, asked("x", { id: 4 }))).message).toContain(
			`last held by CORP\\ben, is quarantined until ${resting}`,
		);
	});
});

describe("no allocation, and no part of one,", () => {
	it("when the range is full; the hint makes it long enough", async () => {
		const stage = await Stage.set({ lastId: 3 }, { 1: "CORP\\zoe", 3: `old until ${resting}` });
		const error = await refusal(stage, asked("CORP\\ana, CORP\\ben, CORP\\zoe"));
		expect(error).toMatchObject({ kind: "conflict", code: "range-full", data: { needed: 2, free: 1 } });
		await expectRunnable(error);
		const [, range] = said(error);
		expect(range).toBe("cfm environments set default --range 1-4");
		const longer = { name: "default", settings: { lastId: 4 }, commonPort: 24_250 };
		await stage.carry((view) => planSetEnvironment(view, longer, now));
		expect(await given(stage, asked("CORP\\ana, CORP\\ben, CORP\\zoe"))).toEqual([
			"2* CORP\\ana",
			"4* CORP\\ben",
			"1 CORP\\zoe",
		]);
	});

	it("when the range is full and no port is left: the hint does not name a command that fails", async () => {
		const stage = await Stage.set({ lastId: 1, portBase: 65_534 }, { 1: "CORP\\zoe" });
		const error = await refusal(stage, asked("CORP\\ana"));
		expect(error.code).toBe("range-full");
		expect(said(error).join()).not.toContain("--range");
	});

	it("when more users are named than the range has IDs", async () => {
		const stage = await Stage.set({ lastId: 2 });
		const error = await refusal(stage, asked("a, b, c"));
		expect(error).toMatchObject({ kind: "conflict", code: "range-full", data: { needed: 3, free: 2 } });
	});

	it.each([
		["ana, ANA", "ana and ANA are one user"],
		["CORP\\ana, LAB\\ana, ana@corp.example.com", "CORP\\ana and ana@corp.example.com are one user"],
		["ana, CORP\\ana", "ana and CORP\\ana are one user"],
		["CORP\\Ju\u0308rgen, corp\\jürgen", "CORP\\Jürgen and corp\\jürgen are one user"],
	])("when a user is named twice: %s", async (users, message) => {
		const error = await refusal(await Stage.set(), asked(users));
		expect(error).toMatchObject({ kind: "usage", code: "duplicate-user" });
		expect(error.message).toContain(message);
	});

	it("when a user is named twice in a file: the lines are told", async () => {
		const applicants = ["CORP\\ana", "CORP\\ben", "corp\\ANA"].map((user, at) => ({
			account: parseAccount(user),
			line: at + 2,
		}));
		const error = await refusal(await Stage.set(), { environment: "default", applicants });
		expect(error.message).toContain("lines 2 and 4");
		expect(error.data).toEqual({ users: ["CORP\\ana", "corp\\ANA"], lines: [2, 4] });
	});

	it.each([
		["ana", { 3: "CORP\\ana" }],
		["CORP\\ana", { 3: "ana" }],
		["ana@lab", { 3: "ana" }],
	])("when only the administrator knows whether %s is another user than the one of %j", async (user, ids) => {
		const stage = await Stage.set({}, ids);
		const error = await refusal(stage, asked(`CORP\\zoe, ${user}`));
		expect(error).toMatchObject({ kind: "conflict", code: "user-ambiguous" });
		const domain = /--domain (\S+)$/.exec(said(error)[0] ?? "")?.[1];
		const settings = { domains: [{ name: domain ?? "", aliases: [] }] };
		await stage.carry((view) => planSetEnvironment(view, { name: "default", settings, commonPort: 1 }, now));
		expect(await given(stage, asked(user))).toEqual([`3 ${Object.values(ids)[0]}`]);
	});

	it("in an environment that is not there", async () => {
		const error = await refusal(await Stage.set(), asked("ana", { environment: "lab" }));
		expect(error).toMatchObject({ kind: "not-found", code: "no-environment" });
		await expectRunnable(error);
	});
});

describe("an account whose SID is known", () => {
	const [old, anew] = ["S-1-5-21-7", "S-1-5-21-8"];
	const withSid = (sid: string, own: Partial<AllocationRequest> = {}) => {
		const applicants = [{ account: { ...parseAccount("CORP\\ana"), sid } }];
		return { environment: "default", applicants, ...own };
	};
	const sidOf = async (stage: Stage) => (await stage.plan((view) => view.allocation("default", 1)))?.sid;

	it("is recorded with a new ID, and with one that is there, once", async () => {
		for (const stage of [await Stage.set(), await Stage.set({}, { 1: "ana@corp.example.com" })]) {
			await stage.carry((view) => planAllocation(view, withSid(old), now));
			expect(await sidOf(stage)).toBe(old);
			expect((await stage.plan((view) => planAllocation(view, withSid(old), now))).changes).toEqual([]);
		}
	});

	it("and is another one is refused, until somebody says that it is the same person, or the ID is released", async () => {
		const stage = await Stage.set();
		await stage.carry((view) => planAllocation(view, withSid(old), now));
		const error = await failure(() => stage.plan((view) => planAllocation(view, withSid(anew), now)));
		expect(error).toMatchObject({ kind: "conflict", code: "user-recreated" });
		await expectRunnable(error);
		const kept = await stage.carry((view) => planAllocation(view, withSid(anew, { samePerson: true }), now));
		expect(kept.changes).toMatchObject([{ action: "id.identify", before: { sid: old }, after: { sid: anew } }]);
		await stage.carry((view) =>
			planRelease(view, { environment: "default", targets: [{ id: 1 }], atOnce: false }, now),
		);
		const given = await stage.plan((view) => planAllocation(view, withSid(old), now));
		expect(given.answers).toMatchObject([{ allocation: { id: 2, sid: old }, created: true }]);
	});
});
