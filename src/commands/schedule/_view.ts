import type { Block } from "../../lib/cli/view.js";
import type { ScheduleAnswer } from "../../lib/schedule/change.js";
import { t } from "../../lib/text.js";

export function scheduleBlocks({ job, scheduler, task, outcome, refused }: ScheduleAnswer): Block[] {
	const texts: Record<ScheduleAnswer["outcome"], () => string> = {
		added: () => t`${job}: scheduled (${scheduler}).`,
		changed: () => t`${job}: scheduled anew (${scheduler}).`,
		removed: () => t`${job}: no longer scheduled.`,
		"already-so": () =>
			task === null ? t`${job}: is not scheduled.` : t`${job}: is scheduled so already (${scheduler}).`,
		planned: () =>
			task === null ? t`${job}: would be removed (${scheduler}).` : t`${job}: would be scheduled (${scheduler}).`,
	};
	const facts: Block[] =
		task === null
			? []
			: [
					{
						facts: [
							[t`Runs`, task.command],
							[t`When`, task.when],
							[t`Account`, task.account],
						],
					},
				];
	return [
		...(refused === null ? [] : [{ line: t`It would be refused. ${refused.message}`, tone: "bad" as const }]),
		{ line: texts[outcome](), ...(outcome === "planned" ? {} : { tone: "good" as const }) },
		...facts,
	];
}
