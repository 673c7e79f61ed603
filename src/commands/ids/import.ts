import { allocationsTable } from "../../lib/cli/allocation-table.js";
import { command } from "../../lib/cli/definition.js";
import { readImportedIds } from "../../lib/cli/imported-ids.js";
import { refuseBadLines } from "../../lib/cli/input-lines.js";
import { importAnswer, planImport } from "../../lib/id/import.js";
import { commonPortOnly } from "../../lib/port/obstacles.js";
import { carryOut } from "../../lib/registry/carry-out.js";
import type { RegistryView } from "../../lib/registry/port.js";
import { t } from "../../lib/text.js";
import { clientProfile, openRegistry, originOf, setting, settingSources } from "../../lib/wiring.js";

export default command({
	summary: t`Take over IDs that are in use already, from a CSV`,
	description: t`The CSV has a column ID and a column User; a row without a user is a reservation. All or nothing.`,
	registry: true,
	changes: "mild",
	args: { file: { summary: t`The CSV; - is standard input`, required: true } },
	flags: { environment: { kind: "text", char: "e", value: "NAME", summary: t`The environment` } },
	examples: [
		{ what: t`See first what would come in`, line: "cfm ids import known.csv --dry-run" },
		{ what: t`Take it over`, line: "cfm ids import known.csv" },
	],
	async run({ args, flags }, shell) {
		const { rows, source } = await readImportedIds(args.file);
		const sources = await settingSources(shell, { environment: flags.environment });
		const registry = await openRegistry(shell, sources, { readonly: flags["dry-run"] });
		const environment = setting(sources, "environment") ?? "";
		// Only that: who has an ID already may well listen on its port.
		const obstacle = commonPortOnly(clientProfile(sources).commonPort);
		const order = {
			plan: async (view: RegistryView) => {
				const plan = await planImport(view, { environment, rows, obstacle });
				refuseBadLines(source, plan.bad);
				return plan;
			},
			answer: importAnswer,
		};
		return shell.withProgress(t`Importing`, (progress) =>
			carryOut(registry, originOf(shell, rows), order, { dryRun: flags["dry-run"], progress }),
		);
	},
	view: (result) => [allocationsTable(result.allocations)],
});
