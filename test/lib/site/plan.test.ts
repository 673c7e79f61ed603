import { describe, expect, it } from "vitest";
import { planAddSites, planRemoveSites, siteAnswer } from "../../../src/lib/site/plan.js";
import { listSites } from "../../../src/lib/site/site.js";
import { failure } from "../failure.js";
import { now, Stage } from "../registry/stage.js";

const one = "https://one.example.com";
const two = "https://two.example.com";
const since = now.toISOString();
const add = (sites: { origin: string; note?: string | null }[], environment = "default") => {
	return (view: Parameters<typeof planAddSites>[0]) => planAddSites(view, { environment, sites }, now);
};
const remove = (...origins: string[]) => {
	return (view: Parameters<typeof planRemoveSites>[0]) => planRemoveSites(view, { environment: "default", origins });
};

describe("adding sites", () => {
	it("adds what is not there, once, with its note", async () => {
		const stage = await Stage.set();
		const plan = await stage.carry(add([{ origin: one, note: "portal" }, { origin: two }, { origin: one }]));
		expect(siteAnswer(plan)).toEqual({
			environment: "default",
			sites: [
				{ origin: one, note: "portal", since, outcome: "added" },
				{ origin: two, note: null, since, outcome: "added" },
			],
			total: 2,
		});
		const sites = await stage.plan((view) => listSites(view, "default"));
		expect(sites.map(({ origin, note }) => [origin, note])).toEqual([
			[one, "portal"],
			[two, null],
		]);
	});

	it("leaves what is there alone; another note is a change, no note is none", async () => {
		const stage = await Stage.set();
		await stage.carry(add([{ origin: one, note: "portal" }]));
		for (const note of [undefined, null, "portal"]) {
			const plan = await stage.plan(add([{ origin: one, ...(note === undefined ? {} : { note }) }]));
			expect(plan).toMatchObject({ changes: [], answers: [{ note: "portal", outcome: "already-so" }] });
		}
		const plan = await stage.carry(add([{ origin: one, note: "signing" }]));
		expect(plan.answers).toEqual([{ origin: one, note: "signing", since, outcome: "changed" }]);
		expect(await stage.plan((view) => listSites(view, "default"))).toMatchObject([{ note: "signing", since }]);
	});

	it("asks for an environment that is there", async () => {
		const stage = await Stage.set();
		const error = await failure(() => stage.plan(add([{ origin: one }], "north")));
		expect([error.kind, error.code]).toEqual(["not-found", "no-environment"]);
	});
});

describe("removing sites", () => {
	it("removes what is there, and what is not is already so", async () => {
		const stage = await Stage.set();
		await stage.carry(add([{ origin: one }, { origin: two }]));
		const plan = await stage.carry(remove(one, "https://never.test", one));
		expect(plan.answers).toEqual([
			{ origin: one, note: null, since, outcome: "removed" },
			{ origin: "https://never.test", note: null, since: null, outcome: "already-so" },
		]);
		expect(await stage.plan((view) => listSites(view, "default"))).toMatchObject([{ origin: two }]);
	});
});
