import { command } from "../../lib/cli/definition.js";
import { requireEnvironment } from "../../lib/environment/environment.js";
import { listSites } from "../../lib/site/site.js";
import { t } from "../../lib/text.js";
import { sitesTable } from "./_table.js";

export default command({
	summary: t`List the managed web sites`,
	role: "auditor",
	list: {
		rows: "sites",
		fields: ["environment", "origin", "note", "since"],
	},
	registry: true,
	flags: { environment: { kind: "text", char: "e", value: "NAME", summary: t`Only this environment` } },
	examples: [{ what: t`All`, line: "cfm sites list" }],
	async run({ flags }, context) {
		const registry = await context.registry(await context.settings(), { readonly: true });
		return registry.read(async (view) => {
			const asked = flags.environment;
			const environment = asked === undefined ? undefined : (await requireEnvironment(view, asked)).name;
			const sites = await listSites(view, environment);
			return { sites, total: sites.length, ...(environment === undefined ? {} : { environment }) };
		});
	},
	view: ({ sites, environment }) => [sitesTable(sites, environment)],
});
