import { describe, expect, it } from "vitest";
import { carryOut } from "../../../src/lib/operation/carry-out.js";
import type { Asker, Danger, Plan, RegistryOperation } from "../../../src/lib/operation/operation.js";
import type { RegistryView } from "../../../src/lib/registry/registry.js";
import { anAllocation, anAttribution, everything, idChange, make } from "../../contract/store.js";
import { failure } from "../failure.js";
import { Stage } from "../registry/stage.js";

const attribution = anAttribution({ requestKey: "ticket-1", repeatable: true, fingerprint: "give" });

/** Gives the lowest ID; `log` says in which order things happened. */
function giving(log: string[]): RegistryOperation<Plan, { total: number }> {
	return {
		asked: {},
		plan: async (view: RegistryView): Promise<Plan> => {
			log.push("planned");
			const [id = 0] = await view.lowestFree("default", 1);
			return { changes: [idChange(null, anAllocation(id))] };
		},
		answer: ({ changes }: Plan) => ({ total: changes.length }),
	};
}
const asking = (log: string[]) => ({ ...giving(log), danger: (): Danger => ({ question: "Give it?" }) });

const nobody: Asker = { agree: () => Promise.reject(new Error("nobody is to be asked")) };
const yes = (log: string[]): Asker => ({
	async agree({ question }) {
		log.push(`agreed: ${question}`);
		return true;
	},
});
const at = (stage: Stage, asker = nobody, more: { dryRun?: boolean } = {}) => ({
	registry: stage.registry,
	attribution,
	asker,
	...more,
});

describe("a change that needs no asking", () => {
	it("is planned and applied in one transaction, and answered", async () => {
		const stage = await Stage.set();
		const log: string[] = [];
		expect(await carryOut(giving(log), at(stage))).toEqual({ total: 1 });
		expect(await stage.rows()).toEqual(["1 CORP\\user1"]);
		expect(log).toEqual(["planned"]);
	});

	it("repeated under its key gets its answer, and is not planned again", async () => {
		const stage = await Stage.set();
		const log: string[] = [];
		const first = await carryOut(giving(log), at(stage));
		expect(await carryOut(giving(log), at(stage))).toEqual(first);
		expect(log).toEqual(["planned"]);
	});
});

describe("a change that is asked about", () => {
	it("is planned, agreed to, and applied as it was shown", async () => {
		const stage = await Stage.set();
		const log: string[] = [];
		await carryOut(asking(log), at(stage, yes(log)));
		expect(log).toEqual(["planned", "agreed: Give it?"]);
		expect(await stage.rows()).toEqual(["1 CORP\\user1"]);
	});

	it("is not made when the answer is no", async () => {
		const stage = await Stage.set();
		const before = await everything(stage.registry);
		const no = { agree: () => Promise.reject(new Error("no")) };
		await expect(carryOut(asking([]), at(stage, no))).rejects.toThrow("no");
		expect(await everything(stage.registry)).toEqual(before);
	});

	it("is not made when the world has changed while somebody thought about it", async () => {
		const stage = await Stage.set();
		const slow = {
			async agree() {
				await make(stage.registry, [idChange(null, anAllocation(1, { user: "CORP\\fast" }))]);
				return true;
			},
		};
		const error = await failure(() => carryOut(asking([]), at(stage, slow)));
		expect(error).toMatchObject({ kind: "conflict", code: "changed-meanwhile" });
		expect(await stage.rows()).toEqual(["1 CORP\\fast"]);
	});

	it("is not asked about again when its request comes again", async () => {
		const stage = await Stage.set();
		const log: string[] = [];
		await carryOut(asking(log), at(stage, yes(log)));
		expect(await carryOut(asking(log), at(stage, yes(log)))).toEqual({ total: 1 });
		expect(log).toEqual(["planned", "agreed: Give it?"]);
	});

	it("that changes nothing is not asked about; under a key its answer is kept", async () => {
		const stage = await Stage.set();
		const log: string[] = [];
		const nothing = { ...asking(log), plan: async () => ({ changes: [] }) };
		expect(await carryOut(nothing, { ...at(stage), attribution: anAttribution() })).toEqual({ total: 0 });
		expect(await carryOut(nothing, at(stage))).toEqual({ total: 0 });
		expect(log).toEqual([]);
		expect(await stage.registry.answerTo(attribution)).toEqual({ answer: { total: 0 } });
	});
});

it("a dry run plans, says so, and changes nothing, not even the memory of requests", async () => {
	const stage = await Stage.set();
	const before = await everything(stage.registry);
	const log: string[] = [];
	const answer = await carryOut(asking(log), at(stage, yes(log), { dryRun: true }));
	expect(answer).toEqual({ total: 1, dryRun: true });
	expect(log).toEqual(["planned"]);
	expect(await everything(stage.registry)).toEqual(before);
	expect(await stage.registry.answerTo(attribution)).toBeUndefined();
});
