import type { Stats } from "node:fs";
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from "node:path";
import type { Fingerprint } from "../../client/machine.js";
import { type Known, known, unknown } from "../../known.js";
import { refusalOf } from "../../system-errors.js";
import { t } from "../../text.js";
import { NotWritten, Unfit } from "./unfit.js";
import { UserFolder } from "./user-folder.js";

/** More than any folder of a browser's profiles, or of a client, has; a user may have made a million. */
const mostEntries = 10_000;

/** As Linux does. */
const mostLinks = 40;

/** Deeper than any of what is looked for; a user can make a path that has no end. */
const mostSteps = 256;

/** What stands behind a name in a user's folder. */
export type Look = "folder" | "file" | "none" | { refused: string };

interface Entry {
	/** The folder it is in, held open while it is worked with. */
	folder: UserFolder;
	name: string;
	facts: Stats;
}

/**
 * A user's own folder, in which things are searched for by their paths. A link is read and not followed: one that stays
 * inside leads on (snap's `current` is one), one that leads out is refused, since following it to a share would
 * introduce an administrator to whoever owns it. Each step is taken from a folder held open (`UserFolder`).
 */
export class UserHome {
	private constructor(
		private readonly root: UserFolder,
		/** As it was named, perhaps through a link of the administrator's. */
		private readonly named: string,
	) {}

	/** @throws Unfit when it is not there or cannot be entered */
	static open(folder: string): UserHome {
		return new UserHome(UserFolder.open(folder), resolve(folder));
	}

	/** Its real place. */
	get path(): string {
		return this.root.path;
	}

	/** Where a path below the folder really is, or why it must be left alone; null when nothing is there. */
	real(path: string): Known<string | null> {
		return told(() => this.find(path, (entry) => (entry === undefined ? null : join(entry.folder.path, entry.name))));
	}

	look(path: string): Look {
		const kind = told(() => this.find(path, kindOf));
		return kind.known ? kind.value : { refused: kind.why };
	}

	/** The names in a folder; none when it is not there. */
	names(path: string): Known<string[]> {
		return told(() =>
			this.find(path, (entry) => {
				if (kindOf(entry) !== "folder") return [];
				const folder = entry?.folder.folder(entry.name);
				try {
					return folder?.names(mostEntries).sort() ?? [];
				} finally {
					folder?.close();
				}
			}),
		);
	}

	/** A small text; null when there is no such file. */
	text(path: string, longest: number): Known<string | null> {
		return told(() =>
			this.find(path, (entry) => {
				const file = entry?.folder.file(entry.name);
				if (file === undefined) return null;
				try {
					if (file.size > longest) throw new Unfit("unsupported", t`${file.path} is too long.`);
					// By the size it had, and not to its end: it may grow while it is read.
					return file.read(0, file.size).toString("utf8");
				} finally {
					file.close();
				}
			}),
		);
	}

	/**
	 * Writes a small text, whole or not at all, into a folder that is there; it belongs to the user, as the folder does.
	 *
	 * @throws Unfit for a link in its place, also when it stays inside
	 */
	write(path: string, text: string): void {
		this.find(dirname(path), (entry) => {
			const folder = entry?.folder.folder(entry.name);
			if (folder === undefined) throw new Unfit("unreachable", t`There is no folder ${dirname(path)}.`);
			try {
				const name = basename(path);
				const there = folder.look(name);
				if (there !== undefined && !there.isFile()) throw new Unfit("denied", t`${path} is not a plain file.`);
				folder.rename(folder.write(Buffer.from(text), there ?? folder.plainFile), name);
				folder.sync();
			} finally {
				folder.close();
			}
		});
	}

	/** A file's content in short, and when it was last changed; null when it is not there. */
	fingerprint(path: string, hashOf: (pieces: Iterable<Buffer>) => string): Known<Fingerprint | null> {
		return told(() =>
			this.find(path, (entry) => {
				const file = entry?.folder.file(entry.name);
				if (file === undefined) return null;
				try {
					return { sha256: hashOf(file.pieces()), changedAt: file.facts.mtime.toISOString() };
				} finally {
					file.close();
				}
			}),
		);
	}

	/** Whether new files can be put into a folder that is there. */
	mayWrite(path: string): Known<boolean> {
		return told(() =>
			this.find(path, (entry) => {
				const folder = entry?.folder.folder(entry.name);
				try {
					return folder?.mayWrite() ?? false;
				} finally {
					folder?.close();
				}
			}),
		);
	}

	/** Removes a file; one that is not there is no failure. @throws Unfit */
	remove(path: string): void {
		this.find(path, (entry) => entry?.folder.remove(entry.name));
	}

	/** Whether a program runs. */
	isRunning(program: string): Known<boolean> {
		return told(() => this.find(program, (entry) => entry?.folder.isRunning(entry.name) ?? false));
	}

	/** Whether a text is the name of one thing in a folder, and no way to somewhere else. */
	static isPlainName(name: string): boolean {
		return name !== "" && name !== "." && name !== ".." && !/[/\\:\0]/.test(name) && name.length < 256;
	}

