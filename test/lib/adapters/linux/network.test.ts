import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { type AddressInfo, connect, createServer, type Server } from "node:net";
import { userInfo } from "node:os";
import { afterEach, describe, expect, it } from "vitest";
import { linuxNetwork } from "../../../../src/lib/adapters/linux/network.js";
import type { Listener } from "../../../../src/lib/port/network.js";
import { hasIpv6 } from "../../../ipv6.js";
import { isRoot, useFolder } from "../temp.js";

const at = useFolder();

/** Lines as Linux writes them (6.1, x86-64); `{}` is the number of the line. */
const heading =
	"  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode                                                     \n";
const v4 = (address: string, port: number, state: string, uid: number, inode: number) =>
	`${`  0: ${address}:${port.toString(16).toUpperCase().padStart(4, "0")} 00000000:0000 ${state} 00000000:00000000 00:00000000 00000000 ${String(uid).padStart(5)}        0 ${inode} 1 00000000e3a1b2c4 100 0 0 10 0`.padEnd(149)}\n`;
const v6 = (address: string, port: number, uid: number, inode: number) =>
	`   0: ${address}:${port.toString(16).toUpperCase().padStart(4, "0")} 00000000000000000000000000000000:0000 0A 00000000:00000000 00:00000000 00000000 ${String(uid).padStart(5)}        0 ${inode} 1 0000000000000000 100 0 0 10 0\n`;

const everywhere = "0".repeat(32);

/** A /proc of our own making. */
function proc(tables: { tcp: string; tcp6?: string }, processes: Record<number, FakeProcess> = {}): void {
	const write = (path: string, text: string) => {
		mkdirSync(at(path, ".."), { recursive: true });
		writeFileSync(at(path), text);
	};
	write("proc/net/tcp", heading + tables.tcp);
	if (tables.tcp6 !== undefined) write("proc/net/tcp6", heading + tables.tcp6);
	write("proc/stat", "cpu  1 2 3\nbtime 1768464000\nprocesses 9\n");
	write("passwd", "root:x:0:0:root:/root:/bin/sh\nana:x:1001:1001::/home/ana:/bin/sh\ntwin:x:1001:1001::/:/bin/sh\n");
	for (const [pid, { name, uid, inodes, session }] of Object.entries(processes)) {
		mkdirSync(at("proc", pid, "fd"), { recursive: true });
		if (name !== undefined) {
			write(`proc/${pid}/stat`, `${pid} (${name}) S 1 7 7 0 -1 4194304 1 0 0 0 0 0 0 0 20 0 1 0 12345 1 1\n`);
		}
		if (uid !== undefined) write(`proc/${pid}/status`, `Name:\tx\nUid:\t0\t${uid}\t0\t0\nGid:\t0\t0\t0\t0\n`);
		if (session !== undefined) write(`proc/${pid}/sessionid`, session);
		for (const [fd, inode] of inodes.entries()) symlinkSync(`socket:[${inode}]`, at("proc", pid, "fd", String(fd + 3)));
		symlinkSync("/dev/null", at("proc", pid, "fd", "0"));
		symlinkSync("pipe:[99]", at("proc", pid, "fd", "1"));
	}
}

interface FakeProcess {
	name?: string;
	uid?: number;
	session?: string;
	inodes: number[];
}

async function listeners(): Promise<Listener[]> {
	const found = await linuxNetwork({ proc: at("proc"), passwd: at("passwd") }).listeners();
	if (!found.known) throw new Error(found.why);
	return found.value;
}

