import { describe, expect, it } from "vitest";
import { parseAccount } from "../../../src/lib/account/account.js";
import { parseDomains } from "../../../src/lib/account/domains.js";
import { findInstallation } from "../../../src/lib/client/installation.js";
import { planAllocation } from "../../../src/lib/id/allocate.js";
import { history } from "../../../src/lib/id/history.js";
import { parseTarget, planRelease } from "../../../src/lib/id/release.js";
import { planRename } from "../../../src/lib/id/rename.js";
import { recordKinds } from "../../../src/lib/record-kinds.js";
import { anInstallation, installationChange, make } from "../../contract/store.js";
import { failure } from "../failure.js";
import { expectRunnable } from "../hints.js";
import { now, resting, Stage } from "../registry/stage.js";

const environment = "default";

const rename = (stage: Stage, old: string, name: string, sid?: string) => {
	const account = { ...parseAccount(name), ...(sid === undefined ? {} : { sid }) };
	return stage.carry((view) => planRename(view, { environment, target: parseTarget(old), account }, recordKinds));
};
const give = (stage: Stage, user: string) =>
	stage.carry((view) => planAllocation(view, { environment, applicants: [{ account: parseAccount(user) }] }, now));
const told = (stage: Stage, user: string) =>
	stage.plan(async (view) => {
		const { events, total } = await history(view, { account: parseAccount(user) });
		const all = (await Array.fromAsync(events)).flat();
		expect(total).toBe(all.length);
		return all.map(({ action, subject, id }) => `${action} ${subject} ${id}`);
	});

describe("a new name", () => {
	it("keeps ID, note and all that is recorded of the person", async () => {
		const stage = await Stage.set({}, { 3: "CORP\\ana", 4: "CORP\\ben" });
		await make(stage.registry, [
			installationChange(null, anInstallation({ user: "ana@corp.example.com", id: 3 })),
			installationChange(null, anInstallation({ user: "CORP\\ana", id: 3, machine: "TS02" })),
			installationChange(null, anInstallation({ user: "CORP\\ben", id: 4 })),
		]);
		const plan = await rename(stage, "CORP\\ana", "CORP\\ana.smith");
		expect(plan.records).toBe(2);
		expect(await stage.rows()).toEqual(["3 CORP\\ana.smith", "4 CORP\\ben"]);
		const account = parseAccount("CORP\\ana.smith");
		for (const machine of ["TS01", "TS02"]) {
			const found = await stage.plan((view) => findInstallation(view, environment, machine, account));
			expect(found).toMatchObject({ user: "CORP\\ana.smith", id: 3 });
		}
		expect((await stage.registry.check(recordKinds)).problems).toEqual([]);
	});

	it("is of a person who is quarantined too, and told by ID", async () => {
		const stage = await Stage.set({}, { 3: `CORP\\ana until ${resting}` });
		await rename(stage, "3", "ana.smith@corp.example.com");
		expect(await stage.rows()).toEqual([`3 ana.smith@corp.example.com until ${resting}`]);
	});

	it("is already so the second time, and may be another spelling of the old one", async () => {
		const stage = await Stage.set({}, { 3: "ana" });
		await rename(stage, "ana", "CORP\\ana");
		expect((await rename(stage, "CORP\\ana", "CORP\\ana")).changes).toEqual([]);
		expect(await stage.rows()).toEqual(["3 CORP\\ana"]);
	});

	it("records the SID", async () => {
		const stage = await Stage.set({}, { 3: "CORP\\ana" });
		await rename(stage, "CORP\\ana", "CORP\\ana.smith", "S-1-5-21-9");
		expect(await stage.plan((view) => view.allocation(environment, 3))).toMatchObject({
			user: "CORP\\ana.smith",
			sid: "S-1-5-21-9",
		});
		expect((await stage.registry.check(recordKinds)).problems).toEqual([]);
	});

	it.each([
		["CORP\\ana", "CORP\\ben", "conflict", "user-has-other-id"],
		["CORP\\ana", "ben@corp.example.com", "conflict", "user-has-other-id"],
		["CORP\\ana", "CORP\\gone", "conflict", "user-has-other-id"],
		["CORP\\nobody", "CORP\\x", "not-found", "no-allocation"],
		["9", "CORP\\x", "not-found", "id-not-given"],
		["6", "CORP\\x", "usage", "nobody-to-rename"],
	])("of %s as %s is refused as %s %s", async (old, name, kind, code) => {
		const ids = { 3: "CORP\\ana", 4: "CORP\\ben", 5: `CORP\\gone until ${resting}`, 6: "(reserved)" };
		const stage = await Stage.set({}, ids);
		const error = await failure(() => rename(stage, old, name));
		expect(error).toMatchObject({ kind, code });
		await expectRunnable(error);
	});
});

