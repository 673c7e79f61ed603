import { command } from "../../../lib/cli/definition.js";
import { line } from "../../../lib/command-line.js";
import { parseCount, useAccess } from "../../../lib/registered/grant.js";
import { settling } from "../../../lib/service/settle.js";
import { t } from "../../../lib/text.js";
import { accessBlocks } from "../_register.js";

export default command({
	summary: t`Record how many signatures were made since access was granted`,
	role: "issuer",
	registry: true,
	changes: "mild",
	args: {
		certificate: { summary: t`The certificate's alias`, required: true },
		used: { summary: t`How many signatures in all since the grant`, required: true },
	},
	flags: {},
	examples: [{ what: t`As the vendor's page says`, line: "cfm certs access use Seal 1200" }],
	async run({ args, flags }, context) {
		const used = parseCount(args.used);
		const registry = await context.registry(await context.settings(), { readonly: flags["dry-run"] });
		const request = { certificate: args.certificate, used, now: context.host.now() };
		const answer = await context.carryOut(settling(useAccess(request), request.now), registry);
		const { allowance } = answer.access;
		if (used >= allowance) {
			const { alias } = answer;
			context.shell.warn({
				say: t`${alias} has no signatures left: ${used} of ${allowance} are used. Have access granted anew, then record it:`,
				line: line("certs access renew", [alias], { granted: { fill: "2026-01-15" } }),
			});
		}
		return answer;
	},
	view: accessBlocks,
});
