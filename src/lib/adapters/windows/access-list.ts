import { t } from "../../text.js";
import { sidText } from "./sid.js";

/** Who may do what with a file or folder: its owner, and the entries that allow or deny. */
export interface Descriptor {
	owner: string | null;
	/** Undefined without a list: then everybody may do everything. */
	entries: readonly Entry[] | undefined;
}

export interface Entry {
	allows: boolean;
	/** It is there only to be inherited. */
	inheritOnly: boolean;
	rights: number;
	sid: string;
}

export const administrators = "S-1-5-32-544";
export const system = "S-1-5-18";
/** TrustedInstaller, who owns Windows' own folders. */
const installer = "S-1-5-80-956008885-3418522649-1831038044-1853292631-2271478464";
/** Whose files are Windows' own, or an administrator's. */
export const trustedOwners: ReadonlySet<string> = new Set([administrators, system, installer]);
/** What an entry gives to "the creator" is what a file's own owner gets when it is made; to "the owner", who is judged. */
const placeholders = new Set(["S-1-3-0", "S-1-3-1", "S-1-3-4"]);

/** Anything that changes what is in a folder, or who may. FILE_ADD_FILE, _SUBDIRECTORY, _WRITE_EA, _DELETE_CHILD, … */
const changing = 0x2 | 0x4 | 0x10 | 0x40 | 0x1_0000 | 0x4_0000 | 0x8_0000 | 0x1000_0000 | 0x4000_0000;
/** What takes a folder away that stands in it: DELETE_CHILD, DELETE, WRITE_DAC, WRITE_OWNER, GENERIC_ALL. */
const replacing = 0x40 | 0x1_0000 | 0x4_0000 | 0x8_0000 | 0x1000_0000;

/** Reads an ACL: a heading of 8 bytes, then entries, each with kind, flags, size, rights and (of the usual ones) a SID. */
export function readEntries(list: Buffer): Entry[] {
	const count = list.readUInt16LE(4);
	const entries: Entry[] = [];
	for (let at = 8, seen = 0; seen < count && at + 8 <= list.length; seen++) {
		const size = list.readUInt16LE(at + 2);
		entries.push(readEntry(list.subarray(at, at + size)));
		if (size < 8) break;
		at += size;
	}
	return entries;
}

/** Kinds of entries that deny, watch or label, and allow nothing (winnt.h, ACCESS_…_ACE_TYPE). */
const denying = new Set([1, 6, 10, 12]);
const harmless = new Set([2, 7, 13, 15, 17, 18, 19, 20]);

function readEntry(entry: Buffer): Entry {
	const kind = entry.readUInt8(0);
	const facts = {
		allows: !denying.has(kind) && !harmless.has(kind),
		inheritOnly: (entry.readUInt8(1) & 0x8) !== 0,
		rights: entry.readUInt32LE(4) >>> 0,
	};
	// Those about objects have up to two GUIDs before the SID.
	const ofObject = kind >= 5 && kind <= 8 ? entry.readUInt32LE(8) : undefined;
	const start = ofObject === undefined ? 8 : 12 + 16 * (ofObject & 1) + 16 * ((ofObject >> 1) & 1);
	return { ...facts, sid: start + 8 <= entry.length ? sidText(entry.subarray(start)) : "" };
}

/**
 * Who, besides those that are trusted, could change a folder or a file, or what is in it.
 *
 * @param use a folder that is believed, a file in it, or one on the way there, which must only not be replaced
 */
export function strangers(
	{ owner, entries }: Descriptor,
	use: "folder" | "file" | "parent",
	trusted: ReadonlySet<string>,
): string[] {
	const found = new Set<string>();
	// An owner may always change the list.
	if (owner === null || !trusted.has(owner)) found.add(owner ?? "");
	if (entries === undefined) found.add(everybody);
	const rights = use === "parent" ? replacing : changing;
	for (const entry of entries ?? []) {
		if (!entry.allows || (entry.rights & rights) === 0) continue;
		// What is only inherited concerns what will be made in it: in a folder of ours that is ours, too.
		if (entry.inheritOnly && use !== "folder") continue;
		if (!trusted.has(entry.sid) && !placeholders.has(entry.sid)) found.add(entry.sid);
	}
	return [...found];
}

const everybody = "S-1-1-0";

/** What stands against believing what is at a path. */
export type Obstacle =
	| { path: string; is: "link" }
	| { path: string; is: "unreadable"; why: string }
	| { path: string; is: "open"; sids: readonly string[] };

export function obstacleText(obstacle: Obstacle, names: ReadonlyMap<string, string>): string {
	const { path } = obstacle;
	if (obstacle.is === "link") return t`${path} is a link or a mounted volume`;
	if (obstacle.is === "unreadable") return t`can't determine who can change ${path} (${obstacle.why})`;
	return t`${obstacle.sids.map((sid) => names.get(sid) ?? (sid || "?")).join(", ")} can change ${path}`;
}
