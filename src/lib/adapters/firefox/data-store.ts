import { statSync } from "node:fs";
import { join } from "node:path";
import { type Known, known } from "../../known.js";
import { t } from "../../text.js";
import { type AreaValue, type ReadRequest, type StoreReading, type WebValue, webIdKey } from "../../webid/stores.js";
import type { StoredDatabase } from "../sqlite/read-database.js";
import { repairOf } from "../sqlite/salvage.js";
import {
	copyUserDatabase,
	putDatabaseBack,
	readUserDatabase,
	replaceUserDatabase,
	writeUserDatabase,
} from "../sqlite/user-database.js";
import { Budget } from "../user-files/budget.js";
import { type KeepFolder, keepsNothing } from "../user-files/keep-folder.js";
import type { AreaEdit, LiveStore, PutBackOptions, Repair, WriteOptions } from "../user-files/live-store.js";
import { newestChange } from "../user-files/newest-change.js";
import { NotWritten } from "../user-files/unfit.js";
import type { UserFolder } from "../user-files/user-folder.js";
import { containersIn } from "./containers.js";
import { type DamagedSite, damagedSite } from "./damaged-site.js";
import { metadataFile, originMetadata, usageFile } from "./origin-files.js";
import { entriesIn, refuseOtherSite, siteOf, valueIn } from "./site-database.js";
import {
	holdsData,
	inFolder,
	isBroken,
	originOfFolder,
	siteFile,
	siteOfFolder,
	withoutMetadata,
} from "./site-folders.js";
import { folderName } from "./text.js";
import { Troubles } from "./troubles.js";
import { type Archive, archivedEntries, archivedValues, archiveFile, areasOf, webIdOf } from "./webapps-store.js";

/** Firefox's store: for each site a folder in `storage/default`, in it `ls/data.sqlite`. */
export class DataStore implements LiveStore {
	readonly kind = "data.sqlite";

	constructor(
		private readonly profile: UserFolder,
		/** `storage`, where the folders of the sites are. */
		private readonly storage: UserFolder,
		/** What the older store held, from which a site's values are taken when it is opened the first time. */
		private readonly archive: Archive | undefined,
		/** Whether it is known that this Firefox looks into `storage/default` for a site that was added to it. */
		private readonly takesNewSites: boolean,
	) {}

	async read(request: ReadRequest): Promise<StoreReading> {
		const sites = this.storage.folder("default");
		const troubles = new Troubles();
		const budget = new Budget();
		try {
			const values =
				request.origins === "all"
					? await this.discover(sites, troubles, budget)
					: await this.webIds(sites, request.origins, troubles, budget);
			const areas = await this.areas(sites, request, troubles, budget);
			for (const { value } of [...values, ...areas]) if (!value.known) troubles.add("damaged", value.why);
			return {
				store: this.kind,
				...troubles.worst,
				modified: newestChange(this.profile, ["storage.sqlite"]),
				values,
				areas,
			};
		} finally {
			sites?.close();
		}
	}

	async entries(origin: string): Promise<(readonly [string, string])[]> {
		return this.inSite(origin, async (ls) => {
			if (ls?.look(siteFile) === undefined)
				return this.archive === undefined ? [] : archivedEntries(this.archive, origin);
			return (await this.ofSite(ls, origin, (database) => entriesIn(database, new Budget()))) ?? [];
		});
	}

	async obstacle({ origin, set }: AreaEdit): Promise<NotWritten | undefined> {
		if (this.profile.look("storage.sqlite") === undefined) {
			return new NotWritten("unreachable", t`The profile has no storage.sqlite. Start Firefox with it once.`);
		}
		return this.inSite(origin, async (ls) => {
			if (ls?.look(siteFile) !== undefined) return undefined;
			if (set.length > 0 && !this.takesNewSites) {
				const why = t`There is no storage/${archiveFile}, so this may be an older Firefox. Open ${origin} once.`;
				return new NotWritten("refused", why);
			}
			if (this.archive !== undefined && (await archivedEntries(this.archive, origin)).length > 0) {
				return new NotWritten(
					"refused",
					t`Values from an older Firefox are waiting for ${origin}. Open the site once.`,
				);
			}
			// SQLite would take what they hold into any database that is put beside them.
			const rest = ls?.names().find((name) => name.startsWith(`${siteFile}-`));
			if (ls === undefined || rest === undefined || set.length === 0) return undefined;
			return new NotWritten("refused", t`${ls.path} holds ${rest} without its database. Open ${origin} once.`);
		});
	}

	async write(edits: readonly AreaEdit[], options: WriteOptions): Promise<void> {
		for (const edit of edits) {
			const obstacle = await this.obstacle(edit);
			if (obstacle !== undefined) throw obstacle;
			await this.inSite(edit.origin, async (ls) => {
				if (ls?.look(siteFile) === undefined) return this.addSite(edit, options);
				await changeExisting(ls, edit, options);
				if (edit.set.length > 0) await this.mend(edit.origin, options);
			});
		}
	}

