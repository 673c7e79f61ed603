import { randomBytes } from "node:crypto";
import {
	chmodSync,
	closeSync,
	constants,
	copyFileSync,
	fchmodSync,
	fchownSync,
	fstatSync,
	fsyncSync,
	lstatSync,
	mkdirSync,
	opendirSync,
	openSync,
	readlinkSync,
	readSync,
	realpathSync,
	renameSync,
	rmdirSync,
	type Stats,
	unlinkSync,
	writeFileSync,
} from "node:fs";
import { join, relative, resolve, sep } from "node:path";
import { codeOf, refusalOf } from "../../system-errors.js";
import { t } from "../../text.js";
import { Unfit } from "./unfit.js";

const isWindows = process.platform === "win32";
// Windows has neither: there the entry is looked at first. A pipe without a writer must not hold us up.
const safely = (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);
/** Larger than any browser's storage; a user could put a sparse file of a terabyte there. */
const longest = 2 ** 31;
/** More than the sites of any browser: a folder each. */
const mostEntries = 100_000;

/**
 * A folder inside a user's profile, held open: with administrators' rights `cfm` works in everybody's, and the user can
 * replace any name in it by a link, at any moment.
 *
 * On Linux every step is taken from the folder held open (`/proc/self/fd/N/name`) and never through a link, so what was
 * checked is what is used. Windows lets Node hold no folder open: each step is looked at with `lstat`, links and
 * junctions are refused, and the folder's identity is compared before each use. A user who swaps a folder between that
 * look and the use, in microseconds, would still be followed (docs/not-yet-seen.md).
 */
export class UserFolder {
	private constructor(
		/** For people. */
		readonly path: string,
		private readonly handle: number | undefined,
		private readonly facts: Stats,
	) {}

	/**
	 * Opens a folder that is trusted to lead where it should, also through a link.
	 *
	 * @throws Unfit unreachable when it is not there; denied for a missing right
	 */
	static open(path: string): UserFolder {
		try {
			return UserFolder.at(realpathSync.native(path), realpathSync.native(path));
		} catch (error) {
			if (error instanceof Unfit || refusalOf(error) === undefined) throw error;
			if (refusalOf(error) === "denied") throw denied(path, error);
			throw new Unfit("unreachable", t`The folder ${path} cannot be reached (${codeOf(error)}).`, { cause: error });
		}
	}

	/**
	 * Opens a folder at or below another that is trusted, and through no link.
	 *
	 * @returns undefined when the folder is not there, but `within` is
	 * @throws Unfit unreachable when `within` is not there; denied for a link or a missing right
	 */
	static openBelow(within: string, path: string): UserFolder | undefined {
		const steps = relative(resolve(within), resolve(path)).split(sep).filter(Boolean);
		if (steps[0] === "..") throw new Unfit("denied", t`${path} lies outside of ${within}.`);
		let folder = UserFolder.open(within);
		for (const step of steps) {
			const above = folder;
			try {
				const next = above.folder(step);
				if (next === undefined) return undefined;
				folder = next;
			} finally {
				above.close();
			}
		}
		return folder;
	}

	private static at(path: string, shown: string): UserFolder {
		if (isWindows) {
			const facts = lstatSync(path);
			if (!facts.isDirectory()) throw new Unfit("denied", t`${shown} is not a plain folder.`);
			return new UserFolder(shown, undefined, facts);
		}
		const handle = openSync(path, constants.O_RDONLY | constants.O_DIRECTORY | safely);
		return new UserFolder(shown, handle, fstatSync(handle));
	}

	/** A folder in this one; undefined when there is none. @throws Unfit denied for a link or a missing right */
	folder(name: string): UserFolder | undefined {
		try {
			return UserFolder.at(this.at(name), join(this.path, name));
		} catch (error) {
			return this.missing(name, error);
		}
	}

	/** The names in it, in no order. @throws Unfit also when there are more than `most` */
	names(most = mostEntries): string[] {
		try {
			const names: string[] = [];
			const folder = opendirSync(this.at("."), { bufferSize: 256 });
			try {
				for (let entry = folder.readSync(); entry !== null; entry = folder.readSync()) {
					if (names.push(entry.name) > most) {
						throw new Unfit("unsupported", t`${this.path} holds more entries than any browser creates.`);
					}
				}
			} finally {
				folder.closeSync();
			}
			return names;
		} catch (error) {
			throw denied(this.path, error);
		}
	}

	/** Opens a plain file to read; undefined when there is none. @throws Unfit denied, unsupported */
	file(name: string): UserFile | undefined {
		try {
			if (isWindows && lstatSync(this.at(name)).isSymbolicLink()) throw linked(join(this.path, name));
			const handle = openSync(this.at(name), constants.O_RDONLY | safely);
			try {
				return new UserFile(join(this.path, name), handle, fstatSync(handle));
			} catch (error) {
				closeSync(handle);
				throw error;
			}
		} catch (error) {
			return this.missing(name, error);
		}
	}

	/** Where a link points, without following it; undefined when there is none. */
	linkTarget(name: string): string | undefined {
		try {
			return readlinkSync(this.at(name));
		} catch {
			return undefined;
		}
	}

