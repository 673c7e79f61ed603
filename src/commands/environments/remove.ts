import { command } from "../../lib/cli/definition.js";
import { environmentAnswer, environmentView } from "../../lib/cli/environment-flags.js";
import { planRemoveEnvironment } from "../../lib/environment/plan.js";
import { carryOut } from "../../lib/registry/carry-out.js";
import { t } from "../../lib/text.js";
import { openRegistry, originOf, settingSources } from "../../lib/wiring.js";

export default command({
	summary: t`Remove an environment in which nobody has an ID`,
	registry: true,
	changes: "severe",
	args: { name: { summary: t`Its name`, required: true } },
	examples: [{ what: t`One that is no longer used`, line: "cfm environments remove south --confirm south" }],
	async run({ args, flags }, shell) {
		const registry = await openRegistry(shell, await settingSources(shell), { readonly: flags["dry-run"] });
		return carryOut(
			registry,
			originOf(shell),
			{
				plan: (view) => planRemoveEnvironment(view, args.name),
				answer: environmentAnswer,
				agree: (plan) =>
					shell.confirm(plan.before?.name ?? "", flags.confirm, t`Remove the environment ${plan.before?.name ?? ""}?`),
			},
			{ dryRun: flags["dry-run"] },
		);
	},
	view: environmentView,
});
