import { line } from "../command-line.js";
import { CfmError } from "../errors.js";
import type { Danger, Narrator, OutsideOperation } from "../operation/operation.js";
import { t } from "../text.js";
import { becameOfChanges, eventsOf, intendedChanges } from "./edit.js";
import { countPlanned, isPlanned, toChange, type WebIdAnswer, type WebIdChange } from "./plan.js";
import type { Backup, Backups, EditOptions } from "./stores.js";

/** A backup as commands answer it. */
export interface ListedBackup {
	id: string;
	/** The same for all backups of one command: `restore latest` undoes the last of them. */
	batch: string;
	/** The backup whose restore left this one; null for any other write. */
	restores: string | null;
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

/** What can be undone, newest first; what has expired is removed on the way. */
export async function listBackups(backups: Backups, now: Date): Promise<{ backups: ListedBackup[]; total: number }> {
	await backups.removeExpired(now);
	const listed = (await current(backups, now)).map(toListed);
	return { backups: listed, total: listed.length };
}

/** What is to be undone: each entry is one store of one profile. */
export interface RestorePlan {
	entries: { backup: Backup; changes: WebIdChange[] }[];
}

type RestoreOptions = Omit<EditOptions, "dryRun"> & { whole: boolean };

/**
 * Decides what is undone, by trying each backup without writing.
 *
 * @param id a backup's; `latest`: all backups of the last command that wrote, which a restore does not count as: said
 *   twice, it does not undo itself
 * @throws CfmError not-found `no-backup`; unavailable `backup-damaged`
 */
export async function planRestore(backups: Backups, id: string, options: RestoreOptions): Promise<RestorePlan> {
	const all = await current(backups, options.now);
	const last = all.find(({ restores, changes }) => restores === null && changes.length > 0);
	const wanted = all.filter((one) => (id === "latest" ? one.batch === last?.batch : one.id === id));
	if (wanted.length === 0) {
		throw new CfmError("not-found", "no-backup", t`There is no backup ${id}; it may have expired.`, {
			hints: [line("web backups list")],
			data: { id },
		});
	}
	const plan: RestorePlan = { entries: [] };
	for (const backup of wanted) {
		const results = await backups.restore(backup.id, { ...options, dryRun: true });
		plan.entries.push({ backup, changes: results.map((result) => toChange(backup.profile, result)) });
	}
	return plan;
}

/** What such a plan answers while it is only one. */
export function restoreAnswer({ entries }: RestorePlan): WebIdAnswer {
	const changes = entries.flatMap(({ changes: own }) => own);
	return { changes, total: changes.length };
}

/** Undoes what a plan says, store by store; what can no longer be undone says so in its outcome. */
export async function applyRestore(
	backups: Backups,
	{ entries }: RestorePlan,
	options: RestoreOptions,
	progress: (done: number, total: number) => void = () => {},
): Promise<WebIdAnswer> {
	const changes: WebIdChange[] = [];
	for (const [at, { backup, changes: planned }] of entries.entries()) {
		progress(at, entries.length);
		// What was refused when it was planned is left alone, though it might work by now: nobody agreed to it.
		const results = planned.some(isPlanned)
			? (await backups.restore(backup.id, { ...options, dryRun: false })).map((one) => toChange(backup.profile, one))
			: planned;
		changes.push(...results);
	}
	return { changes, total: changes.length };
}

/** Those that have not expired, newest first: whether expired ones are gone yet depends on who ran what. */
async function current(backups: Backups, now: Date): Promise<Backup[]> {
	return (await backups.list()).filter(({ expires }) => expires > now.toISOString());
}

function toListed({ id, batch, restores, at, expires, profile, store, changes, size }: Backup): ListedBackup {
	return {
		id,
		batch,
		restores,
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

/** `cfm web backups restore`. */
export function restoreWebIds(
	backups: Backups,
	id: string,
	options: RestoreOptions,
	narrator: Narrator,
	danger: (plan: RestorePlan) => Danger,
): OutsideOperation<RestorePlan, WebIdAnswer, WebIdAnswer> {
	return {
		asked: { id, whole: options.whole },
		plan: () => planRestore(backups, id, options),
		danger,
		needed: (plan) => countPlanned(plan) > 0,
		intent: (plan) => eventsOf("web.restore", "", restoreAnswer(plan).changes.filter(isPlanned), intendedChanges),
		apply: (plan) => narrator.withProgress(t`Writing`, (progress) => applyRestore(backups, plan, options, progress)),
		outcome: async (_plan, { changes }) => eventsOf("web.restore", "", changes, becameOfChanges),
		answer: (plan, written) => written ?? restoreAnswer(plan),
	};
}
