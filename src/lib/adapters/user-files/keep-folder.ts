import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { removeIfThere } from "../disk/names.js";
import type { UserFile } from "./user-file.js";

/** A folder of our own, in which the files of a store are kept before they are changed. A file of the same name is replaced. */
export interface KeepFolder {
	copy(name: string, file: UserFile): void;
	write(name: string, bytes: Buffer): void;
	/** Removes what was kept there, if anything. */
	remove(name: string): void;
	/** One in it. */
	folder(name: string): KeepFolder;
}

/** For what is kept already. */
export const keepsNothing: KeepFolder = {
	copy() {},
	write() {},
	remove() {},
	folder: () => keepsNothing,
};

/** Keeps files in a folder that is there. */
export function keepIn(path: string): KeepFolder {
	const remove = (name: string) => removeIfThere(join(path, name));
	return {
		remove,
		copy(name, file) {
			remove(name);
			file.copyTo(join(path, name));
		},
		write: (name, bytes) => writeFileSync(join(path, name), bytes, { mode: 0o600 }),
		folder(name) {
			mkdirSync(join(path, name), { recursive: true, mode: 0o700 });
			return keepIn(join(path, name));
		},
	};
}
