import { readFileSync } from "node:fs";
import { type Known, known, unknown } from "../../known.js";
import type { ExcludedRange, Listener, NetworkPort, Owner, PortRange } from "../../port/network.js";
import { t } from "../../text.js";
import { bindLoopback } from "../processes/loopback.js";
import { Owners, socketOwners } from "./owners.js";
import { readListening } from "./sockets.js";

/** Where this system tells of itself; tests put a folder of theirs in its place. */
export interface Sources {
	proc: string;
	passwd: string;
}

/** What this machine's network says of ports, read from /proc: no program is started. */
export function linuxNetwork({ proc, passwd }: Sources = { proc: "/proc", passwd: "/etc/passwd" }): NetworkPort {
	return {
		listeners: async () => attempt(() => listeners(proc, passwd)),
		listening: async () => attempt(() => ports(proc)),
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
		else {
			const [owner, ...others] = of.map((pid) => owners.of(pid, uid)).sort(byAge) as [Owner, ...Owner[]];
			found.push({ address, port, owner, sharedWith: others });
		}
	});
	return found;
}

const alone: readonly never[] = [];

/** By the start, and by the number where both were started in one tick: numbers alone begin anew now and then. */
function byAge(a: Owner, b: Owner): number {
	return (a.since ?? "").localeCompare(b.since ?? "") || (a.pid ?? 0) - (b.pid ?? 0);
}

function ports(proc: string): Set<number> {
	const found = new Set<number>();
	readListening(proc, (_, port) => found.add(port));
	return found;
}

/** What an administrator set apart: `1000-1010,2000`, empty for none. */
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
