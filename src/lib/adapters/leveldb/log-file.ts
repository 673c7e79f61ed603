import { t } from "../../text.js";
import { DamagedError } from "../user-files/damaged.js";
import type { FileBytes } from "../user-files/file-bytes.js";
import { crc32c, hasPartWith, masked } from "./crc32c.js";

const blockSize = 32_768;
const headerSize = 7;
const [full, first, middle, last] = [1, 2, 3, 4];
/** More than all that Chromium lets one site store; LevelDB writes tables from 4 MB on. */
const longestRecord = 64 << 20;

/**
 * The records of a log (`*.log`, `MANIFEST-*`): blocks of 32 KB, in them pieces of checksum, length, type, bytes.
 *
 * What a crash leaves is no damage: an end in the middle of a record, and in a log of writes an end that the disk never
 * got, which reads as zeros. LevelDB also passes over a piece whose checksum is wrong, and the value that was there
 * before shows again; here that is an error.
 *
 * @param isManifest of a manifest LevelDB takes no end of zeros in the middle of a record
 * @throws DamagedError
 */
export function* logRecords(file: FileBytes, isManifest = false): Generator<Buffer> {
	const bad = (what: string) => new DamagedError(`${file.name}: ${what}`);
	let pieces: Buffer[] | undefined;
	let written: number | undefined;
	/** Whether what ends there was never wholly written: from within it to the end of the file all is zero. */
	const isUnwritten = (end: number) => {
		written ??= endOfData(file);
		return !isManifest && end > written && written < file.size;
	};
	for (let from = 0; from < file.size; from += blockSize) {
		const block = file.read(from, Math.min(blockSize, file.size - from));
		for (let at = 0; block.length - at >= headerSize; ) {
			const length = block.readUInt16LE(at + 4);
			const type = block[at + 6];
			const end = at + headerSize + length;
			if (type === 0 && length === 0 && isZero(block, at)) {
				// Made longer beforehand and not written: the next block may be.
				if (pieces !== undefined && !isUnwritten(from + end))
					throw bad(t`a record without an end at byte ${from + at}`);
				break;
			}
			if (end > block.length) {
				if (isUnwritten(from + end)) return;
				if (block.length === blockSize) throw bad(t`a record longer than its block at byte ${from + at}`);
				// Cut short, or whole with a wrong length: then all that follows would be taken for a part of it, and be lost.
				if (hasPartWith(block.readUInt32LE(at), block, at + 6, block.length)) {
					throw bad(t`a wrong length at byte ${from + at}`);
				}
				return;
			}
			if (masked(crc32c(block, at + 6, end)) !== block.readUInt32LE(at)) {
				if (isUnwritten(from + end)) return;
				throw bad(t`a wrong checksum at byte ${from + at}`);
			}
			const bytes = block.subarray(at + headerSize, end);
			at = end;
			if (type === full || type === first) {
				// Old writers left an empty first piece at the end of a block.
				if (pieces?.some((piece) => piece.length > 0)) throw bad(t`a record without an end at byte ${from + at}`);
				pieces = type === first ? [bytes] : undefined;
				if (type === full) yield bytes;
			} else if ((type === middle || type === last) && pieces !== undefined) {
				pieces.push(bytes);
				if (pieces.length > longestRecord / (blockSize - headerSize)) throw bad(t`a record of more than 64 MB`);
				if (type === middle) continue;
				const whole = Buffer.concat(pieces);
				pieces = undefined;
				yield whole;
			} else throw bad(t`a record without a beginning at byte ${from + at}`);
		}
	}
}

/** Where a file's last byte that is not zero ends. */
function endOfData(file: FileBytes): number {
	for (let to = file.size; to > 0; ) {
		const from = Math.max(0, to - blockSize);
		const bytes = file.read(from, to - from);
		for (let at = bytes.length - 1; at >= 0; at -= 1) if (bytes[at] !== 0) return from + at + 1;
		to = from;
	}
	return 0;
}

function isZero(bytes: Buffer, from: number): boolean {
	for (let at = from; at < bytes.length; at += 1) if (bytes[at] !== 0) return false;
	return true;
}

/** A log of these records, as LevelDB writes it (db/log_writer.cc). */
export function logOf(records: readonly Buffer[]): Buffer {
	const parts: Buffer[] = [];
	let at = 0;
	const put = (bytes: Buffer) => {
		parts.push(bytes);
		at += bytes.length;
	};
	for (const record of records) {
		for (let from = 0, isFirst = true; isFirst || from < record.length; isFirst = false) {
			if (blockSize - (at % blockSize) < headerSize) put(Buffer.alloc(blockSize - (at % blockSize)));
			const end = Math.min(record.length, from + blockSize - (at % blockSize) - headerSize);
			const isLast = end === record.length;
			const header = Buffer.alloc(headerSize);
			header.writeUInt16LE(end - from, 4);
			header[6] = isFirst ? (isLast ? full : first) : isLast ? last : middle;
			const piece = Buffer.concat([header, record.subarray(from, end)]);
			piece.writeUInt32LE(masked(crc32c(piece, 6, piece.length)), 0);
			put(piece);
			from = end;
		}
	}
	return Buffer.concat(parts);
}
