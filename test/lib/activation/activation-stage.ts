import { parseAccount } from "../../../src/lib/account/account.js";
import { type AddAnswer, type AddRequest, addActivations, type Rules } from "../../../src/lib/activation/add.js";
import type { ActivationAnswer, ActivationOperation } from "../../../src/lib/activation/change.js";
import { cancelActivation, completeActivation, renewActivation } from "../../../src/lib/activation/renew.js";
import { stepActivation, type TellableStep } from "../../../src/lib/activation/step.js";
import { parseSaid } from "../../../src/lib/calendar/day.js";
import type { Plan, RegistryOperation } from "../../../src/lib/operation/operation.js";
import type { Registry } from "../../../src/lib/registry/registry.js";
import { anAttribution } from "../../contract/store.js";

export const rules: Rules = { zone: "America/Toronto", days: 15, attempts: 5 };

/** What is done to activations in tests: the operations of the commands, with a clock that stands where it is put. */
export class ActivationStage {
	now = new Date("2026-03-10T12:00:00.000Z");

	constructor(
		readonly registry: Registry,
		readonly environment = "default",
		private readonly counted: Rules = rules,
	) {}

	add(user: string, approved: string, own: Partial<AddRequest> = {}): Promise<AddAnswer> {
		const said = parseSaid(approved, this.counted.zone);
		const entry = { account: parseAccount(user), said, note: null, subscription: null };
		return this.carry(
			addActivations({
				...{ environment: this.environment, entries: [entry], product: "desktop", purpose: "first" },
				...{ basis: "approval", rules: this.counted, replace: false, now: this.now, bad: [], keepGoing: false },
				refuse: (bad) => {
					if (bad.length > 0) throw new Error(JSON.stringify(bad));
				},
				...own,
			}),
		);
	}

	step(user: string, step: TellableStep, software: "seen" | "said" | null = "said"): Promise<ActivationAnswer> {
		return this.change(stepActivation({ ...this.whose(user), step, by: undefined, software }));
	}

	renew(user: string, mailed: string): Promise<ActivationAnswer> {
		return this.change(
			renewActivation({ ...this.whose(user), mailed: parseSaid(mailed, this.counted.zone), rules: this.counted }),
		);
	}

	complete(user: string, own: { at?: string; subscription?: string } = {}): Promise<ActivationAnswer> {
		const at = own.at === undefined ? undefined : parseSaid(own.at, this.counted.zone);
		return this.change(completeActivation({ ...this.whose(user), at, subscription: own.subscription }));
	}

	cancel(user: string): Promise<ActivationAnswer> {
		return this.change(cancelActivation(this.whose(user)));
	}

	/** @param product which one, where both are open */
	whose(user: string) {
		return { environment: this.environment, account: parseAccount(user), now: this.now };
	}

	private change(operation: ActivationOperation): Promise<ActivationAnswer> {
		return this.carry(operation);
	}

	carry<P extends Plan, R extends object>(operation: RegistryOperation<P, R>): Promise<R> {
		return this.registry.change(anAttribution(), async (transaction) => {
			const plan = await operation.plan(transaction);
			await transaction.apply(plan.changes, anAttribution());
			return operation.answer(plan);
		});
	}
}
