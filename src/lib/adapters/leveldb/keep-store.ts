import { t } from "../../text.js";
import type { KeepFolder } from "../user-files/keep-folder.js";
import { NotWritten, Unfit } from "../user-files/unfit.js";
import { UserFolder } from "../user-files/user-folder.js";
import { FolderFiles } from "./folder-files.js";
import { holdLock } from "./lock.js";
import { failure, isPart, partsOf, present, reading, readWhole } from "./store-parts.js";
import { type OpenFile, type StoreFiles, StoreReader } from "./store-reader.js";

/** Copies the files of a store into a folder of our own. */
export function copyStore(folder: UserFolder, own: KeepFolder): void {
	for (const name of partsOf(folder).keys()) copyPart(folder, name, own);
}

function copyPart(folder: UserFolder, name: string, own: KeepFolder): void {
	const file = present(folder, name);
	try {
		own.copy(name, file);
	} finally {
		file.close();
	}
}

/** Where a backup says which tables were there: a table is written once, and goes when its entries are in others. */
const tableList = "tables.json";
const isTable = (name: string) => /^\d+\.(ldb|sst)$/.test(name);

/** Copies the small files that change; of the tables only which they are. */
export function keepWithoutTables(folder: UserFolder, own: KeepFolder): void {
	const parts = [...partsOf(folder)];
	for (const [name] of parts) if (!isTable(name)) copyPart(folder, name, own);
	const tables = Object.fromEntries(parts.filter(([name]) => isTable(name)));
	own.write(tableList, Buffer.from(JSON.stringify(tables)));
}

/** A store as it was kept, with those of its tables that were left where they are and have not changed. */
class KeptFiles implements StoreFiles {
	private readonly own: ReadonlySet<string>;
	/** The tables in the user's folder that belong to it. */
	readonly staying: ReadonlySet<string>;
	/** Whether a table that was left there is gone, or another one by now. */
	readonly hasLost: boolean;

	constructor(
		private readonly kept: UserFolder,
		private readonly folder: UserFolder,
	) {
		this.own = new Set(kept.names());
		const listed = this.own.has(tableList)
			? (JSON.parse(readWhole(kept, tableList).toString("utf8")) as Record<string, string>)
			: {};
		const now = partsOf(folder);
		const tables = Object.entries(listed).filter(([name, facts]) => isTable(name) && now.get(name) === facts);
		this.staying = new Set(tables.map(([name]) => name));
		this.hasLost = this.staying.size < Object.keys(listed).length;
	}

	names(): string[] {
		return [...this.own, ...this.staying];
	}

	open(name: string): OpenFile {
		return new FolderFiles(this.own.has(name) ? this.kept : this.folder).open(name);
	}
}

/**
 * Puts a store back as it was kept, with all its files. What has the kept files' names now may be something else, so
 * the folder is emptied before they get them, CURRENT first and last. Killed within these milliseconds the store is not
 * there, and is still kept; a full disk is met before.
 *
 * @throws Unfit damaged; NotWritten refused, when its tables were left in place and are gone since
 */
export async function putStoreBack(
	folder: UserFolder,
	keep: string,
	options: { guard: () => Promise<void> },
): Promise<void> {
	const kept = UserFolder.open(keep);
	try {
		const files = new KeptFiles(kept, folder);
		try {
			reading(keep, () => new StoreReader(files).check());
		} catch (error) {
			if (!(error instanceof Unfit) || !files.hasLost) throw error;
			const why = t`The browser has merged the store's files since then. Undo only the web IDs.`;
			throw new NotWritten("refused", why);
		}
		const release = await holdLock(folder);
		try {
			await options.guard();
			exchangeAll(folder, kept, files.staying);
		} finally {
			release();
		}
	} finally {
		kept.close();
	}
}

function exchangeAll(folder: UserFolder, kept: UserFolder, staying: ReadonlySet<string>): void {
	const written: [string, string][] = [];
	try {
		for (const name of kept.names().filter(isPart)) {
			const file = present(kept, name);
			try {
				written.push([folder.write(file, folder.plainFile), name]);
			} finally {
				file.close();
			}
		}
		const going = folder.names().filter((name) => isPart(name) && !staying.has(name));
		for (const name of ["CURRENT", ...going]) folder.remove(name);
		const last = (name: string) => Number(name === "CURRENT");
		for (const [name, to] of written.sort((a, b) => last(a[1]) - last(b[1]))) folder.rename(name, to);
		folder.sync();
	} catch (error) {
		for (const [name] of written) folder.remove(name);
		if (error instanceof NotWritten || error instanceof Unfit) throw error;
		throw new NotWritten("failed", failure(folder, error));
	}
}
