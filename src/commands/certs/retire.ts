import { command } from "../../lib/cli/definition.js";
import { line } from "../../lib/command-line.js";
import { retireWithServices } from "../../lib/service/retire.js";
import { t } from "../../lib/text.js";
import { certificateBlocks } from "./_register.js";

export default command({
	summary: t`Record that a certificate is not signed with any more`,
	description: t`It stays in the register, and is due no more. Services that sign with it are named.`,
	role: "issuer",
	registry: true,
	changes: "mild",
	args: { certificate: { summary: t`Its alias`, required: true } },
	flags: {
		"replaced-by": { kind: "text", value: "ALIAS", of: "certificate", summary: t`The certificate in its place` },
	},
	examples: [{ what: t`No longer in use`, line: "cfm certs retire Seal" }],
	async run({ args, flags }, context) {
		const registry = await context.registry(await context.settings(), { readonly: flags["dry-run"] });
		const request = { certificate: args.certificate, replacedBy: flags["replaced-by"], now: context.host.now() };
		return context.carryOut(retireWithServices(request), registry);
	},
	view: (answer) => [
		...certificateBlocks(answer),
		...answer.services.map((name) => ({
			line: {
				say: t`${name} still signs with it; to move it:`,
				line: line("services set", [name], { cert: answer.replacedBy ?? { fill: "ALIAS" } }),
			},
		})),
	],
});
