import { command } from "../../lib/cli/definition.js";
import { suspendService } from "../../lib/service/change.js";
import { t } from "../../lib/text.js";
import { serviceBlocks } from "./_view.js";

export default command({
	summary: t`Record that a client service was suspended`,
	role: "issuer",
	registry: true,
	changes: "mild",
	args: { service: { summary: t`Its name`, required: true } },
	flags: { reason: { kind: "text", value: "TEXT", required: true, summary: t`Why` } },
	examples: [{ what: t`For a time`, line: 'cfm services suspend Invoices --reason "new server"' }],
	async run({ args, flags }, context) {
		const registry = await context.registry(await context.settings(), { readonly: flags["dry-run"] });
		const request = { service: args.service, reason: flags.reason, now: context.host.now() };
		return context.carryOut(suspendService(request), registry);
	},
	view: serviceBlocks,
});
