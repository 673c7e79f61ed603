import { basename } from "node:path/win32";
import type { RunningProcess } from "../../client/machine.js";
import type { Owner, OwnerField } from "../../port/network.js";
import { accountNames } from "./account-names.js";
import { dword, loadWindows, type Windows } from "./native.js";
import { sidAt } from "./sid.js";
import { fileTimeText } from "./tcp-table.js";
import { enablePrivilege, userOfProcess } from "./token.js";

const queryLimitedInformation = 0x1000; // PROCESS_QUERY_LIMITED_INFORMATION
const anySession = 0xfffffffe; // WTS_ANY_SESSION
/** WTS_PROCESS_INFO_EXW: session, process, name, SID, then six DWORDs and two times. */
const processRow = { size: 64, session: 0, pid: 4, name: 8, sid: 16 } as const;
/** Windows itself: no image, and no token for anybody. */
const systemProcess = 4;
const localSystem = "S-1-5-18";

type Seen = Omit<Owner, "unknown">;

/**
 * Who owns processes, asked of Windows: image, account, session, and when it was started. Each is asked itself; of
 * those that refuse, the list of the Remote Desktop services says the account and the name, of all in one call. All
 * names of accounts are asked for together.
 *
 * To be let into other accounts' processes an administrator must switch a right on (SeDebugPrivilege): PowerShell does
 * that, cmd.exe does not.
 */
export async function lookAtOwners(pids: Iterable<number>): Promise<ReadonlyMap<number, Owner>> {
	const windows = await loadWindows();
	enablePrivilege(windows, "SeDebugPrivilege");
	const seen = new Map<number, Seen>();
	for (const pid of pids) seen.set(pid, lookAt(windows, pid));
	const refused = [...seen.values()].filter(({ pid, sid }) => sid === null && pid !== null);
	const listed = refused.length === 0 ? undefined : listProcesses(windows);
	for (const one of refused) {
		const row = listed?.get(one.pid ?? 0);
		if (row === undefined) continue;
		one.sid = row.sid;
		one.process ??= row.process;
		one.session ??= row.session;
	}
	const names = await accountNames([...seen.values()].flatMap(({ sid }) => sid ?? []));
	return new Map(
		Array.from(seen, ([pid, one]) => [pid, withUnknown({ ...one, user: names.get(one.sid ?? "") ?? null })]),
	);
}

function withUnknown(seen: Seen): Owner {
	if (seen.pid === null) return { ...seen, unknown: ["pid", "process", "user", "session", "since"] };
	const fields: OwnerField[] = ["process", "user", "session", "since"];
	return { ...seen, unknown: fields.filter((field) => seen[field] === null) };
}

function lookAt(windows: Windows, pid: number): Seen {
	const seen: Seen = { pid, process: null, user: null, sid: null, session: null, since: null };
	if (pid === 0) return { ...seen, pid: null };
	const sessionOf = windows.bind("kernel32", "int __stdcall ProcessIdToSessionId(uint32 pid, void *session)");
	const session = dword();
	if (sessionOf(pid, session) !== 0) seen.session = session.readUInt32LE();
	// Nobody may open it, and nobody need: it is LocalSystem's, everywhere.
	if (pid === systemProcess) return { ...seen, process: "System", sid: localSystem, session: 0, kernel: true };
	const { image, since, sid } = lookAtProcess(windows, pid);
	return { ...seen, process: image === null ? null : basename(image), since, sid };
}

/** A process, as far as this account may ask: its program's full path, its start, the SID of its account. */
export function lookAtProcess(windows: Windows, pid: number): Pick<RunningProcess, "image" | "since" | "sid"> {
	const seen: Pick<RunningProcess, "image" | "since" | "sid"> = { image: null, since: null, sid: null };
	const open = windows.bind("kernel32", "void * __stdcall OpenProcess(uint32 access, int inherit, uint32 pid)");
	const close = windows.bind("kernel32", "int __stdcall CloseHandle(void *handle)");
	const imageName = windows.bind(
		"kernel32",
		"int __stdcall QueryFullProcessImageNameW(void *process, uint32 flags, void *name, void *size)",
	);
	const times = windows.bind(
		"kernel32",
		"int __stdcall GetProcessTimes(void *process, void *creation, void *exit, void *kernel, void *user)",
	);
	const handle: bigint | null = pid === 0 ? null : open(queryLimitedInformation, 0, pid);
	if (!handle) return seen;
	try {
		const [name, size, all] = [Buffer.alloc(65_536), dword(32_768), Buffer.alloc(32)];
		if (imageName(handle, 0, name, size) !== 0) seen.image = name.toString("utf16le", 0, 2 * size.readUInt32LE());
		const [created, ended, inKernel, inUser] = [0, 8, 16, 24].map((at) => all.subarray(at, at + 8));
		if (times(handle, created, ended, inKernel, inUser) !== 0) seen.since = fileTimeText(all.readBigUInt64LE());
		seen.sid = userOfProcess(windows, handle) ?? null;
		return seen;
	} finally {
		close(handle);
	}
}

/** All processes as the Remote Desktop services list them; undefined when they do not answer. */
function listProcesses(windows: Windows): ReadonlyMap<number, Pick<Seen, "process" | "session" | "sid">> | undefined {
	const list = windows.bind(
		"wtsapi32",
		"int __stdcall WTSEnumerateProcessesExW(void *server, void *level, uint32 session, void *processes, void *count)",
	);
	const free = windows.bind("wtsapi32", "int __stdcall WTSFreeMemoryExW(int kind, void *memory, uint32 count)");
	const [level, where, count] = [dword(1), Buffer.alloc(8), dword()];
	if (list(null, level, anySession, where, count) === 0) return undefined;
	const memory = where.readBigUInt64LE();
	try {
		return readProcesses(windows.memory(memory, processRow.size * count.readUInt32LE()), windows);
	} finally {
		free(1, memory, count.readUInt32LE()); // WTSTypeProcessInfoLevel1
	}
}

/** Reads what WTSEnumerateProcessesExW wrote. A process of the system may have no SID. */
export function readProcesses(
	rows: Buffer,
	windows: Pick<Windows, "memory" | "text">,
): ReadonlyMap<number, Pick<Seen, "process" | "session" | "sid">> {
	const found = new Map<number, Pick<Seen, "process" | "session" | "sid">>();
	for (let at = 0; at + processRow.size <= rows.length; at += processRow.size) {
		found.set(rows.readUInt32LE(at + processRow.pid), {
			process: windows.text(rows.readBigUInt64LE(at + processRow.name), 260) || null,
			session: rows.readUInt32LE(at + processRow.session),
			sid: sidAt(windows, rows.readBigUInt64LE(at + processRow.sid)),
		});
	}
	return found;
}
