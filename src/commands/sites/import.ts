import { command } from "../../lib/cli/definition.js";
import { badLineFlags, fileFlags } from "../../lib/cli/input/flags.js";
import { type BadLine, skippedLinesError } from "../../lib/cli/input/lines.js";
import { addSites, type SiteAnswer } from "../../lib/site/plan.js";
import { t } from "../../lib/text.js";
import { finish, makeRejects, refuse } from "../_bad-lines.js";
import { readImportedSites } from "./_imported.js";
import { sitesTable } from "./_table.js";

export default command({
	summary: t`Add web sites from a file`,
	description: t`CSV with the column Site and optionally Note, or one site per line. All or nothing.`,
	role: "operator",
	registry: true,
	changes: "mild",
	args: { file: { summary: t`The file; - is standard input`, required: true } },
	flags: {
		column: { kind: "text", value: "NAME", summary: t`The column that holds the sites` },
		"note-column": { kind: "text", value: "NAME", summary: t`The column that holds the notes` },
		...fileFlags,
		...badLineFlags,
		environment: { kind: "text", char: "e", value: "NAME", summary: t`The environment` },
	},
	examples: [
		{ what: t`Preview what would be imported`, line: "cfm sites import sites.csv --dry-run" },
		{ what: t`Add them`, line: "cfm sites import sites.csv" },
	],
	async run({ args, flags }, context) {
		const { sites, bad, input } = await readImportedSites(args.file, flags);
		if (!flags["keep-going"] && flags.rejects === undefined) refuse(input, bad);
		const settings = await context.settings({ environment: flags.environment });
		const registry = await context.registry(settings, { readonly: flags["dry-run"] });
		const writeRejects = await makeRejects(flags.rejects, input, context);
		const answer: SiteAnswer & { refused?: BadLine[] } = await context.carryOut(
			addSites({ environment: settings.environment, sites }),
			registry,
		);
		return finish(bad.length === 0 ? answer : { ...answer, refused: bad }, input, writeRejects);
	},
	view: ({ sites }) => [sitesTable(sites)],
	verdict: ({ refused = [] }) => skippedLinesError(refused),
});