describe("the table", () => {
	it("gives addresses, ports and who made the socket", async () => {
		proc({
			tcp:
				v4("0100007F", 24_251, "0A", 1001, 11) +
				v4("00000000", 65_535, "0A", 0, 12) +
				v4("0100007F", 1, "0A", 4_294_967_294, 13),
			tcp6:
				v6(everywhere, 80, 0, 14) +
				v6(`${everywhere.slice(0, 24)}01000000`, 443, 0, 15) +
				v6("0000000000000000FFFF00000100007F", 24_252, 1001, 16) +
				v6("B80D01200000000067452301EFCDAB89", 22, 0, 17),
		});
		expect((await listeners()).map(({ address, port, owner }) => [address, port, owner.user, owner.sid])).toEqual([
			["127.0.0.1", 24_251, "ana", "1001"],
			["0.0.0.0", 65_535, "root", "0"],
			["127.0.0.1", 1, null, "4294967294"],
			["::", 80, "root", "0"],
			["::1", 443, "root", "0"],
			["::ffff:127.0.0.1", 24_252, "ana", "1001"],
			["2001:db8::123:4567:89ab:cdef", 22, "root", "0"],
		]);
	});

	it("is read to the last listening socket, and what is told twice is taken once", async () => {
		const listening = [1, 2, 3, 2].map((inode) => v4("0100007F", 1000 + inode, "0A", 0, inode)).join("");
		proc({ tcp: `${listening}${v4("0100007F", 5000, "01", 0, 50)}` });
		expect((await listeners()).map(({ port }) => port)).toEqual([1001, 1002, 1003]);
	});

	it("longer than one read is whole", async () => {
		const lines = Array.from({ length: 6000 }, (_, n) => v4("0100007F", 10_000 + n, "0A", 0, 100 + n));
		proc({ tcp: lines.join("") });
		const ports = (await listeners()).map(({ port }) => port);
		expect(ports).toEqual(Array.from({ length: 6000 }, (_, n) => 10_000 + n));
		const listening = await linuxNetwork({ proc: at("proc"), passwd: at("passwd") }).listening();
		expect(listening.known && [...listening.value]).toEqual(ports);
	});

	it("of IPv6 is left alone where the kernel counts no such socket, and only there", async () => {
		proc({ tcp: v4("0100007F", 24_251, "0A", 1001, 11), tcp6: v6(everywhere, 80, 0, 14) });
		const sockets = (count: string) => writeFileSync(at("proc/net/sockstat6"), `TCP6: inuse ${count}\nUDP6: inuse 0\n`);
		const ports = async () => (await listeners()).map(({ port }) => port);
		sockets("10");
		expect(await ports()).toEqual([24_251, 80]);
		sockets("0");
		expect(await ports()).toEqual([24_251]);
	});

	it("of a kernel without IPv6 is one; without any, nothing is told", async () => {
		proc({ tcp: v4("0100007F", 80, "0A", 0, 1) });
		expect(await listeners()).toHaveLength(1);
		rmSync(at("proc", "net", "tcp"));
		const network = linuxNetwork({ proc: at("proc"), passwd: at("passwd") });
		expect(await network.listeners()).toMatchObject({ known: false });
		expect(await network.listening()).toMatchObject({ known: false });
		expect(await network.dynamic()).toMatchObject({ known: false });
		expect(await network.excluded()).toMatchObject({ known: false });
	});
});

describe("an owner", () => {
	const one = v4("0100007F", 24_251, "0A", 0, 11);

	it("is told in full: effective user, name, session, start", async () => {
		proc({ tcp: one }, { 400: { name: "client", uid: 1001, session: "7", inodes: [11, 12] } });
		expect(await listeners()).toEqual([
			{
				address: "127.0.0.1",
				port: 24_251,
				owner: {
					pid: 400,
					process: "client",
					user: "ana",
					sid: "1001",
					session: 7,
					since: "2026-01-15T08:02:03.450Z",
					unknown: [],
				},
				sharedWith: [],
			},
		]);
	});

	it.each(["web server", "a) S 1 (b", "two\nlines", "\u001b[31mred", "ünï", ")", ""])(
		"may call itself %j",
		async (name) => {
			proc({ tcp: one }, { 400: { name, uid: 0, session: "1", inodes: [11] } });
			expect(await listeners()).toMatchObject([{ owner: { process: name, since: "2026-01-15T08:02:03.450Z" } }]);
		},
	);

	it("without a login session has none, which is known", async () => {
		proc({ tcp: one }, { 400: { name: "client", uid: 0, session: "4294967295", inodes: [11] } });
		expect(await listeners()).toMatchObject([{ owner: { session: null, unknown: [] } }]);
	});

	it("that ended while it was looked at leaves what its socket tells", async () => {
		proc({ tcp: one }, { 400: { inodes: [11] } });
		expect(await listeners()).toMatchObject([
			{ owner: { pid: 400, user: "root", process: null, unknown: ["process", "since", "session"] } },
		]);
	});

	it("of a shared socket is the oldest, and the others are told beside it, each once", async () => {
		const of = (name: string) => ({ name, uid: 0, session: "1", inodes: [11, 11] });
		proc({ tcp: one }, { 400: of("worker"), 90: of("master"), 401: of("worker") });
		const [found] = await listeners();
		const all = [found?.owner, ...(found?.sharedWith ?? [])].map((owner) => `${owner?.pid} ${owner?.process}`);
		expect(all).toEqual(["90 master", "400 worker", "401 worker"]);
	});

	it("that nobody can be found for is unknown, and who made the socket is not", async () => {
		proc({ tcp: one + v4("0100007F", 24_252, "0A", 1001, 0) }, { 400: { name: "other", inodes: [77] } });
		const unseen = ["pid", "process", "session", "since"];
		expect(await listeners()).toMatchObject([
			{ owner: { pid: null, user: "root", unknown: unseen } },
			{ owner: { pid: null, user: "ana", unknown: unseen } },
		]);
	});
});

