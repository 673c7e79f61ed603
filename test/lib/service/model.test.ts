import { expect, it } from "vitest";
import type { Plan, RegistryOperation } from "../../../src/lib/operation/operation.js";
import type { Registry } from "../../../src/lib/registry/registry.js";
import { Real, runServicesModel } from "../../contract/services-model.js";
import type { Store } from "../../contract/store.js";
import { Stage } from "../registry/stage.js";

/** A store in memory; the second handle is the first. */
async function inMemory(): Promise<Store> {
	const { registry } = await Stage.set();
	return { registry, another: async () => registry, close: () => registry.close() } as unknown as Store;
}

it("two thousand commands agree with the model", async () => {
	let commands = 0;
	while (commands < 2000) commands += await runServicesModel(inMemory, { runs: 100 });
	expect(commands).toBeGreaterThanOrEqual(2000);
});

/** Tells everything as of a millisecond ago: what is over from an instant on is so too late. */
class Late extends Real {
	constructor(handles: readonly Registry[], now: () => Date) {
		super(handles, () => new Date(now().getTime() - 1));
	}
}

/** Records no suspension: a renewal then makes services active silently. */
class Silent extends Real {
	override carry<P extends Plan, R extends object>(operation: RegistryOperation<P, R>): Promise<R> {
		return super.carry({
			...operation,
			async plan(view) {
				const plan = await operation.plan(view);
				const changes = plan.changes.filter((one) => one.action !== "service.expire");
				return { ...plan, changes };
			},
		});
	}
}

it.each([
	["late by a millisecond", Late],
	["silent about what ran out", Silent],
])("a fault is found: %s", async (_, Faulty) => {
	const found = runServicesModel(inMemory, { runs: 60, seed: 7 }, (handles, now) => new Faulty(handles, now));
	await expect(found).rejects.toThrow();
});
