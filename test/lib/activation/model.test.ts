import { expect, it } from "vitest";
import type { Plan, RegistryOperation } from "../../../src/lib/operation/operation.js";
import type { Registry } from "../../../src/lib/registry/registry.js";
import { Real, runModel } from "../../contract/activations-model.js";
import type { Store } from "../../contract/store.js";
import { Stage } from "../registry/stage.js";
import type { ActivationStage } from "./activation-stage.js";

/** A store in memory; the second handle is the first. */
async function inMemory(): Promise<Store> {
	const { registry } = await Stage.set();
	return { registry, another: async () => registry, close: () => registry.close() } as unknown as Store;
}

it("five thousand commands agree with the model", async () => {
	let commands = 0;
	while (commands < 5000) commands += await runModel(inMemory, { runs: 100 });
	expect(commands).toBeGreaterThanOrEqual(5000);
});

/** Tells everything as of a millisecond ago: what is to be so from an instant on is so too late. */
class Late extends Real {
	constructor(handles: readonly Registry[], now: () => Date) {
		super(handles, () => new Date(now().getTime() - 1));
	}
}

/** Counts no attempt on every other handle. */
class Forgetful extends Real {
	private turns = 0;
	override next(): ActivationStage {
		const stage = super.next();
		this.turns += 1;
		const step = Object.getPrototypeOf(stage).step as ActivationStage["step"];
		const forgets = this.turns % 4 === 0;
		stage.step = (user, name, software) =>
			forgets && name === "identity-failed" ? Promise.resolve(null as never) : step.call(stage, user, name, software);
		return stage;
	}
}

/** What was killed before it was committed is there all the same. */
class Undying extends Real {
	private dying = false;
	override dieNext(): void {
		this.dying = true;
	}
	override next(): ActivationStage {
		const stage = super.next();
		const carry = Object.getPrototypeOf(stage).carry as ActivationStage["carry"];
		stage.carry = async <P extends Plan, R extends object>(operation: RegistryOperation<P, R>): Promise<R> => {
			const answer = (await carry.call(stage, operation as never)) as R;
			if (!this.dying) return answer;
			this.dying = false;
			throw new Error("killed before COMMIT");
		};
		return stage;
	}
}

it.each([
	["a deadline that comes a millisecond late", Late],
	["an attempt that is not counted", Forgetful],
	["a change that was never committed and is there", Undying],
])("finds a planted fault: %s", async (_, faulty) => {
	const run = runModel(inMemory, { runs: 300 }, (handles, now) => new faulty(handles, now));
	await expect(run).rejects.toThrow(/Property failed/);
});
