import type { UserFolder } from "./user-folder.js";

/** When any file of a folder, or one of those named, was last changed. */
export function newestChange(folder: UserFolder, names: readonly string[] = folder.names()): string | null {
	const times = names.map((name) => folder.look(name)?.mtimeMs ?? 0);
	const newest = Math.max(0, ...times);
	return newest === 0 ? null : new Date(newest).toISOString();
}
