import { command } from "../../../lib/cli/definition.js";
import type { Block } from "../../../lib/cli/view.js";
import { readBaseline, sinceBaseline } from "../../../lib/doctor/baseline.js";
import { diagnosis, examine } from "../../../lib/doctor/doctor.js";
import { t } from "../../../lib/text.js";
import { baselineFlags, examinationFlags } from "../_flags.js";
import { toolsOf } from "../_tools.js";
import { countsBlock, findingBlocks } from "../_view.js";

export default command({
	summary: t`Show only what is new since the baseline, and what is gone`,
	role: "auditor",
	registry: true,
	flags: { ...baselineFlags, "fail-on": examinationFlags["fail-on"] },
	examples: [{ what: t`For monitoring`, line: "cfm doctor baseline diff --json" }],
	async run({ flags }, context) {
		const settings = await context.settings({ environment: flags.environment }, { passBy: true, keepDistrust: true });
		const { only, skip, "fail-on": failOn = "error" } = flags;
		const baseline = readBaseline(settings.baseline());
		const request = { only, skip, failOn, seconds: 60 };
		return sinceBaseline(baseline, await examine(toolsOf(context, settings), request));
	},
	view: (result): Block[] => [
		{ line: t`New since ${result.since.slice(0, 10)}: ${result.total}. Gone: ${result.gone.length}.` },
		...result.gone.map(
			({ id, affected }): Block => ({
				line: `${t`gone`}     ${id} ${affected.users.join(", ")}`.trimEnd(),
				tone: "good",
			}),
		),
		...findingBlocks(result),
		countsBlock(result),
	],
	verdict: (result) => diagnosis(result),
});
