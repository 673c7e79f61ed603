import { command } from "../../../lib/cli/definition.js";
import { keepDaysFlag, writeOptions } from "../../../lib/cli/web-change.js";
import { plannedLines, webChangesView } from "../../../lib/cli/web-view.js";
import { t } from "../../../lib/text.js";
import { applyRestore, planRestore, restoreAnswer } from "../../../lib/webid/backups.js";
import { countPlanned, refusalOf, type WebIdAnswer } from "../../../lib/webid/edit.js";
import { settingSources, webIdStores } from "../../../lib/wiring.js";

export default command({
	summary: t`Undo what was written to a browser's profile`,
	description: t`Each site's web ID becomes what it was; all else stays as it is now. Browsers must be closed.`,
	changes: "moderate",
	args: { backup: { summary: t`Its ID, from cfm web backups list; or latest: all of the last write`, required: true } },
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
		const options = { ...writeOptions(flags), whole: flags.whole };
		const plan = await planRestore(backups, args.backup, options);
		const planned = restoreAnswer(plan);
		if (flags["dry-run"]) return { ...planned, dryRun: true };
		const count = countPlanned(plan);
		const question = args.backup === "latest" ? t`Undo the last write?` : t`Undo the changes of ${args.backup}?`;
		if (count > 0) await shell.agree(question, plannedLines(planned.changes));
		await backups.removeExpired(options.now);
		if (count === 0) return planned;
		return shell.withProgress(t`Writing`, (progress) => applyRestore(backups, plan, options, progress));
	},
	view: webChangesView,
	verdict: refusalOf,
});
