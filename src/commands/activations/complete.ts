import { parseAccount } from "../../lib/account/account.js";
import { refuseSecretNote } from "../../lib/activation/refuse-secret.js";
import { completeActivation } from "../../lib/activation/renew.js";
import { parseSaid } from "../../lib/calendar/day.js";
import { command } from "../../lib/cli/definition.js";
import { t } from "../../lib/text.js";
import { environmentFlag, noteFlag, productFlag, rulesOf, zoneFlag } from "./_options.js";
import { changedBlocks } from "./_view.js";

export default command({
	summary: t`Record that a user's signature is activated, however late`,
	description: t`Also after their days: the vendor decides, not the clock.`,
	role: "issuer",
	registry: true,
	changes: "mild",
	discreet: true,
	args: { user: { of: "activation", summary: t`The user`, required: true } },
	flags: {
		at: { kind: "text", value: "TIME", summary: t`When it was activated; by default, now` },
		subscription: { kind: "text", value: "DATE", summary: t`The last day of the yearly subscription` },
		...productFlag,
		...zoneFlag,
		...noteFlag,
		...environmentFlag,
	},
	examples: [
		{ what: t`It is activated`, line: "cfm activations complete CORP\\ana" },
		{ what: t`With the end of the subscription`, line: "cfm activations complete CORP\\ana --subscription 2027-01-15" },
	],
	async run({ args, flags }, context) {
		refuseSecretNote(flags.note);
		const account = parseAccount(args.user);
		const settings = await context.settings({ environment: flags.environment, "activations.zone": flags.zone });
		const at = flags.at === undefined ? undefined : parseSaid(flags.at, (await rulesOf(settings)).zone);
		const registry = await context.registry(settings, { readonly: flags["dry-run"] });
		const whose = { environment: settings.environment, account, product: flags.product };
		const { subscription, note } = flags;
		return context.carryOut(
			completeActivation({ ...whose, at, subscription, note, now: context.host.now() }),
			registry,
		);
	},
	view: changedBlocks,
});
