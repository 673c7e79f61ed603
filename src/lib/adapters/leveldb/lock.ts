import { closeSync, constants, fstatSync, openSync } from "node:fs";
import { join } from "node:path";
import { refusalOf } from "../../system-errors.js";
import { t } from "../../text.js";
import { lentHand } from "../user-files/hand.js";
import { NotWritten, Unfit } from "../user-files/unfit.js";
import { UserFile } from "../user-files/user-file.js";
import type { UserFolder } from "../user-files/user-folder.js";

/** libuv's `UV_FS_O_EXLOCK`: nobody else can open the file meanwhile. Node has no name for it. */
const exclusively = 0x10000000;
const setLock = 6; // F_SETLK
const writeLock = 1; // F_WRLCK
/** `struct flock`: type, whence, start, length (none: to the end), process; all from the file's start. */
const wholeFile = Buffer.alloc(32);
wholeFile.writeInt16LE(writeLock);

/** Loads what a lock needs, which must be done while this process may still read its own files. */
export async function loadFcntl() {
	const { load } = await import("koffi");
	return load("libc.so.6").func("int fcntl(int handle, int command, ...)");
}

/**
 * Holds a store's LOCK as LevelDB itself does, so that no browser opens it while it is written. On Linux that is a lock
 * of fcntl(2), which Node does not have: it is called in process. The system takes it back from whoever dies.
 *
 * @returns gives it back
 * @throws NotWritten in-use; Unfit denied for a link
 */
export async function holdLock(folder: UserFolder): Promise<() => void> {
	const hand = lentHand();
	if (hand !== undefined) return hand.lock(folder);
	const lock = folder.look("LOCK");
	if (lock?.isSymbolicLink()) {
		throw new Unfit("denied", t`${join(folder.path, "LOCK")} is a link; links inside a profile are not followed.`);
	}
	if (lock === undefined) {
		folder.rename(folder.write(Buffer.alloc(0), folder.plainFile), "LOCK");
	}
	const held = () => new NotWritten("in-use", t`${folder.path} is held by a running browser.`);
	if (process.platform === "win32") {
		try {
			const handle = openSync(folder.at("LOCK"), constants.O_RDWR | exclusively);
			return () => closeSync(handle);
		} catch (error) {
			const refusal = refusalOf(error);
			throw refusal === "held" || refusal === "denied" ? held() : error;
		}
	}
	const fcntl = await loadFcntl();
	const handle = openSync(folder.at("LOCK"), constants.O_RDWR | constants.O_NOFOLLOW | constants.O_NONBLOCK);
	try {
		// Refuses anything but a plain file of one name.
		new UserFile(folder.path, handle, fstatSync(handle));
		if (fcntl(handle, setLock, "void *", wholeFile) !== 0) throw held();
		return () => closeSync(handle);
	} catch (error) {
		closeSync(handle);
		throw error;
	}
}
