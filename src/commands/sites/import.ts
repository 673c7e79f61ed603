import { command } from "../../lib/cli/definition.js";
import { addSites } from "../../lib/site/plan.js";
import { t } from "../../lib/text.js";
import { readImportedSites } from "./_imported.js";
import { sitesTable } from "./_table.js";

export default command({
	summary: t`Add web sites from a file`,
	description: t`A CSV file with the column Site and optionally Note, or one site per line. All or nothing.`,
	registry: true,
	changes: "mild",
	args: { file: { summary: t`The file; - is standard input`, required: true } },
	flags: { environment: { kind: "text", char: "e", value: "NAME", summary: t`The environment` } },
	examples: [
		{ what: t`Preview what would be imported`, line: "cfm sites import sites.csv --dry-run" },
		{ what: t`Add them`, line: "cfm sites import sites.csv" },
	],
	async run({ args, flags }, context) {
		const { sites } = await readImportedSites(args.file);
		const settings = await context.settings({ environment: flags.environment });
		const registry = await context.registry(settings, { readonly: flags["dry-run"] });
		return context.carryOut(addSites({ environment: settings.environment, sites }), registry);
	},
	view: ({ sites }) => [sitesTable(sites)],
});
