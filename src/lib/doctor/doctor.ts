import { line } from "../command-line.js";
import { CfmError } from "../errors.js";
import { underCauses } from "../finding/causes.js";
import type { ToldFinding } from "../finding/finding.js";
import type { Probe } from "../finding/probe.js";
import { type Check, runProbes } from "../finding/run.js";
import { attentionFirst, type Meaning } from "../finding/verdict.js";
import { findingKinds } from "../findings.js";
import { plural, t } from "../text.js";
import { auditProbes, probes as doctorProbes, type Sources, sourcesOf, type Tools } from "./sources.js";
import type { Suppression } from "./suppression.js";

/** From which on a finding is the command's failure: what can't be determined is beyond all that was found. */
export const thresholds = ["error", "warning", "unknown"] as const;
export type Threshold = (typeof thresholds)[number];

/** The headings of `doctor`, in its order. */
export const groups = [
	"machine",
	"registry",
	"ids",
	"client",
	"activation",
	"registered",
	"notices",
	"port",
	"web",
	"browser-policy",
	"network",
	"token",
	"certificate",
	"revocation",
	"timestamp",
] as const;

export interface Examination {
	findings: (ToldFinding & { suppressed: Pick<Suppression, "user" | "reason" | "since" | "until"> | null })[];
	checks: Check[];
	total: number;
	/** Of checks, by how it stands with them; `suppressed`: of findings. */
	counts: Record<Check["state"], number> & { suppressed: number };
	failOn: Threshold;
}

export interface ExaminationRequest {
	/** What is looked with; without it, all that `doctor` looks with. */
	probes?: readonly Probe<Sources>[];
	/** IDs of findings; none means all. */
	only: readonly string[];
	skip: readonly string[];
	/** Groups of checks; none means all. */
	groups?: readonly string[];
	/** Seconds that a check may take that says nothing else; `atMost`: whatever it says. */
	seconds: number;
	atMost?: number | undefined;
	failOn: Threshold;
	/** Hears of a group when all its checks have ended. */
	heard?: (group: string, checks: readonly Check[]) => void;
}

/** What is looked for. @throws CfmError not-found `no-such-check` */
export function checksOf({
	only,
	skip,
	groups = [],
	probes = doctorProbes,
}: Pick<ExaminationRequest, "only" | "skip" | "groups" | "probes">) {
	const all = probes.flatMap(({ name, group, kinds }) =>
		kinds.map(({ id, severity, title }) => ({ id, severity, title: title(), probe: name, group })),
	);
	for (const asked of [...only, ...skip]) if (!all.some(({ id }) => id === asked)) throw noSuchCheck(asked, probes);
	const wanted = (asked: readonly string[], it: string) => asked.length === 0 || asked.includes(it);
	return all.filter(({ id, group }) => wanted(only, id) && wanted(groups, group) && !skip.includes(id));
}

/** @param probes those of the command that was asked, or of both */
function noSuchCheck(id: string, probes: readonly Probe<Sources>[]): CfmError {
	const both = Object.entries({ doctor: doctorProbes, audit: auditProbes });
	const asked = both.filter(([, own]) => own === probes);
	const [[command] = []] = asked;
	const [owner] = both.find(([, own]) => own.some(({ kinds }) => kinds.some((kind) => kind.id === id))) ?? [];
	const message = command === undefined ? t`There is no check ${id}.` : t`cfm ${command} has no check ${id}.`;
	const lists = asked.length === 0 ? both : asked;
	return new CfmError("not-found", "no-such-check", message, {
		hints: [
			...(owner === undefined ? [] : [line(owner, [], { only: id })]),
			...lists.map(([name]) => line(name, [], { "list-checks": true })),
		],
		data: { id },
	});
}

/** Looks for everything that is asked for, and changes nothing. */
export async function examine(tools: Tools, request: ExaminationRequest): Promise<Examination> {
	const { probes = doctorProbes } = request;
	const ids = new Set(checksOf(request).map(({ id }) => id));
	const waiting = Map.groupBy(probes, ({ group }) => group);
	const ended = new Map<string, Check[]>();
	const heard = (probe: { group: string }, checks: readonly Check[]) => {
		const own = [...(ended.get(probe.group) ?? []), ...checks];
		ended.set(probe.group, own);
		const all = waiting.get(probe.group)?.flatMap(({ kinds }) => kinds) ?? [];
		if (own.length === all.length) request.heard?.(probe.group, own);
	};
	const sources = sourcesOf(tools);
	const { findings, checks } = await runProbes(probes, {
		sources,
		wanted: (id) => ids.has(id),
		seconds: request.seconds,
		...(request.atMost !== undefined && { atMost: request.atMost }),
		heard,
	});
	const first = attentionFirst(
		findings,
		({ kind, state }): Meaning => (state === "unknown" ? { unknown: kind } : kind),
	);
	const hides = first.length === 0 ? () => null : await sources.hides();
	const told = underCauses(first, findingKinds).map((one) => ({ ...one, suppressed: shown(hides(one)) }));
	const suppressed = told.filter((one) => one.suppressed !== null).length;
	const counts = { fine: 0, found: 0, unknown: 0, crashed: 0, skipped: 0, suppressed };
	for (const { state } of checks) counts[state] += 1;
	return { findings: told, checks, total: told.length, counts, failOn: request.failOn };
}

function shown(suppression: Suppression | null) {
	if (suppression === null) return null;
	const { user, reason, since, until } = suppression;
	return { user, reason, since, until };
}

/** What an examination ends a command with. */
export function diagnosis({ findings, checks, counts, failOn }: Examination): CfmError | undefined {
	if (counts.fine + counts.found === 0) {
		// What is unknown is told as a finding; why a check makes no sense here, nobody else tells.
		const whys = new Set(checks.flatMap(({ state, why }) => (state === "skipped" && why !== null ? [why] : [])));
		const message =
			whys.size === 0 ? t`Nothing could be looked at.` : t`Nothing could be looked at: ${[...whys].join("; ")}.`;
		return new CfmError("unavailable", "nothing-examined", message, { data: { counts } });
	}
	const from = thresholds.indexOf(failOn);
	const bad = findings.filter(({ severity, state, suppressed }) => {
		if (suppressed !== null) return false;
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
