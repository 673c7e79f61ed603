import { command } from "../../lib/cli/definition.js";
import { checksOf } from "../../lib/doctor/doctor.js";
import { auditProbes, probes } from "../../lib/doctor/sources.js";
import { parseUntil, suppressFinding } from "../../lib/doctor/suppress.js";
import { t } from "../../lib/text.js";

export default command({
	summary: t`Accept a finding until a date`,
	description: t`cfm doctor still looks for it, lists it and counts it, but does not fail for it; after the date, as before.`,
	role: "operator",
	registry: true,
	changes: "mild",
	args: { finding: { summary: t`The finding's ID`, required: true, of: "finding" } },
	flags: {
		user: { kind: "text", char: "u", value: "USER", summary: t`Only for this user` },
		reason: { kind: "text", value: "TEXT", required: true, summary: t`Why it is accepted` },
		until: { kind: "text", value: "DATE", required: true, summary: t`The last day, YYYY-MM-DD` },
		environment: { kind: "text", char: "e", value: "NAME", summary: t`The environment` },
	},
	examples: [
		{
			what: t`The client profile will be compared when the vendor has answered`,
			line: "cfm doctor suppress CFM-MACHINE-002 --reason asked --until 2099-12-31",
		},
	],
	async run({ args, flags }, context) {
		const now = context.host.now();
		checksOf({ only: [args.finding], skip: [], probes: [...probes, ...auditProbes] });
		const until = parseUntil(flags.until, now);
		const settings = await context.settings({ environment: flags.environment });
		const registry = await context.registry(settings, { readonly: flags["dry-run"] });
		const { environment } = settings;
		const request = { environment, finding: args.finding, user: flags.user, reason: flags.reason, until, now };
		return context.carryOut(suppressFinding(request), registry);
	},
	view({ finding, user, until, changed }) {
		const whom = user ?? t`everybody`;
		const day = until.slice(0, 10);
		return [
			{
				line: changed
					? t`${finding} is suppressed for ${whom} until ${day}.`
					: t`${finding} is already suppressed for ${whom} until ${day}.`,
			},
		];
	},
});
