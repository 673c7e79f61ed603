import { lstatSync, readlinkSync, realpathSync, type Stats, statfsSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import type { Hint } from "../../command-line.js";
import { CfmError } from "../../errors.js";
import { t } from "../../text.js";

/**
 * `statfs` types of file systems that are on another machine, or that several machines use at once (linux/magic.h, and
 * what coreutils' `stat` calls remote; the host's folders of virtual machines are such ones). What a FUSE program keeps
 * its files on nobody can tell: sshfs, GlusterFS, virtiofs and cloud disks are all of that type.
 */
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
	[0x01021997, "9P"],
	[0x19830326, "BeeGFS"],
	[0x01161970, "GFS2"],
	[0x7461636f, "OCFS2"],
	[0x61636673, "ACFS"],
	[0x013111a8, "IBRIX"],
	[0xaad7aaea, "PanFS"],
	[0xbeefdead, "SNFS"],
	[0x20030528, "OrangeFS"],
	[0x786f4256, "VirtualBox"],
	[0xbacbacbc, "VMware"],
	[0x7c7c6673, "Parallels"],
	[0x65735546, "FUSE"],
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
export function refuseOpenToOthers(
	path: string,
	options: {
		stickyIsEnough?: boolean;
		hints?: readonly Hint[];
		/** An account besides root whose files are believed. */
		alsoOf?: number | undefined;
	} = {},
): void {
	if (!isRoot()) return;
	const { alsoOf, stickyIsEnough = false } = options;
	const problem = opennessOf(path, alsoOf === undefined ? [0] : [0, alsoOf], { stickyIsEnough });
	if (problem === undefined) return;
	throw new CfmError("denied", "open-to-others", t`${problem}: cfm does not trust it when run as root.`, {
		hints: options.hints ?? [
			{
				say: t`Create a folder for root alone (mkdir -m 700 /root/cfm), then run:`,
				line: { again: { registry: "/root/cfm/registry.db" } },
			},
		],
		data: { path },
	});
}

/**
 * Refuses, for root and for an elevated process on Windows, to write what an administrator asked for into a folder where
 * others could put a link in its place, or read it. The folder of whoever called `sudo` is an administrator's own.
 *
 * @param stickyIsEnough for a file that is made anew and then gets its name: in /tmp nobody else can take that away. On Windows
 *   there is no such folder: who may write in one may by its access list change what others make there
 * @throws CfmError denied `open-to-others`
 */
export async function refuseOutFolderOfOthers(folder: string, stickyIsEnough = false): Promise<void> {
	const hints = [t`Specify a folder that only administrators can write.`];
	if (process.platform === "win32") {
		return (await import("../windows/trusted-folder.js")).refuseOutFolder(folder, hints);
	}
	const { SUDO_UID } = process.env;
	refuseOpenToOthers(folder, {
		stickyIsEnough,
		alsoOf: SUDO_UID === undefined ? undefined : Number(SUDO_UID),
		hints,
	});
}

/**
 * Who else could change a file, or put another one in its place, told in words; undefined when nobody could. Every folder
 * is looked at that leads to it, also those in which the links on the way are, and those they lead through.
 *
 * @param trusted the owners (UID) who may
 * @param options.stickyIsEnough for the last folder: others may write in it but cannot rename what is ours
 * @throws the system's error for what cannot be looked at
 */
export function opennessOf(
	path: string,
	trusted: readonly number[],
	options: { stickyIsEnough?: boolean } = {},
): string | undefined {
	for (const step of stepsOnTheWay(path)) {
		const { uid, mode } = step.facts;
		const isLink = step.facts.isSymbolicLink();
		if (!trusted.includes(uid)) {
			return isLink ? t`${step.path} is another user's link` : t`${step.path} belongs to another user`;
		}
		// What is in a sticky folder only its owner can rename.
		const sticky = (mode & 0o1000) !== 0 && (!step.last || options.stickyIsEnough === true);
		if (!isLink && (mode & 0o022) !== 0 && !sticky) return t`${step.path} can be written by other users`;
	}
	return undefined;
}

interface Step {
	path: string;
	facts: Stats;
	/** What the path leads to in the end. */
	last: boolean;
}

/** As Linux does. */
const mostLinks = 40;

/** Everything that a path goes through, links one by one, as the kernel does; what is not there ends it. */
function* stepsOnTheWay(path: string): Generator<Step> {
	let names = resolve(path).split("/").filter(Boolean);
	let at = "/";
	yield { path: at, facts: lstatSync(at), last: names.length === 0 };
	for (let links = 0; names.length > 0; ) {
		const [name = "", ...rest] = names;
		const next = name === ".." ? dirname(at) : join(at, name);
		const facts = lstatSync(next, { throwIfNoEntry: false });
		if (facts === undefined) return;
		names = rest;
		if (facts.isSymbolicLink()) {
			yield { path: next, facts, last: false };
			if (++links > mostLinks) throw new Error(`ELOOP: ${path}`);
			const target = readlinkSync(next);
			names = [...target.split("/").filter((one) => one !== "" && one !== "."), ...rest];
			if (target.startsWith("/")) at = "/";
		} else {
			at = next;
			yield { path: at, facts, last: rest.length === 0 };
		}
	}
}