describe("this machine", () => {
	const servers: Server[] = [];
	const children: ChildProcess[] = [];
	afterEach(() => {
		for (const server of servers.splice(0)) server.close();
		for (const child of children.splice(0)) child.kill("SIGKILL");
	});

	async function listen(host: string): Promise<number> {
		const server = createServer();
		servers.push(server);
		server.listen(0, host);
		await once(server, "listening");
		return (server.address() as { port: number }).port;
	}

	async function found(port: number): Promise<Listener[]> {
		const all = await linuxNetwork().listeners();
		if (!all.known) throw new Error(all.why);
		return all.value.filter((one) => one.port === port);
	}

	it("tells our own listeners, IPv4, IPv6 and what is between them", async () => {
		for (const address of ["127.0.0.1", ...(hasIpv6 ? ["::1"] : []), "::ffff:127.0.0.1"]) {
			const told = await found(await listen(address));
			expect(told).toMatchObject([
				{ address, owner: { pid: process.pid, user: userInfo().username, sid: String(userInfo().uid), unknown: [] } },
			]);
			// The kernel's clock and this process's may differ, but by no zone's half hour.
			const since = Date.parse(told[0]?.owner.since ?? "") - (Date.now() - process.uptime() * 1000);
			expect(Math.abs(since)).toBeLessThan(5 * 60_000);
		}
	});

	it("tells nothing of a listener that was closed", async () => {
		const port = await listen("127.0.0.1");
		expect(await found(port)).toHaveLength(1);
		servers.pop()?.close();
		expect(await found(port)).toEqual([]);
	});

	it("tells all that stay while others come and go", async () => {
		const stay = await Promise.all(Array.from({ length: 30 }, () => listen("127.0.0.1")));
		const child = spawn(process.execPath, [
			"-e",
			`const net = require("node:net");
			const turn = () => { const s = net.createServer().listen(0, "127.0.0.1", () => s.close(turn)); };
			for (let i = 0; i < 50; i++) turn();
			console.log("ready");`,
		]);
		children.push(child);
		await once(child.stdout, "data");
		for (let look = 0; look < 20; look++) {
			const all = await linuxNetwork().listeners();
			const ports = all.known ? all.value.filter(({ owner }) => owner.pid === process.pid).map(({ port }) => port) : [];
			expect(ports).toEqual(expect.arrayContaining(stay));
			expect(new Set(ports).size).toBe(ports.length);
		}
	});

	it("knows its ranges, and whether a port can be bound", async () => {
		const network = linuxNetwork();
		expect(await network.dynamic()).toMatchObject({ known: true, value: { first: expect.any(Number) } });
		expect(await network.excluded()).toMatchObject({ known: true });
		const port = await listen("127.0.0.1");
		expect(await network.bind(port)).toEqual({ known: true, value: "in-use" });
		servers.pop()?.close();
		expect(await network.bind(port)).toEqual({ known: true, value: "free" });
	});

	it.skipIf(!isRoot)("of another network namespace is another one", async (context) => {
		// A socket that listens inside must not show outside, and the other way round.
		const outside = await listen("127.0.0.1");
		const child = spawn("unshare", [
			"-n",
			process.execPath,
			"-e",
			`
			require("node:net").createServer().listen(${outside}, "0.0.0.0", () => console.log("ready"));`,
		]);
		children.push(child);
		const [first] = await Promise.race([once(child.stdout, "data"), once(child, "exit")]);
		if (typeof first === "number") return context.skip("unshare -n is not permitted here");
		expect(await found(outside)).toMatchObject([{ owner: { pid: process.pid } }]);
		const inside = spawnSync("nsenter", ["-n", "-t", String(child.pid), "cat", "/proc/net/tcp"], { encoding: "utf8" });
		proc({ tcp: inside.stdout.split("\n").slice(1).join("\n") });
		expect((await listeners()).map(({ address, port }) => [address, port])).toEqual([["0.0.0.0", outside]]);
	});
});

it("what an administrator set apart is a list of ports and ranges", async () => {
	proc({ tcp: "" });
	mkdirSync(at("proc/sys/net/ipv4"), { recursive: true });
	const network = linuxNetwork({ proc: at("proc"), passwd: at("passwd") });
	writeFileSync(at("proc/sys/net/ipv4/ip_local_reserved_ports"), "24251-24260,40000\n");
	expect(await network.excluded()).toEqual({
		known: true,
		value: [
			{ first: 24_251, last: 24_260, administered: true },
			{ first: 40_000, last: 40_000, administered: true },
		],
	});
	writeFileSync(at("proc/sys/net/ipv4/ip_local_reserved_ports"), "\n");
	expect(await network.excluded()).toEqual({ known: true, value: [] });
	writeFileSync(at("proc/sys/net/ipv4/ip_local_port_range"), "32768\t60999\n");
	expect(await network.dynamic()).toEqual({ known: true, value: { first: 32_768, last: 60_999 } });
	writeFileSync(at("proc/sys/net/ipv4/ip_local_port_range"), "all\n");
	expect(await network.dynamic()).toMatchObject({ known: false });
});

