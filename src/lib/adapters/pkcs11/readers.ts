import type { LibraryHandle } from "koffi";
import { type Known, known, unknown } from "../../known.js";
import { t } from "../../text.js";
import { systemProgram } from "../processes/system.js";

/** `winscard.h`, and the same numbers in pcsc-lite's `winscard.h`. */
const noService = 0x8010_001d; // SCARD_E_NO_SERVICE
const serviceStopped = 0x8010_001e; // SCARD_E_SERVICE_STOPPED
const noReaders = 0x8010_002e; // SCARD_E_NO_READERS_AVAILABLE
const systemScope = 2; // SCARD_SCOPE_SYSTEM

/**
 * The smart card readers that the system's service knows. Windows starts that service when a reader is plugged in, and tells a
 * session of Remote Desktop only of readers that are redirected to it.
 *
 * @returns unknown where the service, or the library that asks it, is missing or stopped
 */
export async function smartCardReaders(): Promise<Known<string[]>> {
	const { default: koffi } = await import("koffi");
	const isWindows = process.platform === "win32";
	let library: LibraryHandle;
	try {
		library = koffi.load(isWindows ? systemProgram("winscard.dll") : "libpcsclite.so.1");
	} catch {
		return unknown(isWindows ? t`this Windows has no winscard.dll` : t`pcsc-lite (libpcsclite.so.1) is not installed`);
	}
	const long = isWindows ? "int32" : "long";
	const dword = isWindows ? "uint32" : "ulong";
	const establish = library.func("SCardEstablishContext", long, [dword, "void *", "void *", "void *"]);
	const list = library.func(isWindows ? "SCardListReadersA" : "SCardListReaders", long, [
		"uintptr_t",
		"void *",
		"void *",
		"void *",
	]);
	const release = library.func("SCardReleaseContext", long, ["uintptr_t"]);
	const at = Buffer.alloc(8);
	const begun = codeFrom(establish(systemScope, null, null, at));
	if (begun !== 0) return unknown(serviceWords(begun));
	const context = at.readBigUInt64LE();
	try {
		const names = Buffer.alloc(64 << 10);
		const length = Buffer.alloc(8);
		length.writeUInt32LE(names.length);
		const listed = codeFrom(list(context, null, names, length));
		if (listed === noReaders) return known([]);
		if (listed !== 0) return unknown(serviceWords(listed));
		return known(names.toString("utf8", 0, length.readUInt32LE()).split("\0").filter(Boolean));
	} finally {
		release(context);
	}
}

const codeFrom = (value: number | bigint) => Number(BigInt.asUintN(32, BigInt(value)));

function serviceWords(code: number): string {
	if (code === noService || code === serviceStopped) return t`the smart card service is not running`;
	return t`the smart card service answers 0x${code.toString(16).toUpperCase()}`;
}
