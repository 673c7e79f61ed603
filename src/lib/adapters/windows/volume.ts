import { parse } from "node:path";
import { dword, loadWindows, wide } from "./native.js";

const persistentLists = 8; // FILE_PERSISTENT_ACLS
/** GetDriveType: DRIVE_REMOTE. */
const remote = 4;

/** The file system of the disk that a path is on, and whether it keeps access lists. */
export async function keepsAccessLists(path: string): Promise<{ system: string; keepsLists: boolean }> {
	const windows = await loadWindows();
	const ask = windows.bind(
		"kernel32",
		"int __stdcall GetVolumeInformationW(void *root, void *name, uint32 nameSize, void *serial, void *longest, void *flags, void *system, uint32 systemSize)",
	);
	const [flags, system] = [dword(), Buffer.alloc(2 * 64)];
	const { root } = parse(path);
	if (ask(wide(root), null, 0, null, null, flags, system, 64) === 0) throw new Error("GetVolumeInformation");
	const text = system.toString("utf16le").replace(/\0.*$/s, "");
	return { system: text, keepsLists: (flags.readUInt32LE() & persistentLists) !== 0 };
}

/** The drives of this session that have a letter, and whether each is on another machine. */
export async function driveKinds(): Promise<{ root: string; isRemote: boolean }[]> {
	const windows = await loadWindows();
	const present: number = windows.bind("kernel32", "uint32 __stdcall GetLogicalDrives()")();
	const kindOf = windows.bind("kernel32", "uint32 __stdcall GetDriveTypeW(void *root)");
	const letters = Array.from("ABCDEFGHIJKLMNOPQRSTUVWXYZ").filter((_, at) => (present & (1 << at)) !== 0);
	return letters.map((letter) => ({ root: `${letter}:\\`, isRemote: kindOf(wide(`${letter}:\\`)) === remote }));
}
