import { closeSync, openSync, readFileSync, readSync } from "node:fs";
import type { PortRange, TcpSocket } from "../../port/network.js";
import { refusalOf } from "../../system-errors.js";
import { endText, ipv6Text } from "../processes/addresses.js";

/** Takes one listening socket: who made it, and the inode that its descriptors point to. */
type Take = (address: string, port: number, uid: number, inode: number) => void;

/** One socket of any state, as far as the table tells of it. */
export type SocketRow = Pick<TcpSocket, "address" | "port" | "state" | "remote"> & { uid: number; inode: number };

const newLine = 10;
const colon = 58;
const space = 32;

/** Bytes that one read asks for. */
const piece = 1 << 18;

/**
 * A read that gives less has met the end of the table: the kernel fills a page (4096) as far as lines of up to 200 bytes
 * fit (seq_read_iter). To ask once more would cost it a walk through all its connections for nothing.
 */
const lastPage = 4096 - 400;

/**
 * Tells the listening sockets of this network namespace, IPv4 and IPv6, each once.
 *
 * @param proc the folder of the process file system
 * @throws when the IPv4 table cannot be read; a kernel without IPv6 has no second one
 */
export function readListening(proc: string, take: Take): void {
	// A table is read in pieces: what moves in it meanwhile can be told twice.
	const told = new Set<number>();
	const once: Take = (address, port, uid, inode) => {
		if (inode !== 0 && told.size === told.add(inode).size) return;
		take(address, port, uid, inode);
	};
	readTable(`${proc}/net/tcp`, (table, length) => parseTable(table, length, 8, once));
	if (hasNoIpv6Socket(proc)) return;
	try {
		readTable(`${proc}/net/tcp6`, (table, length) => parseTable(table, length, 32, once));
	} catch (error) {
		if (refusalOf(error) !== "gone") throw error;
	}
}

/** What the kernel's numbers of states come to (net/tcp_states.h); 7 is a socket that is no more. */
const states: Readonly<Record<number, TcpSocket["state"]>> = {
	...{ 1: "connected", 2: "connected", 3: "connected", 8: "connected", 10: "listening", 12: "connected" },
	...{ 4: "closing", 5: "closing", 6: "closing", 9: "closing", 11: "closing" },
};

/**
 * The sockets of any state on some ports, IPv4 and IPv6. A socket that was bound and neither listens nor is connected is in
 * no table of the kernel's.
 *
 * @throws when the IPv4 table cannot be read
 */
export function readSockets(proc: string, { first, last }: PortRange): SocketRow[] {
	const rows: SocketRow[] = [];
	for (const [name, width] of [["tcp", 8] as const, ["tcp6", 32] as const]) {
		let table: string;
		try {
			table = readFileSync(`${proc}/net/${name}`, "latin1");
		} catch (error) {
			if (name === "tcp6" && refusalOf(error) === "gone") continue;
			throw error;
		}
		const line = /^ *\d+: ([\dA-F]+):([\dA-F]{4}) ([\dA-F]+):([\dA-F]{4}) ([\dA-F]{2}) \S+ \S+ \S+ +(\d+) +\d+ (\d+)/gm;
		for (const [, address = "", hex = "", far = "", farPort = "", code = "", uid, inode] of table.matchAll(line)) {
			const port = Number.parseInt(hex, 16);
			const state = states[Number.parseInt(code, 16)];
			if (port < first || port > last || state === undefined) continue;
			const at = (digits: string) =>
				width === 8 ? ipv4At(Buffer.from(digits, "latin1"), 0) : ipv6At(Buffer.from(digits, "latin1"), 0);
			const remote = state === "listening" ? null : endText(at(far), Number.parseInt(farPort, 16));
			rows.push({ address: at(address), port, state, remote, uid: Number(uid), inode: Number(inode) });
		}
	}
	return rows;
}

/** Then the table is empty; to be told so, the kernel would walk through all its connections. */
function hasNoIpv6Socket(proc: string): boolean {
	try {
		return /^TCP6: inuse 0$/m.test(readFileSync(`${proc}/net/sockstat6`, "latin1"));
	} catch {
		return false;
	}
}

