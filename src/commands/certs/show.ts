import { command } from "../../lib/cli/definition.js";
import type { Block } from "../../lib/cli/view.js";
import { accessTo, requireCertificate } from "../../lib/registered/find.js";
import { tellAccess, tellCertificate } from "../../lib/registered/told.js";
import { toldServicesOn } from "../../lib/service/find.js";
import { t } from "../../lib/text.js";
import { servicesTable } from "../services/_view.js";
import { accessFacts, generalFacts, inventoryLine } from "./_register.js";

export default command({
	summary: t`Show a registered certificate and the access to it`,
	role: "auditor",
	registry: true,
	args: { alias: { summary: t`Its alias`, required: true, of: "certificate" } },
	examples: [{ what: t`All that is recorded`, line: "cfm certs show Seal" }],
	async run({ args }, context) {
		const registry = await context.registry(await context.settings(), { readonly: true });
		const now = context.host.now();
		return registry.read(async (view) => {
			const one = await requireCertificate(view, args.alias);
			const access = await accessTo(view, one);
			return {
				certificate: tellCertificate(one, now),
				services: await toldServicesOn(view, one, now),
				access: access === undefined ? null : tellAccess(access, now),
				inventoryOnly: true as const,
			};
		});
	},
	view: ({ certificate, services, access }): Block[] => [
		{ line: t`General` },
		generalFacts(certificate),
		{ line: t`Certificate authority access` },
		accessFacts(access),
		...(services.length === 0 ? [] : [{ line: t`Services` }, servicesTable(services, "")]),
		inventoryLine(),
	],
});
