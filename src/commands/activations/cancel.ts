import { parseAccount } from "../../lib/account/account.js";
import { refuseSecretNote } from "../../lib/activation/refuse-secret.js";
import { cancelActivation } from "../../lib/activation/renew.js";
import { command } from "../../lib/cli/definition.js";
import { t } from "../../lib/text.js";
import { environmentFlag, noteFlag, productFlag } from "./_options.js";
import { changedBlocks } from "./_view.js";

export default command({
	summary: t`Record that nobody waits for an activation any more`,
	role: "issuer",
	registry: true,
	changes: "mild",
	discreet: true,
	args: { user: { of: "activation", summary: t`The user`, required: true } },
	flags: { ...productFlag, ...noteFlag, ...environmentFlag },
	examples: [{ what: t`Somebody left`, line: 'cfm activations cancel CORP\\ana --note "left the company"' }],
	async run({ args, flags }, context) {
		refuseSecretNote(flags.note);
		const account = parseAccount(args.user);
		const settings = await context.settings({ environment: flags.environment });
		const registry = await context.registry(settings, { readonly: flags["dry-run"] });
		const whose = { environment: settings.environment, account, product: flags.product };
		return context.carryOut(cancelActivation({ ...whose, note: flags.note, now: context.host.now() }), registry);
	},
	view: changedBlocks,
});