describe("all sockets", () => {
	const line = (own: string, far: string, state: string, uid: number, inode: number) =>
		`   0: ${own} ${far} ${state} 00000000:00000000 00:00000000 00000000 ${String(uid).padStart(5)}        0 ${inode} 1 00000000e3a1b2c4 20 4 30 10 -1\n`;

	it("of some ports are told with their state, the other end and their owner; what has ended has none", async () => {
		proc(
			{
				tcp: [
					line("0100007F:5EBB", "00000000:0000", "0A", 1001, 1),
					line("0700000A:5EBC", "090200C0:01BB", "01", 1001, 2),
					line("0700000A:5EBD", "090200C0:01BB", "06", 0, 0),
					line("0700000A:5EBE", "090200C0:01BB", "07", 0, 0),
					line("0700000A:6000", "090200C0:01BB", "01", 1001, 3),
				].join(""),
				tcp6: line(`${"0".repeat(24)}01000000:5EBC`, `${"0".repeat(24)}01000000:C001`, "08", 1001, 4),
			},
			{ 7: { name: "outlook", uid: 1001, inodes: [1, 2, 4] } },
		);
		const network = linuxNetwork({ proc: at("proc"), passwd: at("passwd") });
		const found = await network.sockets({ first: 24_251, last: 24_254 });
		if (!found.known) throw new Error(found.why);
		expect(
			found.value.map(({ address, port, state, remote, owner }) => [address, port, state, remote, owner.process]),
		).toEqual([
			["127.0.0.1", 24_251, "listening", null, "outlook"],
			["10.0.0.7", 24_252, "connected", "192.0.2.9:443", "outlook"],
			["10.0.0.7", 24_253, "closing", "192.0.2.9:443", null],
			["::1", 24_252, "connected", "[::1]:49153", "outlook"],
		]);
		expect(found.value[2]?.owner.unknown).toEqual([]);
		expect(await network.sockets({ first: 1, last: 80 })).toEqual({ known: true, value: [] });
	});

	it("of this machine: a connection of our own, by its own port, which then cannot be bound", async () => {
		const server = createServer().listen(0, "127.0.0.1");
		await once(server, "listening");
		const { port: far } = server.address() as AddressInfo;
		const socket = connect(far, "127.0.0.1");
		await once(socket, "connect");
		const port = socket.localPort as number;
		try {
			const found = await linuxNetwork().sockets({ first: port, last: port });
			expect(found).toMatchObject({
				known: true,
				value: [
					{ address: "127.0.0.1", port, state: "connected", remote: `127.0.0.1:${far}`, owner: { pid: process.pid } },
				],
			});
			expect(await linuxNetwork().bind(port)).toEqual({ known: true, value: "in-use" });
			expect(await linuxNetwork().bind(far)).toEqual({ known: true, value: "in-use" });
		} finally {
			socket.destroy();
			server.close();
		}
		await once(server, "close");
		expect(await linuxNetwork().bind(far)).toEqual({ known: true, value: "free" });
	});
});

describe("sessions", () => {
	it("are those of users who are logged on, as systemd keeps them", async () => {
		mkdirSync(at("sessions"), { recursive: true });
		const session = (name: string, text: string) => writeFileSync(at("sessions", name), text);
		session("2", "UID=1001\nUSER=ana\nACTIVE=1\nSTATE=active\nCLASS=user\n");
		session("5", "UID=1001\nUSER=ana\nACTIVE=0\nSTATE=online\nCLASS=user\n");
		session("6", "UID=1002\nUSER=ben\nSTATE=closing\nCLASS=user\n");
		session("c1", "UID=42\nUSER=gdm\nSTATE=active\nCLASS=greeter\n");
		session("7", "UID=1001\nUSER=ana\nSTATE=active\nCLASS=manager\n");
		const network = linuxNetwork({ proc: at("proc"), passwd: at("passwd"), sessions: at("sessions") });
		expect(await network.sessions()).toEqual({
			known: true,
			value: [
				{ session: 2, user: "ana", sid: "1001" },
				{ session: 5, user: "ana", sid: "1001" },
			],
		});
		const nowhere = linuxNetwork({ proc: at("proc"), passwd: at("passwd"), sessions: at("nowhere") });
		expect(await nowhere.sessions()).toMatchObject({ known: false });
	});
});
