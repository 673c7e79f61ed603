import { command } from "../../lib/cli/definition.js";
import { pageOf, pagingFlags } from "../../lib/cli/paging.js";
import { CfmError } from "../../lib/errors.js";
import { type AllocationList, listAllocations } from "../../lib/id/list.js";
import type { FreeList, RangeList } from "../../lib/id/ranges.js";
import { t } from "../../lib/text.js";
import { allocationsTable, rangesTable } from "./_table.js";

export default command({
	summary: t`List the IDs that are not free, or those that are`,
	role: "auditor",
	registry: true,
	list: {
		rows: "allocations",
		fields: ["user", "id", "port", "state", "environment", "since", "until", "note", "sid"],
		instead: {
			flag: "ranges",
			rows: "ranges",
			fields: ["first", "last", "count", "firstPort", "lastPort", "state", "environment", "user", "until", "note"],
		},
	},
	flags: {
		environment: { kind: "text", char: "e", value: "NAME", summary: t`Only this environment` },
		state: {
			kind: "text",
			value: "STATE",
			choices: ["allocated", "reserved", "quarantined", "free"],
			summary: t`Only this state`,
		},
		ranges: { kind: "boolean", summary: t`Blocks of IDs in one state, free ones too` },
		user: { kind: "text", char: "u", value: "PATTERN", summary: t`Only users that match; * and ? are wildcards` },
		sort: { kind: "text", value: "KEY", choices: ["id", "user", "state", "since"], summary: t`Sort by` },
		reverse: { kind: "boolean", summary: t`Sort in descending order` },
		...pagingFlags,
	},
	examples: [
		{ what: t`Everything that is not free`, line: "cfm ids list" },
		{ what: t`Users in the domain CORP whose name begins with a`, line: 'cfm ids list --user "CORP\\a*"' },
		{ what: t`Which IDs are free, and why the others are not`, line: "cfm ids list --ranges" },
		{ what: t`The next five that are free`, line: "cfm ids list --state free --limit 5" },
		{ what: t`The ten that changed last`, line: "cfm ids list --sort since --reverse --limit 10" },
	],
	async run({ flags }, context): Promise<AllocationList | FreeList | RangeList> {
		const registry = await context.registry(await context.settings(), { readonly: true });
		const { environment, state } = flags;
		if (flags.ranges || state === "free") {
			refuseWithRanges(flags);
			const asked = { environment, state, ...pageOf(flags) };
			const { listFree, listRanges } = await import("../../lib/id/ranges.js");
			return flags.ranges ? listRanges(await registry.snapshot(), asked) : listFree(await registry.snapshot(), asked);
		}
		return listAllocations(await registry.snapshot(), {
			environment,
			state,
			userPattern: flags.user,
			sort: flags.sort,
			descending: flags.reverse,
			...pageOf(flags),
		});
	},
	view: (result) => ["ranges" in result ? rangesTable(result.ranges) : allocationsTable(result.allocations)],
});

/** What is free has no user, no time and one order. */
function refuseWithRanges({
	user,
	sort,
	reverse,
}: {
	user?: string | undefined;
	sort?: string | undefined;
	reverse: boolean;
}) {
	const one = user !== undefined ? "--user" : sort !== undefined ? "--sort" : reverse ? "--reverse" : undefined;
	if (one === undefined) return;
	throw new CfmError("usage", "two-meanings", t`${one} can't be combined with --state free or --ranges.`);
}
