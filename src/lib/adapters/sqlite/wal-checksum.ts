/**
 * The running checksum of a write-ahead log over pairs of words, in the byte order of the machine that wrote it
 * (https://www.sqlite.org/fileformat2.html#checksum_algorithm). Offsets are in bytes.
 */
export function walChecksum(isLittleEndian: boolean) {
	let first = 0;
	let second = 0;
	return {
		add(bytes: Buffer, from: number, to: number) {
			const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
			for (let at = from; at < to; at += 8) {
				first = (first + view.getUint32(at, isLittleEndian) + second) >>> 0;
				second = (second + view.getUint32(at + 4, isLittleEndian) + first) >>> 0;
			}
		},
		/** Goes on from the one that stands there. */
		from(bytes: Buffer, at: number) {
			first = bytes.readUInt32BE(at);
			second = bytes.readUInt32BE(at + 4);
		},
		/** Whether it is the one that stands there. */
		is: (bytes: Buffer, at: number) => bytes.readUInt32BE(at) === first && bytes.readUInt32BE(at + 4) === second,
	};
}
