import { CfmError } from "../errors.js";
import { t } from "../text.js";
import { toChange, type WebIdAnswer } from "./edit.js";
import type { Backup, Backups, EditOptions } from "./ports.js";

/** A backup as commands answer it. */
export interface ListedBackup {
	id: string;
	at: string;
	expires: string;
	user: string | null;
	browser: string;
	profile: string;
	profilePath: string;
	store: string;
	changes: { site: string; before: string | null; after: string | null; cleared: boolean }[];
	sizeBytes: number;
}

/** What can be undone, newest first. */
export async function listBackups(backups: Backups): Promise<{ backups: ListedBackup[]; total: number }> {
	const listed = (await backups.list()).map(toListed);
	return { backups: listed, total: listed.length };
}

/**
 * Undoes one backup's changes, or says with `dryRun` what would become of them.
 *
 * @param id a backup's, or `latest`
 * @throws CfmError not-found `no-backup`; unavailable `backup-damaged`
 */
export async function restoreBackup(
	backups: Backups,
	id: string,
	options: EditOptions & { whole: boolean },
): Promise<WebIdAnswer> {
	const all = await backups.list();
	const backup = id === "latest" ? all[0] : all.find((one) => one.id === id);
	if (backup === undefined) {
		throw new CfmError("not-found", "no-backup", t`There is no backup ${id}; it may have expired.`, {
			hints: ["cfm web backups list"],
			data: { id },
		});
	}
	const changes = (await backups.restore(backup.id, options)).map((result) => toChange(backup.profile, result));
	return { changes, total: changes.length };
}

function toListed({ id, at, expires, profile, store, changes, size }: Backup): ListedBackup {
	return {
		id,
		at,
		expires,
		user: profile.user,
		browser: profile.browser,
		profile: profile.name,
		profilePath: profile.path,
		store,
		changes: changes.map(({ origin, ...rest }) => ({ site: origin, ...rest })),
		sizeBytes: size,
	};
}
