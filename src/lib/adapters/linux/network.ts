import { readdirSync, readFileSync } from "node:fs";
import { type Known, known, unknown } from "../../known.js";
import type { ExcludedRange, Listener, Network, Owner, PortRange, TcpSocket, UserSession } from "../../port/network.js";
import { noOwner } from "../../port/network.js";
import { answersAtLoopback } from "../../port/whose.js";
import { t } from "../../text.js";
import { bindLoopback } from "../processes/loopback.js";
import { Owners, socketOwners } from "./owners.js";
import { readListening, readSockets } from "./sockets.js";

/** Where this system tells of itself; tests put a folder of theirs in its place. */
export interface Sources {
	proc: string;
	passwd: string;
	/** Where systemd-logind keeps who is logged on. */
	sessions?: string;
}

/** What this machine's network says of ports, read from /proc: no program is started. */
export function linuxNetwork(
	{ proc, passwd, sessions: folder = "/run/systemd/sessions" }: Sources = { proc: "/proc", passwd: "/etc/passwd" },
): Network {
	return {
		listeners: async () => attempt(() => listeners(proc, passwd)),
		listening: async () => attempt(() => ports(proc, () => true)),
		answering: async () => attempt(() => ports(proc, answersAtLoopback)),
		sockets: async (range) => attempt(() => sockets(proc, passwd, range)),
		sessions: async () => attempt(() => userSessions(folder)),
		excluded: async () => attempt(() => reserved(textOf(proc, "ip_local_reserved_ports"))),
		dynamic: async () => attempt(() => dynamicRange(textOf(proc, "ip_local_port_range"))),
		bind: bindLoopback,
		configure: async () => ({ succeeded: false, told: t`netsh is a program of Windows` }),
	};
}

function attempt<T>(work: () => T): Known<T> {
	try {
		return known(work());
	} catch (error) {
		return unknown(error instanceof Error ? error.message : String(error));
	}
}

/**
 * The processes are read first and the table after them: what was closed meanwhile is not in it, and does not look like
 * a listener without an owner.
 */
function listeners(proc: string, passwd: string): Listener[] {
	const pids = socketOwners(proc);
	const owners = new Owners(proc, passwd);
	const found: Listener[] = [];
	readListening(proc, (address, port, uid, inode) => {
		const of = pids.get(inode);
		if (of === undefined) found.push({ address, port, owner: owners.unseen(uid), sharedWith: alone });
		else if (typeof of === "number") found.push({ address, port, owner: owners.of(of, uid), sharedWith: alone });
		else found.push({ address, port, ...oldestFirst(owners, of, uid) });
	});
	return found;
}

function oldestFirst(owners: Owners, pids: readonly number[], uid: number): Pick<Listener, "owner" | "sharedWith"> {
	const [owner, ...others] = pids.map((pid) => owners.of(pid, uid)).sort(byAge) as [Owner, ...Owner[]];
	return { owner, sharedWith: others };
}

/** Few are asked about: the processes are looked through only when there is one. */
function sockets(proc: string, passwd: string, range: PortRange): TcpSocket[] {
	if (readSockets(proc, range).length === 0) return [];
	const pids = socketOwners(proc);
	const owners = new Owners(proc, passwd);
	return readSockets(proc, range).map(({ uid, inode, ...socket }) => {
		// What has ended has no file any more, and belongs to nobody.
		if (inode === 0 && socket.state === "closing") return { ...socket, owner: noOwner, sharedWith: alone };
		const of = pids.get(inode);
		if (of === undefined) return { ...socket, owner: owners.unseen(uid), sharedWith: alone };
		return { ...socket, ...oldestFirst(owners, typeof of === "number" ? [of] : of, uid) };
	});
}

const alone: readonly never[] = [];

/** By the start, and by the number where both were started in one tick: numbers alone begin anew now and then. */
function byAge(a: Owner, b: Owner): number {
	return (a.since ?? "").localeCompare(b.since ?? "") || (a.pid ?? 0) - (b.pid ?? 0);
}

/**
 * Each file is a session, `KEY=value` a line (sd-login(3)); those without a number are not a process's session as the kernel
 * knows it.
 */
function userSessions(folder: string): UserSession[] {
	const names = readdirSync(folder).filter((name) => /^\d+$/.test(name));
	return names.flatMap((name) => {
		const text = readFileSync(`${folder}/${name}`, "utf8");
		const of = (key: string) => new RegExp(`^${key}=(.*)$`, "m").exec(text)?.[1];
		const user = of("USER");
		// A greeter and a manager of systemd's have no client.
		if (user === undefined || of("CLASS") !== "user" || of("STATE") === "closing") return [];
		return [{ session: Number(name), user, sid: of("UID") ?? null }];
	});
}

function ports(proc: string, isMeant: (address: string) => boolean): Set<number> {
	const found = new Set<number>();
	readListening(proc, (address, port) => {
		if (isMeant(address)) found.add(port);
	});
	return found;
}

/** What an administrator reserved: `1000-1010,2000`, empty for none. */
function reserved(text: string): ExcludedRange[] {
	return text
		.trim()
		.split(",")
		.filter((part) => part !== "")
		.map((part) => {
			const [first = "", last = first] = part.split("-");
			return { first: Number(first), last: Number(last), administered: true };
		});
}

function dynamicRange(text: string): PortRange {
	const [, first, last] = /^\s*(\d+)\s+(\d+)\s*$/.exec(text) ?? [];
	if (first === undefined || last === undefined) throw new Error(`not a range of ports: ${text.slice(0, 40)}`);
	return { first: Number(first), last: Number(last) };
}

function textOf(proc: string, name: string): string {
	return readFileSync(`${proc}/sys/net/ipv4/${name}`, "utf8");
}
