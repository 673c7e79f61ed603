import { t } from "../../text.js";
import { crc32c, hasPartWith, masked } from "./crc32c.js";
import { DamagedError } from "./damaged.js";

const blockSize = 32_768;
const headerSize = 7;
const [full, first, middle, last] = [1, 2, 3, 4];

/**
 * The records of a log (`*.log`, `MANIFEST-*`): blocks of 32 KB, in them pieces of checksum, length, type, bytes.
 *
 * LevelDB itself passes over a piece whose checksum is wrong, and the value that was there before shows again; here it
 * is an error. An end in the middle of a record is none: whoever wrote it was cut short, or is still writing.
 *
 * @returns the records, and whether the end is whole
 * @throws DamagedError
 */
export function readLog(file: Buffer, name: string): { records: Buffer[]; whole: boolean } {
	const records: Buffer[] = [];
	let pieces: Buffer[] | undefined;
	const bad = (what: string) => new DamagedError(`${name}: ${what}`);
	for (let at = 0; at < file.length; ) {
		const inBlock = blockSize - (at % blockSize);
		if (inBlock < headerSize) {
			at += inBlock;
			continue;
		}
		if (file.length - at < headerSize) return { records, whole: false };
		const length = file.readUInt16LE(at + 4);
		const type = file[at + 6];
		const end = at + headerSize + length;
		if (headerSize + length > inBlock) throw bad(t`a record longer than its block at byte ${at}`);
		if (end > file.length) {
			// Cut short, or whole with a wrong length: then all that follows would be taken for a part of it, and be lost.
			if (hasPartWith(file.readUInt32LE(at), file, at + 6, file.length)) throw bad(t`a wrong length at byte ${at}`);
			return { records, whole: false };
		}
		if (masked(crc32c(file, at + 6, end)) !== file.readUInt32LE(at)) throw bad(t`a wrong checksum at byte ${at}`);
		const bytes = file.subarray(at + headerSize, end);
		if (type === full || type === first) {
			// Old writers left an empty first piece at the end of a block.
			if (pieces?.some((piece) => piece.length > 0)) throw bad(t`a record without an end at byte ${at}`);
			pieces = type === first ? [bytes] : undefined;
			if (type === full) records.push(bytes);
		} else if ((type === middle || type === last) && pieces !== undefined) {
			pieces.push(bytes);
			if (type === last) {
				records.push(Buffer.concat(pieces));
				pieces = undefined;
			}
		} else throw bad(t`a record without a beginning at byte ${at}`);
		at = end;
	}
	return { records, whole: pieces === undefined };
}
