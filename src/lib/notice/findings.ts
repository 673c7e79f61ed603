import { line } from "../command-line.js";
import type { AnyKind, FindingKind } from "../finding/finding.js";
import { t } from "../text.js";

export const noticesNotRun: FindingKind<{ hours: number | null }> = {
	id: "CFM-NOTICE-001",
	severity: "warning",
	title: () => t`Notices are set up, and nothing runs them`,
	text: ({ hours }) =>
		hours === null
			? t`cfm notify run has never run: nobody is told what runs out`
			: t`cfm notify run has not run for ${hours} hours: nobody is told what runs out`,
	remedies: () => [line("schedule list", []), line("schedule add", ["notify"]), line("notify run", [])],
	sample: { hours: 26 },
};

export const noticeKinds: readonly AnyKind[] = [noticesNotRun];
