import { command } from "../../lib/cli/definition.js";
import { requireService } from "../../lib/service/find.js";
import { standingsIn, tellService } from "../../lib/service/told.js";
import { t } from "../../lib/text.js";
import { inventoryLine } from "../certs/_register.js";
import { serviceFacts } from "./_view.js";

export default command({
	summary: t`Show a client service, and whether it can sign`,
	role: "auditor",
	registry: true,
	args: { service: { summary: t`Its name`, required: true } },
	examples: [{ what: t`All that is recorded`, line: "cfm services show Invoices" }],
	async run({ args }, context) {
		const registry = await context.registry(await context.settings(), { readonly: true });
		return registry.read(async (view) => {
			const one = await requireService(view, args.service);
			const standing = await standingsIn(view, context.host.now())(one.certificate);
			return { service: tellService(one, standing), inventoryOnly: true as const };
		});
	},
	view: ({ service }) => [serviceFacts(service), inventoryLine()],
});
