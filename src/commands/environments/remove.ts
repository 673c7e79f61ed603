import { command } from "../../lib/cli/definition.js";
import { removeEnvironment } from "../../lib/environment/plan.js";
import { t } from "../../lib/text.js";
import { environmentView } from "./_environment.js";

export default command({
	summary: t`Remove an environment in which nobody holds an ID`,
	role: "admin",
	registry: true,
	changes: "severe",
	args: { name: { of: "environment", summary: t`Its name`, required: true } },
	examples: [{ what: t`One that is no longer used`, line: "cfm environments remove south --confirm south" }],
	async run({ args, flags }, context) {
		const registry = await context.registry(await context.settings(), { readonly: flags["dry-run"] });
		return context.carryOut(removeEnvironment(args.name), registry);
	},
	view: environmentView,
});
