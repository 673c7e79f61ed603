import { dayLength } from "../../lib/calendar/day.js";
import { command } from "../../lib/cli/definition.js";
import { localTime } from "../../lib/cli/time.js";
import { table } from "../../lib/cli/view.js";
import { type ListedNotice, listNotices } from "../../lib/notice/list.js";
import { t } from "../../lib/text.js";
import { outcomeText } from "./_view.js";

export default command({
	summary: t`List what people were told, and what waits`,
	role: "auditor",
	registry: true,
	list: {
		rows: "notices",
		fields: [
			...["item", "what", "name", "stage", "recipient", "at", "state", "sent", "tries", "failure", "silenced"],
			"messageId",
		],
	},
	flags: {
		unsent: { kind: "boolean", summary: t`Only what was not sent yet` },
		days: { kind: "integer", value: "N", least: 1, most: 3660, summary: t`Of the last N days (default 30)` },
	},
	examples: [
		{ what: t`Of the last thirty days`, line: "cfm notify list" },
		{ what: t`What could not be sent`, line: "cfm notify list --unsent" },
	],
	async run({ flags }, context) {
		const registry = await context.registry(await context.settings(), { readonly: true });
		const now = context.host.now();
		const since = new Date(now.getTime() - (flags.days ?? 30) * dayLength).toISOString();
		return registry.read((view) => listNotices(view, { unsent: flags.unsent, since, now }));
	},
	view: ({ notices }) => [
		table<ListedNotice>(
			[
				{ head: t`ITEM`, field: "item", value: ({ item }) => item, whole: true },
				{ head: t`NAME`, field: "name", value: ({ name }) => name, shrinks: true },
				{ head: t`STAGE`, field: "stage", value: ({ stage }) => stage },
				{ head: t`RECIPIENT`, field: "recipient", value: ({ recipient }) => recipient, shrinks: true },
				{ head: t`AT`, field: "at", value: ({ at }) => at, drawn: ({ at }) => localTime(at) },
				{
					head: t`STATE`,
					field: "state",
					value: ({ state }) => state,
					drawn: ({ state }) => outcomeText(state),
					tone: ({ state }) => (state === "failed" ? "bad" : undefined),
				},
				{ head: t`FAILURE`, field: "failure", value: ({ failure }) => failure, shrinks: true, optional: true },
			],
			notices,
			t`Nobody was told anything.`,
		),
	],
});
