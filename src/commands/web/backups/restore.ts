import { command } from "../../../lib/cli/definition.js";
import { keepDays, keepDaysFlag } from "../../../lib/cli/web-change.js";
import { plannedLines, webChangesView } from "../../../lib/cli/web-view.js";
import { t } from "../../../lib/text.js";
import { restoreBackup } from "../../../lib/webid/backups.js";
import { refusalOf, type WebIdAnswer } from "../../../lib/webid/edit.js";
import { settingSources, webIdStores } from "../../../lib/wiring.js";

export default command({
	summary: t`Undo what was written to a browser's profile`,
	description: t`Each site's web ID becomes what it was; all else stays as it is now. The browser must be closed.`,
	changes: "moderate",
	args: { backup: { summary: t`Its ID, from cfm web backups list; or latest`, required: true } },
	flags: {
		whole: { kind: "boolean", summary: t`The complete store; what the user stored since is lost` },
		...keepDaysFlag,
	},
	examples: [
		{ what: t`What would become of the last write`, line: "cfm web backups restore latest --dry-run" },
		{ what: t`Undo it`, line: "cfm web backups restore latest --yes" },
	],
	async run({ args, flags }, shell): Promise<WebIdAnswer & { dryRun?: true }> {
		const { backups } = await webIdStores(await settingSources(shell));
		const options = { now: new Date(), keepDays: keepDays(flags), whole: flags.whole };
		const planned = await restoreBackup(backups, args.backup, { ...options, dryRun: true });
		if (flags["dry-run"]) return { ...planned, dryRun: true };
		if (!planned.changes.some(({ outcome }) => outcome === "planned" || outcome === "ambiguous")) return planned;
		await shell.agree(t`Undo the changes of ${args.backup}?`, plannedLines(planned.changes));
		return restoreBackup(backups, args.backup, { ...options, dryRun: false });
	},
	view: webChangesView,
	verdict: refusalOf,
});
