import { command } from "../../lib/cli/definition.js";
import { CfmError } from "../../lib/errors.js";
import { setService } from "../../lib/service/change.js";
import { parseLanguage, parseServiceName } from "../../lib/service/find.js";
import { t } from "../../lib/text.js";
import { serviceBlocks, serviceFlags } from "./_view.js";

export default command({
	summary: t`Change what is recorded of a client service, or its certificate`,
	role: "issuer",
	registry: true,
	changes: "mild",
	args: { service: { summary: t`Its name`, required: true } },
	flags: {
		name: { kind: "text", value: "NAME", summary: t`Another name` },
		cert: { kind: "text", value: "ALIAS", of: "certificate", summary: t`The certificate that it signs with now` },
		...serviceFlags,
	},
	examples: [
		{ what: t`Its certificate was replaced`, line: 'cfm services set Invoices --cert "Seal 2027"' },
		{ what: t`Whom to ask`, line: "cfm services set Invoices --contact CORP\\ben" },
	],
	async run({ args, flags }, context) {
		const name = flags.name === undefined ? undefined : parseServiceName(flags.name);
		const language = flags.language === undefined ? undefined : parseLanguage(flags.language);
		const { "client-id": clientId, company, contact, cert: certificate } = flags;
		const facts = { clientId, company, contact, language };
		if ([name, certificate, ...Object.values(facts)].every((one) => one === undefined)) {
			throw new CfmError("usage", "nothing-to-set", t`Specify what to set.`, {
				hints: [{ again: { cert: { fill: "ALIAS" } } }],
			});
		}
		const registry = await context.registry(await context.settings(), { readonly: flags["dry-run"] });
		const request = { service: args.service, name, certificate, ...facts, now: context.host.now() };
		return context.carryOut(setService(request), registry);
	},
	view: serviceBlocks,
});
