import { command } from "../../lib/cli/definition.js";
import { removeOperator } from "../../lib/operator/change.js";
import { t } from "../../lib/text.js";
import { adminsLine, kindFlag, namedBy, yourRole } from "./_view.js";

export default command({
	summary: t`Take an account's or a group's role away`,
	description: t`The last admin can't be removed.`,
	role: "admin",
	registry: true,
	changes: "moderate",
	args: { name: { of: "operator", summary: t`Its name, or a SID`, required: true } },
	flags: kindFlag,
	examples: [{ what: t`Somebody who left`, line: "cfm operators remove CORP\\ben --yes" }],
	async run({ args, flags }, context) {
		const named = await namedBy(context, args.name, flags.kind);
		const registry = await context.registry(await context.settings(), { readonly: flags["dry-run"] });
		return context.carryOut(removeOperator({ ...named, yourRole: await yourRole(context, registry) }), registry);
	},
	view: (result) => [
		{ line: result.dryRun ? t`${result.operator.name} would be removed.` : t`${result.operator.name} was removed.` },
		adminsLine(result),
	],
});
