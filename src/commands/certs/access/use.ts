import { command } from "../../../lib/cli/definition.js";
import { useAccess } from "../../../lib/registered/grant.js";
import { settling } from "../../../lib/service/settle.js";
import { t } from "../../../lib/text.js";
import { accessBlocks } from "../_register.js";

export default command({
	summary: t`Record how many signatures were made since access was granted`,
	registry: true,
	changes: "mild",
	args: { certificate: { summary: t`The certificate's alias`, required: true } },
	flags: {
		used: { kind: "integer", value: "N", required: true, summary: t`How many signatures in all since the grant` },
	},
	examples: [{ what: t`As the vendor's page says`, line: "cfm certs access use Seal --used 1200" }],
	async run({ args, flags }, context) {
		const registry = await context.registry(await context.settings(), { readonly: flags["dry-run"] });
		const request = { certificate: args.certificate, used: flags.used, now: context.host.now() };
		return context.carryOut(settling(useAccess(request), request.now), registry);
	},
	view: accessBlocks,
});
