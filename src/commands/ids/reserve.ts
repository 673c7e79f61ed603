import { allocationsTable } from "../../lib/cli/allocation-table.js";
import { command } from "../../lib/cli/definition.js";
import { parseIdRanges } from "../../lib/id/ids.js";
import { planReserve, reserveAnswer } from "../../lib/id/reserve.js";
import { carryOut } from "../../lib/registry/carry-out.js";
import { t } from "../../lib/text.js";
import { openRegistry, originOf, setting, settingSources } from "../../lib/wiring.js";

export default command({
	summary: t`Keep IDs free on purpose`,
	registry: true,
	changes: "mild",
	args: { ids: { summary: t`IDs and ranges: 1-10,42`, required: true } },
	flags: {
		environment: { kind: "text", char: "e", value: "NAME", summary: t`The environment` },
		note: { kind: "text", value: "TEXT", summary: t`What they are kept for` },
	},
	examples: [{ what: t`The first ten and 42`, line: 'cfm ids reserve "1-10,42"' }],
	async run({ args, flags }, shell) {
		const ranges = parseIdRanges(args.ids);
		const sources = await settingSources(shell, { environment: flags.environment });
		const registry = await openRegistry(shell, sources, { readonly: flags["dry-run"] });
		const environment = setting(sources, "environment") ?? "";
		return carryOut(
			registry,
			originOf(shell),
			{ plan: (view) => planReserve(view, { environment, ranges, note: flags.note }), answer: reserveAnswer },
			{ dryRun: flags["dry-run"] },
		);
	},
	view: (result) => [allocationsTable(result.allocations)],
});
