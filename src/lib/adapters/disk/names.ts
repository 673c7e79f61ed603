import { lstatSync, readdirSync, renameSync, rmdirSync, rmSync, unlinkSync } from "node:fs";
import { join } from "node:path";
import { codeOf, refusalOf } from "../../system-errors.js";

/*
 * The one place where names on the disk are changed and removed. On Windows a virus scanner, a backup or the search index
 * opens a new file for a moment without allowing others to rename or delete it; Windows then refuses that as if a right
 * were missing (ERROR_ACCESS_DENIED, which libuv calls EPERM) or the file were in use.
 */

/** How long is tried; a scanner is done sooner. */
const patience = 2000;
const pause = 50;
const momentary = new Set(["EPERM", "EACCES", "EBUSY"]);

/** Gives a file or folder another name; what has that name is replaced. */
export function rename(from: string, to: string): void {
	patiently(() => renameSync(from, to));
}

/** The same, tried once: for who knows another way where Windows refuses it, as it does for a program that runs. */
export function renameOnce(from: string, to: string): void {
	renameSync(from, to);
}

/** Removes a file. @throws also when there is none */
export function removeFile(path: string): void {
	patiently(() => unlinkSync(path));
}

/**
 * Removes a file; nothing when there is none. Not by `rmSync`: where Windows refuses a path that is not ASCII, that of
 * Node 24 ends the process (24.21.0 under Wine, STATUS_STACK_BUFFER_OVERRUN).
 */
export function removeIfThere(path: string): void {
	try {
		removeFile(path);
	} catch (error) {
		if (refusalOf(error) !== "gone") throw error;
	}
}

/** Removes a file unless somebody has it open; tried once, and no failure is told. */
export function removeUnlessHeld(path: string): void {
	try {
		unlinkSync(path);
	} catch {}
}

/** Removes an empty folder; tried once. @returns whether it is gone */
export function removeFolderUnlessHeld(path: string): boolean {
	try {
		rmdirSync(path);
		return true;
	} catch {
		return false;
	}
}

/** Removes an empty folder. */
export function removeFolder(path: string): void {
	patiently(() => rmdirSync(path));
}

/**
 * Removes a folder with all that is in it; nothing when there is none. A link in it is removed, not what is behind it.
 *
 * Elsewhere `rmSync` does it at once. On Windows each name is tried by itself (see `removeIfThere`), and what is a link is
 * read from its folder: asked about itself, a junction to a volume looks like a folder.
 */
export function removeAll(path: string, platform = process.platform): void {
	const facts = platform === "win32" ? lstatSync(path, { throwIfNoEntry: false }) : undefined;
	if (platform !== "win32") rmSync(path, { recursive: true, force: true });
	else if (facts?.isSymbolicLink()) removeLink(path);
	else if (facts?.isDirectory()) removeTree(path);
	else removeIfThere(path);
}

function removeTree(folder: string): void {
	for (const entry of readdirSync(folder, { withFileTypes: true })) {
		const path = join(folder, entry.name);
		if (entry.isSymbolicLink()) removeLink(path);
		else if (entry.isDirectory()) removeTree(path);
		else removeIfThere(path);
	}
	removeFolder(folder);
}

/** A junction goes as a folder does, a link to a file as a file. */
function removeLink(path: string): void {
	try {
		rmdirSync(path);
	} catch {
		removeIfThere(path);
	}
}

/**
 * Does something that another program may stand against for a moment: on Windows again and again, for two seconds.
 *
 * @param options for tests: the system, and how time passes
 */
export function patiently<T>(
	work: () => T,
	{ platform = process.platform, now = Date.now, wait = block }: Partial<Patience> = {},
): T {
	const until = now() + patience;
	for (;;) {
		try {
			return work();
		} catch (error) {
			if (platform !== "win32" || !momentary.has(codeOf(error)) || now() >= until) throw error;
			wait(pause);
		}
	}
}

interface Patience {
	platform: NodeJS.Platform;
	now(): number;
	wait(milliseconds: number): void;
}

function block(milliseconds: number): void {
	Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}
