import type { UserSession } from "../../port/network.js";
import { dword, loadWindows, type Windows } from "./native.js";

/**
 * WTS_SESSION_INFO_1W on 64 bits: an id, the state and the session in 4 bytes each, 4 to fill up, then pointers to the names
 * of session, host, user, domain and farm.
 */
export const sessionRow = { size: 56, state: 4, session: 8, user: 32, domain: 40 } as const;

/** WTS_CONNECTSTATE_CLASS: active, connected, disconnected. In the others nobody is logged on. */
const loggedOn = new Set([0, 1, 4]);

/** Who is logged on, in which session, on a screen or not. @throws when the Remote Desktop services do not answer */
export async function listSessions(): Promise<UserSession[]> {
	const windows = await loadWindows();
	const list = windows.bind(
		"wtsapi32",
		"int __stdcall WTSEnumerateSessionsExW(void *server, void *level, uint32 filter, void *sessions, void *count)",
	);
	const free = windows.bind("wtsapi32", "int __stdcall WTSFreeMemoryExW(int kind, void *memory, uint32 count)");
	const [level, where, count] = [dword(1), Buffer.alloc(8), dword()];
	if (list(null, level, 0, where, count) === 0) throw new Error("WTSEnumerateSessionsExW failed");
	const memory = where.readBigUInt64LE();
	try {
		return sessionRows(windows.memory(memory, sessionRow.size * count.readUInt32LE()), windows);
	} finally {
		free(2, memory, count.readUInt32LE()); // WTSTypeSessionInfoLevel1
	}
}

/**
 * Reads what WTSEnumerateSessionsExW wrote; the session of the services and those that wait for somebody have no user. */
export function sessionRows(rows: Buffer, { text }: Pick<Windows, "text">): UserSession[] {
	const found: UserSession[] = [];
	for (let at = 0; at + sessionRow.size <= rows.length; at += sessionRow.size) {
		const user = text(rows.readBigUInt64LE(at + sessionRow.user), 256);
		if (user === "" || !loggedOn.has(rows.readUInt32LE(at + sessionRow.state))) continue;
		const domain = text(rows.readBigUInt64LE(at + sessionRow.domain), 256);
		const session = rows.readUInt32LE(at + sessionRow.session);
		found.push({ session, user: [domain, user].filter(Boolean).join("\\"), sid: null });
	}
	return found;
}
