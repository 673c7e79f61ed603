import {
	accessSync,
	closeSync,
	constants,
	fchmodSync,
	fchownSync,
	fstatSync,
	fsyncSync,
	lstatSync,
	mkdirSync,
	opendirSync,
	openSync,
	readlinkSync,
	realpathSync,
	type Stats,
	writeFileSync,
} from "node:fs";
import { join, relative, resolve, sep } from "node:path";
import { codeOf, refusalOf } from "../../system-errors.js";
import { t } from "../../text.js";
import { nameProblemHere } from "../../windows-name.js";
import { removeFile, removeFolder, rename } from "../disk/names.js";
import { type Like, lentHand } from "./hand.js";
import { Hold } from "./holding.js";
import { refuseInUsersMount, refuseUsersMount } from "./mounts.js";
import { denied, linked, refuseLedAway, refuseLink, refuseOther } from "./refused-path.js";
import { NotWritten, Unfit } from "./unfit.js";
import { UserFile } from "./user-file.js";

const isWindows = process.platform === "win32";
// Windows has neither: there the entry is looked at first. A pipe without a writer must not hold us up.
const safely = (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);
/** Linux' `O_PATH`, which Node has no name for: who may pass a folder, as `/home` often is, need not be able to list it. */
const onlyPassing = 0x200000;
/** More than the sites of any browser: a folder each. */
const mostEntries = 100_000;

/**
 * A folder inside a user's profile, held open: with administrators' rights `cfm` works in everybody's, and the user can
 * replace any name in it by a link, at any moment.
 *
 * On Linux every step is taken from the folder held open (`/proc/self/fd/N/name`) and never through a link, so what was
 * checked is what is used. On Windows it is held, with all that lead to it, so that nobody can rename or remove one of them
 * (`Hold`); after that its real path must be the one that was asked for. Only an empty folder could still become a link in
 * its place: the folder's identity is compared before each use, and a new file must be where it was asked for.
 */
export class UserFolder {
	private constructor(
		/** For people. */
		readonly path: string,
		private readonly handle: number | undefined,
		private readonly facts: Stats,
		private hold?: Hold,
	) {}

	/**
	 * Opens a folder that is trusted to lead where it should, also through a link.
	 *
	 * @throws Unfit unreachable when it is not there; denied for a missing right
	 */
	static open(path: string): UserFolder {
		refuseInUsersMount(path);
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
		for (const [at, step] of steps.entries()) {
			const above = folder;
			try {
				const next = above.folder(step, at < steps.length - 1);
				if (next === undefined) return undefined;
				folder = next;
			} finally {
				above.close();
			}
		}
		return folder;
	}

	private static at(path: string, shown: string, isOnlyPassed = false, above?: UserFolder): UserFolder {
		if (isWindows) return UserFolder.held(path, shown, isOnlyPassed, above);
		const access = isOnlyPassed && process.platform === "linux" ? onlyPassing : constants.O_RDONLY;
		const handle = openSync(path, access | constants.O_DIRECTORY | safely);
		return new UserFolder(shown, handle, fstatSync(handle));
	}

	private static held(path: string, shown: string, isOnlyPassed: boolean, above?: UserFolder): UserFolder {
		if (!lstatSync(path).isDirectory()) throw new Unfit("denied", t`${shown} is not a plain folder.`);
		const hold = Hold.of(path, isOnlyPassed, above?.hold);
		try {
			// Only now nobody can exchange it: what was seen before may be another one.
			refuseLedAway(path, hold.real);
			const facts = lstatSync(path);
			if (!facts.isDirectory()) throw linked(shown);
			return new UserFolder(shown, undefined, facts, hold);
		} catch (error) {
			hold.release();
			throw error;
		}
	}

