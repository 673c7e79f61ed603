import { command } from "../../lib/cli/definition.js";
import { parseOrigin } from "../../lib/site/origin.js";
import { removeSites } from "../../lib/site/plan.js";
import { t } from "../../lib/text.js";
import { sitesTable } from "./_table.js";

export default command({
	summary: t`Stop managing web sites`,
	description: t`Browsers keep their web IDs: run cfm web clear first to remove them.`,
	role: "operator",
	registry: true,
	changes: "moderate",
	args: { sites: { summary: t`https://host[:port]`, required: true, many: true } },
	flags: { environment: { kind: "text", char: "e", value: "NAME", summary: t`The environment` } },
	examples: [{ what: t`One site`, line: "cfm sites remove https://sign.example.com --yes" }],
	async run({ args, flags }, context) {
		const origins = args.sites.map(parseOrigin);
		const settings = await context.settings({ environment: flags.environment });
		const registry = await context.registry(settings, { readonly: flags["dry-run"] });
		return context.carryOut(removeSites({ environment: settings.environment, origins }), registry);
	},
	view: ({ sites }) => [sitesTable(sites)],
});
