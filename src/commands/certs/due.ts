import { parseSpan } from "../../lib/activation/due.js";
import { dayLength } from "../../lib/calendar/day.js";
import { command } from "../../lib/cli/definition.js";
import { localTime } from "../../lib/cli/time.js";
import { table } from "../../lib/cli/view.js";
import { certificatesDueError, type DueCertificate, dueCertificates } from "../../lib/registered/list.js";
import { daysText, expiringDays } from "../../lib/registered/told.js";
import { t } from "../../lib/text.js";
import { inventoryLine } from "./_register.js";

export default command({
	summary: t`List certificates and accesses that expire soon; exit 8 if one does`,
	role: "auditor",
	registry: true,
	list: { rows: "due", fields: ["alias", "what", "state", "daysLeft", "due", "owner"] },
	flags: { within: { kind: "text", value: "SPAN", summary: t`Within this time: 30d (default), 12h, 2w` } },
	examples: [
		{ what: t`Within thirty days, and expired`, line: "cfm certs due" },
		{ what: t`Within a week`, line: "cfm certs due --within 7d" },
	],
	async run({ flags }, context) {
		const within = flags.within === undefined ? expiringDays * dayLength : parseSpan(flags.within);
		const registry = await context.registry(await context.settings(), { readonly: true });
		return registry.read((view) => dueCertificates(view, { within, now: context.host.now() }));
	},
	view: ({ due }) => [
		table<DueCertificate>(
			[
				{ head: t`ALIAS`, field: "alias", value: ({ alias }) => alias, whole: true },
				{ head: t`WHAT`, field: "what", value: ({ what }) => what },
				{
					head: t`LEFT`,
					field: "daysLeft",
					value: ({ daysLeft }) => daysLeft,
					drawn: (one) => daysText(one.daysLeft),
					align: "right",
				},
				{ head: t`DUE`, field: "due", value: ({ due }) => due, drawn: ({ due }) => localTime(due) },
				{ head: t`OWNER`, field: "owner", value: ({ owner }) => owner, whole: true },
			],
			due,
			t`Nothing is due.`,
		),
		inventoryLine(),
	],
	verdict: certificatesDueError,
});
