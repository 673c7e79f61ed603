import { command } from "../../lib/cli/definition.js";
import {
	differences,
	environmentAnswer,
	environmentFlags,
	environmentSettings,
	environmentView,
} from "../../lib/cli/environment-flags.js";
import { line } from "../../lib/command-line.js";
import { planSetEnvironment } from "../../lib/environment/plan.js";
import { CfmError } from "../../lib/errors.js";
import { carryOut } from "../../lib/registry/carry-out.js";
import { t } from "../../lib/text.js";
import { clientProfile, openRegistry, originOf, settingSources } from "../../lib/wiring.js";

export default command({
	summary: t`Change an environment's range, port rule, quarantine or domain`,
	registry: true,
	changes: "moderate",
	args: { name: { summary: t`Its name`, required: true } },
	flags: environmentFlags,
	examples: [
		{ what: t`More IDs`, line: "cfm environments set default --range 1-24000 --yes" },
		{ what: t`Names without a domain belong to CORP`, line: "cfm environments set default --domain CORP --yes" },
	],
	async run({ args, flags }, shell) {
		const settings = environmentSettings(flags);
		if (Object.keys(settings).length === 0) {
			throw new CfmError("usage", "nothing-to-set", t`Nothing was said that could be changed.`, {
				hints: [line("environments set", [], { help: true })],
			});
		}
		const sources = await settingSources(shell);
		const registry = await openRegistry(shell, sources, { readonly: flags["dry-run"] });
		const request = { name: args.name, settings, commonPort: clientProfile(sources).commonPort };
		return carryOut(
			registry,
			originOf(shell),
			{
				plan: (view) => planSetEnvironment(view, request),
				answer: environmentAnswer,
				agree: (plan) => shell.agree(t`Change the environment ${plan.after?.name ?? ""}?`, differences(plan)),
			},
			{ dryRun: flags["dry-run"] },
		);
	},
	view: environmentView,
});
