import { requireEnvironment } from "../environment/environment.js";
import type { Plan, RegistryOperation } from "../operation/operation.js";
import { isSameRow, recordChange } from "../registry/kind.js";
import { type Activation, activations } from "./activation.js";
import { requireActivation, type Whose } from "./find.js";
import { type ToldActivation, tellActivation } from "./told.js";

/** What every change of one activation answers. */
export interface ActivationAnswer {
	activation: ToldActivation;
	changed: boolean;
	/** cfm's own inventory: nothing was done anywhere else. */
	inventoryOnly: true;
}

export type ActivationOperation = RegistryOperation<Plan & { answer: ActivationAnswer }, ActivationAnswer>;

/**
 * A change of the one activation that is meant.
 *
 * @param action what its event is called
 * @param asked what is asked, as data
 * @param next the row as it is to be; the same row where it is so already
 */
export function changeActivation(
	action: "activation.step" | "activation.renew" | "activation.complete" | "activation.cancel",
	{ now, note, ...whose }: Whose & { now: Date; note?: string | undefined },
	asked: object,
	next: (before: Activation) => Activation,
): ActivationOperation {
	return {
		asked: { ...whose, note, ...asked },
		async plan(view) {
			const environment = await requireEnvironment(view, whose.environment);
			const before = await requireActivation(view, environment, whose);
			const after = next(before);
			const changed = !isSameRow(before, after);
			return {
				answer: { activation: tellActivation(after, now), changed, inventoryOnly: true },
				changes: changed ? [recordChange(activations, action, before, after, note ?? null)] : [],
			};
		},
		answer: ({ answer }) => answer,
	};
}
