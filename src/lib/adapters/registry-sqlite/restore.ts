import { existsSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { CfmError } from "../../errors.js";
import { isoTime } from "../../iso-time.js";
import { recordKinds } from "../../record-kinds.js";
import type { RecordKind } from "../../registry/kind.js";
import type { Decide, Replaced } from "../../registry/provider.js";
import type { Attribution, Registry } from "../../registry/registry.js";
import { eventsEverWritten, withReplaced } from "../../registry/written.js";
import { removeIfThere, rename } from "../disk/names.js";
import { refuseNetworkFolder } from "../files/guard.js";
import { makeFolder, protectFolder, syncFolder } from "../files/own-folder.js";
import { type SqlDatabase, Statements } from "../sqlite/database.js";
import { driver } from "../sqlite/driver.js";
import { sqliteCode } from "../sqlite/result-code.js";
import { alone } from "./alone.js";
import { backup } from "./backup.js";
import { whereItIs } from "./connection.js";
import { allObjects, expectedObjects, renew, type SchemaObject, schemaDifferences } from "./content.js";
import { contentOf } from "./copy.js";
import { place } from "./create.js";
import { explain, explainBackup } from "./failures.js";
import { moveCompanions, removeLeftovers } from "./leftovers.js";
import { hasLostLog, lostLogOf } from "./log-end.js";
import { migrate } from "./schema.js";
import { patiently, prepare } from "./store.js";
import { SqliteView } from "./view.js";

/**
 * Replaces a registry's content by that of a copy, in one transaction, which has begun when `decide` looks: whoever works on
 * it meanwhile waits, and sees the old content or the new one. What was there is kept in a file beside it.
 *
 * A registry that is damaged, or whose schema somebody has changed, is moved aside whole, and a new file takes its place.
 * Whoever has the old one open notices at the next change (`OpenFile.isReplaced`).
 */
export async function replaceSqliteRegistry(
	file: string,
	copy: Registry,
	attribution: Attribution,
	decide: Decide,
	kinds: readonly RecordKind[] = recordKinds,
): Promise<Replaced> {
	// Links followed, as for everybody who opens it.
	const location = existsSync(file) ? whereItIs(resolve(file)) : resolve(file);
	const folder = dirname(location);
	refuseNetworkFolder(folder);
	const isNew = await makeFolder(folder);
	refuseNetworkFolder(folder);
	await protectFolder(folder, { isNew, adopt: false });
	const replacing = { location, content: contentOf(copy), attribution, decide, kinds };
	return alone(location, async () => {
		removeLeftovers(folder);
		if (!existsSync(location)) return { kept: null, aside: (await putNew(replacing, undefined)).aside };
		const kept = `${location}.before-restore-${new Date().toISOString().replace(/[-:.]/g, "")}`;
		await replaceThere(replacing, kept);
		// Whoever restores has decided what becomes of changes that were lost.
		if (hasLostLog(location)) rename(lostLogOf(location), lostLogOf(kept));
		return { kept, aside: [] };
	});
}

interface Replacing {
	location: string;
	content: SqlDatabase;
	attribution: Attribution;
	decide: Decide;
	kinds: readonly RecordKind[];
}

async function replaceThere(replacing: Replacing, kept: string): Promise<void> {
	const { location, kinds } = replacing;
	const held = await hold(location, kinds);
	try {
		const { database } = held;
		if (database !== undefined && held.isSound) {
			await replaceContent(database, replacing, kept);
			return;
		}
		// As long as it is held nobody changes what is about to be moved; Windows moves no file that is open.
		const view = held.isReadable && database !== undefined ? new SqliteView(new Statements(database)) : undefined;
		const current = view === undefined ? undefined : { view, before: await stateOf(view) };
		if (process.platform === "win32") held.giveUp();
		await putNew(replacing, current, () => {
			rename(location, kept);
			moveCompanions(location, kept);
		});
	} catch (error) {
		throw explain(error, location);
	} finally {
		held.giveUp();
	}
}

/** Makes the file anew. @param makeRoom moves what is there */
async function putNew(
	{ location, content, attribution, decide, kinds }: Replacing,
	current: { view: SqliteView; before: { events: number; written: number } } | undefined,
	makeRoom: () => void = () => {},
): Promise<{ aside: string[] }> {
	const fill = async (database: SqlDatabase) => {
		const { event, changes, looks = [] } = await decide(current?.view);
		const before = current?.before ?? null;
		migrate(database, undefined, kinds);
		database.exec("BEGIN IMMEDIATE");
		await renew(
			database,
			content,
			{ event: withReplaced(event, before), changes, looks, attribution, at: isoTime(new Date()) },
			kinds,
		);
		database.exec("COMMIT");
	};
	return place(location, fill, makeRoom);
}

async function replaceContent(
	database: SqlDatabase,
	{ location, content, attribution, decide, kinds }: Replacing,
	kept: string,
): Promise<void> {
	const view = new SqliteView(new Statements(database));
	const { event, changes, looks = [] } = await decide(view);
	await keep(location, kept);
	try {
		const before = await stateOf(view);
		await renew(
			database,
			content,
			{ event: withReplaced(event, before), changes, looks, attribution, at: isoTime(new Date()) },
			kinds,
		);
		database.exec("COMMIT");
	} catch (error) {
		if (database.inTransaction) database.exec("ROLLBACK");
		removeIfThere(kept);
		throw error;
	}
}

/** Copies what is there, through a connection of its own: the one that holds it is in the middle of a transaction. */
async function keep(location: string, kept: string): Promise<void> {
	const reader = new (await driver())(location, { timeout: 30_000 }) as SqlDatabase;
	try {
		backup(reader, kept);
		syncFolder(dirname(kept));
	} catch (error) {
		throw explainBackup(error, location, kept);
	} finally {
		reader.close();
	}
}

async function stateOf(view: SqliteView): Promise<{ events: number; written: number }> {
	return { events: await view.countEvents({}), written: await eventsEverWritten(view) };
}

interface Held {
	/** Inside a transaction that lets nobody else write; undefined when the file is too damaged for that. */
	database: SqlDatabase | undefined;
	/** Whether all that it holds can be read. */
	isReadable: boolean;
	/** Whether other content may be put into it: readable, and its schema is what cfm made. */
	isSound: boolean;
	giveUp(): void;
}

/** Takes what is there, as far as it can be taken. @throws CfmError busy, denied, conflict as `openSqliteRegistry` */
async function hold(location: string, kinds: readonly RecordKind[]): Promise<Held> {
	const Database = await driver();
	let database: SqlDatabase | undefined;
	const giveUp = () => {
		if (database?.inTransaction) database.exec("ROLLBACK");
		database?.close();
		database = undefined;
	};
	try {
		database = await patiently(() => {
			const opened = new Database(location, { timeout: 0 }) as SqlDatabase;
			try {
				prepare(opened, location, { readonly: false });
				opened.exec("BEGIN IMMEDIATE");
				return opened;
			} catch (error) {
				opened.close();
				throw error;
			}
		}, location);
	} catch (error) {
		if (!isDamage(error)) throw error;
		return { database: undefined, isReadable: false, isSound: false, giveUp };
	}
	try {
		const [verdict] = database.prepare("PRAGMA integrity_check(1)").all() as { integrity_check: string }[];
		const isReadable = verdict?.integrity_check === "ok";
		const { wrong, missing } = schemaDifferences(
			database.prepare(allObjects).all() as SchemaObject[],
			await expectedObjects(kinds),
		);
		return { database, isReadable, isSound: isReadable && wrong.length + missing.length === 0, giveUp };
	} catch (error) {
		if (!isDamage(error)) {
			giveUp();
			throw error;
		}
		return { database, isReadable: false, isSound: false, giveUp };
	}
}

/** What says of the file itself that it is not what it was. */
function isDamage(error: unknown): boolean {
	const code = sqliteCode(error);
	return code !== undefined
		? /CORRUPT|NOTADB|FORMAT|ERROR/.test(code)
		: error instanceof CfmError && error.kind === "unavailable";
}
