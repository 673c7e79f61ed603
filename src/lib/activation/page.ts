import { pagePart } from "../finding/page-part.js";
import type { SubjectSources } from "../id/page.js";
import { t } from "../text.js";
import { activationsOf } from "./find.js";
import { inItsZone, type ToldActivation, tellActivation, timeLeft, whatIsNext } from "./told.js";

interface ActivationPartSources extends SubjectSources {
	now: () => Date;
}

/** Their activation codes: those that are open, and the last that were activated. */
const activation = pagePart<ActivationPartSources, keyof ActivationPartSources, ToldActivation[]>({
	name: "activations",
	title: () => t`Activation`,
	needs: ["registry", "subject", "now"],
	async look({ registry, subject: { environment, account }, now }) {
		const all = await registry.read((view) => activationsOf(view, environment, account));
		return all
			.filter(({ step }) => step !== "replaced" && step !== "cancelled")
			.map((one) => tellActivation(one, now()));
	},
	facts: (told) =>
		told.flatMap((one) => {
			if (one.state === "activated") return [[t`Activation`, t`${one.product}: activated`] as const];
			const until = t`${one.product}: ${timeLeft(one)}, safe until ${inItsZone(one.safeUntil, one)}`;
			return [[t`Activation`, until] as const, [t`Next step`, whatIsNext(one)] as const];
		}),
});

export const activationParts = [activation];
