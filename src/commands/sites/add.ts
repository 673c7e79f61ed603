import { command } from "../../lib/cli/definition.js";
import { sitesTable } from "../../lib/cli/site-view.js";
import { carryOut } from "../../lib/registry/carry-out.js";
import { parseOrigin } from "../../lib/site/origin.js";
import { planAddSites, siteAnswer } from "../../lib/site/plan.js";
import { t } from "../../lib/text.js";
import { openRegistry, originOf, setting, settingSources } from "../../lib/wiring.js";

export default command({
	summary: t`Add web sites whose web ID is cared for`,
	description: t`A site is https://host or https://host:port. Several environments can have the same one.`,
	registry: true,
	changes: "mild",
	args: { sites: { summary: t`https://host[:port]`, required: true, many: true } },
	flags: {
		environment: { kind: "text", char: "e", value: "NAME", summary: t`The environment` },
		note: { kind: "text", value: "TEXT", summary: t`A remark` },
	},
	examples: [
		{ what: t`One site`, line: "cfm sites add https://sign.example.com" },
		{ what: t`With a port and a remark`, line: 'cfm sites add https://portal.example.com:8443 --note "test portal"' },
	],
	async run({ args, flags }, shell) {
		const sites = args.sites.map((text) => ({ origin: parseOrigin(text), note: flags.note }));
		const sources = await settingSources(shell, { environment: flags.environment });
		const registry = await openRegistry(shell, sources, { readonly: flags["dry-run"] });
		const environment = setting(sources, "environment") ?? "";
		return carryOut(
			registry,
			originOf(shell),
			{ plan: (view) => planAddSites(view, { environment, sites }), answer: siteAnswer },
			{ dryRun: flags["dry-run"] },
		);
	},
	view: ({ sites }) => [sitesTable(sites)],
});
