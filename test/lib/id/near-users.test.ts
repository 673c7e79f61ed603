import { describe, expect, it } from "vitest";
import { parseAccount } from "../../../src/lib/account/account.js";
import { history } from "../../../src/lib/id/history.js";
import { planMove } from "../../../src/lib/id/move.js";
import { nearUsers } from "../../../src/lib/id/near-users.js";
import { planRelease } from "../../../src/lib/id/release.js";
import { planRename } from "../../../src/lib/id/rename.js";
import { planSet } from "../../../src/lib/id/set.js";
import { showAllocation } from "../../../src/lib/id/show.js";
import type { RegistryView } from "../../../src/lib/registry/registry.js";
import { failure } from "../failure.js";
import { expectRunnable, said } from "../hints.js";
import { Stage } from "../registry/stage.js";

const here = { environment: "default" };
const account = parseAccount("marianna");
const target = { account };

describe("a misspelled user is told who may have been meant", () => {
	it.each<[string, (view: RegistryView) => Promise<unknown>]>([
		["show", (view) => showAllocation(view, target, "default")],
		["release", (view) => planRelease(view, { ...here, targets: [target], atOnce: false })],
		["move", (view) => planMove(view, { ...here, account, id: 9 })],
		["set", (view) => planSet(view, { ...here, target, note: "x" })],
		["rename", (view) => planRename(view, { ...here, target, account: parseAccount("mary") }, [])],
		["history", (view) => history(view, { account, ...here })],
	])("by ids %s", async (_, ask) => {
		const stage = await Stage.set({}, { 7: "CORP\\mariana", 8: "CORP\\ben" });
		const error = await failure(() => stage.plan(ask));
		expect(error.kind).toBe("not-found");
		expect(said(error)[0]).toContain("Did you mean CORP\\mariana?");
		await expectRunnable(error);
	});

	it("and not line by line of a file", async () => {
		const stage = await Stage.set({}, { 7: "CORP\\mariana" });
		const plan = await stage.plan((view) =>
			planRelease(view, { ...here, targets: [{ account, line: 2 }], atOnce: false }),
		);
		expect(plan.bad).toMatchObject([{ line: 2 }]);
	});

	it("nearest first, of the same name in another domain too, and nobody who is called otherwise", async () => {
		const stage = await Stage.set(
			{},
			{ 1: "CORP\\marian", 2: "LAB\\marianna", 3: "CORP\\mariana", 4: "CORP\\mario", 5: "zoe" },
		);
		const near = await stage.plan((view) => nearUsers(view, "default", parseAccount("CORP\\marianna")));
		expect(near).toEqual(["LAB\\marianna", "CORP\\mariana", "CORP\\marian"]);
	});
});
