import { command } from "../../../lib/cli/definition.js";
import { accessTo, requireCertificate } from "../../../lib/registered/find.js";
import { noAccess } from "../../../lib/registered/grant.js";
import { tellAccess } from "../../../lib/registered/told.js";
import { t } from "../../../lib/text.js";
import { accessFacts, inventoryLine } from "../_register.js";

export default command({
	summary: t`Show the access to a registered certificate`,
	role: "auditor",
	registry: true,
	args: { certificate: { summary: t`The certificate's alias`, required: true } },
	examples: [{ what: t`When it expires`, line: "cfm certs access show Seal" }],
	async run({ args }, context) {
		const registry = await context.registry(await context.settings(), { readonly: true });
		const now = context.host.now();
		return registry.read(async (view) => {
			const one = await requireCertificate(view, args.certificate);
			const access = await accessTo(view, one);
			if (access === undefined) throw noAccess(one.alias);
			return { alias: one.alias, access: tellAccess(access, now), inventoryOnly: true as const };
		});
	},
	view: ({ alias, access }) => [{ line: t`Access to ${alias}` }, accessFacts(access), inventoryLine()],
});
