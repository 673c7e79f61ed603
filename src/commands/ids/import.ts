import { command } from "../../lib/cli/definition.js";
import { refuseBadLines } from "../../lib/cli/input/lines.js";
import { importIds } from "../../lib/id/import.js";
import { commonPortOnly } from "../../lib/port/obstacles.js";
import { t } from "../../lib/text.js";
import { readImportedIds } from "./_imported.js";
import { allocationsTable } from "./_table.js";

export default command({
	summary: t`Import IDs that are already in use, from a CSV file`,
	description: t`The CSV file has the columns ID and User; a row without a user reserves its ID. All or nothing.`,
	registry: true,
	changes: "mild",
	args: { file: { summary: t`The CSV file; - is standard input`, required: true } },
	flags: { environment: { kind: "text", char: "e", value: "NAME", summary: t`The environment` } },
	examples: [
		{ what: t`Preview what would be imported`, line: "cfm ids import known.csv --dry-run" },
		{ what: t`Import it`, line: "cfm ids import known.csv" },
	],
	async run({ args, flags }, context) {
		const { rows, source } = await readImportedIds(args.file);
		const settings = await context.settings({ environment: flags.environment });
		const registry = await context.registry(settings, { readonly: flags["dry-run"] });
		// Only that: who has an ID already may well listen on its port.
		const obstacle = commonPortOnly(settings.clientProfile().commonPort);
		const request = { environment: settings.environment, rows, obstacle };
		return context.shell.withProgress(t`Importing`, (progress) =>
			context.carryOut(
				importIds(request, (bad) => refuseBadLines(source, bad)),
				registry,
				progress,
			),
		);
	},
	view: (result) => [allocationsTable(result.allocations)],
});
