import type { ReaderLack } from "../../webid/browsers.js";
import { dword, loadWindows, type Windows, wide } from "./native.js";
import { withToken } from "./token.js";

/** What GetCurrentProcess returns. */
const thisProcess = -1n;
const adjustPrivileges = 0x20; // TOKEN_ADJUST_PRIVILEGES
const adjustDefault = 0x80; // TOKEN_ADJUST_DEFAULT
const query = 8; // TOKEN_QUERY
const tokenPrivileges = 3; // TokenPrivileges
const tokenIntegrityLevel = 25; // TokenIntegrityLevel
const removed = 4; // SE_PRIVILEGE_REMOVED
const integrity = 0x20; // SE_GROUP_INTEGRITY
const lowIntegrity = "S-1-16-4096";
/** SeChangeNotifyPrivilege, which everybody has: without it each folder on the way would have to be asked for. */
const changeNotify = 23n;
const extendedLimits = 9; // JobObjectExtendedLimitInformation
/** JOB_OBJECT_LIMIT_ACTIVE_PROCESS, _PROCESS_MEMORY, _DIE_ON_UNHANDLED_EXCEPTION */
const oneProcess = 0x8;
const limitFlags = oneProcess | 0x100 | 0x400;

/**
 * Gives up what a reader does not need, for good: its privileges, writing to anything of the usual integrity, more memory,
 * starting programs. Reading what its account may read stays. What is loaded later could fail: load it before.
 *
 * @param memory how much it may take beyond what it has now, in bytes
 * @returns what could not be given up; Windows has nothing that takes the network from a process of its own account
 */
export async function lowerThisProcess(memory: number): Promise<ReaderLack[]> {
	let windows: Windows;
	try {
		windows = await loadWindows();
	} catch {
		return ["rights", "network", "memory"];
	}
	const isLimited = limitMemory(windows, memory);
	const access = adjustPrivileges | adjustDefault | query;
	const isLowered = withToken(windows, thisProcess, access, (token) => {
		const isWithout = removePrivileges(windows, token);
		return lowerIntegrity(windows, token) && isWithout;
	});
	return [...(isLowered === true ? [] : ["rights" as const]), "network", ...(isLimited ? [] : ["memory" as const])];
}

/**
 * Sets a limit of memory for this process, and nothing else: what it holds may start programs. It ends without a window when it
 * crashes.
 *
 * @param memory how much it may take beyond what it has now, in bytes
 * @returns whether there is one now
 */
export async function limitThisProcess(memory: number): Promise<boolean> {
	try {
		return limitMemory(await loadWindows(), memory, limitFlags & ~oneProcess);
	} catch {
		return false;
	}
}

/** In a job of its own, inside the one in which libuv ends children with their parent. */
function limitMemory(windows: Windows, memory: number, flags = limitFlags): boolean {
	const create = windows.bind("kernel32", "void * __stdcall CreateJobObjectW(void *attributes, void *name)");
	const set = windows.bind(
		"kernel32",
		"int __stdcall SetInformationJobObject(void *job, int class, void *information, uint32 length)",
	);
	const assign = windows.bind("kernel32", "int __stdcall AssignProcessToJobObject(void *job, void *process)");
	const counters = windows.bind(
		"kernel32",
		"int __stdcall K32GetProcessMemoryInfo(void *process, void *counters, uint32 size)",
	);
	// PROCESS_MEMORY_COUNTERS, 64 bits: what is committed is its eighth number of eight bytes.
	const used = Buffer.alloc(72);
	used.writeUInt32LE(used.length);
	if (counters(thisProcess, used, used.length) === 0) return false;
	// JOBOBJECT_EXTENDED_LIMIT_INFORMATION, 64 bits.
	const limits = Buffer.alloc(144);
	limits.writeUInt32LE(flags, 16);
	limits.writeUInt32LE(1, 40);
	limits.writeBigUInt64LE(used.readBigUInt64LE(56) + BigInt(memory), 112);
	const job = create(null, null);
	return job !== null && set(job, extendedLimits, limits, limits.length) !== 0 && assign(job, thisProcess) !== 0;
}

function removePrivileges(windows: Windows, token: bigint): boolean {
	const information = windows.bind(
		"advapi32",
		"int __stdcall GetTokenInformation(void *token, int class, void *information, uint32 length, void *needed)",
	);
	const adjust = windows.bind(
		"advapi32",
		"int __stdcall AdjustTokenPrivileges(void *token, int disableAll, void *state, uint32 length, void *before, void *needed)",
	);
	// TOKEN_PRIVILEGES: how many, then for each its LUID and what it is; there are some forty.
	const state = Buffer.alloc(4096);
	if (information(token, tokenPrivileges, state, state.length, dword()) === 0) return false;
	const count = state.readUInt32LE();
	for (let at = 4; at < 4 + 12 * count; at += 12) {
		if (state.readBigUInt64LE(at) !== changeNotify) state.writeUInt32LE(removed, at + 8);
	}
	return adjust(token, 0, state, 0, null, null) !== 0;
}

function lowerIntegrity(windows: Windows, token: bigint): boolean {
	const parse = windows.bind("advapi32", "int __stdcall ConvertStringSidToSidW(void *text, void *sid)");
	const set = windows.bind(
		"advapi32",
		"int __stdcall SetTokenInformation(void *token, int class, void *information, uint32 length)",
	);
	// TOKEN_MANDATORY_LABEL: a pointer to the SID, and attributes.
	const label = Buffer.alloc(16);
	if (parse(wide(lowIntegrity), label) === 0) return false;
	label.writeUInt32LE(integrity, 8);
	return set(token, tokenIntegrityLevel, label, label.length) !== 0;
}
