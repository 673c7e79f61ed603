import { parseAccount } from "../../lib/account/account.js";
import { refuseSecretNote } from "../../lib/activation/refuse-secret.js";
import { renewActivation } from "../../lib/activation/renew.js";
import { parseSaid } from "../../lib/calendar/day.js";
import { command } from "../../lib/cli/definition.js";
import { t } from "../../lib/text.js";
import { environmentFlag, noteFlag, productFlag, rulesOf, zoneFlag } from "./_options.js";
import { changedBlocks } from "./_view.js";

export default command({
	summary: t`Record that a user's codes were renewed: a new mail, a new clock`,
	description: t`From the day the new mail came.`,
	role: "issuer",
	registry: true,
	changes: "mild",
	discreet: true,
	args: { user: { of: "activation", summary: t`The user`, required: true } },
	flags: {
		mailed: {
			kind: "text",
			value: "TIME",
			required: true,
			summary: t`When the new mail came: 2026-01-15 or 2026-01-15T09:30`,
		},
		...productFlag,
		...zoneFlag,
		...noteFlag,
		...environmentFlag,
	},
	examples: [{ what: t`The new mail came`, line: "cfm activations renew CORP\\ana --mailed 2026-01-15" }],
	async run({ args, flags }, context) {
		refuseSecretNote(flags.note);
		const account = parseAccount(args.user);
		const settings = await context.settings({ environment: flags.environment, "activations.zone": flags.zone });
		const rules = await rulesOf(settings);
		const mailed = parseSaid(flags.mailed, rules.zone);
		const registry = await context.registry(settings, { readonly: flags["dry-run"] });
		const whose = { environment: settings.environment, account, product: flags.product };
		return context.carryOut(
			renewActivation({
				...{ ...whose, mailed, note: flags.note, now: context.host.now() },
				rules: { zone: rules.zone, days: rules.days },
			}),
			registry,
		);
	},
	view: changedBlocks,
});
