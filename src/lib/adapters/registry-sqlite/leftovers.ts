import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { refusalOf } from "../../system-errors.js";
import { removeIfThere, rename } from "../disk/names.js";

/** What SQLite keeps beside a file: the log of changes, the memory its users share, the journal of other modes. */
const companions = ["-wal", "-shm", "-journal"] as const;

/** The name of a file that is being written, to be given its own when it is whole. */
export function unfinishedName(file: string): string {
	return `${file}.unfinished-${process.pid}`;
}

/** The same in a folder that several machines may share: a number of a process is one machine's. */
export function unfinishedHere(file: string): string {
	return `${unfinishedName(file)}@${machine()}`;
}

/** Takes a file away that is being written, with what SQLite keeps beside it. */
export function removeUnfinished(file: string): void {
	for (const part of ["", ...companions]) removeIfThere(file + part);
}

/**
 * Files in a folder that a process was writing when it was killed. `restoring` is what earlier versions called theirs.
 *
 * A number that the system has given to another process since counts as one that still writes: its file stays.
 */
export function leftovers(folder: string): string[] {
	const found = names(folder).flatMap((name) => {
		const [, pid, of] = /\.(?:unfinished|restoring)-(\d+)(?:@(.+?))?(?:-wal|-shm|-journal)?$/.exec(name) ?? [];
		if (pid === undefined || (of !== undefined && of !== machine()) || isRunning(Number(pid))) return [];
		return [join(folder, name)];
	});
	return found.sort();
}

/** Removes them. */
export function removeLeftovers(folder: string): void {
	for (const file of leftovers(folder)) removeIfThere(file);
}

/**
 * Gives the log of changes of a registry that is gone another name: SQLite would take it for the log of whatever file comes
 * in its place. Only for whoever knows that nobody puts a file there meanwhile (`alone`).
 *
 * @returns the new names
 */
export function setAside(location: string): string[] {
	const stamp = new Date().toISOString().replace(/[-:.]/g, "");
	return moveCompanions(location, `${location}.leftover-${stamp}`);
}

/** @returns the new names */
export function moveCompanions(location: string, to: string): string[] {
	const moved: string[] = [];
	for (const part of companions) {
		if (!existsSync(location + part)) continue;
		rename(location + part, to + part);
		moved.push(to + part);
	}
	return moved;
}

function names(folder: string): string[] {
	try {
		return readdirSync(folder);
	} catch (error) {
		if (refusalOf(error) === undefined) throw error;
		return [];
	}
}

/** This machine's name, as it can be part of a file's. */
function machine(): string {
	return process
		.getBuiltinModule("node:os")
		.hostname()
		.replace(/[^\w.-]/g, "_");
}

/** Whether a process with this number runs, of whomever. */
function isRunning(pid: number): boolean {
	try {
		process.kill(pid, 0);
		return true;
	} catch (error) {
		return refusalOf(error) === "denied";
	}
}
