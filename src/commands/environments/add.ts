import { command } from "../../lib/cli/definition.js";
import {
	environmentAnswer,
	environmentFlags,
	environmentSettings,
	environmentView,
} from "../../lib/cli/environment-flags.js";
import { planAddEnvironment } from "../../lib/environment/plan.js";
import { carryOut } from "../../lib/registry/carry-out.js";
import { t } from "../../lib/text.js";
import { clientProfile, openRegistry, originOf, settingSources } from "../../lib/wiring.js";

export default command({
	summary: t`Add an environment`,
	registry: true,
	changes: "mild",
	args: { name: { summary: t`Its name`, required: true } },
	flags: environmentFlags,
	examples: [
		{ what: t`With the usual values`, line: "cfm environments add north" },
		{ what: t`With its own range and ports`, line: "cfm environments add south --range 1-500 --port-base 40000" },
	],
	async run({ args, flags }, shell) {
		const settings = environmentSettings(flags);
		const sources = await settingSources(shell);
		const registry = await openRegistry(shell, sources, { readonly: flags["dry-run"] });
		const request = { name: args.name, settings, commonPort: clientProfile(sources).commonPort };
		return carryOut(
			registry,
			originOf(shell),
			{ plan: (view) => planAddEnvironment(view, request), answer: environmentAnswer },
			{ dryRun: flags["dry-run"] },
		);
	},
	view: environmentView,
});
