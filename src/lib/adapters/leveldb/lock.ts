import { closeSync, constants, openSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { refusalOf } from "../../system-errors.js";
import { t } from "../../text.js";
import { NotWritten } from "../user-files/unfit.js";
import type { UserFolder } from "../user-files/user-folder.js";
import { openLevel } from "./library.js";

/** libuv's `UV_FS_O_EXLOCK`: nobody else can open the file meanwhile. Node has no name for it. */
const exclusively = 0x10000000;

/**
 * Holds a store's LOCK as LevelDB itself does, so that no browser opens it while its files are exchanged.
 *
 * On Linux that lock is one of fcntl(2), which Node does not have: LevelDB takes it for us, on an empty store of our own
 * whose LOCK leads to the user's file, held open. So LevelDB, which would follow links, never works in the user's folder.
 *
 * @returns gives it back
 * @throws NotWritten in-use
 */
export async function holdLock(folder: UserFolder, own: string): Promise<() => Promise<void>> {
	if (folder.look("LOCK") === undefined) {
		folder.rename(folder.write(Buffer.alloc(0), folder.plainFile), "LOCK");
	}
	const held = () => new NotWritten("in-use", t`${folder.path} is held by a running browser.`);
	if (process.platform === "win32") {
		try {
			const handle = openSync(folder.at("LOCK"), constants.O_RDWR | exclusively);
			return async () => closeSync(handle);
		} catch (error) {
			const refusal = refusalOf(error);
			throw refusal === "held" || refusal === "denied" ? held() : error;
		}
	}
	const file = folder.file("LOCK");
	if (file === undefined) throw held();
	try {
		symlinkSync(`/proc/self/fd/${file.handle}`, join(own, "LOCK"));
		const level = await openLevel(own, { createIfMissing: true });
		return async () => {
			await level.close();
			file.close();
		};
	} catch (error) {
		file.close();
		if ((error as { cause?: { code?: string } }).cause?.code === "LEVEL_LOCKED") throw held();
		throw error;
	}
}