	async repair(): Promise<Repair | undefined> {
		const sites = this.storage.folder("default");
		try {
			const damaged: DamagedSite[] = [];
			for (const name of sites?.names() ?? []) {
				const origin = siteOfFolder(name);
				if (sites === undefined || origin === undefined || !holdsData(sites, name)) continue;
				const site = await inFolder(name, sites, async (ls, folder) => damagedSite(origin, ls, folder));
				if (site !== undefined) damaged.push(site);
			}
			if (damaged.length === 0) return undefined;
			const found = new Map(damaged.flatMap(({ origin, found }) => (found === undefined ? [] : [[origin, found]])));
			// One thing for each: that a site is damaged counts, and not in how many places.
			const lost = damaged.map((one) => `${one.origin}: ${one.lost[0]}`);
			return repairOf(found, lost, async (options) => {
				for (const one of damaged) await this.mendSite(one, options);
			});
		} finally {
			sites?.close();
		}
	}

	/** Gives a site a database of what could be read, and the file without which Firefox takes its folder for broken. */
	private async mendSite({ origin, found }: DamagedSite, options: Parameters<Repair["carryOut"]>[0]): Promise<void> {
		if (found !== undefined) {
			const edit = { origin, clear: false, remove: [], set: [...found] };
			const { image, usage } = await options.editImage(siteFile, Buffer.alloc(0), {
				of: "data.sqlite",
				edit,
				isNew: true,
			});
			await this.inSite(origin, async (ls) => {
				if (ls === undefined) throw new NotWritten("unreachable", t`${origin} no longer has a folder.`);
				const keep = options.keep.folder(folderName(origin));
				await replaceUserDatabase(ls, siteFile, image, { keep, guard: options.guard });
				ls.rename(ls.write(usageFile(usage), ls.plainFile), "usage");
			});
		} else await options.guard();
		await this.mend(origin, options);
	}

	async copyTo(keep: KeepFolder, origins: readonly string[]): Promise<void> {
		for (const origin of origins) {
			await this.inSite(origin, async (ls) => {
				if (ls?.look(siteFile) !== undefined) copyUserDatabase(ls, siteFile, keep.folder(folderName(origin)));
			});
		}
	}

	async putBack(keep: string, options: PutBackOptions, origins: readonly string[]): Promise<void> {
		for (const origin of origins) {
			const kept = join(keep, folderName(origin));
			if (statSync(kept, { throwIfNoEntry: false }) === undefined) {
				// It was a new site then: nothing is what it had.
				const empty = { origin, clear: true, remove: [], set: [] };
				await this.write([empty], { ...options, now: new Date(), keep: keepsNothing });
				continue;
			}
			await this.inSite(origin, async (ls) => {
				if (ls === undefined) throw new NotWritten("unreachable", t`${origin} no longer has a folder.`);
				await putDatabaseBack(ls, siteFile, kept, options);
			});
		}
	}

	private async webIds(
		sites: UserFolder | undefined,
		origins: readonly string[],
		troubles: Troubles,
		budget: Budget,
	): Promise<WebValue[]> {
		const values: WebValue[] = [];
		const waiting: WebValue[] = [];
		for (const origin of origins) {
			const found: WebValue = { origin, value: known(null) };
			values.push(found);
			await inFolder(folderName(origin), sites, async (ls, site) => {
				if (ls?.look(siteFile) === undefined) waiting.push(found);
				if (ls === undefined || site === undefined) return;
				if (isBroken(site)) return troubles.add("damaged", withoutMetadata(origin));
				const read = (database: StoredDatabase) => valueIn(database, webIdKey, budget);
				found.value = (await troubles.known(() => this.ofSite(ls, origin, read))) ?? known(null);
			});
		}
		if (waiting.length === 0 || this.archive === undefined) return values;
		// A site of the older store that was not opened since: Firefox takes its values over when it is.
		const archived = await archivedValues(this.archive);
		for (const found of waiting) found.value = webIdOf(archived, found.origin);
		return values;
	}

	/** What sites keep in frames and in containers; with `all`, where there is a web ID. */
	private async areas(
		sites: UserFolder | undefined,
		{ origins }: ReadRequest,
		troubles: Troubles,
		budget: Budget,
	): Promise<AreaValue[]> {
		// What the older store held of one that was not opened since, Firefox takes over when it is.
		const archived =
			this.archive === undefined ? [] : areasOf(await archivedValues(this.archive), origins, this.profile);
		const found = archived.filter(({ name }) => sites?.look(folderName(name)) === undefined);
		if (sites === undefined) return found;
		let containers: ReadonlyMap<string, string> | undefined;
		const wanted = origins === "all" ? undefined : new Map(origins.map((origin) => [folderName(origin), origin]));
		for (const folder of sites.names()) {
			const [site = "", apart] = folder.split("^");
			const origin = wanted === undefined ? originOfFolder(site) : wanted.get(site);
			if (apart === undefined || origin === undefined || !holdsData(sites, folder)) continue;
			const name = `${origin}^${apart}`;
			const [only] = await this.webIds(sites, [name], troubles, budget);
			if (only === undefined || (origins === "all" && only.value.known && only.value.value === null)) continue;
			const number = new URLSearchParams(apart).get("userContextId");
			if (number !== null) containers ??= containersIn(this.profile);
			found.push({ name, container: containers?.get(number ?? "") ?? null, value: only.value });
		}
		return found;
	}

