import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { t } from "../../text.js";
import { Unfit } from "./unfit.js";

/** How long what was read is believed, in milliseconds. */
const fresh = 1000;

let seen: { at: number; points: ReadonlySet<string> } | undefined;

/**
 * Where users have mounted file systems of their own making (FUSE). Each look at one waits for a program of that user,
 * which need never answer, and whoever waits cannot even be killed. So the list of mounts is asked first.
 */
function usersMounts(): ReadonlySet<string> {
	if (process.platform !== "linux") return new Set();
	const now = performance.now();
	if (seen === undefined || now - seen.at > fresh) seen = { at: now, points: readMounts(process.getuid?.() ?? 0) };
	return seen.points;
}

function readMounts(self: number): ReadonlySet<string> {
	try {
		return usersMountsIn(readFileSync("/proc/self/mountinfo", "utf8"), self);
	} catch {
		return new Set();
	}
}

/**
 * proc_pid_mountinfo(5): `36 35 0:31 / /mnt\040two rw,nosuid - fuse.sshfs host: rw,user_id=1000,group_id=1000`. What root
 * has mounted is the machine's, and what this account has, its own affair.
 */
export function usersMountsIn(mountinfo: string, self: number): ReadonlySet<string> {
	const points = new Set<string>();
	for (const line of mountinfo.split("\n")) {
		const [mount = "", system = ""] = line.split(" - ");
		const owner = /^fuse\S* .*\buser_id=(\d+)/.exec(system)?.[1];
		if (owner === undefined || owner === "0" || Number(owner) === self) continue;
		const point = mount.split(" ")[4] ?? "";
		points.add(point.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8))));
	}
	return points;
}

/** @throws Unfit unreachable for the root of a user's own file system */
export function refuseUsersMount(path: string): void {
	if (usersMounts().has(path)) throw usersOwn(path);
}

/** @throws Unfit unreachable for anything in a user's own file system, as far as the path says */
export function refuseInUsersMount(path: string): void {
	const full = resolve(path);
	for (const point of usersMounts()) if (full === point || full.startsWith(`${point}/`)) throw usersOwn(point);
}

function usersOwn(path: string): Unfit {
	return new Unfit(
		"unreachable",
		t`${path} is a file system that a user has mounted (FUSE); cfm does not look into it.`,
	);
}
