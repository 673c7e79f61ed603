import type { ToldFinding } from "../finding/finding.js";
import { probeBlind } from "../finding/probe.js";
import { type Meaning, needsAttention, type Weight, weightOf } from "../finding/verdict.js";
import { plural } from "../text.js";
import type { Line, Tone } from "./view.js";

const tones: Readonly<Record<Weight, Tone>> = {
	error: "bad",
	warning: "caution",
	unknown: "caution",
	notice: "caution",
	fine: "good",
};

/** The colour of a verdict. */
export function toneOf(meaning: Meaning): Tone {
	return tones[weightOf(meaning)];
}

/** A finding's title before its text; of what can't be determined a question, since a title says that it is so; why, comes after. */
export function headed({ id, state, title }: Pick<ToldFinding, "id" | "state" | "title">): string {
	return state === "unknown" && id !== probeBlind.id ? `${title}?` : `${title}:`;
}

/** How many rows of a table somebody must look at. */
export function attentionLine(meanings: readonly Meaning[]): Line {
	const number = meanings.filter(needsAttention).length;
	const total = meanings.length;
	const line = plural(number, {
		one: `1 of ${total} needs attention.`,
		other: `${number} of ${total} need attention.`,
	});
	return { line, tone: number === 0 ? "good" : "caution" };
}
