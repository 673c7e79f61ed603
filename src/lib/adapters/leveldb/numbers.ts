/** A number as LevelDB writes it: seven bits a byte, the lowest first. */
export function varint(value: number): Buffer {
	const bytes: number[] = [];
	let left = value;
	for (; left >= 128; left = Math.floor(left / 128)) bytes.push((left % 128) | 128);
	bytes.push(left);
	return Buffer.from(bytes);
}

/** Bytes with their length before them. */
export function lengthAnd(bytes: Buffer): Buffer {
	return Buffer.concat([varint(bytes.length), bytes]);
}