/**
 * Reads a table in pieces of whole lines. The kernel tells the listening sockets before all others (tcp_seq_start), so
 * reading stops where they end: a busy server has a hundred connections for each of them.
 */
function readTable(file: string, parse: (lines: Buffer, length: number) => boolean): void {
	const fd = openSync(file, "r");
	try {
		const buffer = Buffer.allocUnsafe(2 * piece);
		for (let rest = 0; ; ) {
			const got = readSync(fd, buffer, rest, piece, null);
			const filled = rest + got;
			const isLast = got < lastPage;
			const whole = isLast ? filled : buffer.lastIndexOf(newLine, filled - 1) + 1;
			if (!parse(buffer, whole) || isLast) return;
			buffer.copyWithin(0, whole, filled);
			rest = filled - whole;
		}
	} finally {
		closeSync(fd);
	}
}

/**
 * Takes the listening sockets out of lines of `/proc/net/tcp` (proc(5)): `sl: address:port address:port state tx:rx
 * tr:when retransmits uid timeout inode …`, addresses and ports in hexadecimal.
 *
 * Twenty thousand lines are read at each look: by position, and no text is made of them.
 *
 * @param length how much of `lines` is filled
 * @param width hexadecimal digits of an address: 8 or 32
 * @returns false once another state was met
 */
function parseTable(lines: Buffer, length: number, width: 8 | 32, take: Take): boolean {
	for (let at = 0; at < length; ) {
		let end = lines.indexOf(newLine, at);
		if (end < 0 || end > length) end = length;
		const address = lines.indexOf(colon, at) + 2;
		const state = address + 2 * (width + 6);
		// The heading has no colon; what is cut off is no line.
		if (address > at + 1 && state + 2 < end) {
			if (lines[state] !== 0x30 || lines[state + 1] !== 0x41) return false; // 0A is TCP_LISTEN
			const uid = skipFields(lines, state, 4, end);
			const inode = skipFields(lines, uid, 2, end);
			take(
				width === 8 ? ipv4At(lines, address) : ipv6At(lines, address),
				hexIn(lines, address + width + 1, 4),
				numberIn(lines, uid, end),
				numberIn(lines, inode, end),
			);
		}
		at = end + 1;
	}
	return true;
}

function skipFields(lines: Buffer, from: number, count: number, end: number): number {
	let at = from;
	for (let left = count; left > 0; left--) {
		while (at < end && lines[at] !== space) at++;
		while (at < end && lines[at] === space) at++;
	}
	return at;
}

function numberIn(lines: Buffer, from: number, end: number): number {
	let value = 0;
	for (let at = from; at < end; at++) {
		const digit = (lines[at] as number) - 48;
		if (digit < 0 || digit > 9) break;
		value = value * 10 + digit;
	}
	return value;
}

/** The kernel writes capital digits. */
function hexIn(lines: Buffer, from: number, digits: number): number {
	let value = 0;
	for (let at = from; at < from + digits; at++) {
		const code = lines[at] as number;
		value = value * 16 + (code < 58 ? code - 48 : code - 55);
	}
	return value;
}

const ipv4 = new Map<number, string>();
const ipv6 = new Map<string, string>();

/** The table has addresses in words of 32 bits, in the machine's byte order, which is little-endian on both we run on. */
function ipv4At(lines: Buffer, at: number): string {
	const word = hexIn(lines, at, 8);
	let text = ipv4.get(word);
	if (text === undefined) {
		text = [word & 255, (word >>> 8) & 255, (word >>> 16) & 255, word >>> 24].join(".");
		ipv4.set(word, text);
	}
	return text;
}

function ipv6At(lines: Buffer, at: number): string {
	const hex = lines.toString("latin1", at, at + 32);
	let text = ipv6.get(hex);
	if (text === undefined) {
		text = ipv6Text(Buffer.from(hex, "hex").swap32());
		ipv6.set(hex, text);
	}
	return text;
}
