import { randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { CfmError } from "../../errors.js";
import { t } from "../../text.js";
import type { Backup } from "../../webid/ports.js";
import { makeFolder, protectFolder, syncFile, syncFolder } from "../files/own-folder.js";
import type { AreaEdit } from "./live-store.js";

/** A backup as it is on the disk: beside what the port tells, what undoes each change. */
export interface Record extends Omit<Backup, "size"> {
	version: 1;
	undo: AreaEdit[];
}

/** The backups: for each written store a folder with `backup.json`, and the store's files in `files`. */
export class Kept {
	private readonly folder: string;

	constructor(private readonly home: string) {
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
	begin(record: Omit<Record, "id" | "version">): { id: string; files: string } {
		const stamp = record.at.replace(/[-:]|\..*$/g, "");
		const id = `${stamp}-${randomBytes(3).toString("hex")}`;
		const files = join(this.folder, id, "files");
		const file = join(this.folder, id, "backup.json");
		try {
			mkdirSync(files, { recursive: true, mode: 0o700 });
			writeFileSync(`${file}.unfinished`, JSON.stringify({ version: 1, id, ...record }), { flag: "wx", mode: 0o600 });
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

	/** Newest first; what cannot be read is left out. */
	list(): Backup[] {
		if (!existsSync(this.folder)) return [];
		const found = readdirSync(this.folder).flatMap((id) => {
			try {
				const { undo: _undo, version: _version, ...record } = this.read(id);
				return [{ ...record, size: sizeOf(join(this.folder, id)) }];
			} catch {
				return [];
			}
		});
		return found.sort((a, b) => b.at.localeCompare(a.at) || b.id.localeCompare(a.id));
	}

	/** @throws CfmError not-found `no-backup`; unavailable `backup-damaged` */
	read(id: string): Record {
		const file = join(this.folder, id, "backup.json");
		if (!/^[\w-]+$/.test(id) || !existsSync(file)) {
			throw new CfmError("not-found", "no-backup", t`There is no backup ${id} of a browser's storage.`, {
				hints: ["cfm web backups list"],
			});
		}
		try {
			const record = JSON.parse(readFileSync(file, "utf8")) as Record;
			if (record.version !== 1 || record.id !== id || !Array.isArray(record.undo)) throw new Error("another form");
			return record;
		} catch (error) {
			throw new CfmError("unavailable", "backup-damaged", t`The backup ${id} cannot be read.`, {
				hints: ["cfm web backups list"],
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
