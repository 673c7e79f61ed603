import { line } from "../command-line.js";
import { CfmError } from "../errors.js";
import { underCauses } from "../finding/causes.js";
import type { ToldFinding } from "../finding/finding.js";
import { type Check, runProbes } from "../finding/run.js";
import { attentionFirst, type Meaning } from "../finding/verdict.js";
import { findingKinds } from "../findings.js";
import { plural, t } from "../text.js";
import { probes, sourcesOf, type Tools } from "./sources.js";

/** From which on a finding is the command's failure: what could not be told is beyond all that was found. */
export const thresholds = ["error", "warning", "unknown"] as const;
export type Threshold = (typeof thresholds)[number];

export interface Examination {
	findings: (ToldFinding & { suppressed: null })[];
	checks: Check[];
	total: number;
	/** Of checks, by how it stands with them. */
	counts: Record<Check["state"], number> & { suppressed: number };
	failOn: Threshold;
}

export interface ExaminationRequest {
	/** IDs of findings; none means all. */
	only: readonly string[];
	skip: readonly string[];
	/** Seconds that a check may take. */
	seconds: number;
	failOn: Threshold;
	/** Hears of a group when all its checks have ended. */
	heard?: (group: string, checks: readonly Check[]) => void;
}

/** What is looked for. @throws CfmError not-found `no-such-check` */
export function checksOf({ only, skip }: Pick<ExaminationRequest, "only" | "skip">) {
	const all = probes.flatMap(({ name, group, kinds }) =>
		kinds.map(({ id, severity, title }) => ({ id, severity, title: title(), probe: name, group })),
	);
	for (const asked of [...only, ...skip]) {
		if (all.some(({ id }) => id === asked)) continue;
		throw new CfmError("not-found", "no-such-check", t`There is no check ${asked}.`, {
			hints: [line("doctor", [], { "list-checks": true })],
			data: { id: asked },
		});
	}
	const wanted = (id: string) => (only.length === 0 || only.includes(id)) && !skip.includes(id);
	return all.filter(({ id }) => wanted(id));
}

/** Looks for everything that is asked for, and changes nothing. */
export async function examine(tools: Tools, request: ExaminationRequest): Promise<Examination> {
	const ids = new Set(checksOf(request).map(({ id }) => id));
	const waiting = Map.groupBy(probes, ({ group }) => group);
	const ended = new Map<string, Check[]>();
	const heard = (probe: { group: string }, checks: readonly Check[]) => {
		const own = [...(ended.get(probe.group) ?? []), ...checks];
		ended.set(probe.group, own);
		const all = waiting.get(probe.group)?.flatMap(({ kinds }) => kinds) ?? [];
		if (own.length === all.length) request.heard?.(probe.group, own);
	};
	const { findings, checks } = await runProbes(probes, {
		sources: sourcesOf(tools),
		wanted: (id) => ids.has(id),
		seconds: request.seconds,
		heard,
	});
	const first = attentionFirst(
		findings,
		({ kind, state }): Meaning => (state === "unknown" ? { unknown: kind } : kind),
	);
	const told = underCauses(first, findingKinds).map((one) => ({ ...one, suppressed: null }));
	const counts = { fine: 0, found: 0, unknown: 0, crashed: 0, skipped: 0, suppressed: 0 };
	for (const { state } of checks) counts[state] += 1;
	return { findings: told, checks, total: told.length, counts, failOn: request.failOn };
}

/** What an examination ends a command with. */
export function diagnosis({ findings, counts, failOn }: Examination): CfmError | undefined {
	if (counts.fine + counts.found === 0) {
		return new CfmError("unavailable", "nothing-examined", t`Nothing could be looked at.`, { data: { counts } });
	}
	const from = thresholds.indexOf(failOn);
	const bad = findings.filter(({ severity, state }) => {
		// A check that broke is as bad as its kind says; it found nothing, but it is not fine.
		if (state === "unknown") return from >= thresholds.indexOf("unknown");
		return severity !== "notice" && from >= thresholds.indexOf(severity);
	});
	if (bad.length === 0) return undefined;
	const message = plural(bad.length, {
		one: "1 finding needs attention.",
		other: `${bad.length} findings need attention.`,
	});
	return new CfmError("findings", "findings", message, { data: { ids: [...new Set(bad.map(({ id }) => id))] } });
}
