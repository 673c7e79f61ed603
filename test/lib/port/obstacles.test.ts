import { describe, expect, it } from "vitest";
import { parseAccount } from "../../../src/lib/account/account.js";
import { type AllocationRequest, allocationAnswer, anyNewcomer, planAllocation } from "../../../src/lib/id/allocate.js";
import { known, unknown } from "../../../src/lib/known.js";
import { commonPortOnly, portObstacles } from "../../../src/lib/port/obstacles.js";
import { failure } from "../failure.js";
import { expectRunnable, said } from "../hints.js";
import { now, Stage } from "../registry/stage.js";
import { FakeNetwork, listener, nobodyKnown, owner } from "./fake-network.js";

/** The regular edition's port. */
const common = 24_250;

async function asked(network: FakeNetwork, users: string, more: Partial<AllocationRequest> = {}) {
	const remarks: string[] = [];
	const request: AllocationRequest = {
		environment: "default",
		applicants: users.split(", ").map((user) => ({ account: parseAccount(user) })),
		obstacle: await portObstacles(common, network, (text) => remarks.push(text)),
		...more,
	};
	return { request, remarks };
}

async function given(network: FakeNetwork, users: string, own = {}, taken: Record<number, string> = {}) {
	const stage = await Stage.set(own, taken);
	const { request, remarks } = await asked(network, users);
	const answer = allocationAnswer(await stage.carry((view) => planAllocation(view, request, now)));
	return {
		ids: answer.allocations.map(({ id }) => id),
		skipped: answer.skipped?.map(({ id, port, code }) => `${id} ${port} ${code}`),
		remarks,
	};
}

describe("an allocation", () => {
	it("passes over IDs whose ports somebody else holds or Windows keeps, and says which", async () => {
		const network = new FakeNetwork();
		network.found = known([listener(24_251, owner("CORP\\ben")), listener(24_254, nobodyKnown)]);
		network.ranges = known([
			{ first: 24_252, last: 24_252, administered: false },
			{ first: 24_253, last: 24_300, administered: true },
		]);
		expect(await given(network, "CORP\\ana, CORP\\cleo")).toEqual({
			ids: [3, 5],
			skipped: ["1 24251 port-in-use", "2 24252 port-excluded", "4 24254 port-in-use"],
			remarks: [],
		});
	});

	it("gives an ID whose port is held by its own user, under any spelling", async () => {
		const network = new FakeNetwork();
		network.found = known([listener(24_251, owner("CORP\\ana")), listener(24_252, owner("CORP\\cleo"))]);
		expect(await given(network, "ana@corp.example.com, cleo@corp")).toMatchObject({ ids: [1, 2], skipped: undefined });
		// Whose CORP\\cleo is, is not known to be that of any cleo.
		expect(await given(network, "CORP\\ana, cleo")).toMatchObject({ ids: [1, 3], skipped: ["2 24252 port-in-use"] });
	});

	it("never gives the regular edition's port, whatever else is ignored", async () => {
		const network = new FakeNetwork();
		expect(await given(network, "CORP\\ana", { firstId: 0 })).toMatchObject({
			ids: [1],
			skipped: ["0 24250 common-port"],
		});
		const stage = await Stage.set({ firstId: 0 });
		const { request } = await asked(network, "CORP\\ana", { obstacle: commonPortOnly(common) });
		const plan = await stage.plan((view) => planAllocation(view, request, now));
		expect(allocationAnswer(plan)).toMatchObject({ allocations: [{ id: 1 }], skipped: [{ id: 0 }] });
	});

	it("gives what is held when ports are to be ignored", async () => {
		const network = new FakeNetwork();
		network.found = known([listener(24_251, owner("CORP\\ben"))]);
		const stage = await Stage.set();
		const { request } = await asked(network, "CORP\\ana", { obstacle: commonPortOnly(common) });
		expect(allocationAnswer(await stage.plan((view) => planAllocation(view, request, now)))).toEqual({
			environment: "default",
			allocations: [{ user: "CORP\\ana", id: 1, port: 24_251, state: "allocated", created: true }],
			total: 1,
		});
	});

	it("finds IDs behind a long row of held ports", async () => {
		const network = new FakeNetwork();
		network.ranges = known([{ first: 24_251, last: 25_250, administered: false }]);
		const answer = await given(network, "CORP\\ana, CORP\\cleo", { lastId: 2000 });
		expect(answer.ids).toEqual([1001, 1002]);
		expect(answer.skipped).toHaveLength(1000);
	});

	it("is refused when no port is left, and changes nothing", async () => {
		const network = new FakeNetwork();
		network.ranges = known([{ first: 24_252, last: 24_300, administered: false }]);
		const stage = await Stage.set();
		const { request } = await asked(network, "CORP\\ana, CORP\\cleo");
		const error = await failure(() => stage.plan((view) => planAllocation(view, request, now)));
		expect(error).toMatchObject({ code: "range-full", data: { needed: 2, free: 1, skipped: { length: 9 } } });
		await expectRunnable(error);
	});

	it("asks for owners only when a port is held, and then once", async () => {
		const network = new FakeNetwork();
		network.found = known([listener(24_253, owner("CORP\\x")), listener(24_254, owner("CORP\\x"))]);
		const stage = await Stage.set();
		const { request } = await asked(network, "CORP\\ana, CORP\\ben");
		await stage.plan((view) => planAllocation(view, request, now));
		expect(network.looks).toBe(0);
		const more = { ...request, applicants: [...request.applicants, { account: parseAccount("CORP\\cleo") }] };
		expect((await stage.plan((view) => planAllocation(view, more, now))).skipped).toHaveLength(2);
		expect(network.looks).toBe(1);
	});

	it("says what could not be told, and passes over nothing for it", async () => {
		const network = new FakeNetwork();
		network.found = unknown("no table");
		network.ranges = unknown("netsh printed no table");
		const answer = await given(network, "CORP\\ana, CORP\\ben");
		expect(answer).toMatchObject({ ids: [1, 2], skipped: undefined });
		expect(answer.remarks).toHaveLength(2);
	});

	it("also weighs IDs whose rest is over", async () => {
		const network = new FakeNetwork();
		network.found = known([listener(24_251, owner("CORP\\ben"))]);
		const over = {
			1: "CORP\\old until 2026-03-01T00:00:00.000Z",
			2: "CORP\\x",
			3: "CORP\\y until 2026-03-01T00:00:00.000Z",
		};
		expect(await given(network, "CORP\\ana", {}, over)).toMatchObject({ ids: [3], skipped: ["1 24251 port-in-use"] });
	});
});

