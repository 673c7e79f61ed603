import { expect, it } from "vitest";
import { parseAccount } from "../../../src/lib/account/account.js";
import { newEvents } from "../../../src/lib/id/follow-history.js";
import { planMove } from "../../../src/lib/id/move.js";
import { Stage } from "../registry/stage.js";

it("the last changes are told first, then each new event once, also of somebody nothing was recorded about", async () => {
	const stage = await Stage.set({}, { 7: "CORP\\ana" });
	const move = (id: number) =>
		stage.carry((view) => planMove(view, { environment: "default", account: parseAccount("CORP\\ana"), id }));
	await move(8);
	const all = newEvents(stage.registry, {}, 1);
	const bens = newEvents(stage.registry, { account: parseAccount("CORP\\ben") }, 10);
	expect((await all()).map(({ action, id }) => [action, id])).toEqual([
		["move", 7],
		["move", 8],
	]);
	expect(await bens()).toEqual([]);
	expect(await all()).toEqual([]);
	await move(9);
	expect((await all()).map(({ action, id }) => [action, id])).toEqual([
		["move", 8],
		["move", 9],
	]);
	expect(await all()).toEqual([]);
	expect(await bens()).toEqual([]);
});
