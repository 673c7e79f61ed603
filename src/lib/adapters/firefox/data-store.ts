import { statSync } from "node:fs";
import { join } from "node:path";
import { type Known, known, unknown } from "../../known.js";
import { t } from "../../text.js";
import {
	type AreaValue,
	type ReadRequest,
	type ReadState,
	type StoreReading,
	type WebValue,
	webIdKey,
} from "../../webid/stores.js";
import type { StoredDatabase } from "../sqlite/read-database.js";
import { repairOf, tried } from "../sqlite/salvage.js";
import {
	copyUserDatabase,
	putDatabaseBack,
	readUserDatabase,
	replaceUserDatabase,
	type Salvaged,
	salvageDatabase,
	writeUserDatabase,
} from "../sqlite/user-database.js";
import { Budget } from "../user-files/budget.js";
import { type KeepFolder, keepsNothing } from "../user-files/keep-folder.js";
import type { AreaEdit, LiveStore, PutBackOptions, Repair, WriteOptions } from "../user-files/live-store.js";
import { newestChange } from "../user-files/newest-change.js";
import { NotWritten, Unfit } from "../user-files/unfit.js";
import type { UserFolder } from "../user-files/user-folder.js";
import { containersIn } from "./containers.js";
import { metadataFile, originMetadata, usageFile } from "./origin-files.js";
import { entriesIn, siteOf, valueIn } from "./site-database.js";
import { folderName } from "./text.js";
import { type Archive, archivedEntries, archivedValues, archiveFile, areasOf, webIdOf } from "./webapps-store.js";

