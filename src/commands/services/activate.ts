import { command } from "../../lib/cli/definition.js";
import { activateService } from "../../lib/service/change.js";
import { t } from "../../lib/text.js";
import { serviceBlocks } from "./_view.js";

export default command({
	summary: t`Record that a client service is active again`,
	description: t`Refused while its certificate, or the access to it, has run out.`,
	role: "issuer",
	registry: true,
	changes: "mild",
	args: { service: { summary: t`Its name`, required: true } },
	examples: [{ what: t`Seen to be active at the vendor`, line: "cfm services activate Invoices" }],
	async run({ args, flags }, context) {
		const registry = await context.registry(await context.settings(), { readonly: flags["dry-run"] });
		return context.carryOut(activateService({ service: args.service, now: context.host.now() }), registry);
	},
	view: serviceBlocks,
});
