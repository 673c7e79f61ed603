import { type Known, known, unknown } from "../../known.js";
import { t } from "../../text.js";
import { type AreaValue, type ReadRequest, type StoreReading, webIdKey } from "../../webid/stores.js";
import type { SqlDatabase } from "../sqlite/database.js";
import type { NamedRow, StoredDatabase } from "../sqlite/read-database.js";
import { Text, type Value } from "../sqlite/read-rows.js";
import { added, editsOf, repairOf, tried } from "../sqlite/salvage.js";
import {
	checkUserDatabase,
	copyUserDatabase,
	putDatabaseBack,
	readUserDatabase,
	replaceUserDatabase,
	salvageDatabase,
	writeUserDatabase,
} from "../sqlite/user-database.js";
import { Budget } from "../user-files/budget.js";
import type { KeepFolder } from "../user-files/keep-folder.js";
import type { AreaEdit, EditImage, LiveStore, PutBackOptions, Repair, WriteOptions } from "../user-files/live-store.js";
import { newestChange } from "../user-files/newest-change.js";
import { NotWritten, Unfit } from "../user-files/unfit.js";
import type { UserFolder } from "../user-files/user-folder.js";
import { containersIn } from "./containers.js";
import { originKey, originOfKey } from "./text.js";

export const webappsFile = "webappsstore.sqlite";
/** What a newer Firefox made of it: a site's values are taken from there when it is opened the first time. */
export const archiveFile = "ls-archive.sqlite";

/** The store of a Firefox before version 68: one table for all sites. */
export class WebappsStore implements LiveStore {
	readonly kind = "webappsstore";

	constructor(private readonly folder: UserFolder) {}

	async read({ origins }: ReadRequest): Promise<StoreReading> {
		const found = await webIdsIn(this.folder, webappsFile);
		const values =
			origins === "all"
				? [...found.sites].map(([origin, value]) => ({ origin, value }))
				: origins.map((origin) => ({ origin, value: webIdOf(found, origin) }));
		const areas = areasOf(found, origins, this.folder);
		const unread = [...values, ...areas].map(({ value }) => (value.known ? "" : value.why)).find(Boolean);
		return {
			store: this.kind,
			state: unread === undefined ? "readable" : "damaged",
			why: unread ?? null,
			modified: newestChange(this.folder, [webappsFile, `${webappsFile}-wal`]),
			values,
			areas,
		};
	}

	async entries(origin: string): Promise<(readonly [string, string])[]> {
		return entriesIn(this.folder, webappsFile, origin);
	}

	async write(edits: readonly AreaEdit[], { keep, guard, editImage }: WriteOptions): Promise<void> {
		let shape: Shape = "sites";
		await writeUserDatabase(this.folder, webappsFile, {
			keep,
			guard,
			check(database) {
				const found = shapeOf(database);
				// Firefox makes the tables when it first stores something: it would take ours for an older version's.
				if (found === undefined) throw new NotWritten("refused", t`${webappsFile} was never used. Start Firefox once.`);
				shape = found;
			},
			change: async (image) => {
				return (await editImage(webappsFile, image, { of: "webappsstore", edits, by: shape })).image;
			},
		});
	}

	async repair(editImage: EditImage): Promise<Repair | undefined> {
		const check = (database: StoredDatabase) => {
			for (const { key, value } of entries(database)) {
				if (key instanceof Text && key.toString() === webIdKey && !(value instanceof Text)) return notText();
			}
			return undefined;
		};
		const look = async () =>
			(await readUserDatabase(this.folder, webappsFile, check)) ??
			checkUserDatabase(this.folder, webappsFile, editImage);
		const salvage = await salvageDatabase(this.folder, webappsFile, look, (database, lose) => {
			const sites = new Map<string, Map<string, string>>();
			const budget = new Budget();
			if (!database?.has(table)) lose(t`the table ${table}`);
			tried(lose, () => {
				for (const { site, attributes, key, value } of database?.has(table) ? entries(database) : []) {
					const origin = originOfKey(site);
					const [name, text] = [textOf(key, budget), textOf(value, budget)];
					if (origin === undefined || !name.known || !text.known) lose(t`values of ${site}${attributes}`);
					else added(sites, origin + attributes).set(name.value, text.value);
				}
			});
			return sites;
		});
		if (salvage === undefined) return undefined;
		const { found, lost } = salvage;
		return repairOf(found, lost, async (options) => {
			const edit = { of: "webappsstore", edits: editsOf(found), by: "sites", isNew: true } as const;
			const { image } = await options.editImage(webappsFile, Buffer.alloc(0), edit);
			await replaceUserDatabase(this.folder, webappsFile, image, options);
		});
	}

