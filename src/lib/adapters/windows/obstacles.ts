import { dirname } from "node:path";
import { type Obstacle, strangers, trustedOwners } from "./access-list.js";
import { isReparsePoint, readDescriptor, WindowsError } from "./descriptor.js";
import type { Windows } from "./native.js";
import { ownSid } from "./token.js";

/** The folders on the way to one, from the drive down. */
export function parentsOf(folder: string): string[] {
	const above = dirname(folder);
	return above === folder ? [] : [...parentsOf(above), above];
}

/** What lets others put another folder in the place of one of these. */
export function obstacleOnTheWay(
	windows: Windows,
	parents: readonly string[],
	trusted: ReadonlySet<string>,
): Obstacle | undefined {
	for (const parent of parents) {
		const found = obstacleAt(windows, parent, "parent", trusted);
		if (found !== undefined) return found;
	}
	return undefined;
}

/** What stands against believing one file or folder; undefined when nothing does. */
export function obstacleAt(
	windows: Windows,
	path: string,
	use: "folder" | "file" | "parent",
	trusted: ReadonlySet<string>,
): Obstacle | undefined {
	// The root of a drive is no link, though `subst` and mounted volumes answer as one.
	if (path !== dirname(path) && isReparsePoint(windows, path) === true) return { path, is: "link" };
	try {
		const sids = strangers(readDescriptor(windows, path), use, trusted);
		return sids.length === 0 ? undefined : { path, is: "open", sids };
	} catch (error) {
		if (!(error instanceof WindowsError)) throw error;
		// Gone meanwhile, as SQLite's own files beside the registry are.
		if (use === "file" && (error.errno === 2 || error.errno === 3)) return undefined;
		return { path, is: "unreadable", why: error.message };
	}
}

/** Administrators, Windows itself, and whoever runs `cfm`. */
export function trustedBy(windows: Windows): ReadonlySet<string> {
	const own = ownSid(windows);
	return own === undefined ? trustedOwners : new Set([...trustedOwners, own]);
}