	private async discover(sites: UserFolder | undefined, troubles: Troubles, budget: Budget): Promise<WebValue[]> {
		const archived = this.archive === undefined ? [] : (await archivedValues(this.archive)).sites;
		const found = new Map<string, Known<string | null>>(archived);
		// `^…` is a third party's share, or a container's.
		for (const name of (sites?.names() ?? []).filter((entry) => /^[a-z][a-z\d.-]*\+\+\+[^^]+$/.test(entry))) {
			await inFolder(name, sites, async (ls, site) => {
				if (ls === undefined || site === undefined) return;
				// Of a damaged one the folder's name still says which site it is, as far as a plus says which character.
				let origin = originOfFolder(name) ?? name;
				if (isBroken(site)) return troubles.add("damaged", withoutMetadata(origin));
				const value = await troubles.known(() =>
					readUserDatabase(ls, siteFile, (database) => {
						if (database.isUnused) return undefined;
						origin = siteOf(database);
						return valueIn(database, webIdKey, budget);
					}),
				);
				if (value !== undefined && !(value.known && value.value === null)) found.set(origin, value);
			});
		}
		return [...found].map(([origin, value]) => ({ origin, value }));
	}

	private async ofSite<T>(
		ls: UserFolder,
		origin: string,
		read: (database: StoredDatabase) => T,
	): Promise<T | undefined> {
		return readUserDatabase(ls, siteFile, (database) => {
			if (database.isUnused) return undefined;
			refuseOtherSite(database, origin);
			return read(database);
		});
	}

	/** Gives the site's folder the file without which Firefox takes it for broken. */
	private async mend(origin: string, { now }: Pick<WriteOptions, "now">): Promise<void> {
		const sites = this.storage.folder("default");
		const site = sites?.folder(folderName(origin));
		try {
			if (site === undefined || !isBroken(site)) return;
			site.rename(site.write(await originMetadata(origin, now), site.plainFile), metadataFile);
			site.sync();
		} finally {
			site?.close();
			sites?.close();
		}
	}

	private async inSite<T>(
		origin: string,
		work: (ls: UserFolder | undefined, site: UserFolder | undefined) => Promise<T>,
	): Promise<T> {
		const sites = this.storage.folder("default");
		try {
			return await inFolder(folderName(origin), sites, work);
		} finally {
			sites?.close();
		}
	}

	/** A site never visited: its folder is filled beside `storage`, and put there whole. */
	private async addSite(edit: AreaEdit, options: WriteOptions): Promise<void> {
		if (edit.set.length === 0) return;
		const { now, guard, editImage } = options;
		const { origin } = edit;
		const sites = this.storage.folder("default") ?? this.storage.makeFolder("default");
		const name = folderName(origin);
		const existing = sites.folder(name);
		const unused = existing?.folder("ls");
		const unfinished = `cfm-${process.pid}-${now.getTime()}`;
		const folder = this.profile.makeFolder(unfinished);
		const ls = folder.makeFolder("ls");
		try {
			const { image, usage } = await editImage(siteFile, Buffer.alloc(0), { of: "data.sqlite", edit, isNew: true });
			ls.rename(ls.write(image, ls.plainFile), siteFile);
			ls.sync();
			ls.rename(ls.write(usageFile(usage), ls.plainFile), "usage");
			await guard();
			if (unused !== undefined) {
				// `ls` is there without a database: that is what it gets. `usage` is only a figure.
				ls.rename(siteFile, siteFile, unused);
				unused.sync();
				ls.rename("usage", "usage", unused);
				await this.mend(origin, options);
			} else if (existing !== undefined) {
				// The site is there with other storage, such as IndexedDB: only `ls` is new.
				folder.rename("ls", "ls", existing);
				await this.mend(origin, options);
			} else {
				folder.rename(folder.write(await originMetadata(origin, now), folder.plainFile), metadataFile);
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

async function changeExisting(ls: UserFolder, edit: AreaEdit, { keep, guard, editImage }: WriteOptions): Promise<void> {
	let usage = 0;
	await writeUserDatabase(ls, siteFile, {
		keep: keep.folder(folderName(edit.origin)),
		guard,
		check: (database) => refuseOtherSite(database, edit.origin),
		async change(image) {
			const changed = await editImage(siteFile, image, { of: "data.sqlite", edit, isNew: false });
			usage = changed.usage;
			return changed.image;
		},
	});
	// Only a figure: one that is out of date does no harm.
	const like = ls.look("usage");
	if (like?.isFile()) ls.rename(ls.write(usageFile(usage), like), "usage");
}
