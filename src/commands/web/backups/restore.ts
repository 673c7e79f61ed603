import { command } from "../../../lib/cli/definition.js";
import { t } from "../../../lib/text.js";
import { restoreAnswer, restoreWebIds } from "../../../lib/webid/backups.js";
import { refusalOf } from "../../../lib/webid/edit.js";
import { keepDaysFlag, writeOptions } from "../_options.js";
import { changeBrowsers, webIdTools } from "../_scope.js";
import { plannedLines, webChangesView } from "../_view.js";

export default command({
	summary: t`Undo what was written to a browser's profile`,
	description: t`Each site's web ID; everything else stays. Browsers must be closed.`,
	role: "operator",
	own: (_, me) => me.areOnly([]),
	changes: "moderate",
	args: {
		backup: { summary: t`A backup ID from cfm web backups list; or latest, for the whole last write`, required: true },
	},
	flags: {
		whole: { kind: "boolean", summary: t`The whole store; what the user stored since is lost` },
		...keepDaysFlag,
	},
	examples: [
		{ what: t`Preview undoing the last write`, line: "cfm web backups restore latest --dry-run" },
		{ what: t`Undo it`, line: "cfm web backups restore latest --yes" },
	],
	async run({ args, flags }, context) {
		const settings = await context.settings();
		const { backups, narrator } = await webIdTools(context, settings);
		const options = { ...writeOptions(flags, context.host.now()), whole: flags.whole };
		const operation = restoreWebIds(backups, args.backup, options, narrator, (plan) => ({
			question: args.backup === "latest" ? t`Undo the last write?` : t`Undo the changes of ${args.backup}?`,
			details: plannedLines(restoreAnswer(plan).changes),
		}));
		return changeBrowsers(context, settings, backups, operation);
	},
	view: webChangesView,
	verdict: refusalOf,
});
