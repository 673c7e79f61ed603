import {
	closeSync,
	constants,
	fstatSync,
	lstatSync,
	opendirSync,
	openSync,
	readlinkSync,
	readSync,
	realpathSync,
} from "node:fs";
import { isAbsolute, join, relative, resolve, sep } from "node:path";
import { type Known, known, unknown } from "../../known.js";

/** More entries than any folder of a browser's profiles has; a user may have made a million. */
const mostEntries = 10_000;

/** As Linux does. */
const mostLinks = 40;

/** Windows has neither; there the look at each name before opening it is all there is. */
const safely = (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

/** What stands behind a name in a user's folder. */
export type Look = "folder" | "file" | "none" | { refused: string };

/**
 * A folder that a user controls, looked into with an administrator's rights: no link is followed out of it, nothing but
 * plain small files is read, and no pipe can make anybody wait.
 *
 * Who exchanges a folder for a link between the look and the next step gains names of folders, nothing else: what
 * matters is opened again, just as carefully, by what reads the stores.
 */
export class UserFolder {
	private constructor(
		/** Its real place. */
		readonly path: string,
		/** As it was named, perhaps through a link of the administrator's. */
		private readonly named: string,
	) {}

	/** @returns not known, with the reason, when it is not there or cannot be entered */
	static open(folder: string): Known<UserFolder> {
		try {
			const real = realpathSync.native(folder);
			if (!lstatSync(real).isDirectory()) return unknown("ENOTDIR");
			return known(new UserFolder(real, resolve(folder)));
		} catch (error) {
			return unknown(codeOf(error));
		}
	}

	/**
	 * Where a path below the folder really is, or why it must be left alone; null when nothing is there.
	 *
	 * Links are read, not followed: following one to a share would introduce an administrator to whoever owns it.
	 */
	real(path: string): Known<string | null> {
		let steps = this.stepsTo(resolve(this.path, path)) ?? this.stepsTo(resolve(this.path, path), this.named);
		let at = this.path;
		try {
			for (let links = 0; steps !== undefined; ) {
				const [name, ...rest] = steps;
				if (name === undefined) return known(at);
				const next = join(at, name);
				const facts = lstatSync(next);
				steps = rest;
				if (!facts.isSymbolicLink()) at = next;
				else if (++links > mostLinks) return unknown("ELOOP");
				else {
					const target = this.stepsTo(resolve(at, readlinkSync(next)));
					steps = target && [...target, ...rest];
					at = this.path;
				}
			}
			return unknown("a link leads out of the user's folder");
		} catch (error) {
			const code = codeOf(error);
			return code === "ENOENT" || code === "ENOTDIR" ? known(null) : unknown(code);
		}
	}

	/** The names on the way from the folder to a full path; undefined when it is not below. */
	private stepsTo(path: string, from = this.path): string[] | undefined {
		const below = relative(from, path);
		if (below === "..") return undefined;
		return below.startsWith(`..${sep}`) || isAbsolute(below) ? undefined : below.split(sep).filter(Boolean);
	}

	look(path: string): Look {
		const real = this.real(path);
		if (!real.known) return { refused: real.why };
		if (real.value === null) return "none";
		try {
			const facts = lstatSync(real.value);
			return facts.isDirectory() ? "folder" : facts.isFile() ? "file" : "none";
		} catch {
			return "none"; // it was taken away just now
		}
	}

	/** The names in a folder; none when it is not there. */
	names(path: string): Known<string[]> {
		const real = this.real(path);
		if (!real.known) return real;
		if (real.value === null) return known([]);
		try {
			const names: string[] = [];
			const folder = opendirSync(real.value);
			try {
				for (let entry = folder.readSync(); entry !== null; entry = folder.readSync()) {
					if (names.push(entry.name) > mostEntries) return unknown("it holds more entries than any browser makes");
				}
			} finally {
				folder.closeSync();
			}
			return known(names.sort());
		} catch (error) {
			const code = codeOf(error);
			return code === "ENOTDIR" || code === "ENOENT" ? known([]) : unknown(code);
		}
	}

	/** A small text; null when there is no such file. */
	text(path: string, longest: number): Known<string | null> {
		const real = this.real(path);
		if (!real.known || real.value === null) return real as Known<null>;
		let handle: number | undefined;
		try {
			if (!lstatSync(real.value).isFile()) return unknown("it is not a plain file");
			handle = openSync(real.value, constants.O_RDONLY | safely);
			const facts = fstatSync(handle);
			if (!facts.isFile()) return unknown("it is not a plain file");
			if (facts.size > longest) return unknown("it is too long");
			// By the size it had, and not to its end: it may grow while it is read.
			const bytes = Buffer.alloc(facts.size);
			const length = readSync(handle, bytes, 0, bytes.length, 0);
			return known(bytes.toString("utf8", 0, length));
		} catch (error) {
			return unknown(codeOf(error));
		} finally {
			if (handle !== undefined) closeSync(handle);
		}
	}

	/** Whether a text is the name of one thing in a folder, and no way to somewhere else. */
	static isPlainName(name: string): boolean {
		return name !== "" && name !== "." && name !== ".." && !/[/\\:\0]/.test(name) && name.length < 256;
	}

	/** A path below the folder, as it is asked for. */
	at(...names: string[]): string {
		return join(this.path, ...names);
	}
}

function codeOf(error: unknown): string {
	return (error as NodeJS.ErrnoException).code ?? String(error);
}
