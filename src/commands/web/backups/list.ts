import { command } from "../../../lib/cli/definition.js";
import { type Column, table } from "../../../lib/cli/view.js";
import { t, visible } from "../../../lib/text.js";
import { type ListedBackup, listBackups } from "../../../lib/webid/backups.js";

const columns: readonly Column<ListedBackup>[] = [
	{ head: t`BACKUP`, value: ({ id }) => id },
	// On a terminal the ID says when it was.
	{ head: t`WHEN (UTC)`, value: ({ at }) => at, drawn: () => null },
	{ head: t`UNTIL`, value: ({ expires }) => expires, drawn: ({ expires }) => expires.slice(0, 10) },
	{ head: t`USER`, value: ({ user }) => user, shrinks: true },
	{ head: t`PROFILE`, value: ({ browser, profile }) => visible(`${browser} ${profile}`), shrinks: true },
	{ head: t`WHAT`, value: whatOf, shrinks: true },
	// What the last write was is told by the times; to put more together is for scripts.
	{ head: t`BATCH`, value: ({ batch }) => batch, drawn: () => null },
];

function whatOf({ changes, restores }: ListedBackup): string {
	const what = changes.map(told).join("; ");
	return restores === null ? what : t`a restore: ${what}`;
}

function told({ site, before, after, cleared }: ListedBackup["changes"][number]): string {
	if (cleared) return t`${visible(site)}: cleared`;
	return visible(`${site}: ${before ?? t`(none)`} -> ${after ?? t`(none)`}`);
}

export default command({
	summary: t`List the backups that each write of web IDs left`,
	examples: [{ what: t`All, newest first`, line: "cfm web backups list" }],
	async run(_request, context) {
		const { backups } = await context.host.webIdStores((await context.settings()).places.home);
		return listBackups(backups, new Date());
	},
	view: ({ backups }) => [table(columns, backups, t`Nothing has been written yet, or the backups have expired.`)],
});
