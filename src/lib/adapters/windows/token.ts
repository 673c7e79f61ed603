import { dword, type Pointer, type Windows, wide } from "./native.js";
import { sidAt } from "./sid.js";

const adjustPrivileges = 0x20; // TOKEN_ADJUST_PRIVILEGES
const query = 8; // TOKEN_QUERY
const tokenUser = 1; // TokenUser
const tokenElevation = 20; // TokenElevation
const enabled = 2; // SE_PRIVILEGE_ENABLED
/** What GetCurrentProcess returns. */
const thisProcess = -1n;

/** The SID of the account that a process runs as; undefined when Windows refuses to say. */
export function userOfProcess(windows: Windows, process: Pointer): string | undefined {
	const information = windows.bind(
		"advapi32",
		"int __stdcall GetTokenInformation(void *token, int class, void *information, uint32 length, void *needed)",
	);
	return withToken(windows, process, query, (token) => {
		// TOKEN_USER: a pointer to the SID, which lies in the same memory, and attributes.
		const told = Buffer.alloc(256);
		if (information(token, tokenUser, told, told.length, dword()) === 0) return undefined;
		return sidAt(windows, told.readBigUInt64LE()) ?? undefined;
	});
}

/** The SID of the account that `cfm` runs as. */
export function ownSid(windows: Windows): string | undefined {
	return userOfProcess(windows, thisProcess);
}

const tokenGroups = 2; // TokenGroups
const groupEnabled = 4; // SE_GROUP_ENABLED
const groupDeniesOnly = 0x10; // SE_GROUP_USE_FOR_DENY_ONLY

/** The SIDs of the groups whose rights this process has; none when Windows refuses to say. */
export function groupsInUse(windows: Windows): string[] {
	const information = windows.bind(
		"advapi32",
		"int __stdcall GetTokenInformation(void *token, int class, void *information, uint32 length, void *needed)",
	);
	const found = withToken(windows, thisProcess, query, (token) => {
		const needed = dword();
		information(token, tokenGroups, null, 0, needed);
		// TOKEN_GROUPS: how many; for each a pointer to its SID, which lies in the same memory, and attributes.
		const told = Buffer.alloc(Math.max(needed.readUInt32LE(), 8));
		if (information(token, tokenGroups, told, told.length, dword()) === 0) return [];
		return Array.from({ length: told.readUInt32LE() }, (_, at) => 8 + 16 * at).flatMap((at) => {
			const attributes = told.readUInt32LE(at + 8);
			const isInUse = (attributes & groupEnabled) !== 0 && (attributes & groupDeniesOnly) === 0;
			return isInUse ? [sidAt(windows, told.readBigUInt64LE(at)) ?? ""] : [];
		});
	});
	return found ?? [];
}

/** Whether the token of this process has administrators' rights in use; undefined when Windows refuses to say. */
export function isTokenElevated(windows: Windows): boolean | undefined {
	const information = windows.bind(
		"advapi32",
		"int __stdcall GetTokenInformation(void *token, int class, void *information, uint32 length, void *needed)",
	);
	return withToken(windows, thisProcess, query, (token) => {
		const isElevated = dword();
		if (information(token, tokenElevation, isElevated, isElevated.length, dword()) === 0) return undefined;
		return isElevated.readUInt32LE() !== 0;
	});
}

/**
 * Uses a right that this account has: an administrator's process holds most of them switched off.
 *
 * @returns whether Windows took the call; it also does when the account does not have the right
 */
export function enablePrivilege(windows: Windows, name: string): boolean {
	const lookUp = windows.bind("advapi32", "int __stdcall LookupPrivilegeValueW(void *system, void *name, void *luid)");
	const adjust = windows.bind(
		"advapi32",
		"int __stdcall AdjustTokenPrivileges(void *token, int disableAll, void *state, uint32 length, void *before, void *needed)",
	);
	return (
		withToken(windows, thisProcess, adjustPrivileges | query, (token) => {
			// TOKEN_PRIVILEGES with one entry: how many, the LUID, what it shall be.
			const state = Buffer.alloc(16);
			state.writeUInt32LE(1);
			state.writeUInt32LE(enabled, 12);
			if (lookUp(null, wide(name), state.subarray(4, 12)) === 0) return false;
			return adjust(token, 0, state, 0, null, null) !== 0;
		}) ?? false
	);
}

/** Works with the token of a process. @returns undefined when Windows refuses it */
export function withToken<T>(
	windows: Windows,
	process: Pointer,
	access: number,
	work: (token: bigint) => T,
): T | undefined {
	const open = windows.bind("advapi32", "int __stdcall OpenProcessToken(void *process, uint32 access, void *token)");
	const close = windows.bind("kernel32", "int __stdcall CloseHandle(void *handle)");
	const handle = Buffer.alloc(8);
	if (open(process, access, handle) === 0) return undefined;
	const token = handle.readBigUInt64LE();
	try {
		return work(token);
	} finally {
		close(token);
	}
}
