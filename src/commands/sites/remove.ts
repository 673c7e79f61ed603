import { command } from "../../lib/cli/definition.js";
import { sitesTable } from "../../lib/cli/site-view.js";
import { carryOut } from "../../lib/registry/carry-out.js";
import { parseOrigin } from "../../lib/site/origin.js";
import { planRemoveSites, siteAnswer } from "../../lib/site/plan.js";
import { t } from "../../lib/text.js";
import { openRegistry, originOf, setting, settingSources } from "../../lib/wiring.js";

export default command({
	summary: t`No longer care for web sites`,
	description: t`The browsers keep what they have: cfm web clear removes web IDs, and must come first.`,
	registry: true,
	changes: "moderate",
	args: { sites: { summary: t`https://host[:port]`, required: true, many: true } },
	flags: { environment: { kind: "text", char: "e", value: "NAME", summary: t`The environment` } },
	examples: [{ what: t`One site`, line: "cfm sites remove https://sign.example.com --yes" }],
	async run({ args, flags }, shell) {
		const origins = args.sites.map(parseOrigin);
		const sources = await settingSources(shell, { environment: flags.environment });
		const registry = await openRegistry(shell, sources, { readonly: flags["dry-run"] });
		const environment = setting(sources, "environment") ?? "";
		return carryOut(
			registry,
			originOf(shell),
			{
				plan: (view) => planRemoveSites(view, { environment, origins }),
				answer: siteAnswer,
				agree: ({ changes }) =>
					shell.agree(
						t`Remove ${changes.length} site(s) of ${environment}?`,
						changes.map((change) => `  ${"origin" in change ? change.origin : ""}`),
					),
			},
			{ dryRun: flags["dry-run"] },
		);
	},
	view: ({ sites }) => [sitesTable(sites)],
});
