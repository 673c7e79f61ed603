import { command } from "../../lib/cli/definition.js";
import { listEnvironments } from "../../lib/environment/environment.js";
import { t } from "../../lib/text.js";
import { environmentsTable } from "./_environment.js";

export default command({
	summary: t`List the environments`,
	role: "auditor",
	list: {
		rows: "environments",
		fields: [
			"name",
			"firstId",
			"lastId",
			"portBase",
			"portStride",
			"portRuleLearnedAt",
			"quarantineDays",
			"domain",
			"domains",
			"note",
			"free",
		],
	},
	registry: true,
	examples: [{ what: t`All`, line: "cfm environments list" }],
	async run(_request, context) {
		const registry = await context.registry(await context.settings(), { readonly: true });
		return registry.read(async (view) => {
			const environments = [];
			for (const environment of await listEnvironments(view)) {
				environments.push({ ...environment, free: (await view.free(environment.name)).count });
			}
			return { environments, total: environments.length };
		});
	},
	view: (result) => [environmentsTable(result.environments)],
});
