import { describe, expect, it } from "vitest";
import { parseAccount } from "../../../src/lib/account/account.js";
import { parseDomains } from "../../../src/lib/account/domains.js";
import { history } from "../../../src/lib/id/history.js";
import { listAllocations } from "../../../src/lib/id/list.js";
import { parseTarget } from "../../../src/lib/id/release.js";
import { showAllocation } from "../../../src/lib/id/show.js";
import { anAllocation, anEnvironment, collect, environmentChange, idChange, make } from "../../contract/store.js";
import { failure } from "../failure.js";
import { expectRunnable } from "../hints.js";
import { resting, Stage } from "../registry/stage.js";

async function twoEnvironments(): Promise<Stage> {
	const stage = await Stage.set(
		{},
		{
			1: "CORP\\ana",
			2: "(reserved)",
			3: `CORP\\ben until ${resting}`,
			4: "CORP\\cleo",
			5: "LAB\\cleo",
			6: `cleo until ${resting}`,
		},
	);
	await make(stage.registry, [
		environmentChange(null, anEnvironment({ name: "lab", lastId: 3, portBase: 40_000, portStride: 2 })),
		idChange(null, anAllocation(3, { environment: "lab", user: "CORP\\ana" })),
	]);
	return stage;
}

describe("showing", () => {
	const shown = async (word: string, environment?: string) => {
		const stage = await twoEnvironments();
		const { allocations, total } = await stage.plan((view) => showAllocation(view, parseTarget(word), environment));
		expect(total).toBe(allocations.length);
		return allocations.map((one) => `${one.environment} ${one.id} ${one.port} ${one.user} ${one.state}`);
	};

	it.each<[string, string | undefined, string[]]>([
		["CORP\\ana", undefined, ["default 1 24251 CORP\\ana allocated", "lab 3 40006 CORP\\ana allocated"]],
		["ana@corp.example.com", "lab", ["lab 3 40006 CORP\\ana allocated"]],
		["ana", "LAB", ["lab 3 40006 CORP\\ana allocated"]],
		["3", undefined, ["default 3 24253 CORP\\ben quarantined", "lab 3 40006 CORP\\ana allocated"]],
		["2", undefined, ["default 2 24252 null reserved"]],
		["CORP\\ben", undefined, ["default 3 24253 CORP\\ben quarantined"]],
	])("%s in %s", async (word, environment, lines) => expect(await shown(word, environment)).toEqual(lines));

	it.each([
		["CORP\\zoe", undefined, "not-found", "no-allocation"],
		["7", undefined, "not-found", "id-not-given"],
		["99", "default", "not-found", "id-not-given"],
		["ana", "none", "not-found", "no-environment"],
		["cleo", "default", "conflict", "user-ambiguous"],
	])("%s in %s is refused as %s %s", async (word, environment, kind, code) => {
		const error = await failure(() => shown(word, environment));
		expect(error).toMatchObject({ kind, code });
		await expectRunnable(error);
	});
});

it("what is in no environment is said of the usual one", async () => {
	const stage = await twoEnvironments();
	for (const [usual, told] of [
		["lab", "lab"],
		["LAB", "lab"],
		["default", "default"],
		["gone", "default"],
	] as const) {
		const error = await failure(() =>
			stage.plan((view) => showAllocation(view, parseTarget("CORP\\zoe"), undefined, usual)),
		);
		expect(error.data.environment).toBe(told);
		expect(error.hints).toMatchObject([{ command: "ids allocate", flags: { environment: told } }]);
	}
});

describe("a list", () => {
	it.each([
		["CORP\\*", ["1", "2", "3", "4"]],
		["*@corp.example.com", ["1", "2", "3", "4"]],
		["*@corp.*", ["1", "2", "3", "4"]],
		["old.example\\*", ["1", "2", "3", "4"]],
		["LAB\\*", ["5"]],
		["lab.example.com\\a*", ["5"]],
		["corp.other\\*", []],
		["*\\ana", ["1", "2", "3", "5"]],
		["an?", ["1", "2", "3", "5"]],
	])("of users like %s knows the domains' other names", async (userPattern, ids) => {
		const domains = parseDomains(["CORP=corp.example.com=old.example"]);
		const stage = await Stage.set({ domain: "CORP", domains });
		const users = ["CORP\\ana", "ana@corp.example.com", "ana", "old.example\\ben", "LAB\\ana"];
		await make(
			stage.registry,
			users.map((user, at) => idChange(null, anAllocation(at + 1, { user, state: "quarantined", until: resting }))),
		);
		const { allocations, total } = await listAllocations(await stage.registry.snapshot(), { userPattern });
		expect((await collect(allocations)).map(({ id }) => String(id))).toEqual(ids);
		expect(total).toBe(ids.length);
	});

	it("has the port of each environment's own rule, and the total beside the page", async () => {
		const stage = await twoEnvironments();
		const view = await stage.registry.snapshot();
		const { allocations, total } = await listAllocations(view, { userPattern: "ana", limit: 1, offset: 1 });
		expect(total).toBe(2);
		expect(await collect(allocations)).toEqual([
			{
				user: "CORP\\ana",
				id: 3,
				port: 40_006,
				state: "allocated",
				environment: "lab",
				since: expect.any(String),
				until: null,
				note: null,
				sid: null,
			},
		]);
	});

	it("of an environment that is not there is refused: a wrong name must not look like no users", async () => {
		const stage = await twoEnvironments();
		const error = await failure(() => stage.plan((view) => listAllocations(view, { environment: "labb" })));
		expect(error).toMatchObject({ kind: "not-found", code: "no-environment" });
	});
});

describe("a history", () => {
	it("tells the total beside the page", async () => {
		const stage = await twoEnvironments();
		const view = await stage.registry.snapshot();
		const { events, total } = await history(view, { account: parseAccount("ana"), limit: 1 });
		expect(total).toBe(2);
		expect((await collect(events)).map(({ environment, id }) => [environment, id])).toEqual([["default", 1]]);
	});

	it("of somebody or an environment nobody knows is refused", async () => {
		const stage = await twoEnvironments();
		const none = await failure(() => stage.plan((view) => history(view, { environment: "none" })));
		expect(none).toMatchObject({ kind: "not-found", code: "no-environment" });
		const error = await failure(() => stage.plan((view) => history(view, { account: parseAccount("zoe") })));
		expect(error).toMatchObject({ kind: "not-found", code: "no-history" });
		await expectRunnable(error);
		const id = await failure(() => stage.plan((view) => history(view, { id: 99 })));
		expect(id).toMatchObject({ kind: "not-found", code: "no-history" });
	});
});