	/**
	 * A folder in this one; undefined when there is none.
	 *
	 * @param isOnlyPassed on the way to another one
	 * @throws Unfit denied for a link or a missing right
	 */
	folder(name: string, isOnlyPassed = false): UserFolder | undefined {
		try {
			return UserFolder.at(this.at(name), join(this.path, name), isOnlyPassed, this);
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
			const path = this.at(name);
			if (isWindows) refuseLink(path);
			const handle = openSync(path, constants.O_RDONLY | safely);
			try {
				// On Windows the name could have been exchanged before it was opened, and back.
				if (isWindows) refuseOther(path, handle);
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
	write(content: Buffer | UserFile, like: Like): string {
		const hand = lentHand();
		if (hand !== undefined) {
			return hand.write(this, content instanceof UserFile ? content.read(0, content.size) : content, like);
		}
		const name = `${process.getBuiltinModule("node:crypto").randomBytes(6).readUIntBE(0, 6)}.dbtmp`;
		this.fill(name, content, like);
		return name;
	}

	/**
	 * Writes a new file under its own name, durable with that name: one flush, and not two. Should we die, a part of it may
	 * stay: for what is read as if the end was never written, as a log.
	 */
	add(name: string, bytes: Buffer, like: Like): void {
		const hand = lentHand();
		if (hand !== undefined) {
			hand.add(this, name, bytes, like);
			return;
		}
		this.fill(name, bytes, like);
		try {
			this.sync();
		} catch (error) {
			this.remove(name);
			throw error;
		}
	}

	/**
	 * Makes a folder that must not be there yet, with owner and mode of this one. Whoever made it may rename or remove it
	 * while it is open.
	 */
	makeFolder(name: string): UserFolder {
		const hand = lentHand();
		if (hand === undefined) this.writing(() => mkdirSync(this.at(name), { mode: 0o700 }));
		else hand.makeFolder(this, name);
		const folder = this.folder(name);
		// The user could have put another folder in its place, to be given it: one with something in it is not ours.
		if (folder === undefined || folder.names().length > 0) {
			folder?.close();
			throw new Unfit("denied", t`${join(this.path, name)} was replaced while it was being created.`);
		}
		folder.loosen();
		if (folder.handle === undefined || hand !== undefined) return folder;
		belongTo(folder.handle, this.facts);
		return new UserFolder(folder.path, folder.handle, fstatSync(folder.handle));
	}

	/** Gives an entry another name, here or in another folder; what has that name is replaced. */
	rename(from: string, to: string, folder: UserFolder = this): void {
		const hand = lentHand();
		if (hand === undefined) rename(this.at(from), folder.at(to));
		else hand.rename(this, from, to, folder);
	}

	remove(name: string): void {
		const hand = lentHand();
		if (hand !== undefined) {
			hand.remove(this, name);
			return;
		}
		try {
			removeFile(this.at(name));
		} catch (error) {
			if (refusalOf(error) !== "gone") throw error;
		}
	}

	removeFolder(name: string): void {
		const hand = lentHand();
		if (hand === undefined) removeFolder(this.at(name));
		else hand.removeFolder(this, name);
	}

	/** Makes new names durable. Windows has no such call: NTFS journals them. */
	sync(): void {
		const hand = lentHand();
		if (hand !== undefined) hand.sync(this);
		else if (this.handle !== undefined) fsyncSync(this.handle);
	}

	/**
	 * Whether new files can be put here by whoever this process is, or by the hand that is lent. On Windows only the folder's
	 * own mark is looked at.
	 */
	mayWrite(): boolean {
		const hand = lentHand();
		if (hand !== undefined) return hand.mayWrite(this);
		try {
			accessSync(this.at("."), constants.W_OK);
			return true;
		} catch (error) {
			if (refusalOf(error) === "denied") return false;
			throw denied(this.path, error);
		}
	}

	/** What a new file here should look like: owner and group of the folder, readable by the owner only. */
	get plainFile(): Like {
		return { uid: this.facts.uid, gid: this.facts.gid, mode: 0o600 };
	}

	/** What tells it from another folder that is put in its place; and whose it is. */
	get identity(): { dev: number; ino: number; uid: number; gid: number } {
		const { dev, ino, uid, gid } = this.facts;
		return { dev, ino, uid, gid };
	}

	close(): void {
		if (this.handle !== undefined) closeSync(this.handle);
		this.loosen();
	}

	/** Lets it be renamed or removed while it is open, which Linux always does. */
	loosen(): void {
		this.hold?.release();
		this.hold = undefined;
	}

	/** A path that leads into this very folder; one entry of it, no further. */
	at(name: string): string {
		const isOdd = name !== "." && nameProblemHere(name) !== undefined;
		if (/[\\/]/.test(name) || name === ".." || name === "" || isOdd) {
			throw new Unfit("denied", t`${name} is not a file name.`);
		}
		refuseUsersMount(join(this.path, name));
		if (this.handle !== undefined) return `/proc/self/fd/${this.handle}/${name}`;
		const now = lstatSync(this.path, { throwIfNoEntry: false });
		if (now === undefined || now.ino !== this.facts.ino || now.dev !== this.facts.dev || !now.isDirectory()) {
			throw new Unfit("denied", t`${this.path} was replaced by something else.`);
		}
		return join(this.path, name);
	}

	/** @throws NotWritten where the disk takes nothing at all */
	private writing<T>(make: () => T): T {
		try {
			return make();
		} catch (error) {
			if (codeOf(error) !== "EROFS") throw error;
			throw new NotWritten("refused", t`${this.path} is on a read-only file system; nothing was changed.`);
		}
	}

	/** Makes a file, or leaves none; its content is durable. */
	private fill(name: string, content: Buffer | UserFile, like: Like): void {
		const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | safely;
		const handle = this.writing(() => openSync(this.at(name), flags, 0o600));
		try {
			if (isWindows) refuseOther(this.at(name), handle);
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

/** Owner and mode; on Windows a new file has the access list of its folder. */
function belongTo(handle: number, like: Like): void {
	if (isWindows) return;
	const now = fstatSync(handle);
	if (now.uid !== like.uid || now.gid !== like.gid) fchownSync(handle, like.uid, like.gid);
	fchmodSync(handle, like.mode & 0o777);
}
