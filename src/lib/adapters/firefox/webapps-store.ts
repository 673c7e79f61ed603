import { type Known, known, unknown } from "../../known.js";
import { t } from "../../text.js";
import { type ReadRequest, type StoreReading, webIdKey } from "../../webid/ports.js";
import type { SqlDatabase } from "../sqlite/database.js";
import { copyUserDatabase, putDatabaseBack, readUserDatabase, writeUserDatabase } from "../sqlite/user-database.js";
import type { AreaEdit, LiveStore, WriteOptions } from "../user-files/live-store.js";
import { newestChange } from "../user-files/newest-change.js";
import { Unfit } from "../user-files/unfit.js";
import type { UserFolder } from "../user-files/user-folder.js";
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
				? [...found].map(([origin, value]) => ({ origin, value }))
				: origins.map((origin) => ({ origin, value: found.get(origin) ?? known(null) }));
		const unread = values.map(({ value }) => (value.known ? "" : value.why)).find(Boolean);
		return {
			store: this.kind,
			state: unread === undefined ? "readable" : "damaged",
			why: unread ?? null,
			modified: newestChange(this.folder, [webappsFile, `${webappsFile}-wal`]),
			values,
		};
	}

	async entries(origin: string): Promise<(readonly [string, string])[]> {
		return entriesIn(this.folder, webappsFile, origin);
	}

	async write(edits: readonly AreaEdit[], { keep, guard }: WriteOptions): Promise<void> {
		await writeUserDatabase(this.folder, webappsFile, {
			keep,
			guard,
			change(database) {
				refuseOther(database);
				database.exec("BEGIN");
				for (const edit of edits) change(database, edit);
				database.exec("COMMIT");
			},
		});
	}

	async copyTo(keep: string): Promise<void> {
		copyUserDatabase(this.folder, webappsFile, keep);
	}

	async putBack(keep: string, options: Pick<WriteOptions, "guard">): Promise<void> {
		await putDatabaseBack(this.folder, webappsFile, keep, options);
	}
}

/** The web IDs that a newer Firefox has not taken over yet. */
export async function archivedValues(storage: UserFolder): Promise<Map<string, Known<string | null>>> {
	return webIdsIn(storage, archiveFile);
}

/** All that it has not taken over yet of one site. */
export async function archivedEntries(storage: UserFolder, origin: string): Promise<(readonly [string, string])[]> {
	return entriesIn(storage, archiveFile, origin);
}

async function webIdsIn(folder: UserFolder, name: string): Promise<Map<string, Known<string | null>>> {
	const found = await readUserDatabase(folder, name, (database) => {
		if (!refuseOther(database)) return [];
		const rows = database
			.prepare("SELECT originKey, value FROM webappsstore2 WHERE originAttributes = '' AND key = ?")
			.all(webIdKey) as { originKey: unknown; value: unknown }[];
		return rows.flatMap(({ originKey: key, value }) => {
			const origin = typeof key === "string" ? originOfKey(key) : undefined;
			return origin === undefined ? [] : [[origin, textOf(value)] as const];
		});
	});
	return new Map<string, Known<string | null>>(found ?? []);
}

async function entriesIn(folder: UserFolder, name: string, origin: string): Promise<(readonly [string, string])[]> {
	const rows = await readUserDatabase(folder, name, (database) => {
		if (!refuseOther(database)) return [];
		return database
			.prepare("SELECT key, value FROM webappsstore2 WHERE originAttributes = '' AND originKey = ?")
			.all(originKey(origin)) as { key: unknown; value: unknown }[];
	});
	return (rows ?? []).map(({ key, value }) => [stringOf(key), stringOf(value)] as const);
}

/** SQLite takes any kind of value in a column of texts. */
function textOf(value: unknown): Known<string> {
	return typeof value === "string" ? known(value) : unknown(t`a value in ${webappsFile} is not text`);
}

function stringOf(value: unknown): string {
	const text = textOf(value);
	if (!text.known) throw new Unfit("damaged", text.why);
	return text.value;
}

function change(database: SqlDatabase, edit: AreaEdit): void {
	const site = originKey(edit.origin);
	const where = "WHERE originAttributes = '' AND originKey = ?";
	if (edit.clear) database.prepare(`DELETE FROM webappsstore2 ${where}`).run(site);
	const remove = database.prepare(`DELETE FROM webappsstore2 ${where} AND key = ?`);
	const scope = site; // The older name of the same; Firefox writes both.
	for (const key of [...edit.remove, ...edit.set.map(([key]) => key)]) remove.run(site, key);
	for (const [key, value] of edit.set) {
		database
			.prepare("INSERT INTO webappsstore2 (originAttributes, originKey, scope, key, value) VALUES ('', ?, ?, ?, ?)")
			.run(site, scope, key, value);
	}
}

/** @returns whether it holds anything. @throws Unfit unsupported */
function refuseOther(database: SqlDatabase): boolean {
	const version = database.pragma("user_version", { simple: true });
	// A file that was made and not used yet.
	if (version === 0) return false;
	if (version !== 2) {
		throw new Unfit(
			"unsupported",
			t`${webappsFile} has version ${String(version)}, which this version of cfm does not support`,
		);
	}
	return true;
}
