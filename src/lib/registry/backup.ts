import { statSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { CfmError } from "../errors.js";
import { plural, t } from "../text.js";
import type { RegistryProvider } from "./provider.js";
import type { Act, Attribution, Registry, RegistryView } from "./registry.js";
import { eventsEverWritten } from "./written.js";

/** The action of the event that tells of a backup. */
const backupAction = "registry.backup";

/** A backup in a folder, by what is in it. */
export interface BackupFile {
	file: string;
	/** Of the registry that it is of; null when that had no event yet. */
	identity: string | null;
	/** `eventsEverWritten`, which orders the backups of one registry. */
	written: number;
}

/** The backups in a folder, the newest of each registry first, and the files that can't be read as one. */
export async function backupsIn(
	registries: RegistryProvider,
	folder: string,
	besides: string,
): Promise<{ backups: BackupFile[]; unreadable: string[] }> {
	const backups: BackupFile[] = [];
	const unreadable: string[] = [];
	for (const file of await registries.backupFiles(folder, { besides })) {
		try {
			const copy = await registries.openCopy(file);
			try {
				const facts = async (view: RegistryView) => [await view.identity(), await eventsEverWritten(view)] as const;
				const [identity, written] = await copy.read(facts);
				backups.push({ file, identity, written });
			} finally {
				await copy.close();
			}
		} catch (error) {
			if (!(error instanceof CfmError)) throw error;
			unreadable.push(file);
		}
	}
	// Two of one state: the later name has the later time in it.
	backups.sort((a, b) => b.written - a.written || (a.file < b.file ? 1 : -1));
	return { backups, unreadable };
}

/**
 * The newest backup of a registry in a folder.
 *
 * @param identity the registry's; null when it is gone, or can't be read
 * @throws CfmError not-found `no-backup`; usage `several-registries` when it is gone and the folder has backups of several
 */
export function newestOf(
	backups: readonly BackupFile[],
	folder: string,
	identity: string | null,
): { newest: BackupFile; among: number } {
	const ours = identity === null ? backups : backups.filter((backup) => backup.identity === identity);
	const registries = new Set(ours.map((backup) => backup.identity));
	if (registries.size > 1) {
		const newest = [...registries].map((one) => ours.find((backup) => backup.identity === one)?.file ?? "");
		throw new CfmError("usage", "several-registries", t`${folder} has backups of ${registries.size} registries.`, {
			hints: [t`Specify a file. The newest of each: ${newest.map((file) => basename(file)).join(", ")}.`],
			data: { newest },
		});
	}
	const [newest] = ours;
	if (newest !== undefined) return { newest, among: ours.length };
	throw new CfmError("not-found", "no-backup", t`${folder} has no backup of this registry.`, {
		hints: [t`Specify the backup's file, or another folder.`],
		data: { folder, others: backups.length },
	});
}

export interface BackupRequest {
	/** The file to write; or a folder for it, and the file is named by cfm. */
	target: { file: string } | { folder: string };
	/** How many backups of this registry stay in the folder; all, without it. Those that somebody named stay. */
	keep?: number | undefined;
	machine: string;
	now: Date;
}

export interface BackupAnswer {
	file: string;
	registry: string;
	sizeBytes: number | null;
	/** Older backups that were removed. */
	removed: string[];
	dryRun?: true;
}

/** What a backup works with. */
export interface BackingUp {
	registries: RegistryProvider;
	registry: Registry;
	attribution: Attribution;
	dryRun: boolean;
	/** Hears what does not fail the backup. */
	warn(message: string): void;
}

/**
 * `cfm registry backup`. The copy is whole before anything else is done: neither a log that takes no event now nor an older
 * backup that cannot be removed makes it fail.
 *
 * @throws CfmError as `Registry.backup`
 */
export async function backUp(request: BackupRequest, tools: BackingUp): Promise<BackupAnswer> {
	const { registries, registry, dryRun } = tools;
	const identity = await registry.read((view) => view.identity());
	const file = await written(request, identity, tools);
	if (!dryRun) await record(file, tools);
	const folder = "folder" in request.target ? request.target.folder : undefined;
	const removed =
		request.keep === undefined || folder === undefined
			? []
			: await older(registries, registry.location, folder, identity, dryRun ? request.keep - 1 : request.keep);
	const answer = { file, registry: registry.location, removed };
	if (dryRun) return { ...answer, sizeBytes: null, dryRun };
	for (const one of removed) await registries.removeBackup(one);
	return { ...answer, sizeBytes: statSync(file).size };
}

/** Names that are taken; beyond these something else is wrong. */
const attempts = 100;

/** @returns the file that was written, or would be */
async function written(
	request: BackupRequest,
	identity: string | null,
	{ registry, dryRun }: BackingUp,
): Promise<string> {
	const { target } = request;
	if ("file" in target) {
		const file = resolve(target.file);
		if (!dryRun) await registry.backup(file);
		return file;
	}
	const named = join(resolve(target.folder), nameOf(request, identity));
	for (let attempt = 1; ; attempt += 1) {
		const file = attempt === 1 ? named : named.replace(/\.db$/, `-${attempt}.db`);
		try {
			if (!dryRun) await registry.backup(file);
			return file;
		} catch (error) {
			// Two in one second, or two registries: each has a file of its own.
			if (!(error instanceof CfmError && error.code === "file-exists") || attempt === attempts) throw error;
		}
	}
}

/** Machine, registry and time: several registries may have one folder, and several machines one share. */
function nameOf({ machine, now }: BackupRequest, identity: string | null): string {
	const stamp = now.toISOString().replace(/[-:]/g, "").slice(0, 15);
	return `registry-${machine.replace(/[^\w-]/g, "_")}-${identity?.slice(0, 8) ?? "new"}-${stamp}Z.db`;
}

/** A name that cfm made, this one or an earlier one. */
const madeName = /^registry-.*\d{8}T\d{6}Z(-\d+)?\.db$/;

async function older(
	registries: RegistryProvider,
	location: string,
	folder: string,
	identity: string | null,
	keep: number,
): Promise<string[]> {
	if (identity === null) return [];
	const { backups } = await backupsIn(registries, folder, location);
	const ours = backups.filter((backup) => backup.identity === identity && madeName.test(basename(backup.file)));
	return ours.slice(keep).map(({ file }) => file);
}

/** Tells the log, so that `registry info` knows when the last one was made. */
async function record(file: string, { registry, attribution, warn }: BackingUp): Promise<void> {
	const act: Act = {
		...{ of: "act", action: backupAction, environment: "", subject: "registry", id: null },
		...{ before: null, after: { file } },
	};
	try {
		await registry.change(attribution, (transaction) => transaction.apply([act], attribution));
	} catch (error) {
		if (!(error instanceof CfmError)) throw error;
		warn(t`This backup is not in the event log: ${error.message}`);
	}
}

/** When the last backup was made, as the log tells. */
export interface LastBackup {
	at: string;
	file: string;
	/** Whole days since. */
	ageDays: number;
	/** The number of its event. */
	seq: number;
}

export async function lastBackup(view: RegistryView, now: Date): Promise<LastBackup | null> {
	const event = await view.lastEvent(backupAction);
	if (event === undefined) return null;
	const { file = "" } = (event.after ?? {}) as { file?: string };
	const ageDays = Math.max(0, Math.floor((now.getTime() - Date.parse(event.at)) / 86_400_000));
	return { at: event.at, file, ageDays, seq: event.seq };
}

/** The age of a backup, for people. */
export function ageInWords({ ageDays }: LastBackup): string {
	if (ageDays === 0) return t`less than a day ago`;
	return plural(ageDays, { one: "1 day ago", other: `${ageDays} days ago` });
}
