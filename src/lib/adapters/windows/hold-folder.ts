import { toNamespacedPath } from "node:path";
import { patiently } from "../disk/names.js";
import { type HoldFolder, holdFoldersBy } from "../user-files/holding.js";
import { loadWindows, type Windows, wide } from "./native.js";

const listFolder = 0x1; // FILE_LIST_DIRECTORY
const traverse = 0x20; // FILE_TRAVERSE
/** FILE_SHARE_READ and FILE_SHARE_WRITE: with no FILE_SHARE_DELETE among them nobody can open it to rename or remove it. */
const shareUse = 0x3;
const shareAll = 0x7;
const openExisting = 3; // OPEN_EXISTING
/** FILE_FLAG_BACKUP_SEMANTICS, without which no folder is opened; FILE_FLAG_OPEN_REPARSE_POINT: not what a link leads to. */
const asItIs = 0x02000000 | 0x00200000;
const noHandle = -1n; // INVALID_HANDLE_VALUE
const noHandleUnsigned = 0xffffffffffffffffn;

/** Has this process hold users' folders open by Windows' own calls. What is loaded later may not be: call it first. */
export async function holdFoldersHere(): Promise<void> {
	const windows = await loadWindows();
	holdFoldersBy(holderOf(windows));
}

function holderOf(windows: Windows): HoldFolder {
	const create = windows.bind(
		"kernel32",
		"intptr __stdcall CreateFileW(void *path, uint32 access, uint32 share, void *security, uint32 creation, uint32 flags, void *template)",
	);
	const close = windows.bind("kernel32", "int __stdcall CloseHandle(intptr handle)");
	const finalPath = windows.bind(
		"kernel32",
		"uint32 __stdcall GetFinalPathNameByHandleW(intptr handle, void *path, uint32 length, uint32 flags)",
	);
	const open = (path: string, access: number, share: number): bigint | undefined => {
		const handle = BigInt(create(wide(toNamespacedPath(path)), access, share, null, openExisting, asItIs, null));
		return handle === noHandle || handle === noHandleUnsigned ? undefined : handle;
	};
	return (path, isOnlyPassed) => {
		const access = isOnlyPassed ? traverse : listFolder;
		const handle = patiently(() => open(path, access, shareUse) ?? refuse(path, open(path, access, shareAll)));
		try {
			return { real: realPath(handle), close: () => void close(handle) };
		} catch (error) {
			close(handle);
			throw error;
		}
	};

	/** GetLastError would tell of a call that Node has made in between: whether it is shared tells the two reasons apart. */
	function refuse(path: string, shared: bigint | undefined): never {
		if (shared !== undefined) close(shared);
		const code = shared === undefined ? "EACCES" : "EBUSY";
		throw Object.assign(new Error(`${code}: ${path}`), { code });
	}

	/** As libuv's own realpath says it. */
	function realPath(handle: bigint): string {
		const name = Buffer.alloc(2 * 32_768);
		const length: number = finalPath(handle, name, 32_768, 0);
		if (length === 0 || length >= 32_768)
			throw Object.assign(new Error("GetFinalPathNameByHandle"), { code: "EACCES" });
		return name
			.toString("utf16le", 0, 2 * length)
			.replace(/^\\\\\?\\UNC\\/, "\\\\")
			.replace(/^\\\\\?\\/, "");
	}
}
