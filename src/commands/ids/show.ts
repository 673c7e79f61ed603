import { command } from "../../lib/cli/definition.js";
import { parseTarget } from "../../lib/id/release.js";
import { showAllocation } from "../../lib/id/show.js";
import { t } from "../../lib/text.js";
import { allocationsTable } from "./_table.js";

export default command({
	summary: t`Show the allocation of a user or an ID`,
	role: "auditor",
	registry: true,
	args: { who: { summary: t`A user, an ID, or the port of an ID`, required: true } },
	flags: { environment: { kind: "text", char: "e", value: "NAME", summary: t`Only this environment` } },
	examples: [
		{ what: t`By user`, line: "cfm ids show CORP\\ana" },
		{ what: t`By ID`, line: "cfm ids show 1" },
		{ what: t`By port`, line: "cfm ids show 24251" },
	],
	async run({ args, flags }, context) {
		const target = parseTarget(args.who);
		const settings = await context.settings();
		const registry = await context.registry(settings, { readonly: true });
		return registry.read((view) => showAllocation(view, target, flags.environment, settings.environment));
	},
	view: ({ allocations, byPort }) => [
		...(byPort === undefined ? [] : [{ line: t`${byPort} is not an ID that is in use, but a port:` }]),
		allocationsTable(allocations),
	],
});
