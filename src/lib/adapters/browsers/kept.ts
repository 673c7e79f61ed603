import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { line } from "../../command-line.js";
import { CfmError } from "../../errors.js";
import { refusalOf } from "../../system-errors.js";
import { t } from "../../text.js";
import type { Backup, EditOptions } from "../../webid/stores.js";
import { removeAll, removeIfThere, rename } from "../disk/names.js";
import { makeFolder, protectFolder, refuseFolderOfOthers, syncFolder, syncTogether } from "../files/own-folder.js";
import { type KeepFolder, keepIn } from "../user-files/keep-folder.js";
import type { AreaEdit } from "../user-files/live-store.js";
import { Unfit } from "../user-files/unfit.js";

/** A backup as it is on the disk. What undoes each change was in older ones, too. */
export interface Record extends Omit<Backup, "size"> {
	version: 1;
	undo?: AreaEdit[];
}

/** What is kept of a store that is going to be written. */
export type ToKeep = Pick<Record, "profile" | "store" | "changes">;

/** Where what is about to be changed is kept. */
export interface Keeper {
	/**
	 * Keeps what undoes a change that is about to be made; durable only after `sync`.
	 *
	 * @param undo the edits that undo it, as JSON: a user's own values, which whoever keeps them need not look into
	 */
	begin(what: ToKeep, undo: Buffer, options: Pick<EditOptions, "now" | "keepDays" | "batch">): { id: string };
	/** Where the store's files go. */
	filesOf(id: string): KeepFolder;
	/** Makes a backup durable: before the store is changed, or a power loss could leave the change and no way back. */
	sync(id: string): Promise<void>;
	discard(id: string): void;
	/** The folder with a backup's files, to be read. */
	files(id: string): string;
}

/**
 * The backups: for each written store a folder with `backup.json`, what undoes it in `undo.json`, and the store's files in
 * `files`.
 */
export class Kept implements Keeper {
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
		const isNew = await makeFolder(this.home);
		await protectFolder(this.home, { isNew, adopt: false });
		if (mkdirSync(this.folder, { recursive: true, mode: 0o700 }) !== undefined) syncFolder(this.home);
	}

	begin(
		what: ToKeep,
		undo: Buffer,
		{ now, keepDays, batch }: Pick<EditOptions, "now" | "keepDays" | "batch">,
	): { id: string } {
		const at = now.toISOString();
		const stamp = at.replace(/[-:]|\..*$/g, "");
		const id = `${stamp}-${process.getBuiltinModule("node:crypto").randomBytes(3).toString("hex")}`;
		const expires = new Date(now.getTime() + keepDays * 86_400_000).toISOString();
		const record: Record = { version: 1, id, batch: batch ?? id, restores: this.restores, at, expires, ...what };
		const files = join(this.folder, id, "files");
		const file = join(this.folder, id, "backup.json");
		try {
			mkdirSync(files, { recursive: true, mode: 0o700 });
			writeFileSync(join(this.folder, id, "undo.json"), undo, { flag: "wx", mode: 0o600 });
			writeFileSync(`${file}.unfinished`, JSON.stringify(record), { flag: "wx", mode: 0o600 });
			rename(`${file}.unfinished`, file);
			return { id };
		} catch (error) {
			this.discard(id);
			throw error;
		}
	}

	filesOf(id: string): KeepFolder {
		return keepIn(this.files(id));
	}

	/** Puts a piece of a file where another process keeps it; the first one makes the file anew. @throws Unfit denied */
	writePart(id: string, names: readonly string[], at: number, bytes: Buffer): void {
		const path = this.partOf(id, names);
		mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
		if (at === 0) removeIfThere(path);
		else if (statSync(path).size !== at) throw new Unfit("denied", t`${path} is not a file name.`);
		writeFileSync(path, bytes, { flag: at === 0 ? "wx" : "a", mode: 0o600 });
	}

	/** @throws Unfit denied */
	removePart(id: string, names: readonly string[]): void {
		removeIfThere(this.partOf(id, names));
	}

	private partOf(id: string, names: readonly string[]): string {
		const strange = names.length === 0 ? "" : names.find((name) => /[/\\:\0]/.test(name) || /^\.{0,2}$/.test(name));
		if (strange !== undefined) throw new Unfit("denied", t`${strange} is not a file name.`);
		return join(this.files(id), ...names);
	}

	async sync(id: string): Promise<void> {
		const folder = join(this.folder, id);
		const [files, folders]: [string[], string[]] = [[], [folder, this.folder]];
		for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
			(entry.isDirectory() ? folders : files).push(join(entry.parentPath, entry.name));
		}
		await syncTogether(files, folders);
	}

	discard(id: string): void {
		removeAll(join(this.folder, id));
	}

	files(id: string): string {
		return join(this.folder, id, "files");
	}

	/** Whether nothing was there to be kept: the store was new. @throws Unfit damaged when what was kept is gone */
	isEmpty(id: string): boolean {
		const files = this.files(id);
		if (!isThere(files)) throw new Unfit("damaged", t`The files of the backup ${id} no longer exist.`);
		return readdirSync(files).length === 0;
	}

	/** What undoes a backup's changes. @throws Unfit damaged when it can't be read */
	undoOf(id: string): AreaEdit[] {
		const file = join(this.folder, id, "undo.json");
		try {
			const undo: unknown = isThere(file) ? JSON.parse(readFileSync(file, "utf8")) : this.read(id).undo;
			if (Array.isArray(undo)) return undo as AreaEdit[];
		} catch (error) {
			if (!(error instanceof SyntaxError)) throw error;
		}
		throw new Unfit("damaged", t`The backup ${id} cannot be read.`);
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
		if (!isThere(this.folder)) return [];
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
		if (!/^[\w-]+$/.test(id) || !isThere(file)) {
			throw new CfmError("not-found", "no-backup", t`There is no backup ${id} of a browser's storage.`, {
				hints: [line("web backups list")],
			});
		}
		try {
			// What was kept before there were batches: all backups of one command have its time.
			const read = JSON.parse(readFileSync(file, "utf8")) as Record;
			const record = { ...read, batch: read.batch ?? read.at, restores: read.restores ?? null };
			if (record.version !== 1 || record.id !== id || !Array.isArray(record.changes)) throw new Error("another form");
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

/** By a look, not by access(2): that asks for the rights of an account, and a reader's right to read is none of an account. */
function isThere(path: string): boolean {
	try {
		return statSync(path, { throwIfNoEntry: false }) !== undefined;
	} catch (error) {
		if (refusalOf(error) !== "denied") throw error;
		return false;
	}
}

function sizeOf(folder: string): number {
	return readdirSync(folder, { recursive: true })
		.map((name) => statSync(join(folder, String(name))))
		.reduce((sum, facts) => sum + (facts.isFile() ? facts.size : 0), 0);
}
