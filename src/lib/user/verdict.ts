import type { Finding } from "../finding/finding.js";
import { type Meaning, weightOf } from "../finding/verdict.js";

/**
 * How it stands with a user: the gravest of what was found, where what is only worth knowing counts as `ok`; `no-id`: has none;
 * `not-here`: has one, and no profile on this machine, so that there was little to look at.
 */
export type UserVerdict = "ok" | "unknown" | "warning" | "error" | "no-id" | "not-here";

/** What a finding says of its user; what can't be determined is another thing than what was found. */
export function meaningOf({ kind, state }: Finding): Meaning {
	return state === "unknown" ? { unknown: kind } : kind;
}

/**
 * @param about.hasId whether the user has an ID
 * @param about.isHere whether they have a profile on this machine
 * @param about.isBlind whether something about them could not be looked at
 */
export function userVerdict(
	{ hasId, isHere, isBlind }: { hasId: boolean; isHere: boolean; isBlind: boolean },
	findings: readonly Finding[],
): UserVerdict {
	const weights = new Set(findings.map((one) => weightOf(meaningOf(one))));
	if (isBlind) weights.add("unknown");
	const worst = (["error", "warning", "unknown"] as const).find((weight) => weights.has(weight));
	if (!hasId && worst !== "error") return "no-id";
	return worst ?? (isHere ? "ok" : "not-here");
}

/** Whether somebody must look at this user. */
export function isUserProblem(verdict: UserVerdict): boolean {
	return verdict !== "ok" && verdict !== "not-here";
}
