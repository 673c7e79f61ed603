import { closeSync, openSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { t } from "../../text.js";
import type { SqlDatabase } from "../sqlite/database.js";
import { driver } from "../sqlite/driver.js";
import { isBusy } from "../sqlite/result-code.js";
import { NotWritten } from "../user-files/unfit.js";

/** How long another `cfm` may take for a profile. */
const patience = 30_000;

/**
 * Waits until no other `cfm` of this machine writes to a browser. The lock is one of SQLite, on an empty file of our
 * own: the system takes it back from whoever dies.
 *
 * @returns gives the turn back
 * @throws NotWritten busy
 */
export async function takeTurn(folder: string): Promise<() => void> {
	const file = join(folder, "web.lock");
	closeSync(openSync(file, "a", 0o600));
	const Database = await driver();
	const database = new Database(file, { timeout: 0 }) as SqlDatabase;
	for (const since = Date.now(); ; ) {
		try {
			// Nothing is ever written: a journal would be made and removed for nothing.
			database.exec("PRAGMA journal_mode = MEMORY; BEGIN EXCLUSIVE");
			return () => database.close();
		} catch (error) {
			if (!isBusy(error) || Date.now() - since > patience) {
				database.close();
				if (!isBusy(error)) throw error;
				throw new NotWritten("busy", t`another cfm is writing to browsers; try again in a moment`);
			}
			await pause(50 + Math.random() * 100);
		}
	}
}
