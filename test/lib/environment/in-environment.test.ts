import { describe, expect, it } from "vitest";
import { parseAccount } from "../../../src/lib/account/account.js";
import { planSetEnvironment } from "../../../src/lib/environment/plan.js";
import type { CfmError } from "../../../src/lib/errors.js";
import { planAllocation } from "../../../src/lib/id/allocate.js";
import { parseIdRanges } from "../../../src/lib/id/ids.js";
import { planMove } from "../../../src/lib/id/move.js";
import { parseTarget, planRelease } from "../../../src/lib/id/release.js";
import { planReserve } from "../../../src/lib/id/reserve.js";
import { showAllocation } from "../../../src/lib/id/show.js";
import { known } from "../../../src/lib/known.js";
import { lookAtPorts } from "../../../src/lib/port/obstacles.js";
import type { RegistryView } from "../../../src/lib/registry/registry.js";
import { failure } from "../failure.js";
import { expectRunnable, said } from "../hints.js";
import { FakeNetwork, listener, owner } from "../port/fake-network.js";
import { now, resting, Stage } from "../registry/stage.js";

const ids = { 1: "CORP\\ana", 2: "(reserved)", 3: `CORP\\old until ${resting}`, 4: "CORP\\ben" };
const environment = "Farm";
const applicants = [{ account: parseAccount("CORP\\new") }];
const account = parseAccount("CORP\\ana");

async function refused(plan: (view: RegistryView) => Promise<unknown>): Promise<CfmError> {
	const stage = await Stage.set({ name: environment, firstId: 0 }, ids);
	return failure(() => stage.plan(plan));
}

async function heldEverywhere() {
	const network = new FakeNetwork();
	network.found = known(Array.from({ length: 11 }, (_, at) => listener(24_250 + at, owner("CORP\\x"))));
	return (await lookAtPorts(24_250, network, () => {})).asking;
}

describe("every command among the hints acts on the environment that was meant:", () => {
	const give = (id: number) => (view: RegistryView) => planAllocation(view, { environment, applicants, id }, now);
	const move = (id: number) => (view: RegistryView) => planMove(view, { environment, account, id }, now);
	it.each<[string, (view: RegistryView) => Promise<unknown>]>([
		["a taken ID", give(4)],
		["a reserved one", give(2)],
		["one that rests", give(3)],
		["one outside the range", give(99)],
		["a move to a taken one", move(4)],
		["a move to a reserved one", move(2)],
		[
			"another one than the user has",
			(view) => planAllocation(view, { environment, applicants: [{ account }], id: 7 }),
		],
		[
			"one whose port is held",
			async (view) => planAllocation(view, { environment, applicants, id: 7, obstacle: await heldEverywhere() }),
		],
		[
			"no usable one",
			async (view) => planAllocation(view, { environment, applicants, obstacle: await heldEverywhere() }),
		],
		[
			"a move to one whose port is held",
			async (view) => planMove(view, { environment, account, id: 7, obstacle: await heldEverywhere() }),
		],
		["a move of nobody", (view) => planMove(view, { environment, account: parseAccount("CORP\\no"), id: 7 })],
		["a reservation of taken ones", (view) => planReserve(view, { environment, ranges: parseIdRanges("1-4") })],
		["a release of a free one", (view) => planRelease(view, { environment, targets: [{ id: 9 }], atOnce: false })],
		["a look at a free one", (view) => showAllocation(view, parseTarget("9"), environment)],
		["a look at nobody", (view) => showAllocation(view, parseTarget("CORP\\no"), environment)],
		[
			"a port rule that gives somebody the regular edition's port",
			(view) => planSetEnvironment(view, { name: environment, settings: { portBase: 24_249 }, commonPort: 24_250 }),
		],
	])("%s", async (_, plan) => {
		const error = await refused(plan);
		await expectRunnable(error);
		const commands = said(error).filter((hint) => hint.startsWith("cfm ") && !hint.startsWith("cfm again"));
		expect(commands).not.toEqual([]);
		for (const hint of commands) expect(hint).toMatch(/ --environment Farm\b|^cfm environments \w+ Farm\b/);
	});
});
