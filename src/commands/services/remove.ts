import { command } from "../../lib/cli/definition.js";
import { removeService } from "../../lib/service/change.js";
import { t } from "../../lib/text.js";
import { serviceBlocks } from "./_view.js";

export default command({
	summary: t`Remove a client service from the register`,
	role: "issuer",
	registry: true,
	changes: "moderate",
	args: { service: { summary: t`Its name`, required: true } },
	examples: [{ what: t`One that is no more`, line: "cfm services remove Invoices --yes" }],
	async run({ args, flags }, context) {
		const registry = await context.registry(await context.settings(), { readonly: flags["dry-run"] });
		return context.carryOut(removeService({ service: args.service, now: context.host.now() }), registry);
	},
	view: serviceBlocks,
});
