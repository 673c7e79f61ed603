import { lstatSync, realpathSync, statfsSync } from "node:fs";
import { dirname } from "node:path";
import { CfmError } from "../../errors.js";
import { t } from "../../text.js";

/** `statfs` types of file systems that are on another machine (linux/magic.h; Lustre and GPFS from their sources). */
const networkTypes: ReadonlyMap<number, string> = new Map([
	[0x6969, "NFS"],
	[0x517b, "SMB"],
	[0xff534d42, "CIFS"],
	[0xfe534d42, "SMB2"],
	[0x5346414f, "AFS"],
	[0x6b414653, "AFS"],
	[0x73757245, "Coda"],
	[0x564c, "NCP"],
	[0x00c36400, "Ceph"],
	[0x0bd00bd0, "Lustre"],
	[0x47504653, "GPFS"],
]);

/** Whether this process may do what ordinary users may not; on Windows the folder as a whole is checked. */
const isRoot = () => process.platform !== "win32" && process.geteuid?.() === 0;

/**
 * Refuses a folder on another machine: SQLite's write-ahead log needs memory that all its users share.
 *
 * @throws CfmError usage `registry-on-network`
 */
export function refuseNetworkFolder(folder: string): void {
	const share = networkName(folder);
	if (share === undefined) return;
	throw new CfmError(
		"usage",
		"registry-on-network",
		t`${folder} is on a network share (${share}), where a registry file can't be kept.`,
		{
			hints: [
				t`Keep the file on a local disk of one server, and run cfm on that server.`,
				t`For several servers use a PostgreSQL registry (--registry postgres://…) once your version of cfm has it.`,
			],
			data: { folder, share },
		},
	);
}

/**
 * The kind of share a folder is on, or undefined for a local one. A mapped drive letter shows its share when resolved.
 *
 * @param disk what the system says of the disk that a folder is on
 */
export function networkName(
	folder: string,
	disk: (folder: string) => { type: number } = statfsSync,
): string | undefined {
	if (isShare(folder)) return "UNC";
	let real: string;
	try {
		real = realpathSync.native(folder);
	} catch {
		return undefined; // the caller's own look at the folder says what is wrong with it
	}
	if (process.platform === "win32") return isShare(real) ? "UNC" : undefined;
	return networkTypes.get(disk(real).type >>> 0);
}

/** `\\server\share`, `//server/share` and `\\?\UNC\server\share`, but not `\\?\C:\` or `\\.\`. */
function isShare(path: string): boolean {
	if (/^[\\/]{2}\?[\\/]UNC[\\/]/i.test(path)) return true;
	return process.platform === "win32" ? /^[\\/]{2}[^\\/?.]/.test(path) : /^\\\\[^\\/?.]/.test(path);
}

/**
 * Refuses, for root, a file or folder that somebody else could write or put in place of ours: what is believed there
 * could be theirs. On Windows the folder's access list does this work, set at `cfm init`.
 *
 * Folders further up need only keep others from renaming what is in them: root's own, or sticky like /tmp.
 *
 * @throws CfmError denied `open-to-others`
 */
export function refuseOpenToOthers(path: string, options: { stickyIsEnough?: boolean } = {}): void {
	if (!isRoot()) return;
	const problem = opennessOnTheWay(path, options) ?? opennessOnTheWay(realOf(path), options);
	if (problem === undefined) return;
	throw new CfmError("denied", "open-to-others", t`${problem}: cfm does not trust it when run as root.`, {
		hints: [
			{
				say: t`Create a folder for root alone (mkdir -m 700 /root/cfm), then run:`,
				line: { again: { registry: "/root/cfm/registry.db" } },
			},
		],
		data: { path },
	});
}

/** Where a path leads when its links are followed. */
function realOf(path: string): string {
	try {
		return realpathSync.native(path);
	} catch {
		return path;
	}
}

function opennessOnTheWay(path: string, options: { stickyIsEnough?: boolean }): string | undefined {
	let problem = openness(path, 0o022, options);
	for (let at = path; problem === undefined && at !== dirname(at); ) {
		at = dirname(at);
		problem = openness(at, 0o022, { stickyIsEnough: true });
	}
	return problem;
}

function openness(path: string, mask: number, options: { stickyIsEnough?: boolean } = {}): string | undefined {
	const facts = lstatSync(path, { throwIfNoEntry: false });
	if (facts === undefined) return undefined;
	if (facts.isSymbolicLink() && facts.uid !== 0) return t`${path} is another user's link`;
	if (facts.uid !== 0) return t`${path} belongs to another user`;
	const sticky = options.stickyIsEnough === true && (facts.mode & 0o1000) !== 0;
	if (!facts.isSymbolicLink() && (facts.mode & mask) !== 0 && !sticky) return t`${path} can be written by other users`;
	return undefined;
}
