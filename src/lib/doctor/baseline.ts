import { line } from "../command-line.js";
import { CfmError } from "../errors.js";
import type { ToldFinding } from "../finding/finding.js";
import type { OutsideOperation } from "../operation/operation.js";
import { t } from "../text.js";
import type { Examination } from "./doctor.js";
import { alreadyTold, stillTold } from "./same.js";

/** A finding as a baseline keeps it. */
export type KnownFinding = Pick<ToldFinding, "id" | "state" | "affected">;

/** What was found at one time, to tell later what is new. */
export interface Baseline {
	/** ISO 8601 UTC. */
	at: string;
	findings: KnownFinding[];
}

/** The file of this machine's baseline of one environment. */
export interface BaselineFile {
	path: string;
	read(): unknown;
	write(baseline: Baseline): void;
}

export interface BaselineAnswer {
	file: string;
	at: string;
	total: number;
}

/** `cfm doctor baseline save`: keeps what is found now, in place of what was kept before. */
export function saveBaseline(
	file: BaselineFile,
	{ findings }: Examination,
	now: Date,
): OutsideOperation<Baseline, true, BaselineAnswer> {
	return {
		asked: {},
		async plan() {
			const kept = findings.map(({ id, state, affected }) => ({ id, state, affected }));
			return { at: now.toISOString(), findings: kept };
		},
		needed: () => true,
		intent: () => [],
		async apply(baseline) {
			file.write(baseline);
			return true;
		},
		outcome: async () => [],
		answer: ({ at, findings }) => ({ file: file.path, at, total: findings.length }),
	};
}

/** @throws CfmError not-found `no-baseline` */
export function readBaseline(file: BaselineFile): Baseline {
	const baseline = file.read() as Partial<Baseline> | undefined;
	if (typeof baseline?.at === "string" && Array.isArray(baseline.findings)) return baseline as Baseline;
	throw new CfmError("not-found", "no-baseline", t`No baseline was saved on this machine.`, {
		hints: [line("doctor baseline save")],
		data: { file: file.path },
	});
}

/** What is new since a baseline, and what is gone as far as that was looked at. */
export function sinceBaseline(
	baseline: Baseline,
	now: Examination,
): Omit<Examination, "total"> & { since: string; gone: KnownFinding[]; total: number } {
	const isKnown = alreadyTold<KnownFinding>(baseline.findings);
	const isLeft = stillTold(now.findings);
	const findings = now.findings.filter((one) => !isKnown(one));
	const looked = new Set(now.checks.filter(({ state }) => state === "fine" || state === "found").map(({ id }) => id));
	const gone = baseline.findings.filter((one) => looked.has(one.id) && !isLeft(one));
	return { ...now, since: baseline.at, findings, gone, total: findings.length };
}
