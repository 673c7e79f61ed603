import { command } from "../../lib/cli/definition.js";
import { listAllocations } from "../../lib/id/list.js";
import { t } from "../../lib/text.js";
import { allocationsTable } from "./_table.js";

export default command({
	summary: t`List the IDs that are not free`,
	registry: true,
	flags: {
		environment: { kind: "text", char: "e", value: "NAME", summary: t`Only this environment` },
		state: {
			kind: "text",
			value: "STATE",
			choices: ["allocated", "reserved", "quarantined"],
			summary: t`Only this state`,
		},
		user: { kind: "text", char: "u", value: "PATTERN", summary: t`Only users that match; * and ? are wildcards` },
		sort: { kind: "text", value: "KEY", choices: ["id", "user", "state", "since"], summary: t`Sort by` },
		reverse: { kind: "boolean", summary: t`Sort in descending order` },
		limit: { kind: "integer", value: "N", summary: t`The largest number of rows` },
		offset: { kind: "integer", value: "N", summary: t`The number of rows to leave out at the start` },
	},
	examples: [
		{ what: t`Everything that is not free`, line: "cfm ids list" },
		{ what: t`Users in the domain CORP whose name begins with a`, line: 'cfm ids list --user "CORP\\a*"' },
		{ what: t`The ten that changed last`, line: "cfm ids list --sort since --reverse --limit 10" },
	],
	async run({ flags }, context) {
		const registry = await context.registry(await context.settings(), { readonly: true });
		return listAllocations(await registry.snapshot(), {
			environment: flags.environment,
			state: flags.state,
			userPattern: flags.user,
			sort: flags.sort,
			descending: flags.reverse,
			limit: flags.limit,
			offset: flags.offset,
		});
	},
	view: (result) => [allocationsTable(result.allocations)],
});