	/** A path below the folder, as it is asked for. */
	at(...names: string[]): string {
		return join(this.path, ...names);
	}

	close(): void {
		this.root.close();
	}

	private find<T>(path: string, work: (entry: Entry | undefined) => T): T {
		const full = resolve(this.path, path);
		let steps = stepsTo(full, this.path) ?? stepsTo(full, this.named);
		let folder = this.root;
		const move = (next: UserFolder) => {
			if (folder !== this.root) folder.close();
			folder = next;
		};
		try {
			for (let links = 0; steps !== undefined && steps.length <= mostSteps && links <= mostLinks; ) {
				const [name = ".", ...rest]: string[] = steps;
				const facts = folder.look(name);
				if (facts?.isSymbolicLink()) {
					const target = stepsTo(resolve(folder.path, folder.linkTarget(name) ?? ""), this.path);
					steps = target && [...target, ...rest];
					links += 1;
					move(this.root);
				} else if (facts === undefined || rest.length === 0) {
					return work(facts && { folder, name, facts });
				} else {
					const next = facts.isDirectory() ? folder.folder(name) : undefined;
					if (next === undefined) return work(undefined);
					move(next);
					steps = rest;
				}
			}
			if (steps === undefined) throw new Unfit("denied", t`a link leads out of the user's folder`);
			throw new Unfit("denied", t`too many links or folders lead to it`);
		} finally {
			move(this.root);
		}
	}
}

/** The names on the way from a folder to a full path; undefined when it is not below. */
function stepsTo(path: string, from: string): string[] | undefined {
	const below = relative(from, path);
	if (below === ".." || below.startsWith(`..${sep}`) || isAbsolute(below)) return undefined;
	return below.split(sep).filter(Boolean);
}

function kindOf(entry: Entry | undefined): Exclude<Look, object> {
	if (entry?.facts.isDirectory()) return "folder";
	return entry?.facts.isFile() ? "file" : "none";
}

function told<T>(ask: () => T): Known<T> {
	try {
		return known(ask());
	} catch (error) {
		if (error instanceof Unfit || error instanceof NotWritten) return unknown(error.message);
		throw error;
	}
}

/** What a path of a client is looked for from: the user's home, or its own folder, if a client profile puts it elsewhere. */
export function startOf(home: string, path: string): string {
	return stepsTo(path, home) === undefined ? dirname(path) : home;
}

/** Works at one path of a client. */
function at<T>(home: string, path: string, work: (home: UserHome) => T): T {
	const opened = UserHome.open(startOf(home, path));
	try {
		return work(opened);
	} finally {
		opened.close();
	}
}

/**
 * Asks about one path of a client.
 *
 * @param none the answer where the user's home is not there
 */
export function askAt<T>(home: string, path: string, none: T, ask: (home: UserHome) => Known<T>): Known<T> {
	try {
		return at(home, path, ask);
	} catch (error) {
		if (!(error instanceof Unfit)) throw error;
		return refusalOf(error.cause) === "gone" ? known(none) : unknown(error.message);
	}
}

/** Writes a small text of a client. @throws Unfit */
export function writeAt(home: string, path: string, text: string): void {
	at(home, path, (opened) => opened.write(path, text));
}

/** Removes a file of a client. @throws Unfit */
export function removeAt(home: string, path: string): void {
	at(home, path, (opened) => opened.remove(path));
}

/** What tells a client's program from another one; null when it is not there. */
export async function fingerprintAt(home: string, path: string): Promise<Known<Fingerprint | null>> {
	// Loaded on use: it would cost every look at clients a tenth of its time.
	const { createHash } = await import("node:crypto");
	const hashOf = (pieces: Iterable<Buffer>) => {
		const hash = createHash("sha256");
		for (const piece of pieces) hash.update(piece);
		return hash.digest("hex");
	};
	return askAt<Fingerprint | null>(home, path, null, (opened) => opened.fingerprint(path, hashOf));
}

/** Whether a file of a client is there. "No permission to look" is not "no". */
export function fileThere(home: string, path: string): Known<boolean> {
	return askAt(home, path, false, (opened) => {
		const look = opened.look(path);
		return typeof look === "object" ? unknown(look.refused) : known(look === "file");
	});
}

/** Where a path of a client really is; null when nothing is there. */
export function realAt(home: string, path: string): Known<string | null> {
	return askAt<string | null>(home, path, null, (opened) => opened.real(path));
}

/** Where a client's program really is; null when there is no such file. */
export function programAt(home: string, path: string): Known<string | null> {
	return askAt<string | null>(home, path, null, (opened) => {
		const look = opened.look(path);
		if (typeof look === "object") return unknown(look.refused);
		if (look === "folder") return unknown(t`${path} is not a plain file.`);
		return look === "file" ? opened.real(path) : known(null);
	});
}

/** Whether a user's program runs. */
export function isRunning(home: string, program: string): Known<boolean> {
	return askAt(home, program, false, (opened) => opened.isRunning(program));
}
