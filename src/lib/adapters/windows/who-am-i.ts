import { userInfo } from "node:os";
import { accountNames } from "./account-names.js";
import { dword, loadWindows, type Windows } from "./native.js";
import { ownSid } from "./token.js";

const samCompatible = 2; // NameSamCompatible: DOMAIN\name

/** The account that `cfm` runs as. */
export interface Self {
	/** `DOMAIN\name`; the name alone when Windows does not say the domain. */
	account: string;
	sid: string | null;
}

/**
 * Who runs `cfm`, by its token: under OpenSSH `USERDOMAIN` is the computer's domain, whoever signed in, and anybody can
 * set it. The session knows its account's name without asking a domain controller (GetUserNameExW); accounts of the
 * system itself, which it calls by the computer's name, are asked for by SID.
 */
export async function whoAmI(): Promise<Self> {
	try {
		const windows = await loadWindows();
		const sid = ownSid(windows) ?? null;
		const isPerson = sid !== null && /^S-1-(5-21|12-1)-/.test(sid);
		const account = isPerson ? sessionName(windows) : (await accountNames(sid === null ? [] : [sid])).get(sid ?? "");
		return { account: account ?? userInfo().username, sid };
	} catch {
		// Without koffi's binary. A name without a domain is never somebody else's.
		return { account: userInfo().username, sid: null };
	}
}

function sessionName(windows: Windows): string | undefined {
	const nameOf = windows.bind("secur32", "uint8 __stdcall GetUserNameExW(int format, void *name, void *size)");
	const [name, size] = [Buffer.alloc(2048), dword(1024)];
	if (nameOf(samCompatible, name, size) === 0) return undefined;
	return name.toString("utf16le", 0, 2 * size.readUInt32LE()).replace(/\0.*$/s, "");
}
