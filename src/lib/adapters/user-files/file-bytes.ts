import { t } from "../../text.js";
import { ChangedError } from "./damaged.js";
import type { UserFile } from "./user-file.js";

/** The bytes of one file, read part by part: a file may be larger than memory, or a terabyte of nothing. */
export interface FileBytes {
	/** For messages. */
	readonly name: string;
	readonly size: number;
	/** @throws ChangedError when there are fewer by now */
	read(at: number, length: number): Buffer;
}

/**
 * The bytes of a user's file that is held open.
 *
 * @param ahead how much is read at once, for whoever reads small parts one after another
 */
export function bytesOfFile(name: string, file: UserFile, ahead = 0): FileBytes {
	let from = 0;
	let window: Buffer = Buffer.alloc(0);
	return {
		name,
		size: file.size,
		read(at, length) {
			if (at < from || at + length > from + window.length) {
				window = file.read(at, Math.max(length, Math.min(ahead, file.size - at)));
				from = at;
			}
			if (window.length < at - from + length) throw new ChangedError(t`${name} is shorter now`);
			return window.subarray(at - from, at - from + length);
		},
	};
}

/** Bytes that are in memory. */
export function bytesInMemory(name: string, bytes: Buffer): FileBytes {
	return {
		name,
		size: bytes.length,
		read(at, length) {
			if (at + length > bytes.length) throw new ChangedError(t`${name} is shorter now`);
			return bytes.subarray(at, at + length);
		},
	};
}
