/**
 * CRC-32C, LevelDB's checksum; `node:zlib` has only the other polynomial. Eight bytes a step ("slicing by 8"), because
 * a store is checked whole before it is written.
 */
export function crc32c(bytes: Uint8Array, from: number, to: number): number {
	let crc = -1;
	let at = from;
	for (const end = to - 7; at < end; at += 8) {
		const low =
			crc ^
			((bytes[at] as number) |
				((bytes[at + 1] as number) << 8) |
				((bytes[at + 2] as number) << 16) |
				((bytes[at + 3] as number) << 24));
		crc =
			(t7[low & 255] as number) ^
			(t6[(low >>> 8) & 255] as number) ^
			(t5[(low >>> 16) & 255] as number) ^
			(t4[low >>> 24] as number) ^
			(t3[bytes[at + 4] as number] as number) ^
			(t2[bytes[at + 5] as number] as number) ^
			(t1[bytes[at + 6] as number] as number) ^
			(t0[bytes[at + 7] as number] as number);
	}
	for (; at < to; at += 1) crc = (crc >>> 8) ^ (t0[(crc ^ (bytes[at] as number)) & 255] as number);
	return ~crc >>> 0;
}

/** Whether some part of these bytes, from their start, has this checksum (masked). */
export function hasPartWith(checksum: number, bytes: Uint8Array, from: number, to: number): boolean {
	let crc = -1;
	for (let at = from; at < to; at += 1) {
		crc = (crc >>> 8) ^ (t0[(crc ^ (bytes[at] as number)) & 255] as number);
		if (masked(~crc >>> 0) === checksum) return true;
	}
	return false;
}

/** As it stands in a file: turned and shifted, so that a checksum of a checksum is no accident. */
export function masked(crc: number): number {
	return (((crc >>> 15) | (crc << 17)) + 0xa282ead8) >>> 0;
}

const t0 = Int32Array.from({ length: 256 }, (_, byte) => {
	let crc = byte;
	for (let bit = 0; bit < 8; bit += 1) crc = crc & 1 ? (crc >>> 1) ^ 0x82f63b78 : crc >>> 1;
	return crc;
});
const further = (table: Int32Array) => table.map((crc) => (crc >>> 8) ^ (t0[crc & 255] as number));
const t1 = further(t0);
const t2 = further(t1);
const t3 = further(t2);
const t4 = further(t3);
const t5 = further(t4);
const t6 = further(t5);
const t7 = further(t6);
