import type { Windows } from "./native.js";

/** A SID as people write it: revision, authority (6 bytes, big-endian), then 32-bit parts (little-endian). */
export function sidText(sid: Buffer): string {
	const parts = Array.from({ length: sid.readUInt8(1) }, (_, at) => sid.readUInt32LE(8 + 4 * at));
	return ["S", sid.readUInt8(0), sid.readUIntBE(2, 6), ...parts].join("-");
}

/** The SID at a pointer: as many bytes as it has, and no more. */
export function sidAt(windows: Pick<Windows, "memory">, at: bigint): string | null {
	if (at === 0n) return null;
	const parts = windows.memory(at, 8).readUInt8(1);
	return sidText(windows.memory(at, 8 + 4 * parts));
}
