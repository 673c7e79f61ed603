import { closeSync, openSync, readSync } from "node:fs";

/** Processors by their numbers: winnt.h, IMAGE_FILE_MACHINE_*; elf.h, EM_*. */
const ofWindows: Readonly<Record<number, string>> = { 332: "ia32", 34404: "x64", 43620: "arm64" };
const ofElf: Readonly<Record<number, string>> = { 3: "ia32", 40: "arm", 62: "x64", 183: "arm64" };

/**
 * The processor that a library is for, as its first bytes say; undefined when it is no library of a kind that is known. Only for
 * naming: what loads it decides.
 *
 * @returns as Node names it
 * @throws the system's error when it cannot be read
 */
export function architectureOf(file: string): string | undefined {
	const handle = openSync(file, "r");
	try {
		const head = Buffer.alloc(4096);
		const read = readSync(handle, head, 0, head.length, 0);
		if (read >= 20 && head.readUInt32BE(0) === 0x7f454c46) return ofElf[head.readUInt16LE(18)];
		if (read < 64 || head.toString("latin1", 0, 2) !== "MZ") return undefined;
		const at = head.readUInt32LE(0x3c);
		if (at + 6 > read || head.toString("latin1", at, at + 4) !== "PE\0\0") return undefined;
		return ofWindows[head.readUInt16LE(at + 4)];
	} finally {
		closeSync(handle);
	}
}
