import { chmodSync, closeSync, constants, copyFileSync, openSync, readSync, type Stats, writeFileSync } from "node:fs";
import { t } from "../../text.js";
import { Unfit } from "./unfit.js";

const isWindows = process.platform === "win32";
/** Larger than any browser's storage; a user could put a sparse file of a terabyte there. */
const longest = 2 ** 31;

/** A plain file of a user, held open. */
export class UserFile {
	/** @throws Unfit for anything but a plain file that has this one name */
	constructor(
		readonly path: string,
		readonly handle: number,
		readonly facts: Stats,
	) {
		if (!facts.isFile()) throw new Unfit("denied", t`${path} is not a plain file.`);
		// A second name may be one outside of the profile: somebody else's file.
		if (facts.nlink > 1) throw new Unfit("denied", t`${path} is a hard link.`);
		if (facts.size > longest) throw new Unfit("unsupported", t`${path} is larger than 2 GB.`);
	}

	get size(): number {
		return this.facts.size;
	}

	/** Fewer bytes come back at the end of the file. */
	read(at: number, length: number): Buffer {
		const buffer = Buffer.allocUnsafe(length);
		let done = 0;
		while (done < length) {
			const read = readSync(this.handle, buffer, done, length - done, at + done);
			if (read === 0) break;
			done += read;
		}
		return buffer.subarray(0, done);
	}

	/** Copies it to a file of our own, sharing its blocks where the file system can. */
	copyTo(target: string): void {
		if (!isWindows) {
			copyFileSync(`/proc/self/fd/${this.handle}`, target, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
			chmodSync(target, 0o600);
			return;
		}
		const handle = openSync(target, "wx", 0o600);
		try {
			for (const piece of this.pieces()) writeFileSync(handle, piece);
		} finally {
			closeSync(handle);
		}
	}

	/** All of it as it was when it was opened, a piece at a time. */
	*pieces(): Generator<Buffer> {
		for (let at = 0; at < this.size; at += 1 << 20) yield this.read(at, Math.min(1 << 20, this.size - at));
	}

	close(): void {
		closeSync(this.handle);
	}
}
