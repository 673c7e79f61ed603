import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { line } from "../../command-line.js";
import { CfmError } from "../../errors.js";
import { refusalOf } from "../../system-errors.js";
import { t } from "../../text.js";
import type { Backup, EditOptions } from "../../webid/ports.js";
import { makeFolder, protectFolder, refuseFolderOfOthers, syncFile, syncFolder } from "../files/own-folder.js";
import type { AreaEdit } from "../user-files/live-store.js";
import { Unfit } from "../user-files/unfit.js";

/** A backup as it is on the disk: beside what the port tells, what undoes each change. */
export interface Record extends Omit<Backup, "size"> {
	version: 1;
	undo: AreaEdit[];
}

/** The backups: for each written store a folder with `backup.json`, and the store's files in `files`. */
export class Kept {
	private readonly folder: string;

	/** @param restores the backup that is restored by what is going to be written, if any */
	constructor(
		private readonly home: string,
		private readonly restores: string | null = null,
	) {
		this.folder = join(home, "web-backups");
	}

	/** Makes the folder, closed to all but administrators, when it is not there yet. */
	async prepare(): Promise<void> {
		const isNew = makeFolder(this.home);
		await protectFolder(this.home, { isNew, adopt: false });
		if (mkdirSync(this.folder, { recursive: true, mode: 0o700 }) !== undefined) syncFolder(this.home);
	}

	/**
	 * Keeps what undoes a change that is about to be made; durable only after `sync`.
	 *
	 * @returns the folder for the store's files
	 */
	begin(
		what: Pick<Record, "profile" | "store" | "changes" | "undo">,
		{ now, keepDays, batch }: Pick<EditOptions, "now" | "keepDays" | "batch">,
	): { id: string; files: string } {
		const at = now.toISOString();
		const stamp = at.replace(/[-:]|\..*$/g, "");
		const id = `${stamp}-${randomBytes(3).toString("hex")}`;
		const expires = new Date(now.getTime() + keepDays * 86_400_000).toISOString();
		const record: Record = { version: 1, id, batch: batch ?? id, restores: this.restores, at, expires, ...what };
		const files = join(this.folder, id, "files");
		const file = join(this.folder, id, "backup.json");
		try {
			mkdirSync(files, { recursive: true, mode: 0o700 });
			writeFileSync(`${file}.unfinished`, JSON.stringify(record), { flag: "wx", mode: 0o600 });
			syncFile(`${file}.unfinished`);
			renameSync(`${file}.unfinished`, file);
			return { id, files };
		} catch (error) {
			this.discard(id);
			throw error;
		}
	}

	/** Makes a backup durable: before the store is changed, or a power loss could leave the change and no way back. */
	sync(id: string): void {
		const folder = join(this.folder, id);
		for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
			const path = join(entry.parentPath, entry.name);
			if (entry.isDirectory()) syncFolder(path);
			else syncFile(path);
		}
		syncFolder(folder);
		syncFolder(this.folder);
	}

	discard(id: string): void {
		rmSync(join(this.folder, id), { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
	}

	files(id: string): string {
		return join(this.folder, id, "files");
	}

	/** Whether nothing was there to be kept: the store was new. @throws Unfit damaged when what was kept is gone */
	isEmpty(id: string): boolean {
		const files = this.files(id);
		if (!existsSync(files)) throw new Unfit("damaged", t`The files of the backup ${id} no longer exist.`);
		return readdirSync(files).length === 0;
	}

	/** Newest first, one command's by their profiles; what cannot be read is left out. @throws CfmError denied */
	list(): Backup[] {
		const found = this.records().flatMap(({ undo: _undo, version: _version, ...record }) => {
			try {
				return [{ ...record, size: sizeOf(join(this.folder, record.id)) }];
			} catch {
				return [];
			}
		});
		// All of one command have its time; among them, the same order each time.
		const order = ({ batch, profile, store, id }: Backup) => [batch, profile.path, store, id].join("\0");
		return found.sort((a, b) => b.at.localeCompare(a.at) || order(a).localeCompare(order(b)));
	}

	/**
	 * Removes what has expired. That is no reason to fail for a command that only happens to be run then: what this user
	 * may not remove, or in a folder that could be anybody's, stays for another time.
	 */
	async removeExpired(now: Date): Promise<string[]> {
		let expired: Record[];
		try {
			expired = this.records().filter(({ expires }) => expires <= now.toISOString());
			if (expired.length > 0) await refuseFolderOfOthers(this.home);
		} catch (error) {
			if (error instanceof CfmError) return [];
			throw error;
		}
		return expired.flatMap(({ id }) => {
			try {
				this.discard(id);
				return [id];
			} catch (error) {
				if (refusalOf(error) === undefined) throw error;
				return [];
			}
		});
	}

	private records(): Record[] {
		return this.ids().flatMap((id) => {
			try {
				return [this.read(id)];
			} catch {
				return [];
			}
		});
	}

	private ids(): string[] {
		if (!existsSync(this.folder)) return [];
		try {
			return readdirSync(this.folder);
		} catch (error) {
			if (refusalOf(error) !== "denied") throw error;
			throw new CfmError("denied", "file-not-readable", t`Only administrators may use ${this.folder}.`, {
				hints: [t`Run cfm as an administrator.`],
				cause: error,
			});
		}
	}

	/** @throws CfmError not-found `no-backup`; unavailable `backup-damaged` */
	read(id: string): Record {
		const file = join(this.folder, id, "backup.json");
		if (!/^[\w-]+$/.test(id) || !existsSync(file)) {
			throw new CfmError("not-found", "no-backup", t`There is no backup ${id} of a browser's storage.`, {
				hints: [line("web backups list")],
			});
		}
		try {
			// What was kept before there were batches: all backups of one command have its time.
			const read = JSON.parse(readFileSync(file, "utf8")) as Record;
			const record = { ...read, batch: read.batch ?? read.at, restores: read.restores ?? null };
			if (record.version !== 1 || record.id !== id || !Array.isArray(record.undo)) throw new Error("another form");
			return record;
		} catch (error) {
			throw new CfmError("unavailable", "backup-damaged", t`The backup ${id} cannot be read.`, {
				hints: [line("web backups list")],
				data: { file },
				cause: error,
			});
		}
	}
}

function sizeOf(folder: string): number {
	return readdirSync(folder, { recursive: true })
		.map((name) => statSync(join(folder, String(name))))
		.reduce((sum, facts) => sum + (facts.isFile() ? facts.size : 0), 0);
}
