import { describe, expect, it } from "vitest";
import { CfmError } from "../../../src/lib/errors.js";
import { carryOutOutside } from "../../../src/lib/operation/carry-out-outside.js";
import { type Asker, became, intended, type OutsideOperation } from "../../../src/lib/operation/operation.js";
import type { Registry } from "../../../src/lib/registry/registry.js";
import { anAllocation, anAttribution, collect, everything, idChange, make } from "../../contract/store.js";
import { failure } from "../failure.js";
import { Stage } from "../registry/stage.js";

const act = { action: "lamp.switch", environment: "default", subject: "CORP\\ana", id: 7 } as const;
const attribution = anAttribution({ requestKey: "ticket-9", repeatable: true, fingerprint: "lamp" });
const yes: Asker = { agree: async () => true };

/** Switches a lamp, which knows nothing of any registry. */
class Lamp {
	on = false;
	readonly log: string[] = [];
	breaks = false;

	switching(more: Partial<OutsideOperation<boolean, boolean, { on: boolean }>> = {}) {
		const operation: OutsideOperation<boolean, boolean, { on: boolean }> = {
			asked: {},
			plan: async () => {
				this.log.push("planned");
				return this.on;
			},
			needed: (isOn) => !isOn,
			danger: () => ({ question: "Switch it on?" }),
			intent: (isOn) => [intended(act, { on: isOn }, { on: true })],
			apply: async () => {
				this.log.push("applied");
				if (this.breaks) throw new Error("no current");
				this.on = true;
				return true;
			},
			outcome: async (_plan, on) => [became(act, { on })],
			answer: (isOn, done) => ({ on: done ?? isOn }),
			end: () => this.log.push("ended"),
			...more,
		};
		return operation;
	}
}

const carry = (lamp: Lamp, registry: Registry | undefined, more: object = {}) =>
	carryOutOutside(lamp.switching(more), { registry, attribution, asker: yes });

const told = (stage: Stage) =>
	stage.plan(async (view) =>
		(await collect(view.events({})))
			.filter(({ action }) => action.includes("."))
			.map(({ action, subject, id, after, requestKey }) => ({ action, subject, id, after, requestKey })),
	);

describe("a change outside the registry", () => {
	it("is told before and after, under one key, and ends", async () => {
		const [stage, lamp] = [await Stage.set(), new Lamp()];
		expect(await carry(lamp, stage.registry)).toEqual({ on: true });
		const same = { action: "lamp.switch", subject: "CORP\\ana", id: 7, requestKey: "ticket-9" };
		expect(await told(stage)).toEqual([
			{ ...same, after: { phase: "intended", on: true } },
			{ ...same, after: { phase: "done", on: true } },
		]);
		expect(lamp.log).toEqual(["planned", "applied", "ended"]);
	});

	it("that throws half-way is recorded as failed, and the same request goes on", async () => {
		const [stage, lamp] = [await Stage.set(), new Lamp()];
		lamp.breaks = true;
		await expect(carry(lamp, stage.registry)).rejects.toThrow("no current");
		expect(await told(stage)).toMatchObject([
			{ after: { phase: "intended" } },
			{ after: { phase: "failed", code: "unexpected" } },
		]);
		expect(lamp.log.at(-1)).toBe("ended");
		lamp.breaks = false;
		expect(await carry(lamp, stage.registry)).toEqual({ on: true });
		expect(await told(stage)).toHaveLength(4);
	});

	it("that throws an error of ours is recorded under its code", async () => {
		const [stage, lamp] = [await Stage.set(), new Lamp()];
		const apply = () => Promise.reject(new CfmError("busy", "lamp-held", "held"));
		expect(await failure(() => carry(lamp, stage.registry, { apply }))).toMatchObject({ code: "lamp-held" });
		expect((await told(stage)).at(-1)).toMatchObject({ after: { phase: "failed", code: "lamp-held" }, id: 7 });
	});

	it("that throws is told as what it threw, also when the registry takes no more", async () => {
		const [stage, lamp] = [await Stage.set(), new Lamp()];
		const full = new Error("no room");
		let changes = 0;
		const registry: Registry = Object.assign(Object.create(stage.registry), {
			change: (...words: Parameters<Registry["change"]>) =>
				++changes > 1 ? Promise.reject(full) : stage.registry.change(...words),
		});
		lamp.breaks = true;
		await expect(carry(lamp, registry)).rejects.toThrow("no current");
	});

	it("that was answered under its key is not made again", async () => {
		const [stage, lamp] = [await Stage.set(), new Lamp()];
		await carry(lamp, stage.registry);
		lamp.on = false;
		expect(await carry(lamp, stage.registry)).toEqual({ on: true });
		expect(lamp.on).toBe(false);
		expect(lamp.log).toEqual(["planned", "applied", "ended", "ended"]);
	});

	it("that failed is recorded, thrown, and may be tried again under its key", async () => {
		const [stage, lamp] = [await Stage.set(), new Lamp()];
		const failing = { apply: async () => false, failure: (on: boolean) => (on ? undefined : new Error("dark")) };
		await expect(carry(lamp, stage.registry, failing)).rejects.toThrow("dark");
		expect(await told(stage)).toMatchObject([
			{ after: { phase: "intended" } },
			{ after: { phase: "done", on: false } },
		]);
		expect(await carry(lamp, stage.registry)).toEqual({ on: true });
	});

	it("is made where there is no registry", async () => {
		const lamp = new Lamp();
		expect(await carry(lamp, undefined)).toEqual({ on: true });
	});

	it("is neither asked about nor told when it is already so", async () => {
		const [stage, lamp] = [await Stage.set(), new Lamp()];
		lamp.on = true;
		const nobody = { agree: () => Promise.reject(new Error("nobody is to be asked")) };
		const at = { registry: stage.registry, attribution, asker: nobody };
		expect(await carryOutOutside(lamp.switching(), at)).toEqual({ on: true });
		expect(await told(stage)).toEqual([]);
	});

	it("as a dry run, or where nobody could be asked, stays a plan", async () => {
		const [stage, lamp] = [await Stage.set(), new Lamp()];
		const before = await everything(stage.registry);
		const at = { registry: stage.registry, attribution, asker: { agree: async () => false } };
		expect(await carryOutOutside(lamp.switching(), { ...at, dryRun: true })).toEqual({ on: false, dryRun: true });
		expect(await carryOutOutside(lamp.switching(), at)).toEqual({ on: false });
		expect(await everything(stage.registry)).toEqual(before);
	});

	it("that asks nothing is planned anew when it was overtaken, before anything is done", async () => {
		const [stage, lamp] = [await Stage.set(), new Lamp()];
		let overtaken = false;
		const giving = (user: string) => idChange(null, anAllocation(1, { user }));
		const more = {
			danger: undefined,
			intent: () => [giving(overtaken ? "CORP\\late" : "CORP\\ana")],
			plan: async () => {
				lamp.log.push("planned");
				if (!overtaken && lamp.log.length === 1) await make(stage.registry, [giving("CORP\\fast")]);
				else overtaken = true;
				return false;
			},
		};
		const error = await failure(() => carry(lamp, stage.registry, more));
		expect(error).toMatchObject({ code: "changed-meanwhile" });
		expect(lamp.log.filter((line) => line === "planned")).toHaveLength(5);
		expect(lamp.log).not.toContain("applied");
	});
});
