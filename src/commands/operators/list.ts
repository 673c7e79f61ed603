import { command } from "../../lib/cli/definition.js";
import { listOperators } from "../../lib/operator/operator.js";
import { roles } from "../../lib/registry/role.js";
import { t } from "../../lib/text.js";
import { operatorFields, operatorsTable } from "./_view.js";

export default command({
	summary: t`List who may do what with the registry`,
	role: "auditor",
	registry: true,
	list: { rows: "operators", fields: operatorFields },
	flags: { role: { kind: "text", value: "ROLE", choices: roles, summary: t`Only those with this role` } },
	examples: [
		{ what: t`All of them`, line: "cfm operators list" },
		{ what: t`Who can name operators`, line: "cfm operators list --role admin" },
	],
	async run({ flags: { role } }, context) {
		const registry = await context.registry(await context.settings(), { readonly: true });
		const all = await registry.read(listOperators);
		const operators = all.filter((one) => role === undefined || one.role === role);
		return { operators, total: operators.length };
	},
	view: ({ operators, total }) => [
		{
			...operatorsTable(operators, t`Nobody is named. Whoever can write the registry is an admin.`),
			total,
		},
	],
});
