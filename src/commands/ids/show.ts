import { command } from "../../lib/cli/definition.js";
import { parseTarget } from "../../lib/id/release.js";
import { showAllocation } from "../../lib/id/show.js";
import { t } from "../../lib/text.js";
import { allocationsTable } from "./_table.js";

export default command({
	summary: t`Show the allocation of a user or an ID`,
	registry: true,
	args: { who: { summary: t`A user or an ID`, required: true } },
	flags: { environment: { kind: "text", char: "e", value: "NAME", summary: t`Only this environment` } },
	examples: [
		{ what: t`By user`, line: "cfm ids show CORP\\ana" },
		{ what: t`By ID`, line: "cfm ids show 1" },
	],
	async run({ args, flags }, context) {
		const target = parseTarget(args.who);
		const registry = await context.registry(await context.settings(), { readonly: true });
		return registry.read((view) => showAllocation(view, target, flags.environment));
	},
	view: (result) => [allocationsTable(result.allocations)],
});
