import { readdirSync, readFileSync, readlinkSync } from "node:fs";
import type { Owner, OwnerField } from "../../port/network.js";

/** The process that has a socket; of several all of them, in no order. */
type SocketPids = number | [number, ...number[]];

/**
 * Which processes have which sockets: every process is looked at, because children inherit sockets, and a socket of two
 * processes is both processes' own.
 *
 * The descriptors of other users' processes are shown to root alone; their sockets stay without an owner.
 *
 * @returns the processes of every socket there is, by its inode
 */
export function socketOwners(proc: string): Map<number, SocketPids> {
	const owners = new Map<number, SocketPids>();
	for (const name of readdirSync(proc)) {
		const first = name.charCodeAt(0);
		if (first < 48 || first > 57) continue;
		const folder = `${proc}/${name}/fd/`;
		const pid = Number(name);
		for (const fd of descriptors(folder)) {
			const inode = inodeOf(folder + fd);
			if (inode === undefined) continue;
			const known = owners.get(inode);
			if (known === undefined) owners.set(inode, pid);
			else if (typeof known !== "number") {
				if (known.at(-1) !== pid) known.push(pid);
			} else if (known !== pid) owners.set(inode, [known, pid]);
		}
	}
	return owners;
}

/** A process that ended meanwhile, or is somebody else's, shows none. */
function descriptors(folder: string): string[] {
	try {
		return readdirSync(folder);
	} catch {
		return [];
	}
}

/** The inode of a descriptor that is a socket: its link reads `socket:[4711]`. */
function inodeOf(path: string): number | undefined {
	let link: string;
	try {
		link = readlinkSync(path);
	} catch {
		return undefined; // closed meanwhile
	}
	return link.startsWith("socket:[") ? Number(link.slice(8, -1)) : undefined;
}

/** What the kernel writes for a process that belongs to no login session. */
const noSession = 4_294_967_295;

/** Ticks of a process's start time in a second: fixed for user space (USER_HZ, proc(5)). */
const ticks = 100;

/** What can be told of processes and accounts, each asked once. */
export class Owners {
	private readonly seen = new Map<number, Owner>();
	private readonly unseenOf = new Map<number, Owner>();
	private names: ReadonlyMap<number, string> | undefined;
	private booted: number | undefined;

	/** @param passwd the file of accounts, passwd(5) */
	constructor(
		private readonly proc: string,
		private readonly passwd: string,
	) {}

	/** @param uid who made the socket, in case the process has ended meanwhile */
	of(pid: number, uid: number): Owner {
		let owner = this.seen.get(pid);
		if (owner === undefined) {
			owner = this.look(pid, uid);
			this.seen.set(pid, owner);
		}
		return owner;
	}

	/** Of a socket that no process could be found for nothing is told but who made it. */
	unseen(uid: number): Owner {
		let owner = this.unseenOf.get(uid);
		if (owner === undefined) {
			const user = this.name(uid);
			const unknown: OwnerField[] = [
				"pid",
				"process",
				...(user === null ? (["user"] as const) : []),
				"session",
				"since",
			];
			owner = { pid: null, process: null, user, sid: String(uid), session: null, since: null, unknown };
			this.unseenOf.set(uid, owner);
		}
		return owner;
	}

	/** The name of an account; null when this machine's file has none (it may come from a directory service). */
	private name(uid: number): string | null {
		this.names ??= namesIn(textOf(this.passwd) ?? "");
		return this.names.get(uid) ?? null;
	}

	private look(pid: number, socketUid: number): Owner {
		const folder = `${this.proc}/${pid}`;
		// Effective, not real: what the process may do. The folder's owner says root for whatever changed its user.
		const effective = /^Uid:\s+\d+\s+(\d+)/m.exec(textOf(`${folder}/status`) ?? "")?.[1];
		const uid = effective === undefined ? socketUid : Number(effective);
		const stat = textOf(`${folder}/stat`) ?? "";
		// The name may hold anything, brackets and spaces too: it ends at the last bracket.
		const end = stat.lastIndexOf(")");
		const session = textOf(`${folder}/sessionid`);
		const started = Number(stat.slice(end + 2).split(" ", 20)[19]);
		const told = {
			pid,
			process: end < 0 ? null : stat.slice(stat.indexOf("(") + 1, end),
			user: this.name(uid),
			sid: String(uid),
			session: session === undefined || Number(session) === noSession ? null : Number(session),
			since: end < 0 ? null : this.time(started),
		};
		const unknown = (["process", "user", "since"] as const).filter((field) => told[field] === null) as OwnerField[];
		return { ...told, unknown: session === undefined ? [...unknown, "session"] : unknown };
	}

	private time(started: number): string | null {
		this.booted ??= Number(/^btime (\d+)/m.exec(textOf(`${this.proc}/stat`) ?? "")?.[1]);
		const at = new Date((this.booted + started / ticks) * 1000);
		return Number.isNaN(at.getTime()) ? null : at.toISOString();
	}
}

function namesIn(passwd: string): Map<number, string> {
	const names = new Map<number, string>();
	for (const line of passwd.split("\n")) {
		const [name = "", , uid = ""] = line.split(":");
		// Two names of one number: the first is the one the system shows.
		if (/^\d+$/.test(uid) && !names.has(Number(uid))) names.set(Number(uid), name);
	}
	return names;
}

function textOf(file: string): string | undefined {
	try {
		return readFileSync(file, "utf8");
	} catch {
		return undefined;
	}
}
