import { command } from "../../lib/cli/definition.js";
import { table } from "../../lib/cli/view.js";
import { type ListedJob, listJobs } from "../../lib/schedule/change.js";
import { t } from "../../lib/text.js";

export default command({
	summary: t`List what this machine runs by itself`,
	role: "none",
	list: { rows: "jobs", fields: ["job", "scheduled", "when", "command", "account", "why"] },
	examples: [{ what: t`What is scheduled here`, line: "cfm schedule list" }],
	async run(_request, context) {
		const scheduler = await context.host.scheduler();
		const jobs = await listJobs(scheduler);
		return { scheduler: scheduler.kind, jobs, total: jobs.length };
	},
	view: ({ jobs }) => [
		table<ListedJob>(
			[
				{ head: t`JOB`, field: "job", value: ({ job }) => job },
				{
					head: t`SCHEDULED`,
					field: "scheduled",
					value: ({ scheduled }) => String(scheduled),
					drawn: ({ scheduled }) => (scheduled === null ? t`unknown` : scheduled ? t`yes` : t`no`),
				},
				{ head: t`WHEN`, field: "when", value: ({ when }) => when },
				{ head: t`RUNS`, field: "command", value: ({ command, why }) => command ?? why, shrinks: true },
				{ head: t`ACCOUNT`, field: "account", value: ({ account }) => account },
			],
			jobs,
			t`Nothing is scheduled.`,
		),
	],
});
