import { describe, expect, it } from "vitest";
import { parseAccount } from "../../../src/lib/account/account.js";
import { planSetEnvironment } from "../../../src/lib/environment/plan.js";
import { type AllocationRequest, allocationAnswer, planAllocation } from "../../../src/lib/id/allocate.js";
import type { Applicant, UnusedLine } from "../../../src/lib/id/applicants.js";
import { planRelease } from "../../../src/lib/id/release.js";
import { planSet } from "../../../src/lib/id/set.js";
import { failure } from "../failure.js";
import { expectRunnable, said } from "../hints.js";
import { now, rested, resting, Stage } from "../registry/stage.js";

const asked = (users: string, more: Partial<AllocationRequest> = {}): AllocationRequest => ({
	environment: "default",
	applicants: users.split(", ").map((user) => ({ account: parseAccount(user) })),
	...more,
});

/** Users as they stand in a file that begins with a header. */
const applicantsOf = (...users: string[]): Applicant[] =>
	users.map((user, at) => ({ account: parseAccount(user), line: at + 2 }));

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
			["cfm ids allocate CORP\\ana", "cfm ids release 5 --at-once"],
		],
		[
			"id-quarantined",
			{ 4: `CORP\\ana until ${resting}`, 5: `CORP\\ben until ${resting}` },
			5,
			["cfm ids allocate CORP\\ana", "cfm ids release 5 --at-once"],
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

	it("whose quarantine is over stays in it while a last look saw it in use, but for whoever had it", async () => {
		const stage = await Stage.set({}, { 1: `CORP\\ben until ${rested}` });
		await stage.registry.keepLook({
			...{ environment: "default", machine: "TS01", kind: "web-ids", at: rested, users: null },
			sightings: [{ user: "CORP\\ben", id: 1, attention: true, facts: {} }],
		});
		expect(await given(stage, asked("CORP\\ana"))).toEqual(["2* CORP\\ana"]);
		const error = await refusal(stage, asked("CORP\\eve", { id: 1 }));
		expect(error).toMatchObject({ kind: "conflict", code: "id-still-seen" });
		expect(error.message).toContain("in a browser of CORP\\ben on TS01");
		expect(said(error)).toEqual(["cfm ids allocate 'CORP\\eve'", "cfm ids release 1 --at-once"]);
		expect(await given(stage, asked("CORP\\ben"))).toEqual(["1* CORP\\ben"]);
	});

	it("says why it is reserved, and until when it rests", async () => {
		const stage = await Stage.set({}, { 4: `CORP\\ben until ${resting}` });
		expect((await refusal(stage, asked("x", { id: 4 }))).message).toContain(
			`last held by CORP\\ben, is quarantined until ${resting.slice(0, 10)}`,
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
		const applicants = applicantsOf("CORP\\ana", "CORP\\ben", "corp\\ANA", "ben@corp");
		const error = await refusal(await Stage.set(), { environment: "default", applicants });
		expect(error.message).toContain("lines 2 and 4");
		expect(error.atLength).toEqual([
			"CORP\\ana and corp\\ANA are one user, named twice: lines 2 and 4.",
			"CORP\\ben and ben@corp are one user, named twice: lines 3 and 5.",
		]);
		expect(error.data).toMatchObject({ users: ["CORP\\ana", "corp\\ANA"], lines: [2, 4], total: 2 });
	});

	it("when a user is named twice beside other bad lines: all are told together", async () => {
		const told: unknown[] = [];
		const refuse = (bad: readonly UnusedLine[]) => {
			told.push(...bad);
			throw new Error("refused");
		};
		const bad = [{ line: 9, problem: "none" }];
		const applicants = applicantsOf("CORP\\ana", "ana@corp");
		const stage = await Stage.set();
		const planned = stage.plan((view) =>
			planAllocation(view, { environment: "default", applicants, bad, refuse }, now),
		);
		await expect(planned).rejects.toThrow("refused");
		expect(told).toEqual([
			{ line: 3, problem: "ana@corp is also on line 2", duplicateOf: "CORP\\ana" },
			{ line: 9, problem: "none" },
		]);
	});

	it("by lines that it can go on without: users named twice, by SID too, and users who may be somebody else", async () => {
		const sid = "S-1-5-21-1-2-3-1001";
		const applicants = applicantsOf("CORP\\ana", "CORP\\ben", "corp\\ANA", "CORP\\anna", "cleo");
		for (const at of [1, 3]) (applicants[at] as Applicant).account.sid = sid;
		const stage = await Stage.set({}, { 7: "CORP\\cleo" });
		const request = { environment: "default", applicants, bad: [{ line: 9, problem: "none" }], keepGoing: true };
		const plan = await stage.carry((view) => planAllocation(view, request, now));
		expect(allocationAnswer(plan)).toMatchObject({
			allocations: [
				{ user: "CORP\\ana", id: 1 },
				{ user: "CORP\\ben", id: 2 },
			],
			total: 2,
			refused: [
				{ line: 4, problem: "corp\\ANA is also on line 2" },
				{ line: 5, problem: "CORP\\anna is also on line 3" },
				{ line: 6, problem: expect.stringContaining("may be the same account as CORP\\cleo") },
				{ line: 9, problem: "none" },
			],
		});
		expect(await stage.rows()).toEqual(["1 CORP\\ana", "2 CORP\\ben", "7 CORP\\cleo"]);
	});

	it("but a user who is named twice on the command line is never gone on without", async () => {
		const applicants = [{ account: parseAccount("ana") }, { account: parseAccount("ANA") }];
		const error = await refusal(await Stage.set(), { environment: "default", applicants, keepGoing: true });
		expect(error).toMatchObject({ code: "duplicate-user" });
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
		// As somebody wrote it, not as it is compared.
		expect([user, ...Object.values(ids)].join(" ")).toContain(domain);
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

describe("somebody whose last ID is still quarantined", () => {
	it("gets that ID again, with its note, whatever is free below it", async () => {
		const stage = await Stage.set({}, { 4: "CORP\\ana", 5: "CORP\\ben" });
		await stage.carry((view) => planSet(view, { environment: "default", target: { id: 4 }, note: "boss" }));
		const targets = [{ id: 4 }];
		await stage.carry((view) => planRelease(view, { environment: "default", targets, atOnce: false }, now));
		const plan = await stage.carry((view) => planAllocation(view, asked("ana@corp.example.com, CORP\\cleo"), now));
		expect(allocationAnswer(plan).allocations).toMatchObject([
			{ user: "ana@corp.example.com", id: 4, created: true, returned: true },
			{ user: "CORP\\cleo", id: 1, created: true },
		]);
		expect(await stage.plan((view) => view.allocation("default", 4))).toMatchObject({
			state: "allocated",
			note: "boss",
			until: null,
		});
	});

	it("is found by SID under another name, and told", async () => {
		const stage = await Stage.set({}, { 3: "CORP\\ana" });
		const withSid = (user: string, sid: string) => ({
			environment: "default",
			applicants: [{ account: { ...parseAccount(user), sid } }],
		});
		await stage.carry((view) => planAllocation(view, withSid("CORP\\ana", "S-1-5-21-1"), now));
		const held = allocationAnswer(
			await stage.plan((view) => planAllocation(view, withSid("CORP\\ana.smith", "S-1-5-21-1"), now)),
		);
		expect(held).toMatchObject({
			allocations: [{ user: "CORP\\ana", id: 3, created: false }],
			renamed: [{ user: "CORP\\ana.smith", registered: "CORP\\ana", id: 3 }],
		});
		await stage.carry((view) =>
			planRelease(view, { environment: "default", targets: [{ id: 3 }], atOnce: false }, now),
		);
		const again = withSid("CORP\\ana.smith", "S-1-5-21-1");
		expect(allocationAnswer(await stage.plan((view) => planAllocation(view, again, now)))).toMatchObject({
			allocations: [{ id: 3, returned: true }],
			renamed: [{ registered: "CORP\\ana" }],
		});
		const namesake = withSid("CORP\\ana", "S-1-5-21-2");
		expect(allocationAnswer(await stage.plan((view) => planAllocation(view, namesake, now)))).toMatchObject({
			allocations: [{ id: 1, created: true }],
		});
	});

	it("gets it with its note when it is asked for by number, and another one when that is", async () => {
		const stage = await Stage.set({}, { 4: "CORP\\ana" });
		await stage.carry((view) => planSet(view, { environment: "default", target: { id: 4 }, note: "boss" }));
		await stage.carry((view) =>
			planRelease(view, { environment: "default", targets: [{ id: 4 }], atOnce: false }, now),
		);
		const plan = (id: number) => stage.plan((view) => planAllocation(view, asked("CORP\\ana", { id }), now));
		expect((await plan(4)).answers).toMatchObject([{ allocation: { id: 4, note: "boss" }, returned: true }]);
		expect((await plan(7)).answers).toMatchObject([{ allocation: { id: 7, note: null }, created: true }]);
	});

	it("gets it after its time too, as long as nobody has it", async () => {
		const stage = await Stage.set({}, { 2: `CORP\\ana until ${rested}`, 5: `CORP\\ben until ${rested}` });
		expect(await given(stage, asked("CORP\\zoe, CORP\\ana"))).toEqual(["1* CORP\\zoe", "2* CORP\\ana"]);
		expect(await given(stage, asked("CORP\\ben"))).toEqual(["3* CORP\\ben"]);
	});

	it("gets another one when its port cannot be used, and hears why", async () => {
		const stage = await Stage.set({}, { 2: `CORP\\ana until ${resting}` });
		const obstacle = async (_: unknown, id: number) =>
			id === 2 ? ({ code: "port-in-use", message: "port 24252 is held" } as const) : undefined;
		const answer = allocationAnswer(
			await stage.plan((view) => planAllocation(view, asked("CORP\\ana", { obstacle }), now)),
		);
		expect(answer).toMatchObject({ allocations: [{ id: 1, created: true }], skipped: [{ id: 2, port: 24_252 }] });
		expect(answer.allocations[0]).not.toHaveProperty("returned");
	});
});

describe("accounts that are no person's", () => {
	const none = [
		"SERVER1$",
		"CORP\\SERVER1$",
		"NT AUTHORITY\\SYSTEM",
		"AUTORITE NT\\Syst\u00e8me",
		"NT-AUTORIT\u00c4T\\SYSTEM",
		"IIS APPPOOL\\MyApp",
		"NT SERVICE\\sshd",
		"DefaultAppPool",
		"SYSTEM",
		"Local Service",
		"DWM-1",
	];
	it.each(none)("%s gets no ID unless somebody says so", async (user) => {
		const stage = await Stage.set();
		const error = await refusal(stage, asked(user));
		expect(error).toMatchObject({ kind: "usage", code: "service-account", data: { users: [user], total: 1 } });
		expect(error.hints).toMatchObject([{ line: { words: [user], flags: { "service-account": true } } }]);
		expect(await given(stage, asked(user, { serviceAccounts: true }))).toEqual([`1* ${user}`]);
		// Whoever has one keeps it.
		expect(await given(stage, asked(user))).toEqual([`1 ${user}`]);
	});

	it("are told by SID, whatever they are called", async () => {
		const stage = await Stage.set();
		for (const sid of ["S-1-5-18", "S-1-5-82-1-2-3-4-5"]) {
			const request = { environment: "default", applicants: [{ account: { ...parseAccount("ana"), sid } }] };
			expect(await refusal(stage, request)).toMatchObject({ code: "service-account" });
		}
	});

	it.each(["systems", "CORP\\system.admin", "ana$maria", "CORP\\local", "servicedesk", "CORP\\dwm"])(
		"%s is nobody of them",
		async (user) => expect(await given(await Stage.set(), asked(user))).toEqual([`1* ${user}`]),
	);

	it("are all named at once", async () => {
		const error = await refusal(await Stage.set(), asked("CORP\\ana, A$, B$"));
		expect(error.data).toEqual({ users: ["A$", "B$"], total: 2 });
	});
});

it("a note that is not stored is told", async () => {
	const stage = await Stage.set({}, { 1: "CORP\\ana" });
	const answer = async (users: string, note: string) =>
		allocationAnswer(await stage.carry((view) => planAllocation(view, asked(users, { note }), now)));
	expect(await answer("CORP\\ana, CORP\\ben", "boss")).toMatchObject({ noteNotStored: ["CORP\\ana"] });
	expect(await answer("CORP\\ben", "boss")).not.toHaveProperty("noteNotStored");
	expect(await answer("CORP\\ben", "other")).toMatchObject({ noteNotStored: ["CORP\\ben"] });
});

describe("a name that may have lost its backslash", () => {
	it.each([
		["CORPana", "CORP\\ana"],
		["corp.example.comana", "CORP\\ana"],
		["LABben", "ben@lab.example.org"],
		["CORPcleo", "CORP\\cleo"],
	])("is told where %s could be %s, and gets its ID all the same", async (user, registered) => {
		const ids = { 1: "CORP\\ana", 2: "ben@lab.example.org", 3: `CORP\\cleo until ${resting}` };
		const stage = await Stage.set({}, ids);
		const answer = allocationAnswer(await stage.carry((view) => planAllocation(view, asked(user), now)));
		expect(answer).toMatchObject({ allocations: [{ user, created: true }], lookAlike: [{ user, registered }] });
		const again = allocationAnswer(await stage.plan((view) => planAllocation(view, asked(user), now)));
		expect(again).not.toHaveProperty("lookAlike");
	});

	it.each(["CORPzoe", "ana", "XCORPana", "LAB\\CORPana", "CORP"])("is not suspected in %s", async (user) => {
		const stage = await Stage.set({}, { 1: "CORP\\ana" });
		const plan = await stage.plan((view) => planAllocation(view, asked(user === "ana" ? "LAB\\ana" : user), now));
		expect(allocationAnswer(plan)).not.toHaveProperty("lookAlike");
	});

	it("is not suspected in a file, which no shell has read", async () => {
		const stage = await Stage.set({}, { 1: "CORP\\ana" });
		const applicants = [{ account: parseAccount("CORPana"), line: 3 }];
		const plan = await stage.plan((view) => planAllocation(view, { environment: "default", applicants }, now));
		expect(allocationAnswer(plan)).not.toHaveProperty("lookAlike");
	});
});
