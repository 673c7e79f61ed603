import { type CommandLine, type Hint, line } from "../command-line.js";
import { CfmError } from "../errors.js";
import { t } from "../text.js";
import { type Activation, isOpen, openSteps } from "./activation.js";
import { type ActivationOperation, changeActivation } from "./change.js";
import type { Whose } from "./find.js";
import { isLocked } from "./told.js";

/** What can be told of a step. `identity-failed` is no step: it counts an attempt. */
export const tellableSteps = ["identity-confirmed", "identity-failed", "software-checked", "number-entered"] as const;

export type TellableStep = (typeof tellableSteps)[number];

export interface StepRequest extends Whose {
	step: TellableStep;
	/** How the identity was confirmed. */
	by: "questions" | "account" | undefined;
	/** How the software was found; only for that step. */
	software: "seen" | "said" | null;
	note?: string | undefined;
	now: Date;
}

/**
 * `cfm activations step`: records what the user has done. Steps come in their order; one that is behind is already so.
 *
 * @throws CfmError not-found `no-activation`; conflict `activation-ended`, `no-attempt-left`, `step-out-of-order`
 */
export function stepActivation({ step, by, software, ...whose }: StepRequest): ActivationOperation {
	return changeActivation("activation.step", whose, { step, by, software }, (before) => {
		refuseEnded(before);
		if (step === "identity-failed") return failedOnce(before);
		const [at, to] = [openSteps.indexOf(before.step as "approved"), openSteps.indexOf(step)];
		if (to <= at) return before;
		if (isLocked(before)) throw noAttemptLeft(before);
		if (to > at + 1) throw outOfOrder(before, step);
		if (step === "identity-confirmed") return { ...before, step, identity: by ?? "questions" };
		return step === "software-checked" ? { ...before, step, software } : { ...before, step };
	});
}

function failedOnce(before: Activation): Activation {
	if (before.step !== "approved") throw outOfOrder(before, "identity-failed");
	if (isLocked(before)) throw noAttemptLeft(before);
	return { ...before, attempts: before.attempts + 1 };
}

/** @throws CfmError conflict `activation-ended` */
export function refuseEnded(activation: Activation): void {
	if (isOpen(activation)) return;
	const { user, number, step, environment } = activation;
	throw new CfmError("conflict", "activation-ended", t`Activation ${number} of ${user} came to its end: ${step}.`, {
		hints: [line("activations show", [user], { environment }), applyAgain(activation)],
		data: { user, number, step },
	});
}

function noAttemptLeft(activation: Activation): CfmError {
	const { user, attempts } = activation;
	return new CfmError(
		"conflict",
		"no-attempt-left",
		t`${user} has no attempt left to confirm their identity (${attempts} failed).`,
		{
			hints: [
				{ say: t`They must apply again; when that is approved, record it:`, line: applyAgain(activation) },
			] satisfies Hint[],
			data: { user, attempts },
		},
	);
}

function outOfOrder(activation: Activation, step: TellableStep): CfmError {
	const { user, environment } = activation;
	const next = openSteps[openSteps.indexOf(activation.step as "approved") + 1];
	const message =
		step === "identity-failed"
			? t`${user} has confirmed their identity already.`
			: t`${user} is at the step ${activation.step}; ${step} does not come next.`;
	return new CfmError("conflict", "step-out-of-order", message, {
		hints: [
			...(next === undefined
				? []
				: [{ say: t`The next step:`, line: line("activations step", [user, next], { environment }) }]),
			{ say: t`If everything was done elsewhere:`, line: line("activations complete", [user], { environment }) },
		],
		data: { user, step: activation.step, asked: step },
	});
}

function applyAgain({ user, environment }: Activation): CommandLine {
	return line("activations add", [user], { approved: { fill: "2026-01-15" }, environment });
}
