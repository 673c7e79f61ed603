import { command } from "../../lib/cli/definition.js";
import { line } from "../../lib/command-line.js";
import { setEnvironment } from "../../lib/environment/plan.js";
import { CfmError } from "../../lib/errors.js";
import { t } from "../../lib/text.js";
import { environmentFlags, environmentSettings, environmentView } from "./_environment.js";

export default command({
	summary: t`Change an environment's range, port rule, quarantine or domain`,
	role: "admin",
	registry: true,
	changes: "moderate",
	args: { name: { of: "environment", summary: t`Its name`, required: true } },
	flags: environmentFlags,
	examples: [
		{ what: t`More IDs`, line: "cfm environments set default --range 1-24000 --yes" },
		{ what: t`Names without a domain belong to CORP`, line: "cfm environments set default --domain CORP --yes" },
	],
	async run({ args, flags }, context) {
		const asked = environmentSettings(flags);
		if (Object.keys(asked).length === 0) {
			throw new CfmError("usage", "nothing-to-set", t`Nothing to change was specified.`, {
				hints: [line("environments set", [], { help: true })],
			});
		}
		const settings = await context.settings();
		const registry = await context.registry(settings, { readonly: flags["dry-run"] });
		const request = { name: args.name, settings: asked, commonPort: settings.clientProfile().commonPort };
		return context.carryOut(setEnvironment(request), registry);
	},
	view: environmentView,
});
