import { existsSync, mkdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { type Known, known, unknown } from "../../known.js";
import { t } from "../../text.js";
import { type ReadRequest, type StoreReading, type WebValue, webIdKey } from "../../webid/ports.js";
import type { SqlDatabase } from "../sqlite/database.js";
import {
	copyUserDatabase,
	makeUserDatabase,
	putDatabaseBack,
	readUserDatabase,
	writeUserDatabase,
} from "../sqlite/user-database.js";
import type { AreaEdit, LiveStore, WriteOptions } from "../user-files/live-store.js";
import { newestChange } from "../user-files/newest-change.js";
import { NotWritten, Unfit } from "../user-files/unfit.js";
import type { UserFolder } from "../user-files/user-folder.js";
import { originMetadata, usageFile } from "./origin-files.js";
import { changeSite, entriesIn, isUnused, makeSiteDatabase, siteOf, valueIn } from "./site-database.js";
import { folderName } from "./text.js";
import { archivedEntries, archivedValues, archiveFile } from "./webapps-store.js";

const file = "data.sqlite";

/** Firefox's store: for each site a folder in `storage/default`, in it `ls/data.sqlite`. */
export class DataStore implements LiveStore {
	readonly kind = "data.sqlite";

	constructor(
		private readonly profile: UserFolder,
		/** `storage`, where the folders of the sites are. */
		private readonly storage: UserFolder,
	) {}

	async read(request: ReadRequest): Promise<StoreReading> {
		const sites = this.storage.folder("default");
		try {
			const values = request.origins === "all" ? await this.discover(sites) : await this.webIds(sites, request.origins);
			const unread = values.map(({ value }) => (value.known ? "" : value.why)).find(Boolean);
			return {
				store: this.kind,
				state: unread === undefined ? "readable" : "damaged",
				why: unread ?? null,
				modified: newestChange(this.profile, ["storage.sqlite"]),
				values,
			};
		} finally {
			sites?.close();
		}
	}

	async entries(origin: string): Promise<(readonly [string, string])[]> {
		return this.inSite(origin, async (ls) =>
			ls === undefined ? [] : ((await this.ofSite(ls, origin, entriesIn)) ?? []),
		);
	}

	async obstacle({ origin, set }: AreaEdit): Promise<NotWritten | undefined> {
		if (this.profile.look("storage.sqlite") === undefined) {
			return new NotWritten("unreachable", t`The profile has no storage.sqlite. Start Firefox with it once.`);
		}
		return this.inSite(origin, async (ls) => {
			if (ls?.look(file) !== undefined || set.length === 0) return undefined;
			if (this.storage.look(archiveFile) === undefined) {
				const why = t`There is no storage/${archiveFile}, so this may be an older Firefox. Open ${origin} once.`;
				return new NotWritten("refused", why);
			}
			if ((await archivedEntries(this.storage, origin)).length > 0) {
				return new NotWritten(
					"refused",
					t`Values from an older Firefox are waiting for ${origin}. Open the site once.`,
				);
			}
			// SQLite would take what they hold into any database that is put beside them.
			const rest = ls?.names().find((name) => name.startsWith(`${file}-`));
			if (ls === undefined || rest === undefined) return undefined;
			return new NotWritten("refused", t`${ls.path} holds ${rest} without its database. Open ${origin} once.`);
		});
	}

	async write(edits: readonly AreaEdit[], options: WriteOptions): Promise<void> {
		for (const edit of edits) {
			const obstacle = await this.obstacle(edit);
			if (obstacle !== undefined) throw obstacle;
			await this.inSite(edit.origin, async (ls) => {
				if (ls?.look(file) === undefined) await this.addSite(edit, options);
				else await changeExisting(ls, edit, options);
			});
		}
	}

	async copyTo(keep: string, origins: readonly string[]): Promise<void> {
		for (const origin of origins) {
			await this.inSite(origin, async (ls) => {
				if (ls?.look(file) !== undefined) copyUserDatabase(ls, file, ownFolder(keep, origin));
			});
		}
	}

	async putBack(keep: string, options: Pick<WriteOptions, "guard">, origins: readonly string[]): Promise<void> {
		for (const origin of origins) {
			const kept = join(keep, folderName(origin));
			if (!existsSync(kept)) {
				// It was a new site then: nothing is what it had.
				const unused = join(keep, `none-${folderName(origin)}`);
				mkdirSync(unused, { mode: 0o700 });
				const empty = { origin, clear: true, remove: [], set: [] };
				await this.write([empty], { ...options, now: new Date(), keep: unused });
				rmSync(unused, { recursive: true });
				continue;
			}
			await this.inSite(origin, async (ls) => {
				if (ls === undefined) throw new NotWritten("unreachable", t`${origin} no longer has a folder.`);
				await putDatabaseBack(ls, file, kept, options);
			});
		}
	}

	private async webIds(sites: UserFolder | undefined, origins: readonly string[]): Promise<WebValue[]> {
		const values: WebValue[] = [];
		for (const origin of origins) {
			await this.inFolder(folderName(origin), sites, async (ls) => {
				const value = ls && (await knownOf(() => this.ofSite(ls, origin, (database) => valueIn(database, webIdKey))));
				values.push({ origin, value: value ?? known(null) });
			});
		}
		// A site of the older store that was not opened since: Firefox takes its values over when it is.
		const waiting = values.filter(({ origin }) => sites?.look(folderName(origin)) === undefined);
		const archived =
			waiting.length === 0 ? new Map<string, Known<string | null>>() : await archivedValues(this.storage);
		return values.map((found) =>
			waiting.includes(found) ? { origin: found.origin, value: archived.get(found.origin) ?? found.value } : found,
		);
	}

	private async discover(sites: UserFolder | undefined): Promise<WebValue[]> {
		const found = new Map<string, Known<string | null>>(await archivedValues(this.storage));
		// `^…` is a third party's share, or a container's.
		for (const name of (sites?.names() ?? []).filter((entry) => /^[a-z][a-z\d.-]*\+\+\+[^^]+$/.test(entry))) {
			await this.inFolder(name, sites, async (ls) => {
				if (ls === undefined) return;
				let origin: string | undefined;
				const value = await knownOf(() =>
					readUserDatabase(ls, file, (database) => {
						if (isUnused(database)) return undefined;
						origin = siteOf(database);
						return valueIn(database, webIdKey);
					}),
				);
				// Of a damaged one the folder's name still says which site it is, as far as a plus says which character.
				if (value !== undefined && !(value.known && value.value === null)) {
					found.set(origin ?? name.replace("+++", "://").replace(/\+(\d+)$/, ":$1"), value);
				}
			});
		}
		return [...found].map(([origin, value]) => ({ origin, value }));
	}

	private async ofSite<T>(ls: UserFolder, origin: string, read: (database: SqlDatabase) => T): Promise<T | undefined> {
		return readUserDatabase(ls, file, (database) => {
			if (isUnused(database)) return undefined;
			refuseOtherSite(database, origin);
			return read(database);
		});
	}

	private async inSite<T>(origin: string, work: (ls: UserFolder | undefined) => Promise<T>): Promise<T> {
		const sites = this.storage.folder("default");
		try {
			return await this.inFolder(folderName(origin), sites, work);
		} finally {
			sites?.close();
		}
	}

	private async inFolder<T>(
		name: string,
		sites: UserFolder | undefined,
		work: (ls: UserFolder | undefined) => Promise<T>,
	): Promise<T> {
		const site = sites?.folder(name);
		const ls = site?.folder("ls");
		try {
			return await work(ls);
		} finally {
			ls?.close();
			site?.close();
		}
	}

	/** A site never visited: its folder is filled beside `storage`, and put there whole. */
	private async addSite(edit: AreaEdit, { now, guard }: WriteOptions): Promise<void> {
		if (edit.set.length === 0) return;
		const { origin } = edit;
		const sites = this.storage.folder("default") ?? this.storage.makeFolder("default");
		const name = folderName(origin);
		const existing = sites.folder(name);
		const unused = existing?.folder("ls");
		const unfinished = `cfm-${process.pid}-${now.getTime()}`;
		const folder = this.profile.makeFolder(unfinished);
		const ls = folder.makeFolder("ls");
		try {
			let usage = 0;
			await makeUserDatabase(ls, file, (database) => {
				makeSiteDatabase(database, origin);
				usage = changeSite(database, edit);
			});
			ls.rename(ls.write(usageFile(usage), ls.plainFile), "usage");
			guard();
			if (unused !== undefined) {
				// `ls` is there without a database: that is what it gets. `usage` is only a figure.
				ls.rename(file, file, unused);
				unused.sync();
				ls.rename("usage", "usage", unused);
			} else if (existing !== undefined) {
				// The site is there with other storage, such as IndexedDB: only `ls` is new.
				folder.rename("ls", "ls", existing);
			} else {
				folder.rename(folder.write(originMetadata(origin, now), folder.plainFile), ".metadata-v2");
				folder.sync();
				this.profile.rename(unfinished, name, sites);
			}
			sites.sync();
		} finally {
			ls.close();
			folder.close();
			this.removeUnfinished(unfinished);
			unused?.close();
			existing?.close();
			sites.close();
		}
	}

	private removeUnfinished(name: string): void {
		const folder = this.profile.folder(name);
		const ls = folder?.folder("ls");
		for (const entry of ls?.names() ?? []) ls?.remove(entry);
		ls?.close();
		if (ls !== undefined) folder?.removeFolder("ls");
		for (const entry of folder?.names() ?? []) folder?.remove(entry);
		folder?.close();
		if (folder !== undefined) this.profile.removeFolder(name);
	}
}

/** Whether a site's folder holds a database; what is behind a link counts as none. */
export function holdsData(sites: UserFolder, name: string): boolean {
	if (!sites.look(name)?.isDirectory()) return false;
	const site = sites.folder(name);
	const ls = site?.look("ls")?.isDirectory() ? site.folder("ls") : undefined;
	try {
		return ls?.look(file) !== undefined;
	} finally {
		ls?.close();
		site?.close();
	}
}

async function changeExisting(ls: UserFolder, edit: AreaEdit, { keep, guard }: WriteOptions): Promise<void> {
	const own = ownFolder(keep, edit.origin);
	let usage = 0;
	await writeUserDatabase(ls, file, {
		keep: own,
		guard,
		change(database) {
			refuseOtherSite(database, edit.origin);
			database.exec("BEGIN");
			usage = changeSite(database, edit);
			database.exec("COMMIT");
		},
	});
	// Only a figure: one that is out of date does no harm.
	const like = ls.look("usage");
	if (like?.isFile()) ls.rename(ls.write(usageFile(usage), like), "usage");
}

function ownFolder(keep: string, origin: string): string {
	const own = join(keep, folderName(origin));
	mkdirSync(own, { mode: 0o700 });
	return own;
}

function refuseOtherSite(database: SqlDatabase, origin: string): void {
	const site = siteOf(database);
	if (site !== origin) throw new Unfit("unsupported", t`data.sqlite belongs to ${site}, not to ${origin}`);
}

/** What makes one site unreadable says nothing of the others. */
async function knownOf<T>(read: () => Promise<Known<T> | undefined>): Promise<Known<T> | undefined> {
	try {
		return await read();
	} catch (error) {
		if (error instanceof Unfit) return unknown(error.message);
		throw error;
	}
}
