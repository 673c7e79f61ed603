import { command } from "../../../lib/cli/definition.js";
import { line } from "../../../lib/command-line.js";
import { renewWithServices } from "../../../lib/service/renew.js";
import { t } from "../../../lib/text.js";
import { accessBlocks } from "../_register.js";
import { grantFlags, grantRequest } from "./_flags.js";

export default command({
	summary: t`Record that access to a certificate was granted anew`,
	description: t`Services that were suspended stay so, and are named; --activate-services asks about them.`,
	role: "issuer",
	registry: true,
	changes: "moderate",
	args: { certificate: { summary: t`The certificate's alias`, required: true } },
	flags: {
		...grantFlags,
		"activate-services": { kind: "boolean", summary: t`Record its services as active again; asks` },
	},
	examples: [{ what: t`Granted again`, line: "cfm certs access renew Seal --granted 2026-03-10" }],
	async run({ args, flags }, context) {
		const { request, settings } = await grantRequest(context, args.certificate, flags);
		const registry = await context.registry(settings, { readonly: flags["dry-run"] });
		return context.carryOut(renewWithServices(request, flags["activate-services"]), registry);
	},
	view: (answer) => [
		...accessBlocks(answer),
		...answer.activated.map((name) => ({
			line: answer.dryRun ? t`${name} would be active again.` : t`${name} is active again.`,
		})),
		...answer.suspended.map((name) => ({
			line: {
				say: t`${name} is still suspended; once it is active at the vendor:`,
				line: line("services activate", [name]),
			},
		})),
	],
});
