import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { parseAccount } from "../../../src/lib/account/account.js";
import { requireEnvironment } from "../../../src/lib/environment/environment.js";
import { allocateIds } from "../../../src/lib/id/allocate.js";
import { requireTrace } from "../../../src/lib/id/holder.js";
import { moveId } from "../../../src/lib/id/move.js";
import { releaseIds } from "../../../src/lib/id/release.js";
import { carryOut } from "../../../src/lib/operation/carry-out.js";
import type { Plan, RegistryOperation } from "../../../src/lib/operation/operation.js";
import { recordKinds } from "../../../src/lib/record-kinds.js";
import { clockDoubt } from "../../../src/lib/registry/clock.js";
import { anAttribution } from "../../contract/store.js";
import { Stage } from "./stage.js";

const day = 86_400_000;
const start = new Date("2026-06-01T08:00:00.000Z");
let stage: Stage;
beforeEach(async () => {
	vi.useFakeTimers({ now: start, toFake: ["Date"] });
	stage = await Stage.set({ quarantineDays: 30 });
});
afterEach(() => void vi.useRealTimers());

const setClock = (days: number) => void vi.setSystemTime(start.getTime() + days * day);
const carry = <P extends Plan, R extends object>(operation: RegistryOperation<P, R>) =>
	carryOut(operation, {
		registry: stage.registry,
		attribution: anAttribution(),
		asker: { agree: async () => true },
	});
const allocate = async (user: string) => {
	const { allocations } = await carry(
		allocateIds({ environment: "default", applicants: [{ account: parseAccount(user) }] }),
	);
	return allocations[0]?.id;
};
const release = (user: string) =>
	carry(releaseIds({ environment: "default", targets: [{ account: parseAccount(user) }], atOnce: false }));

it("a quarantine that began under a clock set back does not end early once the clock is right", async () => {
	await allocate("CORP\\ana");
	setClock(-400);
	await release("CORP\\ana");
	setClock(29);
	expect(await allocate("CORP\\ben")).toBe(2);
	setClock(31);
	expect(await allocate("CORP\\cid")).toBe(1);
});

it("nor does that of an ID that somebody was moved from", async () => {
	await allocate("CORP\\ana");
	setClock(-400);
	await carry(moveId({ environment: "default", account: parseAccount("CORP\\ana"), id: 5 }));
	setClock(29);
	expect(await allocate("CORP\\ben")).toBe(2);
});

it("no quarantine ends by a clock that was set forward by years", async () => {
	await allocate("CORP\\ana");
	await release("CORP\\ana");
	setClock(4000);
	expect(await allocate("CORP\\ben")).toBe(2);
});

it("the clock is doubted when it is behind the log, or far ahead of it, and not within a minute", async () => {
	await allocate("CORP\\ana");
	const doubt = (milliseconds: number) =>
		stage.registry.read((view) => clockDoubt(view, new Date(start.getTime() + milliseconds)));
	const last = start.toISOString();
	expect(await doubt(-61_000)).toEqual({ is: "behind", last });
	expect(await doubt(-59_000)).toBeUndefined();
	expect(await doubt(300 * day)).toBeUndefined();
	expect(await doubt(367 * day)).toEqual({ is: "ahead", last });
});

it("of several IDs that one account had the last one by the log counts, not by the clock", async () => {
	const [first, second] = [await allocate("CORP\\ana"), 7];
	await release("CORP\\ana");
	setClock(-400);
	const wish = { environment: "default", applicants: [{ account: parseAccount("CORP\\ana") }], id: second };
	await carry(allocateIds(wish));
	await release("CORP\\ana");
	expect([first, second]).toEqual([1, 7]);
	const trace = await stage.registry.read(async (view) =>
		requireTrace(view, await requireEnvironment(view, "default"), parseAccount("CORP\\ana")),
	);
	expect(trace.id).toBe(7);
});

it("check tells where time runs backwards, and that is no problem of the data", async () => {
	await allocate("CORP\\ana");
	setClock(-1);
	await allocate("CORP\\ben");
	const { problems, remarks } = await stage.registry.check(recordKinds);
	expect(problems).toEqual([]);
	expect(remarks).toEqual([expect.stringContaining("2026-05-31T08:00:00.000Z")]);
});
