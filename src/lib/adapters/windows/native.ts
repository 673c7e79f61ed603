import { basename } from "node:path/win32";
import type { Owner, OwnerField } from "../../port/network.js";
import { fileTimeText, sidText, type TableRow, tableRows } from "./tcp-table.js";

/** A pointer or handle; null is none. */
type Pointer = bigint | null;

const addressFamily = { 4: 2, 6: 23 } as const; // AF_INET, AF_INET6
const listenersWithOwner = 3; // TCP_TABLE_OWNER_PID_LISTENER
const tooSmall = 122; // ERROR_INSUFFICIENT_BUFFER
const queryLimitedInformation = 0x1000; // PROCESS_QUERY_LIMITED_INFORMATION
const tokenQuery = 8; // TOKEN_QUERY
const tokenUser = 1; // TokenUser
/** Windows itself: no image, and no token for anybody. */
const systemProcess = 4;
/** The longest SID: 8 bytes and 15 parts. */
const longestSid = 68;

/** Windows' functions that say what listens and whose it is, or whose a SID is, called in process (iphlpapi, kernel32, advapi32). */
export async function loadNative() {
	const koffi = await import("koffi");
	const iphlpapi = koffi.load("iphlpapi.dll");
	const kernel32 = koffi.load("kernel32.dll");
	const advapi32 = koffi.load("advapi32.dll");
	const getTable = iphlpapi.func(
		"uint32 __stdcall GetExtendedTcpTable(void *table, void *size, int order, uint32 family, int class, uint32 reserved)",
	);
	const openProcess = kernel32.func("void * __stdcall OpenProcess(uint32 access, int inherit, uint32 pid)");
	const closeHandle = kernel32.func("int __stdcall CloseHandle(void *handle)");
	const imageName = kernel32.func(
		"int __stdcall QueryFullProcessImageNameW(void *process, uint32 flags, void *name, void *size)",
	);
	const processTimes = kernel32.func(
		"int __stdcall GetProcessTimes(void *process, void *creation, void *exit, void *kernel, void *user)",
	);
	const sessionOf = kernel32.func("int __stdcall ProcessIdToSessionId(uint32 pid, void *session)");
	const openToken = advapi32.func("int __stdcall OpenProcessToken(void *process, uint32 access, void *token)");
	const tokenInformation = advapi32.func(
		"int __stdcall GetTokenInformation(void *token, int class, void *information, uint32 length, void *needed)",
	);
	const lookupSid = advapi32.func(
		"int __stdcall LookupAccountSidW(void *system, void *sid, void *name, void *nameSize, void *domain, void *domainSize, void *use)",
	);

	/** @throws when Windows does not answer */
	function rows(family: 4 | 6): TableRow[] {
		const size = Buffer.alloc(4);
		// It grows between the question of how large it is and the answer.
		for (let attempt = 0, length = 1 << 16; attempt < 10; attempt++, length = size.readUInt32LE(0) + (1 << 14)) {
			const table = Buffer.alloc(length);
			size.writeUInt32LE(length);
			const status: number = getTable(table, size, 0, addressFamily[family], listenersWithOwner, 0);
			if (status === 0) return tableRows(table, family);
			if (status !== tooSmall) throw new Error(`GetExtendedTcpTable: ${status}`);
		}
		throw new Error("GetExtendedTcpTable: the table grew too fast");
	}

	const accounts = new Map<string, string | null>();

	/** `DOMAIN\name`; null when nobody knows the SID any more, or the domain does not answer. */
	function accountOf(sid: Buffer): string | null {
		const text = sidText(sid);
		let account = accounts.get(text);
		if (account === undefined) {
			const [name, domain] = [Buffer.alloc(1024), Buffer.alloc(1024)];
			const [nameSize, domainSize, use] = [length(512), length(512), Buffer.alloc(4)];
			const found: number = lookupSid(null, sid, name, nameSize, domain, domainSize, use);
			account = found === 0 ? null : [wide(domain, domainSize), wide(name, nameSize)].filter(Boolean).join("\\");
			accounts.set(text, account);
		}
		return account;
	}

	function userOf(handle: Pointer): { sid: string; user: string | null } | undefined {
		const token = Buffer.alloc(8);
		if (openToken(handle, tokenQuery, token) === 0) return undefined;
		const opened = token.readBigUInt64LE();
		try {
			// TOKEN_USER: a pointer to the SID, which lies in the same memory, and attributes.
			const information = Buffer.alloc(256);
			if (tokenInformation(opened, tokenUser, information, information.length, Buffer.alloc(4)) === 0) return undefined;
			const sid = Buffer.from(koffi.view(information.readBigUInt64LE(), longestSid));
			return { sid: sidText(sid), user: accountOf(sid) };
		} finally {
			closeHandle(opened);
		}
	}

	function owner(pid: number): Owner {
		const told: Omit<Owner, "unknown"> = { pid, process: null, user: null, sid: null, session: null, since: null };
		if (pid === 0) {
			const unknown: OwnerField[] = ["pid", "process", "user", "session", "since"];
			return { ...told, pid: null, unknown };
		}
		const session = Buffer.alloc(4);
		if (sessionOf(pid, session) !== 0) told.session = session.readUInt32LE();
		if (pid === systemProcess) told.process = "System";
		const handle: Pointer = openProcess(queryLimitedInformation, 0, pid);
		if (handle) {
			try {
				const [name, size, times] = [Buffer.alloc(65_536), length(32_768), Buffer.alloc(32)];
				if (imageName(handle, 0, name, size) !== 0) told.process = basename(wide(name, size));
				const [created, ended, inKernel, inUser] = [0, 8, 16, 24].map((at) => times.subarray(at, at + 8));
				if (processTimes(handle, created, ended, inKernel, inUser) !== 0) {
					told.since = fileTimeText(times.readBigUInt64LE(0));
				}
				Object.assign(told, userOf(handle));
			} finally {
				closeHandle(handle);
			}
		}
		const fields: OwnerField[] = ["process", "user", "session", "since"];
		return { ...told, unknown: fields.filter((field) => told[field] === null) };
	}

	return { rows, owner, accountOf };
}

/** A DWORD that says how many characters there is room for, and is told how many were written. */
function length(characters: number): Buffer {
	const dword = Buffer.alloc(4);
	dword.writeUInt32LE(characters);
	return dword;
}

function wide(text: Buffer, size: Buffer): string {
	return text.toString("utf16le", 0, 2 * size.readUInt32LE(0));
}
