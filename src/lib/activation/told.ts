import { daysUntil, hoursUntil, localMinute } from "../calendar/day.js";
import { plural, t } from "../text.js";
import { type Activation, isOpen } from "./activation.js";

/**
 * How it stands with codes: what a clock makes of a row, never stored. Between the two instants they `may-have-expired`,
 * since nobody has published whether 15 days are 360 hours or end with a day.
 */
export type ActivationState = "valid" | "may-have-expired" | "expired" | "activated" | "cancelled" | "replaced";

export const activationStates = ["valid", "may-have-expired", "expired", "activated", "cancelled", "replaced"] as const;

/** What comes next, as a word for scripts; `whatIsNext` says it. */
export type NextStep =
	| "confirm-identity"
	| "check-software"
	| "renew-codes"
	| "enter-number"
	| "activate"
	| "apply-again"
	| "nothing";

/** An activation as every command shows it. */
export interface ToldActivation extends Activation {
	state: ActivationState;
	/** Whole days and whole hours until `safeUntil`, rounded down; null when it came to its end. */
	daysLeft: number | null;
	hoursLeft: number | null;
	/** Whether the identity can't be confirmed any more: all attempts failed. */
	locked: boolean;
	next: NextStep;
}

export function stateOf(activation: Activation, now: Date): ActivationState {
	const { step, safeUntil, latestEnd } = activation;
	if (step === "activated" || step === "cancelled" || step === "replaced") return step;
	const at = now.getTime();
	if (at < Date.parse(safeUntil)) return "valid";
	return at < Date.parse(latestEnd) ? "may-have-expired" : "expired";
}

export function tellActivation(activation: Activation, now: Date): ToldActivation {
	const open = isOpen(activation);
	const state = stateOf(activation, now);
	return {
		...activation,
		state,
		daysLeft: open ? daysUntil(activation.safeUntil, now) : null,
		hoursLeft: open ? hoursUntil(activation.safeUntil, now) : null,
		locked: isLocked(activation),
		next: nextOf(activation, state),
	};
}

/** All attempts to confirm the identity failed. */
export function isLocked({ step, attempts, attemptsAllowed }: Activation): boolean {
	return step === "approved" && attempts >= attemptsAllowed;
}

function nextOf(activation: Activation, state: ActivationState): NextStep {
	if (!isOpen(activation)) return "nothing";
	if (isLocked(activation)) return "apply-again";
	if (activation.step === "approved") return "confirm-identity";
	if (activation.step === "identity-confirmed") return "check-software";
	// Only codes that ran out are renewed, and only whoever has come so far can renew them.
	if (state === "expired") return "renew-codes";
	return activation.step === "software-checked" ? "enter-number" : "activate";
}

/** What is to be done next, and by whom: for an administrator. */
export function whatIsNext({ next, user, attempts, attemptsAllowed, purpose }: ToldActivation): string {
	const left = attemptsAllowed - attempts;
	switch (next) {
		case "confirm-identity":
			return plural(left, {
				one: `${user} must open the approval mail and confirm their identity; 1 attempt is left.`,
				other: `${user} must open the approval mail and confirm their identity; ${left} attempts are left.`,
			});
		case "check-software":
			return t`Check that the required software is installed for ${user}.`;
		case "renew-codes":
			return t`${user} must choose "Renew Activation Codes" on the activation page and wait for the new mail.`;
		case "enter-number":
			return purpose === "recovery"
				? t`${user} must enter both codes in "Recover Entrust Digital ID".`
				: t`${user} must enter both codes in "Enroll for Entrust Digital ID".`;
		case "activate":
			return t`${user} must choose a password and then "Download and Activate".`;
		case "apply-again":
			return t`${user} must apply again, with online identity verification: no attempt is left.`;
		case "nothing":
			return t`Nothing is left to do.`;
	}
}

/** How much time is left, in words: whole days, and below one day hours. */
export function timeLeft({
	state,
	daysLeft,
	hoursLeft,
}: Pick<ToldActivation, "state" | "daysLeft" | "hoursLeft">): string {
	if (daysLeft === null || hoursLeft === null) return "";
	if (state === "expired") return t`expired`;
	if (state === "may-have-expired") return t`may have expired`;
	if (daysLeft >= 1) return plural(daysLeft, { one: "1 day", other: `${daysLeft} days` });
	if (hoursLeft >= 1) return plural(hoursLeft, { one: "1 hour", other: `${hoursLeft} hours` });
	return t`less than an hour`;
}

/** An instant as the clock on the wall of the activation's zone shows it, and the zone beside it. */
export function inItsZone(instant: string, { zone }: Pick<Activation, "zone">): string {
	return `${localMinute(instant, zone)} ${zone}`;
}