	/** What is known of an entry, links not followed. */
	look(name: string): Stats | undefined {
		try {
			return lstatSync(this.at(name));
		} catch (error) {
			if (refusalOf(error) === "gone") return undefined;
			throw denied(join(this.path, name), error);
		}
	}

	/**
	 * Whether a program runs, asked of its file: a system lets nobody open the image of a running program for writing.
	 * It is the user's own file, so no other user's program of the same name is meant; nothing is written.
	 */
	isRunning(name: string): boolean {
		try {
			closeSync(openSync(this.at(name), constants.O_RDWR | safely));
			return false;
		} catch (error) {
			if (refusalOf(error) === "held") return true;
			this.missing(name, error);
			return false;
		}
	}

	/**
	 * Writes a file under a name nobody can guess, with owner and mode of `like`, durable before it is returned. The name
	 * is one that LevelDB and people can tell as left over, should we die.
	 *
	 * @returns the name it has now
	 */
	write(content: Buffer | UserFile, like: Stats): string {
		const name = `${randomBytes(6).readUIntBE(0, 6)}.dbtmp`;
		const handle = openSync(this.at(name), constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | safely, 0o600);
		try {
			if (content instanceof UserFile) for (const piece of content.pieces()) writeFileSync(handle, piece);
			else writeFileSync(handle, content);
			belongTo(handle, like);
			fsyncSync(handle);
		} catch (error) {
			closeSync(handle);
			this.remove(name);
			throw error;
		}
		closeSync(handle);
		return name;
	}

	/** Makes a folder that must not be there yet, with owner and mode of this one. */
	makeFolder(name: string): UserFolder {
		mkdirSync(this.at(name), { mode: 0o700 });
		const folder = this.folder(name);
		// The user could have put another folder in its place, to be given it: one with something in it is not ours.
		if (folder === undefined || folder.names().length > 0) {
			folder?.close();
			throw new Unfit("denied", t`${join(this.path, name)} was replaced while it was being created.`);
		}
		if (folder.handle === undefined) return folder;
		belongTo(folder.handle, this.facts);
		return new UserFolder(folder.path, folder.handle, fstatSync(folder.handle));
	}

	/** Gives an entry another name, here or in another folder; what has that name is replaced. */
	rename(from: string, to: string, folder: UserFolder = this): void {
		renameSync(this.at(from), folder.at(to));
	}

	remove(name: string): void {
		try {
			unlinkSync(this.at(name));
		} catch (error) {
			if (refusalOf(error) !== "gone") throw error;
		}
	}

	removeFolder(name: string): void {
		rmdirSync(this.at(name));
	}

	/** Makes new names durable. Windows has no such call: NTFS journals them. */
	sync(): void {
		if (this.handle !== undefined) fsyncSync(this.handle);
	}

	/** What a new file here should look like: owner and group of the folder, readable by the owner only. */
	get plainFile(): Stats {
		return Object.assign(Object.create(Object.getPrototypeOf(this.facts)), this.facts, { mode: 0o600 });
	}

	close(): void {
		if (this.handle !== undefined) closeSync(this.handle);
	}

	/** A path that leads into this very folder; one entry of it, no further. */
	at(name: string): string {
		if (/[\\/]/.test(name) || name === ".." || name === "") throw new Unfit("denied", t`${name} is not a file name.`);
		if (this.handle !== undefined) return `/proc/self/fd/${this.handle}/${name}`;
		const now = lstatSync(this.path, { throwIfNoEntry: false });
		if (now === undefined || now.ino !== this.facts.ino || now.dev !== this.facts.dev || !now.isDirectory()) {
			throw new Unfit("denied", t`${this.path} was replaced by something else.`);
		}
		return join(this.path, name);
	}

	private missing(name: string, error: unknown): undefined {
		const path = join(this.path, name);
		// Linux: a link met with O_NOFOLLOW is ELOOP, with O_DIRECTORY besides ENOTDIR.
		const isNoFolder = codeOf(error) === "ENOTDIR";
		if (refusalOf(error) === "link" || (isNoFolder && this.look(name)?.isSymbolicLink())) throw linked(path);
		if (isNoFolder) throw new Unfit("denied", t`${path} is not a folder.`);
		if (refusalOf(error) !== "gone") throw denied(path, error);
		return undefined;
	}
}

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

/** Owner and mode; on Windows a new file has the access list of its folder. */
function belongTo(handle: number, like: Stats): void {
	if (isWindows) return;
	const now = fstatSync(handle);
	if (now.uid !== like.uid || now.gid !== like.gid) fchownSync(handle, like.uid, like.gid);
	fchmodSync(handle, like.mode & 0o777);
}

function linked(path: string): Unfit {
	return new Unfit("denied", t`${path} is a link; links inside a profile are not followed.`);
}

/** What the system said of a path, for the answer about the user; what it did not say is thrown on. */
function denied(path: string, error: unknown): unknown {
	const [refusal, cause] = [refusalOf(error), { cause: error }];
	if (refusal === undefined) return error;
	if (refusal === "denied") return new Unfit("denied", t`${path} cannot be read (${codeOf(error)}).`, cause);
	if (refusal === "held") return new Unfit("running", t`${path} is in use by another program.`, cause);
	return new Unfit("unreachable", t`${path} cannot be reached (${codeOf(error)}).`, cause);
}
