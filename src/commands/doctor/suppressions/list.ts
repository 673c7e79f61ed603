import { command } from "../../../lib/cli/definition.js";
import { table } from "../../../lib/cli/view.js";
import { listSuppressions } from "../../../lib/doctor/suppress.js";
import { requireEnvironment } from "../../../lib/environment/environment.js";
import { t } from "../../../lib/text.js";

export default command({
	summary: t`List the findings that are suppressed, and until when`,
	role: "auditor",
	list: { rows: "suppressions", fields: ["finding", "user", "state", "until", "reason", "since", "environment"] },
	registry: true,
	flags: { environment: { kind: "text", char: "e", value: "NAME", summary: t`The environment` } },
	examples: [{ what: t`All of them`, line: "cfm doctor suppressions list" }],
	async run({ flags }, context) {
		const settings = await context.settings({ environment: flags.environment });
		const registry = await context.registry(settings, { readonly: true });
		const now = context.host.now().toISOString();
		const found = await registry.read(async (view) => {
			const { name } = await requireEnvironment(view, settings.environment);
			return listSuppressions(view, name);
		});
		const suppressions = found.map((one) => ({ ...one, state: one.until > now ? ("active" as const) : "over" }));
		return { suppressions, total: suppressions.length };
	},
	view: ({ suppressions }) => [
		table(
			[
				{ head: t`FINDING`, field: "finding", whole: true, value: ({ finding }) => finding },
				{ head: t`USER`, field: "user", whole: true, value: ({ user }) => user },
				{ head: t`STATE`, field: "state", value: ({ state }) => state },
				{ head: t`UNTIL`, field: "until", value: ({ until }) => until, drawn: ({ until }) => until.slice(0, 10) },
				{ head: t`REASON`, field: "reason", value: ({ reason }) => reason, shrinks: true },
			],
			suppressions,
			t`Nothing is suppressed.`,
		),
	],
});
