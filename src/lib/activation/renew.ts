import type { Said } from "../calendar/day.js";
import { deadlines, type Rules, refuseFuture, subscriptionOf } from "./add.js";
import { type ActivationOperation, changeActivation } from "./change.js";
import type { Whose } from "./find.js";
import { refuseEnded } from "./step.js";

export interface RenewRequest extends Whose {
	/** When the mail with the new reference number came. */
	mailed: Said;
	rules: Pick<Rules, "zone" | "days">;
	note?: string | undefined;
	now: Date;
}

/**
 * `cfm activations renew`: a new mail starts a new clock. A number that was entered was that of the old mail, so that step
 * comes again.
 *
 * @throws CfmError not-found `no-activation`; conflict `activation-ended`; usage `approval-in-future`
 */
export function renewActivation({ mailed, rules, ...whose }: RenewRequest): ActivationOperation {
	return changeActivation("activation.renew", whose, { mailed, rules }, (before) => {
		refuseEnded(before);
		refuseFuture(mailed, whose.now);
		if (before.basis === "mail" && before.said === mailed.said) return before;
		return {
			...before,
			...{ basis: "mail", said: mailed.said, runsFrom: mailed.from, zone: rules.zone, days: rules.days },
			...deadlines(mailed, rules),
			step: before.step === "number-entered" ? "software-checked" : before.step,
			renewals: before.renewals + 1,
		};
	});
}

export interface CompleteRequest extends Whose {
	/** When it was activated; undefined: now. */
	at: Said | undefined;
	/** The last day of the yearly subscription; undefined leaves what is recorded. */
	subscription: string | undefined;
	note?: string | undefined;
	now: Date;
}

/**
 * `cfm activations complete`: the signature is activated, from whatever step and however late.
 *
 * @throws CfmError not-found `no-activation`; conflict `activation-ended` when it was cancelled or replaced; usage
 *   `approval-in-future`, `bad-date`
 */
export function completeActivation({ at, subscription, ...whose }: CompleteRequest): ActivationOperation {
	return changeActivation("activation.complete", whose, { at: at?.said, subscription }, (before) => {
		const told = subscription === undefined ? {} : subscriptionOf(subscription, before.zone);
		if (before.step === "activated") return { ...before, ...told };
		refuseEnded(before);
		if (at !== undefined) refuseFuture(at, whose.now);
		return { ...before, ...told, step: "activated", endedAt: at?.from ?? whose.now.toISOString() };
	});
}

/**
 * `cfm activations cancel`: nobody waits for it any more.
 *
 * @throws CfmError not-found `no-activation`; conflict `activation-ended` when it was activated or replaced
 */
export function cancelActivation(whose: Whose & { note?: string | undefined; now: Date }): ActivationOperation {
	return changeActivation("activation.cancel", whose, {}, (before) => {
		if (before.step === "cancelled") return before;
		refuseEnded(before);
		return { ...before, step: "cancelled", endedAt: whose.now.toISOString() };
	});
}
