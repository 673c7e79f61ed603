import { headed } from "../../lib/cli/finding-view.js";
import type { Line, Tone } from "../../lib/cli/view.js";
import type { ToldFinding } from "../../lib/finding/finding.js";
import { plural, t } from "../../lib/text.js";
import type { UserPage } from "../../lib/user/page.js";
import type { UserVerdict } from "../../lib/user/verdict.js";

export const verdictTones: Readonly<Record<UserVerdict, Tone>> = {
	ok: "good",
	unknown: "caution",
	warning: "caution",
	error: "bad",
	"no-id": "bad",
	"not-here": "caution",
};

/** How it stands with a user, in a sentence. */
export function verdictLine({ user, environment, machine, verdict, findings, allocation }: UserPage): Line {
	const id = allocation?.id;
	const who = id === undefined ? t`${user} has no ID in ${environment}.` : t`${user} has ID ${id} in ${environment}.`;
	const tone = verdictTones[verdict];
	if (verdict === "ok") return { line: `${who} ${t`Nothing is wrong on ${machine}.`}`, tone };
	if (verdict === "not-here") return { line: `${who} ${t`There is no profile on ${machine}.`}`, tone };
	const grave = findings.filter(({ severity, state }) => state !== "found" || severity !== "notice").length;
	if (grave === 0) return { line: who, tone };
	const attention = plural(grave, { one: "1 finding needs attention.", other: `${grave} findings need attention.` });
	return { line: `${who} ${attention}`, tone };
}

/** What is wrong, the cause before what comes of it. */
export function findingLines(findings: readonly ToldFinding[]): Line[] {
	return findings.flatMap(({ id, cause, state, severity, title, text }): Line[] => {
		const word = state === "found" ? severity : state;
		const indent = cause === null ? "" : "  ";
		const tone = word === "error" ? ("bad" as const) : ("caution" as const);
		return [
			{ line: `${indent}${word.padEnd(8)} ${id}  ${headed({ id, state, title })}`, tone },
			{ line: `${indent}         ${text}` },
		];
	});
}
