import { command } from "../../../lib/cli/definition.js";
import { type Column, table } from "../../../lib/cli/view.js";
import { t } from "../../../lib/text.js";
import { type ListedBackup, listBackups } from "../../../lib/webid/backups.js";

const columns: readonly Column<ListedBackup>[] = [
	{ head: t`BACKUP`, field: "id", value: ({ id }) => id, whole: true },
	// On a terminal the ID says when it was.
	{ head: t`WHEN (UTC)`, field: "at", value: ({ at }) => at, drawn: () => null },
	{ head: t`UNTIL`, field: "expires", value: ({ expires }) => expires, drawn: ({ expires }) => expires.slice(0, 10) },
	{ head: t`USER`, field: "user", value: ({ user }) => user, whole: true },
	{ head: t`PROFILE`, value: ({ browser, profile }) => `${browser} ${profile}`, shrinks: true },
	{ head: t`WHAT`, value: whatOf, shrinks: true },
	// What the last write was is told by the times; to put more together is for scripts.
	{ head: t`BATCH`, field: "batch", value: ({ batch }) => batch, drawn: () => null },
];

function whatOf({ changes, restores }: ListedBackup): string {
	if (changes.length === 0) return t`a repair`;
	const what = changes.map(told).join("; ");
	return restores === null ? what : t`a restore: ${what}`;
}

function told({ site, before, after, cleared }: ListedBackup["changes"][number]): string {
	if (cleared) return t`${site}: cleared`;
	return `${site}: ${before ?? t`(none)`} -> ${after ?? t`(none)`}`;
}

export default command({
	summary: t`List the backups that each write of web IDs left`,
	role: "none",
	list: {
		rows: "backups",
		fields: [
			"id",
			"batch",
			"restores",
			"at",
			"expires",
			"user",
			"browser",
			"profile",
			"profilePath",
			"store",
			"changes",
			"sizeBytes",
		],
	},
	examples: [{ what: t`All, newest first`, line: "cfm web backups list" }],
	async run(_request, context) {
		const { backups } = await context.browsers(await context.settings());
		return listBackups(backups, new Date());
	},
	view: ({ backups }) => [table(columns, backups, t`Nothing has been written yet, or the backups have expired.`)],
});
