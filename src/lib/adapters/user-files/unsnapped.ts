import { t } from "../../text.js";
import { DamagedError } from "./damaged.js";

/** Three bytes make 64 at most: a first number that promises more is a lie, and its memory is not made. */
const mostOfOne = 22;

/**
 * Takes Snappy's compression off (https://github.com/google/snappy/blob/main/format_description.txt): LevelDB's blocks
 * and Firefox's longer values. Each step reads on and writes on, so it ends.
 *
 * @param longest of the result, in bytes
 * @throws DamagedError
 */
export function unsnapped(bytes: Buffer, longest: number): Buffer {
	const bad = () => new DamagedError(t`bytes that cannot be uncompressed`);
	const number = (from: number, size: number) => {
		if (from + size > bytes.length) throw bad();
		return bytes.readUIntLE(from, size);
	};
	let [length, at] = [0, 0];
	for (let factor = 1; ; factor *= 128) {
		const byte = number(at, 1);
		length += (byte & 127) * factor;
		at += 1;
		if (byte < 128) break;
		if (at > 4) throw bad();
	}
	if (length > longest || length > mostOfOne * bytes.length) throw bad();
	const result = Buffer.alloc(length);
	let to = 0;
	while (at < bytes.length) {
		const tag = bytes[at] as number;
		at += 1;
		const short = tag >> 2;
		if ((tag & 3) === 0) {
			const size = short < 60 ? 0 : short - 59;
			const count = (size === 0 ? short : number(at, size)) + 1;
			at += size;
			if (at + count > bytes.length || to + count > length) throw bad();
			bytes.copy(result, to, at, at + count);
			at += count;
			to += count;
			continue;
		}
		const size = [0, 1, 2, 4][tag & 3] as number;
		const count = size === 1 ? (short & 7) + 4 : short + 1;
		const back = number(at, size) + (size === 1 ? (tag >> 5) << 8 : 0);
		at += size;
		if (back === 0 || back > to || to + count > length) throw bad();
		// What is copied may reach into what it becomes.
		if (back >= count) result.copyWithin(to, to - back, to - back + count);
		else for (let n = 0; n < count; n += 1) result[to + n] = result[to + n - back] as number;
		to += count;
	}
	if (to !== length) throw bad();
	return result;
}
