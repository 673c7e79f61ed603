import { command } from "../../../lib/cli/definition.js";
import { grantAccess } from "../../../lib/registered/grant.js";
import { settling } from "../../../lib/service/settle.js";
import { t } from "../../../lib/text.js";
import { accessBlocks } from "../_register.js";
import { grantFlags, grantRequest } from "./_flags.js";

export default command({
	summary: t`Enter or correct when access to a certificate was granted`,
	role: "issuer",
	registry: true,
	changes: "mild",
	args: { certificate: { summary: t`The certificate's alias`, required: true } },
	flags: grantFlags,
	examples: [{ what: t`The first grant`, line: "cfm certs access grant Seal --granted 2026-01-15" }],
	async run({ args, flags }, context) {
		const { request, settings } = await grantRequest(context, args.certificate, flags);
		const registry = await context.registry(settings, { readonly: flags["dry-run"] });
		return context.carryOut(settling(grantAccess(request), request.now), registry);
	},
	view: accessBlocks,
});