	async copyTo(keep: KeepFolder): Promise<void> {
		copyUserDatabase(this.folder, webappsFile, keep);
	}

	async putBack(keep: string, options: PutBackOptions): Promise<void> {
		await putDatabaseBack(this.folder, webappsFile, keep, options);
	}
}

/** Where values wait that a newer Firefox has not taken over yet. */
export interface Archive {
	folder: UserFolder;
	name: string;
}

/** The web IDs that wait there. */
export async function archivedValues({ folder, name }: Archive): Promise<WebIds> {
	return webIdsIn(folder, name);
}

/** Web IDs by what they are in. */
export interface WebIds {
	/** Of sites themselves, those that have one. */
	sites: Map<string, Known<string | null>>;
	/** Of all areas, by their names. */
	areas: Map<string, Known<string | null>>;
}

/** The web ID of a site, or of an area by its name. */
export function webIdOf({ sites, areas }: WebIds, name: string): Known<string | null> {
	return sites.get(name) ?? areas.get(name) ?? known(null);
}

/** Areas of some sites; with `all`, those where there is a web ID. @param profile says what containers are called */
export function areasOf({ areas }: WebIds, origins: ReadRequest["origins"], profile: UserFolder): AreaValue[] {
	let containers: ReadonlyMap<string, string> | undefined;
	return [...areas].flatMap(([name, value]) => {
		const [site = "", apart = ""] = name.split("^");
		const isAsked = origins === "all" ? !(value.known && value.value === null) : origins.includes(site);
		if (!isAsked) return [];
		const number = new URLSearchParams(apart).get("userContextId");
		if (number !== null) containers ??= containersIn(profile);
		return [{ name, container: containers?.get(number ?? "") ?? null, value }];
	});
}

/** All that waits there of one site. */
export async function archivedEntries(
	{ folder, name }: Archive,
	origin: string,
): Promise<(readonly [string, string])[]> {
	return entriesIn(folder, name, origin);
}

async function webIdsIn(folder: UserFolder, name: string): Promise<WebIds> {
	const budget = new Budget();
	const found = await readUserDatabase(folder, name, (database): WebIds => {
		const ids: WebIds = { sites: new Map(), areas: new Map() };
		for (const { site, attributes, key, value } of entries(database)) {
			const isWebId = key instanceof Text && key.toString() === webIdKey;
			const origin = isWebId || attributes !== "" ? originOfKey(site) : undefined;
			if (origin === undefined) continue;
			const area = origin + attributes;
			const among = attributes === "" ? ids.sites : ids.areas;
			if (isWebId) among.set(area, textOf(value, budget));
			else if (!among.has(area)) {
				budget.keep(area.length);
				among.set(area, known(null));
			}
		}
		return ids;
	});
	return found ?? { sites: new Map(), areas: new Map() };
}

async function entriesIn(folder: UserFolder, name: string, origin: string): Promise<(readonly [string, string])[]> {
	const budget = new Budget();
	const wanted = rowsOf(origin);
	const found = await readUserDatabase(folder, name, (database) => {
		const values: [string, string][] = [];
		for (const { site, attributes, key, value } of entries(database)) {
			if (site === wanted.site && attributes === wanted.attributes)
				values.push([stringOf(key, budget), stringOf(value, budget)]);
		}
		return values;
	});
	return found ?? [];
}

/** SQLite takes any kind of value in a column of texts. */
function textOf(value: Value, budget: Budget): Known<string> {
	if (!(value instanceof Text)) return unknown(notText());
	budget.keep(value.bytes.length);
	return known(value.toString());
}

const notText = () => t`a value in ${webappsFile} is not text`;

function stringOf(value: Value, budget: Budget): string {
	const text = textOf(value, budget);
	if (!text.known) throw new Unfit("damaged", text.why);
	return text.value;
}

/**
 * How the table tells a site: by attributes and a key (version 2, from Firefox 45), or by a scope that is both. A file
 * says which by its columns: its version was raised only when a Firefox next wrote to it.
 */
type Shape = "sites" | "scopes";

