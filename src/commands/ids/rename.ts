import { parseAccount, parseSid } from "../../lib/account/account.js";
import { command } from "../../lib/cli/definition.js";
import { followUps } from "../../lib/id/follow-up.js";
import { parseTarget } from "../../lib/id/release.js";
import { renameUser } from "../../lib/id/rename.js";
import { recordKinds } from "../../lib/record-kinds.js";
import { t } from "../../lib/text.js";
import { followLines } from "./_remarks.js";
import { allocationsTable } from "./_table.js";

export default command({
	summary: t`Give a user's account its new name; the ID stays the same`,
	description: t`For a renamed account: ID, client and history stay theirs. Nothing outside the registry is renamed.`,
	role: "operator",
	registry: true,
	changes: "moderate",
	args: {
		old: { summary: t`The user as registered, or their ID`, required: true },
		new: { summary: t`The name that the account has now`, required: true },
	},
	flags: {
		sid: { kind: "text", value: "SID", summary: t`The account's SID, to record with the ID` },
		environment: { kind: "text", char: "e", value: "NAME", summary: t`The environment` },
		note: { kind: "text", value: "TEXT", summary: t`Why, for the history` },
	},
	examples: [{ what: t`After a marriage`, line: "cfm ids rename CORP\\ana CORP\\ana.smith --yes" }],
	async run({ args, flags }, context) {
		const target = parseTarget(args.old);
		const named = parseAccount(args.new);
		const account = flags.sid === undefined ? named : { ...named, sid: parseSid(flags.sid) };
		const settings = await context.settings({ environment: flags.environment });
		const registry = await context.registry(settings, { readonly: flags["dry-run"] });
		const request = { environment: settings.environment, target, account, note: flags.note };
		const answer = await context.carryOut(renameUser(request, recordKinds), registry);
		const follow = await followUps(registry, "rename", answer.environment, answer.allocations);
		return { ...answer, ...(follow.length > 0 && { follow }) };
	},
	view: (result) => [allocationsTable(result.allocations), ...followLines(result.follow)],
});
