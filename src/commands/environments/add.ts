import { command } from "../../lib/cli/definition.js";
import { addEnvironment } from "../../lib/environment/plan.js";
import { t } from "../../lib/text.js";
import { environmentFlags, environmentSettings, environmentView } from "./_environment.js";

export default command({
	summary: t`Add an environment`,
	role: "admin",
	registry: true,
	changes: "mild",
	args: { name: { of: "new", summary: t`Its name`, required: true } },
	flags: environmentFlags,
	examples: [
		{ what: t`With the default values`, line: "cfm environments add north" },
		{ what: t`With its own range and ports`, line: "cfm environments add south --range 1-500 --port-base 40000" },
	],
	async run({ args, flags }, context) {
		const asked = environmentSettings(flags);
		const settings = await context.settings();
		const registry = await context.registry(settings, { readonly: flags["dry-run"] });
		const request = { name: args.name, settings: asked, commonPort: settings.clientProfile().commonPort };
		return context.carryOut(addEnvironment(request), registry);
	},
	view: environmentView,
});
