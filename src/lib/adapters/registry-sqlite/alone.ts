import { closeSync, fstatSync, openSync, statSync } from "node:fs";
import { removeUnlessHeld } from "../disk/names.js";
import type { SqlDatabase } from "../sqlite/database.js";
import { driver } from "../sqlite/driver.js";
import { patiently } from "./store.js";

/** In one process they come one after the other: closing a file gives up all that the process has locked of it. */
let before: Promise<unknown> = Promise.resolve();

/**
 * Does work for which nobody else may make or replace the registry at a location: who puts a file there must know that it
 * has no log of another one, and that takes two looks.
 *
 * The lock is one of SQLite's on an empty file, which the system gives up with the process, however it ends. The file
 * goes with the lock; whoever waited for one that is gone begins anew.
 *
 * @throws CfmError busy `registry-busy` after 30 s
 */
export function alone<T>(location: string, work: () => Promise<T>): Promise<T> {
	const turn = before.then(() => lockedBy(`${location}.lock`, location, work));
	before = turn.catch(() => {});
	return turn;
}

async function lockedBy<T>(file: string, location: string, work: () => Promise<T>): Promise<T> {
	const Database = await driver();
	return patiently(() => {
		// Held open until the end, so that no other file can get its number.
		const handle = openSync(file, "a", 0o600);
		const database = new Database(file, { timeout: 0 }) as SqlDatabase;
		const giveUp = () => {
			database.close();
			closeSync(handle);
		};
		try {
			// Nothing is ever written: the lock must be had on a full disk, too.
			database.pragma("journal_mode = MEMORY");
			database.exec("BEGIN EXCLUSIVE");
			const now = statSync(file, { bigint: true, throwIfNoEntry: false });
			if (now?.ino !== fstatSync(handle, { bigint: true }).ino) throw busy();
		} catch (error) {
			giveUp();
			throw error;
		}
		return { giveUp };
	}, location).then(async ({ giveUp }) => {
		try {
			return await work();
		} finally {
			// Windows lets nobody remove what somebody has open, ourselves included: what another one waits for stays for them.
			if (process.platform === "win32") giveUp();
			removeUnlessHeld(file);
			if (process.platform !== "win32") giveUp();
		}
	});
}

/** As SQLite says that somebody else was faster. */
function busy(): Error {
	return Object.assign(new Error("the lock is another file now"), { code: "SQLITE_BUSY" });
}
