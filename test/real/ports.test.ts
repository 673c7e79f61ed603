import { spawn } from "node:child_process";
import { once } from "node:events";
import { onTestFinished } from "vitest";
import { bothWays } from "../both-ways.js";
import { hasIpv6 } from "../ipv6.js";
import { listen, logOn, procWith, type RealServer, realServer } from "./server.js";

// Sockets of this kernel, as /proc tells of them.

const look = (server: RealServer, id: string) => server.doctor(id);

/** The tester's client listens on the port of its ID. */
async function make(): Promise<RealServer & { own: Awaited<ReturnType<typeof listen>> }> {
	const server = await realServer();
	return Object.assign(server, { own: await listen(server.base + 7) });
}
type Heard = Awaited<ReturnType<typeof make>>;

/** Another listener in the place of the client's. */
const instead = (host: string, port = 7) =>
	async function provoke({ own, base }: Heard): Promise<void> {
		await new Promise((resolve) => own.close(resolve));
		await listen(base + port, host);
	};

bothWays("CFM-PORT-001", {
	...{ make, look },
	async provoke(server) {
		await server.carry("ids", "allocate", "CORP\\eve", "--id", "9");
		await listen(server.base + 9);
	},
});
bothWays("CFM-PORT-002", { make, look, provoke: ({ base }) => listen(base + 10) });
bothWays("CFM-PORT-003", { make, look, provoke: ({ own }: Heard) => new Promise((resolve) => own.close(resolve)) });
bothWays("CFM-PORT-004", { make, look, provoke: (server) => server.believe({ commonPort: server.base + 7 }) });
bothWays("CFM-PORT-006", {
	make,
	look,
	provoke: hasIpv6 ? instead("::1") : () => {},
	found: hasIpv6 ? "found" : "fine",
});
bothWays("CFM-PORT-007", {
	...{ make, look },
	// Not every machine has another address than the loopback: the table of its sockets says one.
	provoke(server) {
		const port = (server.base + 7).toString(16).toUpperCase().padStart(4, "0");
		const to = (text: string) => text.replace(`0100007F:${port}`, `070200C0:${port}`);
		server.proc = procWith(server, { "self/net/tcp": to, "net/tcp": to });
	},
});
bothWays("CFM-PORT-008", {
	...{ make, look },
	async provoke({ own, base }: Heard) {
		await new Promise((resolve) => own.close(resolve));
		// Node lets others bind what it has bound; not every program does.
		const script =
			"socket(S, PF_INET, SOCK_STREAM, 6); bind(S, pack_sockaddr_in(shift, INADDR_LOOPBACK)) or die; print 1; <STDIN>";
		const holder = spawn("perl", ["-MSocket", "-e", `$| = 1; ${script}`, String(base + 7)]);
		onTestFinished(() => void holder.kill());
		await once(holder.stdout, "data");
	},
});
bothWays("CFM-PORT-009", {
	...{ make, look },
	provoke(server) {
		const range = `${server.base}\t${server.base + 20}\n`;
		server.proc = procWith(server, { "sys/net/ipv4/ip_local_port_range": () => range });
	},
});
bothWays("CFM-PORT-010", { make, look, provoke: instead("0.0.0.0") });
bothWays("CFM-PORT-011", {
	...{ make, look },
	provoke(server) {
		// The session of a process is the kernel's own; a container has none.
		server.proc = procWith(server, { "self/sessionid": () => "2" });
		for (const session of [2, 5]) logOn(server, session);
	},
});
bothWays("CFM-PORT-012", { make, look, provoke: instead("127.0.0.3") });
