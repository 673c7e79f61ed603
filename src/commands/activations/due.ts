import { dueActivations, dueDays, dueError, parseSpan } from "../../lib/activation/due.js";
import { dayLength } from "../../lib/calendar/day.js";
import { command } from "../../lib/cli/definition.js";
import { t } from "../../lib/text.js";
import { dueTable, inventoryLine } from "./_view.js";

export default command({
	summary: t`List what runs out soon or has run out; exit 8 if something does`,
	description: t`Codes by the instant until which they work for certain, subscriptions by the end of their last day. For monitoring.`,
	role: "auditor",
	registry: true,
	list: {
		rows: "due",
		fields: [
			...["user", "what", "state", "daysLeft", "hoursLeft", "due", "zone", "next", "product", "number"],
			"environment",
		],
	},
	flags: {
		within: { kind: "text", value: "SPAN", summary: t`Within this time: 3d (default), 12h, 2w` },
		environment: { kind: "text", char: "e", value: "NAME", summary: t`Only this environment` },
	},
	examples: [
		{ what: t`Within three days, and overdue`, line: "cfm activations due" },
		{ what: t`Within a week`, line: "cfm activations due --within 7d" },
	],
	async run({ flags }, context) {
		const within = flags.within === undefined ? dueDays * dayLength : parseSpan(flags.within);
		const registry = await context.registry(await context.settings(), { readonly: true });
		const asked = { environment: flags.environment, within, now: context.host.now() };
		return registry.read((view) => dueActivations(view, asked));
	},
	view: ({ due }) => [dueTable(due, t`Nothing is due.`), inventoryLine()],
	verdict: dueError,
});
