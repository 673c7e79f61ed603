import { command } from "../../lib/cli/definition.js";
import { parseOrigin } from "../../lib/site/origin.js";
import { addSites } from "../../lib/site/plan.js";
import { t } from "../../lib/text.js";
import { sitesTable } from "./_table.js";

export default command({
	summary: t`Manage the web IDs of more web sites`,
	description: t`As https://host or https://host:port. Several environments can manage the same site.`,
	role: "operator",
	registry: true,
	changes: "mild",
	args: { sites: { of: "new", summary: t`https://host[:port]`, required: true, many: true } },
	flags: {
		environment: { kind: "text", char: "e", value: "NAME", summary: t`The environment` },
		note: { kind: "text", value: "TEXT", summary: t`A note` },
	},
	examples: [
		{ what: t`One site`, line: "cfm sites add https://sign.example.com" },
		{ what: t`With a port and a note`, line: 'cfm sites add https://portal.example.com:8443 --note "test portal"' },
	],
	async run({ args, flags }, context) {
		const sites = args.sites.map((text) => ({ origin: parseOrigin(text), note: flags.note }));
		const settings = await context.settings({ environment: flags.environment });
		const registry = await context.registry(settings, { readonly: flags["dry-run"] });
		return context.carryOut(addSites({ environment: settings.environment, sites }), registry);
	},
	view: ({ sites }) => [sitesTable(sites)],
});
