import { existsSync, readFileSync, realpathSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { line } from "../../command-line.js";
import { CfmError } from "../../errors.js";
import { registryMoved } from "../../registry/refusals.js";
import { closedToYou, codeOf, fileError, refusalOf } from "../../system-errors.js";
import { t } from "../../text.js";
import { refuseNetworkFolder, refuseOpenToOthers } from "../files/guard.js";
import { refuseFolderOfOthers } from "../files/own-folder.js";
import { refuseSpecialFile } from "../files/trusted-file.js";
import { type SqlDatabase, Statements } from "../sqlite/database.js";
import { type Driver, driver } from "../sqlite/driver.js";
import { sqliteCode } from "../sqlite/result-code.js";
import { movedTo } from "./append-events.js";
import { explain } from "./failures.js";
import { inMemory } from "./in-memory.js";
import { hasLostLog, isLogCut, type LogEnd, logEnd } from "./log-end.js";
import { patiently, prepare, SqliteRegistry, type StoreTools } from "./store.js";

/**
 * Opens a registry.
 *
 * @param options.readonly for commands that only look: works for a user who may not write, too
 * @param tools what it is to be able to do beside reading and changing rows
 * @throws CfmError not-found `no-registry`; usage `registry-on-network`; denied, busy, unavailable as `explain` says
 */
export async function openWith(
	file: string,
	options: { readonly: boolean },
	tools: StoreTools,
): Promise<SqliteRegistry> {
	refuseNetworkFolder(dirname(resolve(file)));
	const location = whereItIs(resolve(file));
	refuseNetworkFolder(dirname(location));
	// The folder that was named, too: a link there would decide which of ours is used.
	for (const folder of new Set([dirname(resolve(file)), dirname(location)])) await refuseFolderOfOthers(folder);
	refuseOpenToOthers(resolve(file));
	const Database = await driver();
	const isReplaced = exchangedSince(location);
	const end = openHere.has(location) ? undefined : logEnd(location);
	const isCut = end !== undefined && isLogCut(location, end);
	const database = await patiently(() => connect(Database, location, options), location);
	openHere.set(location, (openHere.get(location) ?? 0) + 1);
	const closed = () => {
		const others = (openHere.get(location) ?? 1) - 1;
		if (others === 0) openHere.delete(location);
		else openHere.set(location, others);
	};
	const refusal =
		(hasLostLog(location) || (end && (isCut || readsLess(database, end)))
			? await lost(location, isCut, end)
			: undefined) ?? wentOn(database);
	return new SqliteRegistry(database, location, tools, { isReplaced, closed, refusal });
}

/** The files that this process has open, and how often. */
const openHere = new Map<string, number>();

/** Whether SQLite found less in the log of changes than was written to it. */
function readsLess(database: SqlDatabase, { frames }: LogEnd): boolean {
	try {
		const [now] = database.pragma("wal_checkpoint(NOOP)") as { busy: number; log: number }[];
		return now?.busy === 0 && now.log < frames;
	} catch {
		return false; // whoever may not write changes nothing either
	}
}

/** Why nothing can be changed where changes were lost; undefined when none were. */
async function lost(location: string, isCut: boolean, end: LogEnd | undefined): Promise<CfmError | undefined> {
	const { changesLost, isLogDamaged, keepLostLog } = await import("./lost-log.js");
	if (!hasLostLog(location)) {
		if (!isCut && !(end && isLogDamaged(location, end))) return undefined;
		keepLostLog(location);
	}
	return changesLost(location);
}

/** Why nothing can be changed in a registry that goes on elsewhere; damage is for whoever looks. */
function wentOn(database: SqlDatabase): CfmError | undefined {
	try {
		const to = movedTo(new Statements(database));
		return to === undefined ? undefined : registryMoved(to);
	} catch {
		return undefined;
	}
}

/** Tells later whether a name leads to another file than now. */
function exchangedSince(location: string): () => boolean {
	const facts = () => statSync(location, { bigint: true, throwIfNoEntry: false });
	const opened = facts();
	return () => {
		const now = facts();
		return now?.ino !== opened?.ino || now?.dev !== opened?.dev;
	};
}

/**
 * The registry's own file, links followed: its log and its locks lie beside it, not beside the link.
 *
 * "May not look" is not "not there".
 */
export function whereItIs(location: string): string {
	try {
		refuseSpecialFile(location, statSync(location));
		return realpathSync.native(location);
	} catch (error) {
		if (error instanceof CfmError) throw error;
		if (refusalOf(error) === "gone") throw noRegistry(location);
		throw new CfmError("denied", "registry-not-readable", t`You may not look at ${location} (${codeOf(error)}).`, {
			hints: closedToYou(),
			cause: error,
		});
	}
}

async function connect(Database: Driver, location: string, options: { readonly: boolean }): Promise<SqlDatabase> {
	let database: SqlDatabase | undefined;
	try {
		// No waiting inside SQLite: `patiently` waits, with a random pause.
		database = new Database(location, { timeout: 0 }) as SqlDatabase;
		prepare(database, location, options);
		if (options.readonly) database.prepare("SELECT count(*) FROM environments").get();
		return database;
	} catch (error) {
		database?.close();
		if (options.readonly && isReadOnlyFolder(error)) return readFromMemory(Database, location, error);
		if (options.readonly && isFull(error)) {
			const { readWithLog } = await import("./read-with-log.js");
			const copy = readWithLog(Database, location);
			prepare(copy, location, options);
			return copy;
		}
		throw error;
	}
}

/** A WAL database needs its -shm file even to be read; a user who may not make one gets these. */
function isReadOnlyFolder(error: unknown): boolean {
	const code = sqliteCode(error);
	return code === "SQLITE_CANTOPEN" || code?.startsWith("SQLITE_READONLY") === true;
}

/** Nor may there be room for that file, or the system lets this process write none that long. */
function isFull(error: unknown): boolean {
	const code = sqliteCode(error);
	return code === "SQLITE_FULL" || /^SQLITE_IOERR_(WRITE|SHM|TRUNCATE|FSYNC)/.test(code ?? "");
}

function readFromMemory(Database: Driver, location: string, cause: unknown): SqlDatabase {
	const log = `${location}-wal`;
	if (existsSync(log) && statSync(log).size > 0) {
		throw new CfmError(
			"denied",
			"registry-not-readable",
			t`The registry ${location} is in use, and you may not write to its folder.`,
			{
				hints: closedToYou(),
				cause,
			},
		);
	}
	const database = inMemory(Database, imageOf(location), location, { readonly: true });
	prepare(database, location, { readonly: true });
	return database;
}

/** The file's bytes, for whoever may not open it as SQLite does. */
function imageOf(location: string): Buffer {
	try {
		return readFileSync(location);
	} catch (error) {
		const refusal = refusalOf(error);
		if (refusal === "held") {
			throw new CfmError("busy", "registry-busy", t`The registry ${location} is in use by another program.`, {
				hints: [t`Try again in a moment.`],
				cause: error,
			});
		}
		if (refusal !== "denied") throw explain(error, location);
		throw fileError(error, location, "read", (_, code) => [
			"denied",
			"registry-not-readable",
			t`You may not read ${location} (${code}).`,
			closedToYou(),
		]);
	}
}

function noRegistry(location: string): CfmError {
	return new CfmError("not-found", "no-registry", t`There is no registry at ${location} yet.`, {
		hints: [line("init")],
		data: { registry: location },
	});
}
