import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { extname } from "node:path";
import type { ProgramKind } from "../../client/machine.js";

/** What a kind depends on besides the file: which system, and what it can run. */
export interface Platform {
	system: "win32" | "linux";
	/** As Node names it: x64, arm64. */
	processor: string;
	/** Whether this Windows runs 32-bit programs (WOW64); a Server Core may not. */
	runs32Bit: boolean;
}

/** Long enough for every header of an ordinary program, and for the first words of a text. */
const headLength = 65_536;

/** Processors in a program's header: winnt.h, IMAGE_FILE_MACHINE_*. */
const processors: Readonly<Record<number, string>> = { 332: "ia32", 34404: "x64", 43620: "arm64" };
const isLibrary = 0x2000; // IMAGE_FILE_DLL
const sizeOfSection = 40;
/** `NullsoftInst` behind its own number: the head of the data that an NSIS installer carries behind its program. */
const nsisMark = Buffer.from("efbeadde4e756c6c736f6674496e7374", "hex");

/**
 * What a file is, told by its content: only a program is ever started. Windows hands a batch file to cmd.exe, and the C
 * library of Linux hands what it does not know to sh; neither may happen.
 *
 * @throws the system's error when it cannot be read
 */
export function programKind(file: string, platform: Platform): ProgramKind {
	const handle = openSync(file, "r");
	try {
		const { size } = fstatSync(handle);
		const bytes = (at: number, length: number) => {
			const buffer = Buffer.alloc(Math.max(0, Math.min(length, size - at)));
			return buffer.subarray(0, readSync(handle, buffer, 0, buffer.length, at));
		};
		return kindOf(bytes(0, headLength), size, bytes, file, platform);
	} finally {
		closeSync(handle);
	}
}

type ReadBytes = (at: number, length: number) => Buffer;

function kindOf(head: Buffer, size: number, bytes: ReadBytes, file: string, platform: Platform): ProgramKind {
	if (size === 0) return "empty";
	const begins = (hex: string) => head.subarray(0, hex.length / 2).toString("hex") === hex;
	if (begins("4d5a")) {
		if (platform.system !== "win32") return "windows-program";
		// Windows runs it by its name, whatever is in it.
		return /\.(cmd|bat)[. ]*$/i.test(file) ? "script" : windowsProgram(head, size, bytes, platform);
	}
	if (begins("7f454c46")) return platform.system === "win32" ? "linux-program" : "program";
	if (begins("2321")) return platform.system === "win32" ? "script" : "program";
	if (begins("d0cf11e0a1b11ae1")) return "msi";
	if (begins("504b0304") || begins("504b0506")) return "zip";
	// 7z, RAR, gzip, cabinet, XZ
	if (["377abcaf271c", "526172211a07", "1f8b", "4d534346", "fd377a585a00"].some(begins)) return "archive";
	return textKind(head, file);
}

function textKind(head: Buffer, file: string): ProgramKind {
	const isUtf16 = head.subarray(0, 2).toString("hex") === "fffe";
	const text = head.subarray(0, 4096).toString(isUtf16 ? "utf16le" : "utf8");
	if (text.includes("\0")) return "unknown";
	if (/^\uFEFF?\s*(<!--[\s\S]*?-->\s*|<\?xml[^>]*>\s*)*<(!doctype\s+html|html|head|body|meta|title)\b/i.test(text))
		return "html";
	const scripts = [".cmd", ".bat", ".ps1", ".vbs", ".vbe", ".js", ".jse", ".wsf", ".hta", ".sh", ".py"];
	return scripts.includes(extname(file.replace(/[. ]+$/, "")).toLowerCase()) ? "script" : "text";
}

/** Microsoft's description of the format (PE): headers, the table of sections, the signature at the end of the file. */
function windowsProgram(head: Buffer, size: number, bytes: ReadBytes, platform: Platform): ProgramKind {
	if (head.length < 64) return "cut";
	const at = head.readUInt32LE(0x3c);
	if (at + 24 > size) return at > 0x3c && at < 0x1000_0000 ? "cut" : "dos";
	const header = bytes(at, 24);
	if (header.toString("latin1", 0, 4) !== "PE\0\0") return "dos";
	const [processor, sections, optional, traits] = [4, 6, 20, 22].map((offset) => header.readUInt16LE(offset)) as [
		number,
		number,
		number,
		number,
	];
	const tables = bytes(at + 24, optional + sections * sizeOfSection);
	if (tables.length < optional + sections * sizeOfSection) return "cut";
	if (endOf(tables, optional, sections, bytes) > size) return "cut";
	if ((traits & isLibrary) !== 0) return "library";
	return canRun(processors[processor], platform);
}

/** Where the file must at least reach: its sections, its signature, and what an installer of NSIS carries behind it. */
function endOf(tables: Buffer, optional: number, sections: number, bytes: ReadBytes): number {
	let end = 0;
	for (let one = 0; one < sections; one += 1) {
		const entry = optional + one * sizeOfSection;
		end = Math.max(end, tables.readUInt32LE(entry + 16) + tables.readUInt32LE(entry + 20));
	}
	// The fifth entry of the directory of data: an offset in the file and a length, unlike all others.
	const signature = (optional >= 2 && tables.readUInt16LE(0) === 0x20b ? 112 : 96) + 4 * 8;
	const signed = optional >= signature + 8 ? tables.readUInt32LE(signature) + tables.readUInt32LE(signature + 4) : 0;
	const carried = Math.ceil(end / 512) * 512;
	const mark = bytes(carried, 28);
	// fileform.h of NSIS: flags, mark, length of the header, length of all that follows, itself counted in.
	const isNsis = mark.length === 28 && mark.subarray(4, 20).equals(nsisMark);
	return Math.max(end, signed, isNsis ? carried + mark.readUInt32LE(24) : 0);
}

function canRun(processor: string | undefined, platform: Platform): ProgramKind {
	if (processor === undefined) return "other-processor";
	if (processor === "ia32") return platform.runs32Bit ? "program" : "32-bit";
	// Windows 11 on ARM runs programs for x64 too; nothing but ARM runs those for ARM.
	return processor === "arm64" && platform.processor !== "arm64" ? "other-processor" : "program";
}