describe("whether anybody needs an ID", () => {
	const needs = async (users: string, environment = "default") => {
		const stage = await Stage.set({}, { 1: "CORP\\ana", 2: "CORP\\old until 2027-01-01T00:00:00.000Z" });
		const { request } = await asked(new FakeNetwork(), users, { environment });
		return stage.plan((view) => anyNewcomer(view, request));
	};
	it.each([
		["CORP\\ana", false],
		["ana@corp.example.com", false],
		["CORP\\ana, CORP\\new", true],
		["CORP\\old", true],
	])("%s: %s", async (users, answer) => expect(await needs(users)).toBe(answer));
	it("nobody does where there is no environment: that is said by the plan", async () => {
		expect(await needs("CORP\\new", "nowhere")).toBe(false);
	});
});

describe("a wanted ID", () => {
	it.each([
		[
			"is held by another user's process",
			(one: FakeNetwork) => {
				one.found = known([listener(24_257, owner("CORP\\ben"))]);
			},
			"port-in-use",
		],
		[
			"is kept by Windows",
			(one: FakeNetwork) => {
				one.ranges = known([{ first: 24_257, last: 24_257, administered: false }]);
			},
			"port-excluded",
		],
	])("is refused when its port %s", async (_, prepare, code) => {
		const network = new FakeNetwork();
		prepare(network);
		const stage = await Stage.set();
		const { request } = await asked(network, "CORP\\ana", { id: 7 });
		const error = await failure(() => stage.plan((view) => planAllocation(view, request, now)));
		expect(error).toMatchObject({ kind: "conflict", code, data: { id: 7 } });
		expect(said(error).at(-1)).toContain("--ignore-ports");
		await expectRunnable(error);
	});

	it("is refused when its port is the regular edition's, without a way around", async () => {
		const stage = await Stage.set({ firstId: 0 });
		const { request } = await asked(new FakeNetwork(), "CORP\\ana", { id: 0 });
		const error = await failure(() => stage.plan((view) => planAllocation(view, request, now)));
		expect(error).toMatchObject({ code: "common-port" });
		expect(said(error).join()).not.toContain("--ignore-ports");
	});
});
