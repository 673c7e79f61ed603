import { describe, expect, it } from "vitest";
import { followUps } from "../../../src/lib/id/follow-up.js";
import type { LookKind } from "../../../src/lib/registry/look.js";
import { expectRunnable } from "../hints.js";
import { Stage } from "../registry/stage.js";

const ana = { user: "CORP\\ana", id: 7, changed: true };

async function seenOn(...seen: [machine: string, kind: LookKind][]): Promise<Stage> {
	const stage = await Stage.set({}, { 7: "CORP\\ana" });
	for (const [machine, kind] of seen) {
		const sightings = [{ user: "CORP\\ana", id: 7, attention: false, facts: {} }];
		await stage.registry.keepLook({
			environment: "default",
			machine,
			kind,
			at: "2026-03-01T00:00:00.000Z",
			users: null,
			sightings,
		});
	}
	return stage;
}

const told = async (stage: Stage, verb: "move" | "release" | "rename", all = [ana]) =>
	(await followUps(stage.registry, verb, "default", all)).map(({ machine, command }) => `${machine}: ${command}`);

describe("what must follow a change", () => {
	it("is said of each machine where a last look saw the ID, for what was seen", async () => {
		const stage = await seenOn(["TS01", "clients"], ["TS01", "web-ids"], ["TS02", "clients"]);
		expect(await told(stage, "move")).toEqual(["TS01: client set", "TS01: web set", "TS02: client set"]);
		expect(await told(stage, "release")).toEqual(["TS01: uninstall", "TS01: web clear", "TS02: uninstall"]);
		expect(await told(stage, "rename")).toEqual(["TS01: users show", "TS02: users show"]);
	});

	it("is said of no machine in particular where nobody looked", async () => {
		expect(await told(await seenOn(), "move")).toEqual(["null: client set", "null: web set"]);
	});

	it("is nothing where nothing was changed, or nobody had the ID", async () => {
		const stage = await seenOn(["TS01", "clients"]);
		expect(await told(stage, "move", [{ ...ana, changed: false }])).toEqual([]);
		expect(await followUps(stage.registry, "release", "default", [{ ...ana, user: null }])).toEqual([]);
	});

	it("is commands that run", async () => {
		for (const verb of ["move", "release", "rename"] as const)
			await expectRunnable({ hints: await followUps((await seenOn()).registry, verb, "default", [ana]) });
	});
});
