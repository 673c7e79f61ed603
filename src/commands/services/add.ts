import { command } from "../../lib/cli/definition.js";
import { addService } from "../../lib/service/change.js";
import { parseLanguage, parseServiceName } from "../../lib/service/find.js";
import { t } from "../../lib/text.js";
import { serviceBlocks, serviceFlags } from "./_view.js";

export default command({
	summary: t`Record a client service that signs with a registered certificate`,
	role: "issuer",
	registry: true,
	changes: "mild",
	args: { name: { summary: t`What it is called; no two are alike`, required: true } },
	flags: {
		cert: {
			kind: "text",
			value: "ALIAS",
			of: "certificate",
			required: true,
			summary: t`The certificate that it signs with`,
		},
		...serviceFlags,
	},
	examples: [{ what: t`With its certificate`, line: "cfm services add Invoices --cert Seal" }],
	async run({ args, flags }, context) {
		const name = parseServiceName(args.name);
		const language = flags.language === undefined ? null : parseLanguage(flags.language);
		const { "client-id": clientId = null, company = null, contact = null, cert: certificate } = flags;
		const registry = await context.registry(await context.settings(), { readonly: flags["dry-run"] });
		const now = context.host.now();
		return context.carryOut(addService({ name, certificate, clientId, company, contact, language, now }), registry);
	},
	view: serviceBlocks,
});
