import { describe, expect, it, vi } from "vitest";
import { parseAccount } from "../../../src/lib/account/account.js";
import { type AllocationRequest, allocationAnswer, anyNewcomer, planAllocation } from "../../../src/lib/id/allocate.js";
import { planMove } from "../../../src/lib/id/move.js";
import { known, unknown } from "../../../src/lib/known.js";
import { commonPortOnly, givenByLook, lookAtPorts } from "../../../src/lib/port/obstacles.js";
import { tryCandidates } from "../../../src/lib/port/try-candidates.js";
import { failure } from "../failure.js";
import { expectRunnable, said } from "../hints.js";
import { now, Stage } from "../registry/stage.js";
import { connection, FakeNetwork, listener, nobodyKnown, owner } from "./fake-network.js";

/** The regular edition's port. */
const common = 24_250;

async function asked(network: FakeNetwork, users: string, more: Partial<AllocationRequest> = {}) {
	const remarks: string[] = [];
	const request: AllocationRequest = {
		environment: "default",
		applicants: users.split(", ").map((user) => ({ account: parseAccount(user) })),
		obstacle: (await lookAtPorts(common, network, (text) => remarks.push(text))).asking,
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

	it("says what can't be determined, and passes over nothing for it", async () => {
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

describe("a port that no table shows", () => {
	it("is tried, and passed over whatever keeps it", async () => {
		const network = new FakeNetwork();
		network.binds = { 24251: known("excluded"), 24252: known("in-use") };
		network.others = [connection(24_253, owner("CORP\\ben", { process: "outlook.exe" }))];
		const stage = await Stage.set();
		const { request } = await asked(network, "CORP\\ana");
		const { allocations, skipped } = allocationAnswer(await stage.plan((view) => planAllocation(view, request, now)));
		expect(allocations).toMatchObject([{ id: 4 }]);
		expect(skipped?.map(({ code }) => code)).toEqual(["port-excluded", "port-in-use", "port-in-use"]);
		expect(skipped?.[2]?.message).toContain("outlook.exe");
		expect(network.looks).toBe(0);
	});

	it("is refused when it is wished for", async () => {
		const network = new FakeNetwork();
		network.binds[24_257] = known("excluded");
		const stage = await Stage.set();
		const { request } = await asked(network, "CORP\\ana", { id: 7 });
		const error = await failure(() => stage.plan((view) => planAllocation(view, request, now)));
		expect(error).toMatchObject({ code: "port-excluded" });
	});

	it("is no obstacle where nobody can bind anything, which is said once", async () => {
		const network = new FakeNetwork();
		for (let port = 24_251; port < 24_261; port++) network.binds[port] = unknown("no loopback");
		const answer = await given(network, "CORP\\ana, CORP\\cleo");
		expect(answer).toMatchObject({ ids: [1, 2], skipped: undefined });
		expect(answer.remarks).toHaveLength(1);
	});

	it("is tried only for an ID that nobody holds", async () => {
		const network = new FakeNetwork();
		const stage = await Stage.set({}, { 1: "CORP\\ben", 2: "(reserved)", 3: "CORP\\x until 2027-01-01T00:00:00.000Z" });
		const { request } = await asked(network, "CORP\\ben, CORP\\ana");
		await stage.plan((view) => planAllocation(view, request, now));
		for (const id of [1, 2, 3]) {
			const one = { ...request, applicants: request.applicants.slice(1), id };
			await failure(() => stage.plan((view) => planAllocation(view, one, now)));
		}
		for (const id of [2, 3]) {
			const wish = { environment: "default", account: parseAccount("CORP\\ben"), id, obstacle: request.obstacle };
			await failure(() => stage.plan((view) => planMove(view, wish, now)));
		}
		expect(new Set(network.tried)).toEqual(new Set([24_254]));
	});
});

describe("giving by what was tried before", () => {
	/** Where others take IDs between the look and the change: as often as it says. */
	async function race(times: number, network = new FakeNetwork(), lastId = 200) {
		const stage = await Stage.set({ lastId });
		const ports = await lookAtPorts(common, network, () => {});
		const request = { environment: "default", applicants: [{ account: parseAccount("CORP\\ana") }] };
		const tried: number[] = [];
		let turn = 0;
		const answer = await givenByLook(
			ports,
			async (obstacle, more) => {
				await stage.plan((view) => tryCandidates(view, { ...request, obstacle }, more));
				tried.push(network.tried.length);
			},
			async (obstacle) => {
				if (turn++ < times) {
					const other = { environment: "default", applicants: [{ account: parseAccount(`CORP\\other${turn}`) }] };
					await stage.carry((view) => planAllocation(view, other, now));
				}
				const before = network.tried.length;
				const plan = await stage.carry((view) => planAllocation(view, { ...request, obstacle }, now));
				expect(network.tried).toHaveLength(before);
				return allocationAnswer(plan);
			},
		);
		return { ids: answer.allocations.map(({ id }) => id), tried };
	}

	it("does not plan twice where no machine is to be looked at", async () => {
		const look = vi.fn();
		const given = await givenByLook(await lookAtPorts(common, undefined, () => {}), look, async () => "given");
		expect(given).toBe("given");
		expect(look).not.toHaveBeenCalled();
	});

	it("tries one port for one user", async () => {
		expect(await race(0)).toEqual({ ids: [1], tried: [1] });
	});

	it("looks again when the one that was tried is taken, and tries more of them", async () => {
		const { ids, tried } = await race(3);
		expect(ids).toEqual([3]);
		expect(tried).toEqual([1, 10]);
	});

	it("never gives one that was not tried, nor one that cannot be bound", async () => {
		const network = new FakeNetwork();
		for (const id of [2, 3, 5]) network.binds[24_250 + id] = known("in-use");
		expect((await race(1, network)).ids).toEqual([4]);
		for (const id of [2, 4]) expect(network.tried).toContain(24_250 + id);
	});

	it("passes on what stands against the request itself", async () => {
		const network = new FakeNetwork();
		for (let id = 1; id <= 10; id++) network.binds[24_250 + id] = known("excluded");
		expect(await failure(() => race(0, network, 10))).toMatchObject({ code: "range-full" });
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
