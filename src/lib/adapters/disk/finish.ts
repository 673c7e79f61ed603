import {
	closeSync,
	existsSync,
	fsyncSync,
	linkSync,
	lstatSync,
	mkdirSync,
	openSync,
	readdirSync,
	readFileSync,
	writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import type { ErrorKind } from "../../errors.js";
import { codeOf } from "../../system-errors.js";
import { removeFile, removeFolderUnlessHeld, removeUnlessHeld, rename, renameOnce } from "./names.js";

/*
 * The switch from one version of cfm to another (docs/decisions/0060): renames alone, each of which can be asked for again, by
 * a journal that is there while they last. This file is also built by itself, put beside the journal and called by
 * `bin/run.cjs`: in the middle of a switch the program may be of two versions, and this is of the one that began.
 */

/** Inside the program's folder, where administrators alone can write. */
export const updateFolder = "update";
export const journalName = "switch.json";

/** Files go from `new` to their places; what was there is kept in `old` until all is done. */
export interface Switch {
	before: string;
	after: string;
	steps: Step[];
}

export interface Step {
	/** Below the folder, with `/`. */
	file: string;
	is: "put" | "remove";
	/** Whether there is a file of that name before. */
	was: boolean;
}

/**
 * What became of a switch: `forward` and `back` are whole versions again; `busy`: another process is at it; `denied`: this
 * account may not; `failed`: neither way went, and the next start tries again.
 */
export type Finished = { is: "forward" | "back" | "busy" | "denied" } | { is: "failed"; why: string };

/**
 * Brings a switch to its end: forward, and when something stands against that, back to how it was.
 *
 * @param folder of the program, with a journal in it
 * @param isHeld this process has the lock already
 */
export function finish(folder: string, { isHeld = false } = {}): Finished {
	const place = join(folder, updateFolder);
	try {
		const release = isHeld ? () => {} : takeLock(place);
		if (release === undefined) return { is: "busy" };
		try {
			// Whoever had the lock before may have ended it.
			if (!existsSync(join(place, journalName))) return { is: "forward" };
			return walk(folder, place);
		} finally {
			release();
		}
	} catch (error) {
		if (["EACCES", "EPERM", "EROFS"].includes(codeOf(error))) return { is: "denied" };
		return { is: "failed", why: (error as Error).message };
	}
}

/** What a start says that can't go on; nothing where there is one whole version again. In English: no language is loaded. */
export function refusal(finished: Finished): { kind: ErrorKind; code: string; message: string } | undefined {
	switch (finished.is) {
		case "busy":
			return { kind: "busy", code: "update-running", message: "cfm is being updated. Try again in a moment." };
		case "denied":
			return interrupted("An update of cfm was interrupted. An administrator finishes it by running: cfm self check");
		case "failed":
			return interrupted(`An update of cfm was interrupted and can't be finished: ${finished.why}`);
		default:
			return undefined;
	}
}

const interrupted = (message: string) => ({ kind: "unavailable", code: "update-interrupted", message }) as const;

function walk(folder: string, place: string): Finished {
	const { steps }: Switch = JSON.parse(readFileSync(join(place, journalName), "utf8"));
	const turned = join(place, "back");
	if (!existsSync(turned)) {
		try {
			for (const step of steps) forward(folder, place, step);
			end(folder, place, steps);
			return { is: "forward" };
		} catch {
			// From here on only back, whoever goes on: what was undone must not be done again by halves.
			writeDurably(turned, "");
			flushFolder(place);
		}
	}
	for (const step of steps.toReversed()) back(folder, place, step);
	end(folder, place, steps);
	return { is: "back" };
}

/** What is done already is passed by, at whatever point the last one was killed. */
function forward(folder: string, place: string, { file, is }: Step): void {
	const [target, kept, staged] = placesOf(folder, place, file);
	if (is === "put" && !existsSync(staged)) return;
	mkdirSync(dirname(target), { recursive: true });
	if (existsSync(target) && !existsSync(kept)) keep(target, kept);
	if (is === "put") replace(staged, target, place);
	else if (existsSync(target)) putAside(target, place);
}

function back(folder: string, place: string, { file, is, was }: Step): void {
	const [target, kept, staged] = placesOf(folder, place, file);
	if (existsSync(kept)) replace(kept, target, place);
	else if (is === "put" && !was && !existsSync(staged) && existsSync(target)) putAside(target, place);
}

function placesOf(folder: string, place: string, file: string): [target: string, kept: string, staged: string] {
	return [join(folder, file), join(place, "old", file), join(place, "new", file)];
}

/** A second name: so the first one leads to a whole file at every moment. */
function keep(target: string, kept: string): void {
	mkdirSync(dirname(kept), { recursive: true });
	linkSync(target, kept);
}

/**
 * Puts a file in the place of another, at once. Windows refuses that for a program that runs, but lets it have another name;
 * then there is no file of this name for a moment, in which `cfm.exe` starts the Node that is in `old`.
 */
function replace(from: string, target: string, place: string): void {
	try {
		renameOnce(from, target);
	} catch (error) {
		if (process.platform !== "win32" || !["EPERM", "EACCES", "EBUSY", "EEXIST"].includes(codeOf(error))) throw error;
		if (existsSync(target)) putAside(target, place);
		rename(from, target);
	}
}

/** Takes a file out of the way, also one that is in use. */
function putAside(target: string, place: string): void {
	const aside = join(place, "aside");
	mkdirSync(aside, { recursive: true });
	for (let number = 0; ; number++) {
		const name = join(aside, String(number));
		if (existsSync(name)) continue;
		rename(target, name);
		return;
	}
}

/** All names are on the disk before the journal goes: without it nobody comes back to them. */
function end(folder: string, place: string, steps: readonly Step[]): void {
	for (const parent of new Set(steps.map(({ file }) => dirname(join(folder, file))))) {
		if (existsSync(parent)) flushFolder(parent);
	}
	removeFile(join(place, journalName));
	flushFolder(place);
}

/** Removes what a switch left. @returns what still runs, and so stays, with its folders: innermost first */
export const sweepUpdate = (folder: string): string[] => sweep(join(folder, updateFolder));

/** Removes what can be removed of a folder, or a file. @returns what stays */
export function sweep(path: string): string[] {
	const facts = lstatSync(path, { throwIfNoEntry: false });
	if (facts === undefined) return [];
	if (facts.isDirectory()) return sweepFolder(path);
	removeUnlessHeld(path);
	return existsSync(path) ? [path] : [];
}

function sweepFolder(folder: string): string[] {
	const left = readdirSync(folder).flatMap((name) => sweep(join(folder, name)));
	if (left.length > 0) return [...left, folder];
	return removeFolderUnlessHeld(folder) ? [] : [folder];
}

/** Writes a new file, which is on the disk when this returns. */
export function writeDurably(file: string, content: string | Uint8Array, mode = 0o644): void {
	const handle = openSync(file, "wx", mode);
	try {
		writeFileSync(handle, content);
		fsyncSync(handle);
	} finally {
		closeSync(handle);
	}
}

/** Names are on the disk when this returns; Windows has no such call, and NTFS keeps them in its own journal. */
export function flushFolder(folder: string): void {
	if (process.platform === "win32") return;
	const handle = openSync(folder, "r");
	try {
		fsyncSync(handle);
	} finally {
		closeSync(handle);
	}
}

/** Of libuv for Windows: nobody else can open the file until this handle is closed, by whatever ends its process. */
const openExclusively = 0x10000000;

/**
 * One process at a time. Elsewhere than on Windows a lock file has its maker in it, and one whose maker is gone is passed by
 * with the next number, which only one process can make.
 *
 * @returns what gives it back; undefined when another process has it
 */
export function takeLock(place: string): (() => void) | undefined {
	if (process.platform === "win32") {
		try {
			const handle = openSync(join(place, "lock"), 0x0102 /* O_RDWR | O_CREAT */ | openExclusively);
			return () => closeSync(handle);
		} catch (error) {
			if (codeOf(error) === "EBUSY") return undefined;
			throw error;
		}
	}
	for (let number = 0; ; number++) {
		const lock = join(place, `lock-${number}`);
		if (existsSync(lock)) {
			if (isTaken(lock)) return undefined;
			continue;
		}
		const own = join(place, `lock-of-${process.pid}`);
		writeFileSync(own, nameOfProcess(process.pid) ?? "");
		try {
			linkSync(own, lock);
		} catch (error) {
			if (codeOf(error) === "EEXIST") return undefined;
			throw error;
		} finally {
			removeFile(own);
		}
		return () => removeFile(lock);
	}
}

function isTaken(lock: string): boolean {
	try {
		const holder = readFileSync(lock, "utf8");
		return holder === nameOfProcess(Number.parseInt(holder, 10));
	} catch (error) {
		if (codeOf(error) !== "ENOENT") throw error;
		return true; // given back this moment
	}
}

/** A process for good: its number comes again, with its start since this start of the machine it does not. */
function nameOfProcess(pid: number): string | undefined {
	try {
		const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
		// The second field is a name, which may hold anything.
		const started = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ").at(-1)?.split(" ")[19];
		return `${pid} ${started} ${boot}`;
	} catch {
		return undefined;
	}
}
