import { command } from "../../lib/cli/definition.js";
import { parseIdRanges } from "../../lib/id/ids.js";
import { reserveIds } from "../../lib/id/reserve.js";
import { t } from "../../lib/text.js";
import { noteNotStored } from "./_remarks.js";
import { allocationsTable } from "./_table.js";

export default command({
	summary: t`Reserve IDs, so that nobody gets them`,
	role: "operator",
	registry: true,
	changes: "mild",
	args: { ids: { summary: t`IDs and ranges: 1-10,42`, required: true } },
	flags: {
		environment: { kind: "text", char: "e", value: "NAME", summary: t`The environment` },
		note: { kind: "text", value: "TEXT", summary: t`Why they are reserved` },
	},
	examples: [{ what: t`The first ten and 42`, line: 'cfm ids reserve "1-10,42"' }],
	async run({ args, flags }, context) {
		const ranges = parseIdRanges(args.ids);
		const settings = await context.settings({ environment: flags.environment });
		const registry = await context.registry(settings, { readonly: flags["dry-run"] });
		const request = { environment: settings.environment, ranges, note: flags.note };
		const answer = await context.carryOut(reserveIds(request), registry);
		noteNotStored(context.shell, answer, flags.note);
		return answer;
	},
	view: (result) => [allocationsTable(result.allocations)],
});
