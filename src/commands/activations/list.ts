import { products } from "../../lib/activation/activation.js";
import { listActivations } from "../../lib/activation/list.js";
import { activationStates } from "../../lib/activation/told.js";
import { command } from "../../lib/cli/definition.js";
import { pageOf, pagingFlags } from "../../lib/cli/paging.js";
import { t } from "../../lib/text.js";
import { activationFields, activationsTable, inventoryLine } from "./_view.js";

export default command({
	summary: t`List activations, those whose codes run out first at the top`,
	role: "auditor",
	registry: true,
	list: { rows: "activations", fields: activationFields },
	flags: {
		state: { kind: "text", value: "STATE", choices: ["open", ...activationStates], summary: t`Only this state` },
		product: { kind: "text", value: "PRODUCT", choices: products, summary: t`Only this product` },
		user: { kind: "text", char: "u", value: "PATTERN", summary: t`Only users that match; * and ? are wildcards` },
		sort: { kind: "text", value: "KEY", choices: ["due", "user", "number"], summary: t`Sort by` },
		reverse: { kind: "boolean", summary: t`Sort in descending order` },
		environment: { kind: "text", char: "e", value: "NAME", summary: t`Only this environment` },
		...pagingFlags,
	},
	examples: [
		{ what: t`All of them`, line: "cfm activations list" },
		{ what: t`Those that are not activated yet`, line: "cfm activations list --state open" },
		{ what: t`Whose codes have expired`, line: "cfm activations list --state expired" },
	],
	async run({ flags }, context) {
		const registry = await context.registry(await context.settings(), { readonly: true });
		const { environment, state, product, user, sort, reverse } = flags;
		const asked = { environment, state, product, user, sort, descending: reverse, now: context.host.now() };
		return registry.read((view) => listActivations(view, { ...asked, ...pageOf(flags) }));
	},
	view: ({ activations, total }) => [
		{ ...activationsTable(activations, t`No activation is recorded.`), total },
		inventoryLine(),
	],
});