/** @returns undefined for a file that was made and not used yet. @throws Unfit unsupported */
function shapeOf(database: StoredDatabase): Shape | undefined {
	if (database.userVersion < 0 || database.userVersion > 2) {
		throw new Unfit(
			"unsupported",
			t`${webappsFile} has version ${database.userVersion}, which this version of cfm does not support`,
		);
	}
	if (!database.has(table)) {
		if (database.isUnused) return undefined;
		throw database.other();
	}
	const columns = new Set(database.columnsOf(table));
	const has = (...names: string[]) => names.every((name) => columns.has(name));
	if (has("originattributes", "originkey", "scope", "key", "value")) return "sites";
	if (has("scope", "key", "value") && !columns.has("originkey")) return "scopes";
	throw database.other();
}

const table = "webappsstore2";

interface Entry {
	/** As the table names it. */
	site: string;
	/** What keeps an area apart, from its `^` on; nothing: what the site stores itself. */
	attributes: string;
	key: Value;
	value: Value;
}

/** What sites store, in containers and inside of other sites, too. */
function* entries(database: StoredDatabase): Generator<Entry> {
	const shape = shapeOf(database);
	if (shape === undefined) return;
	const where = shape === "sites" ? "originkey" : "scope";
	const columns = [where, "key", "value", ...(shape === "sites" ? ["originattributes"] : [])];
	for (const row of database.rows(table, columns)) {
		const { key = null, value = null } = row;
		const named = shape === "sites" ? apartIn(row) : inScope(row.scope);
		if (named !== undefined) yield { ...named, key, value };
	}
}

type Named = Pick<Entry, "site" | "attributes">;

function apartIn({ originkey: site, originattributes: attributes }: NamedRow): Named | undefined {
	if (!(site instanceof Text) || !(attributes instanceof Text)) return undefined;
	const apart = attributes.toString();
	return apart === "" || apart.startsWith("^") ? { site: site.toString(), attributes: apart } : undefined;
}

/** A scope of an app (`1:f:moc.…`) is no site's. */
function inScope(scope: Value | undefined): Named | undefined {
	if (!(scope instanceof Text)) return undefined;
	const [, attributes = "", site = ""] = /^(?:\d+:[tf]:(\^[^:]*):)?(.*)$/s.exec(scope.toString()) ?? [];
	return { site, attributes };
}

/** How the table tells what an edit is about: a site, or an area of it. */
function rowsOf(name: string): Named {
	const at = name.indexOf("^");
	if (at < 0) return { site: originKey(name), attributes: "" };
	return { site: originKey(name.slice(0, at)), attributes: name.slice(at) };
}

/** The older name of the same, which says no app and repeats all attributes (seen in Firefox ESR 153). */
function scopeOf({ site, attributes }: Named): string {
	return attributes === "" ? site : `0:f:${attributes}:${site}`;
}

/** The table as Firefox makes it (seen in ESR 153). */
export function makeWebappsStore(database: SqlDatabase): void {
	database.exec(`PRAGMA user_version = 2;
		CREATE TABLE webappsstore2 (originAttributes TEXT, originKey TEXT, scope TEXT, key TEXT, value TEXT);
		CREATE UNIQUE INDEX origin_key_index ON webappsstore2(originAttributes, originKey, key);`);
}

/** Carries an edit out in the database. */
export function changeSiteRows(database: SqlDatabase, edit: AreaEdit, shape: Shape): void {
	const named = rowsOf(edit.origin);
	const scope = scopeOf(named);
	const where = shape === "sites" ? "WHERE originAttributes = ? AND originKey = ?" : "WHERE scope = ?";
	const own = shape === "sites" ? [named.attributes, named.site] : [scope];
	if (edit.clear) database.prepare(`DELETE FROM webappsstore2 ${where}`).run(...own);
	const remove = database.prepare(`DELETE FROM webappsstore2 ${where} AND key = ?`);
	for (const key of [...edit.remove, ...edit.set.map(([key]) => key)]) remove.run(...own, key);
	// Firefox writes both names.
	const [names, marks, both] =
		shape === "sites" ? ["originAttributes, originKey, ", "?, ?, ", [...own, scope]] : ["", "", own];
	const insert = database.prepare(`INSERT INTO webappsstore2 (${names}scope, key, value) VALUES (${marks}?, ?, ?)`);
	for (const [key, value] of edit.set) insert.run(...both, key, value);
}
