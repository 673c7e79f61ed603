import { command } from "../../lib/cli/definition.js";
import { CfmError } from "../../lib/errors.js";
import { type ScheduleAnswer, scheduleJob } from "../../lib/schedule/change.js";
import { jobDefaults, jobs, parseJob, parseTime, type When } from "../../lib/schedule/task.js";
import { t } from "../../lib/text.js";
import { scheduleBlocks } from "./_view.js";

export default command({
	summary: t`Have this machine run notices, the audit or backups by itself`,
	description: t`By Task Scheduler, systemd or cron, as SYSTEM or root. Only an installed cfm that nobody but administrators can change.`,
	role: "operator",
	changes: "moderate",
	args: {
		job: { summary: t`notify (every 15 minutes), audit (05:00) or backup (04:30)`, required: true, choices: jobs },
	},
	flags: {
		every: { kind: "integer", value: "MINUTES", least: 1, most: 59, summary: t`Every so many minutes` },
		at: { kind: "text", value: "TIME", summary: t`Each day at this local time: 07:00` },
	},
	examples: [
		{ what: t`Preview the notices`, line: "cfm schedule add notify --dry-run" },
		{ what: t`Preview the audit before work begins`, line: "cfm schedule add audit --at 06:30 --dry-run" },
	],
	async run({ args, flags }, context): Promise<ScheduleAnswer> {
		const job = parseJob(args.job);
		const { every, at } = flags;
		if (every !== undefined && at !== undefined)
			throw new CfmError("usage", "two-meanings", t`--every and --at can't be combined.`);
		const { words, when: usual } = jobDefaults[job];
		const when: When = at !== undefined ? { at: parseTime(at) } : every !== undefined ? { minutes: every } : usual;
		const operation = scheduleJob(await context.host.scheduler(), { job, words, when });
		const settings = await context.settings();
		return context.carryOutOutside(operation, await context.registryForEvents(settings));
	},
	view: scheduleBlocks,
});
