import { command } from "../../lib/cli/definition.js";
import { type ScheduleAnswer, unscheduleJob } from "../../lib/schedule/change.js";
import { jobs, parseJob } from "../../lib/schedule/task.js";
import { t } from "../../lib/text.js";
import { scheduleBlocks } from "./_view.js";

export default command({
	summary: t`Stop this machine from running a job by itself`,
	role: "operator",
	changes: "mild",
	args: { job: { summary: t`notify, audit or backup`, required: true, choices: jobs } },
	examples: [{ what: t`Preview it`, line: "cfm schedule remove audit --dry-run" }],
	async run({ args }, context): Promise<ScheduleAnswer> {
		const operation = unscheduleJob(await context.host.scheduler(), parseJob(args.job));
		const settings = await context.settings();
		return context.carryOutOutside(operation, await context.registryForEvents(settings));
	},
	view: scheduleBlocks,
});
