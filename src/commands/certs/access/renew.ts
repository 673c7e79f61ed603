import { command } from "../../../lib/cli/definition.js";
import { renewAccess } from "../../../lib/registered/grant.js";
import { t } from "../../../lib/text.js";
import { accessBlocks } from "../_register.js";
import { grantFlags, grantRequest } from "./_flags.js";

export default command({
	summary: t`Record that access to a certificate was granted anew`,
	registry: true,
	changes: "mild",
	args: { certificate: { summary: t`The certificate's alias`, required: true } },
	flags: grantFlags,
	examples: [{ what: t`Granted again`, line: "cfm certs access renew Seal --granted 2026-03-10" }],
	async run({ args, flags }, context) {
		const { request, settings } = await grantRequest(context, args.certificate, flags);
		const registry = await context.registry(settings, { readonly: flags["dry-run"] });
		return context.carryOut(renewAccess(request), registry);
	},
	view: accessBlocks,
});
