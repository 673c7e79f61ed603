import type { Stats } from "node:fs";
import type { UserFolder } from "./user-folder.js";

/** Owner and mode that a file is to have. */
export type Like = Pick<Stats, "uid" | "gid" | "mode">;

/**
 * What changes users' folders in place of a process that may not: one that has that user's rights and looks into nothing
 * (docs/decisions/0033).
 */
export interface Hand {
	/** @returns the name that the file has now */
	write(folder: UserFolder, bytes: Buffer, like: Like): string;
	/** A new file under its own name, durable with it. */
	add(folder: UserFolder, name: string, bytes: Buffer, like: Like): void;
	makeFolder(folder: UserFolder, name: string): void;
	rename(folder: UserFolder, from: string, to: string, other: UserFolder): void;
	remove(folder: UserFolder, name: string): void;
	removeFolder(folder: UserFolder, name: string): void;
	sync(folder: UserFolder): void;
	/** Whether whose it is may write in a folder. */
	mayWrite(folder: UserFolder): boolean;
	/** Holds the LOCK of a LevelDB. @returns gives it back */
	lock(folder: UserFolder): () => void;
}

let lent: Hand | undefined;

/** Has all changes made by another process; undefined: this one makes them itself. */
export function lendHand(hand: Hand | undefined): void {
	lent = hand;
}

export function lentHand(): Hand | undefined {
	return lent;
}
