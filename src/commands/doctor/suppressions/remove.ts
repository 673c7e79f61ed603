import { command } from "../../../lib/cli/definition.js";
import { endSuppression } from "../../../lib/doctor/suppress.js";
import { t } from "../../../lib/text.js";

export default command({
	summary: t`Tell a suppressed finding again`,
	role: "operator",
	registry: true,
	changes: "mild",
	args: { finding: { summary: t`The finding's ID`, required: true, of: "finding" } },
	flags: {
		user: { kind: "text", char: "u", value: "USER", summary: t`The user it was suppressed for` },
		environment: { kind: "text", char: "e", value: "NAME", summary: t`The environment` },
	},
	examples: [{ what: t`Before its date`, line: "cfm doctor suppressions remove CFM-MACHINE-002" }],
	async run({ args, flags }, context) {
		const settings = await context.settings({ environment: flags.environment });
		const registry = await context.registry(settings, { readonly: flags["dry-run"] });
		const request = { environment: settings.environment, finding: args.finding, user: flags.user };
		return context.carryOut(endSuppression(request), registry);
	},
	view({ finding, user }) {
		const whom = user ?? t`everybody`;
		return [{ line: t`${finding} is no longer suppressed for ${whom}.` }];
	},
});