describe("the history of somebody who was renamed", () => {
	it("is one under every name, before and after", async () => {
		const stage = await Stage.set();
		await give(stage, "CORP\\ana");
		await rename(stage, "CORP\\ana", "CORP\\ana.smith");
		await rename(stage, "CORP\\ana.smith", "CORP\\smith");
		await stage.carry((view) =>
			planRelease(view, { environment, targets: [parseTarget("CORP\\smith")], atOnce: false }, now),
		);
		const all = [
			"allocate CORP\\ana 1",
			"id.rename CORP\\ana.smith 1",
			"id.rename CORP\\smith 1",
			"release CORP\\smith 1",
		];
		expect(await told(stage, "CORP\\smith")).toEqual(all);
		expect(await told(stage, "CORP\\ana.smith")).toEqual(all);
		expect(await told(stage, "CORP\\ana")).toEqual(all);
		expect(await told(stage, "smith@corp.example.com")).toEqual(all);
	});

	it("is not that of whoever is called by the old name now", async () => {
		const stage = await Stage.set();
		await give(stage, "CORP\\ana");
		await rename(stage, "CORP\\ana", "CORP\\ana.smith");
		await give(stage, "CORP\\ana");
		expect(await told(stage, "CORP\\ana")).toEqual(["allocate CORP\\ana 2"]);
		expect(await told(stage, "CORP\\ana.smith")).toEqual(["allocate CORP\\ana 1", "id.rename CORP\\ana.smith 1"]);
	});

	it("knows the other names of a domain, and names beyond ASCII", async () => {
		const domains = parseDomains(["CORP=example.org"]);
		const stage = await Stage.set({ domain: "CORP", domains });
		await give(stage, "CORP\\J\u00fcrgen");
		await give(stage, "\u5c71\u7530");
		expect(await told(stage, "j\u00dcrgen@EXAMPLE.org")).toEqual(["allocate CORP\\J\u00fcrgen 1"]);
		expect(await told(stage, "CORP\\\u5c71\u7530")).toEqual(["allocate \u5c71\u7530 2"]);
		expect(await failure(() => told(stage, "\u212aevin"))).toMatchObject({ code: "no-history" });
	});

	it("is told by SID where another name stands in a record", async () => {
		const stage = await Stage.set();
		const account = { ...parseAccount("CORP\\ana"), sid: "S-1-5-21-7" };
		await stage.carry((view) => planAllocation(view, { environment, applicants: [{ account }] }, now));
		await stage.carry((view) => planRelease(view, { environment, targets: [{ id: 1 }], atOnce: true }, now));
		const anew = { ...parseAccount("CORP\\ana.new"), sid: "S-1-5-21-7" };
		await stage.carry((view) => planAllocation(view, { environment, applicants: [{ account: anew }] }, now));
		const all = ["allocate CORP\\ana 1", "release CORP\\ana 1", "allocate CORP\\ana.new 1"];
		expect(await told(stage, "CORP\\ana.new")).toEqual(all);
	});

	it("is not that of another account of the same name", async () => {
		const stage = await Stage.set();
		for (const sid of ["S-1-5-21-1", "S-1-5-21-2"]) {
			const account = { ...parseAccount("CORP\\ana"), sid };
			await stage.carry((view) => planAllocation(view, { environment, applicants: [{ account }] }, now));
			if (sid.endsWith("1"))
				await stage.carry((view) => planRelease(view, { environment, targets: [{ id: 1 }], atOnce: true }, now));
		}
		expect(await told(stage, "CORP\\ana")).toEqual(["allocate CORP\\ana 1"]);
		// Without a domain it is a search.
		expect(await told(stage, "ana")).toHaveLength(3);
	});
});
