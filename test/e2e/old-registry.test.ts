import { copyFileSync, existsSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { Scene } from "../shape/scene.js";
import { initialised, json, root } from "./cfm.js";

let scene: Scene;
beforeEach(async () => {
	scene = await initialised();
	const { result } = await json(scene, ["registry", "info"]);
	// What an older cfm wrote takes the place of the registry that was just made.
	copyFileSync(join(root, "test/contract/schema-3/registry.db"), result.registry);
});
afterEach(() => scene.remove());

it("a registry of an older cfm is refused, brought up to date when asked, and goes on as it was", async () => {
	expect(await json(scene, ["ids", "list"])).toMatchObject({ code: 4, error: { code: "registry-older" } });
	const plan = await json(scene, ["registry", "migrate", "--dry-run"]);
	expect(plan.result).toMatchObject({ from: 3, changed: true, kept: null, dryRun: true });
	const done = await json(scene, ["registry", "migrate", "--yes"]);
	expect(done.result).toMatchObject({ from: 3, changed: true });
	expect(existsSync(done.result.kept)).toBe(true);
	expect(await json(scene, ["registry", "migrate", "--yes"])).toMatchObject({ code: 0, result: { changed: false } });

	expect((await json(scene, ["registry", "check"])).result).toMatchObject({
		problems: [],
		checked: { allocations: 8 },
	});
	const actions = (await json(scene, ["ids", "history", "CORP\\ana"])).result.events.map(
		({ action }: { action: string }) => action,
	);
	expect(actions).toEqual(["allocate", "install", "set-client"]);
	expect((await json(scene, ["sites", "list", "-e", "Lab"])).result.total).toBe(1);
	expect((await json(scene, ["environments", "remove", "Lab", "--confirm", "Lab"])).error.code).toBe(
		"environment-in-use",
	);
	expect((await json(scene, ["ids", "allocate", "CORP\\new"])).result.allocations).toMatchObject([{ id: 5 }]);
	expect((await json(scene, ["registry", "check"])).result.problems).toEqual([]);
});