const file = "data.sqlite";

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
			if (ls?.look(file) === undefined) return this.archive === undefined ? [] : archivedEntries(this.archive, origin);
			return (await this.ofSite(ls, origin, (database) => entriesIn(database, new Budget()))) ?? [];
		});
	}

	async obstacle({ origin, set }: AreaEdit): Promise<NotWritten | undefined> {
		if (this.profile.look("storage.sqlite") === undefined) {
			return new NotWritten("unreachable", t`The profile has no storage.sqlite. Start Firefox with it once.`);
		}
		return this.inSite(origin, async (ls) => {
			if (ls?.look(file) !== undefined) return undefined;
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
			const rest = ls?.names().find((name) => name.startsWith(`${file}-`));
			if (ls === undefined || rest === undefined || set.length === 0) return undefined;
			return new NotWritten("refused", t`${ls.path} holds ${rest} without its database. Open ${origin} once.`);
		});
	}

	async write(edits: readonly AreaEdit[], options: WriteOptions): Promise<void> {
		for (const edit of edits) {
			const obstacle = await this.obstacle(edit);
			if (obstacle !== undefined) throw obstacle;
			await this.inSite(edit.origin, async (ls) => {
				if (ls?.look(file) === undefined) return this.addSite(edit, options);
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
				const site = await this.inFolder(name, sites, async (ls, folder) => damagedSite(origin, ls, folder));
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
			const { image, usage } = await options.editImage(file, Buffer.alloc(0), { of: "data.sqlite", edit, isNew: true });
			await this.inSite(origin, async (ls) => {
				if (ls === undefined) throw new NotWritten("unreachable", t`${origin} no longer has a folder.`);
				const keep = options.keep.folder(folderName(origin));
				await replaceUserDatabase(ls, file, image, { keep, guard: options.guard });
				ls.rename(ls.write(usageFile(usage), ls.plainFile), "usage");
			});
		} else await options.guard();
		await this.mend(origin, options);
	}

	async copyTo(keep: KeepFolder, origins: readonly string[]): Promise<void> {
		for (const origin of origins) {
			await this.inSite(origin, async (ls) => {
				if (ls?.look(file) !== undefined) copyUserDatabase(ls, file, keep.folder(folderName(origin)));
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
				await putDatabaseBack(ls, file, kept, options);
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
			await this.inFolder(folderName(origin), sites, async (ls, site) => {
				if (ls?.look(file) === undefined) waiting.push(found);
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
			await this.inFolder(name, sites, async (ls, site) => {
				if (ls === undefined || site === undefined) return;
				// Of a damaged one the folder's name still says which site it is, as far as a plus says which character.
				let origin = originOfFolder(name) ?? name;
				if (isBroken(site)) return troubles.add("damaged", withoutMetadata(origin));
				const value = await troubles.known(() =>
					readUserDatabase(ls, file, (database) => {
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
		return readUserDatabase(ls, file, (database) => {
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
			return await this.inFolder(folderName(origin), sites, work);
		} finally {
			sites?.close();
		}
	}

	private async inFolder<T>(
		name: string,
		sites: UserFolder | undefined,
		work: (ls: UserFolder | undefined, site: UserFolder | undefined) => Promise<T>,
	): Promise<T> {
		const site = sites?.folder(name);
		const ls = site?.folder("ls");
		try {
			return await work(ls, site);
		} finally {
			ls?.close();
			site?.close();
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
			const { image, usage } = await editImage(file, Buffer.alloc(0), { of: "data.sqlite", edit, isNew: true });
			ls.rename(ls.write(image, ls.plainFile), file);
			ls.sync();
			ls.rename(ls.write(usageFile(usage), ls.plainFile), "usage");
			await guard();
			if (unused !== undefined) {
				// `ls` is there without a database: that is what it gets. `usage` is only a figure.
				ls.rename(file, file, unused);
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

/** The site of a folder, as far as a plus says which character it stands for; undefined for another folder. */
function originOfFolder(name: string): string | undefined {
	if (!/^[a-z][a-z\d.-]*\+\+\+[^^]+$/.test(name)) return undefined;
	return name.replace("+++", "://").replace(/\+(\d+)$/, ":$1");
}

/** A site, or an area of it, by its folder; undefined where the folder's name would not lead back to it. */
function siteOfFolder(name: string): string | undefined {
	const [site = "", apart] = name.split("^");
	const origin = originOfFolder(site);
	if (origin === undefined || folderName(origin) !== site) return undefined;
	return apart === undefined ? origin : `${origin}^${apart}`;
}

/** A site that Firefox can't read. */
interface DamagedSite {
	origin: string;
	/** What could be read of its database; undefined where that is sound. */
	found: ReadonlyMap<string, string> | undefined;
	lost: string[];
}

async function damagedSite(
	origin: string,
	ls: UserFolder | undefined,
	folder: UserFolder | undefined,
): Promise<DamagedSite | undefined> {
	if (ls === undefined || folder === undefined) return undefined;
	const check = (database: StoredDatabase) => {
		if (database.isUnused) return undefined;
		refuseOtherSite(database, origin);
		const value = valueIn(database, webIdKey, new Budget());
		return value.known ? undefined : value.why;
	};
	const look = async () => {
		await readUserDatabase(ls, file, (database) => database.check());
		return readUserDatabase(ls, file, check);
	};
	let salvage: Salvaged<ReadonlyMap<string, string>> | undefined;
	try {
		salvage = await salvageDatabase(ls, file, look, (database, lose) => savedIn(database, origin, lose));
	} catch (error) {
		// Another version's, or another site's, is not damaged, and stands in nobody's way.
		if (!(error instanceof Unfit) || error.state !== "unsupported") throw error;
		return undefined;
	}
	if (salvage !== undefined) return { origin, found: salvage.found, lost: salvage.lost };
	return isBroken(folder) ? { origin, found: undefined, lost: [t`${metadataFile} is missing`] } : undefined;
}

/** Keys and values of a database that is damaged. @throws Unfit unsupported */
function savedIn(
	database: StoredDatabase | undefined,
	origin: string,
	lose: (what: string) => void,
): ReadonlyMap<string, string> {
	const budget = new Budget();
	const missing = ["data", "database"].filter((table) => !database?.has(table));
	for (const table of missing) lose(t`the table ${table}`);
	if (database?.has("database")) tried(lose, () => refuseOtherSite(database, origin));
	const entries = database?.has("data") ? tried(lose, () => entriesIn(database, budget, lose)) : undefined;
	return new Map(entries);
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

async function changeExisting(ls: UserFolder, edit: AreaEdit, { keep, guard, editImage }: WriteOptions): Promise<void> {
	let usage = 0;
	await writeUserDatabase(ls, file, {
		keep: keep.folder(folderName(edit.origin)),
		guard,
		check: (database) => refuseOtherSite(database, edit.origin),
		async change(image) {
			const changed = await editImage(file, image, { of: "data.sqlite", edit, isNew: false });
			usage = changed.usage;
			return changed.image;
		},
	});
	// Only a figure: one that is out of date does no harm.
	const like = ls.look("usage");
	if (like?.isFile()) ls.rename(ls.write(usageFile(usage), like), "usage");
}

function refuseOtherSite(database: StoredDatabase, origin: string): void {
	const site = siteOf(database);
	if (site !== origin) throw new Unfit("unsupported", t`data.sqlite belongs to ${site}, not to ${origin}`);
}

/** Firefox takes such a folder for broken: the page reads nothing and cannot write. */
function isBroken(site: UserFolder): boolean {
	return site.look(metadataFile) === undefined;
}

function withoutMetadata(origin: string): string {
	return t`The folder of ${origin} has no ${metadataFile}: Firefox gives the page nothing of what it holds. Setting the web ID adds it.`;
}

/** What is wrong with the sites of one reading, and what that makes of the whole: the worst of it. */
class Troubles {
	private readonly found: { state: ReadState; why: string }[] = [];

	/** A value whose site was refused is told a second time, as one that is not known. */
	add(state: ReadState, why: string): void {
		if (!this.found.some((one) => one.why === why)) this.found.push({ state, why });
	}

	/** What makes one site unreadable says nothing of the others. */
	async known<T>(read: () => Promise<Known<T> | undefined>): Promise<Known<T> | undefined> {
		try {
			return await read();
		} catch (error) {
			if (!(error instanceof Unfit)) throw error;
			this.add(error.state, error.message);
			return unknown(error.message);
		}
	}

	get worst(): { state: ReadState; why: string | null } {
		const worst = this.found.find(({ state }) => state === "damaged") ?? this.found[0];
		return worst ?? { state: "readable", why: null };
	}
}
