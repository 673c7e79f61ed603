import { codeOf, refusalOf } from "../../system-errors.js";
import { t } from "../../text.js";
import { ChangedError, DamagedError } from "../user-files/damaged.js";
import { NotWritten, Unfit } from "../user-files/unfit.js";
import type { UserFile } from "../user-files/user-file.js";
import type { UserFolder } from "../user-files/user-folder.js";
import { FolderFiles } from "./folder-files.js";
import { StoreReader } from "./store-reader.js";

/** The files a store consists of; not LOCK, and not what LevelDB tells in LOG. */
export const isPart = (name: string) => /^(CURRENT|MANIFEST-\d+|\d+\.(log|ldb|sst))$/.test(name);

/** Reads a store once; what is damaged makes it unfit, and so does what is not there. */
export function withReader<T>(folder: UserFolder, work: (reader: StoreReader) => T): T {
	return reading(folder.path, () => work(new StoreReader(new FolderFiles(folder))));
}

/** @throws Unfit damaged */
export function reading<T>(path: string, work: () => T): T {
	try {
		return work();
	} catch (error) {
		if (error instanceof DamagedError) throw new Unfit("damaged", error.message);
		if (error instanceof ChangedError) throw new Unfit("damaged", t`${path}: ${error.message}`);
		throw error;
	}
}

export function present(folder: UserFolder, name: string): UserFile {
	const file = folder.file(name);
	if (file === undefined) throw moved(folder);
	return file;
}

export function readWhole(folder: UserFolder, name: string): Buffer {
	const file = present(folder, name);
	try {
		return file.read(0, file.size);
	} finally {
		file.close();
	}
}

export function partsOf(folder: UserFolder): Map<string, string> {
	const parts = folder.names().filter(isPart).sort();
	return new Map(
		parts.map((name) => {
			const facts = folder.look(name);
			return [name, `${facts?.ino} ${facts?.size} ${facts?.mtimeMs}`];
		}),
	);
}

export function sameParts(before: ReadonlyMap<string, string>, now: ReadonlyMap<string, string>): boolean {
	return before.size === now.size && [...before].every(([name, facts]) => now.get(name) === facts);
}

export function moved(folder: UserFolder): NotWritten {
	return new NotWritten("in-use", t`${folder.path} was changed by somebody else in the meantime.`);
}

/** What went wrong on the way, for people. */
export function failure(folder: UserFolder, error: unknown): string {
	if (refusalOf(error) === "full") return t`${folder.path}: the disk is full; nothing was changed.`;
	return t`${folder.path} could not be written (${codeOf(error) || String(error)}); it is as it was.`;
}
