import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { bothWays } from "../both-ways.js";
import { clientOf, giveClient, isRoot, listen, type RealServer, realServer, startClient } from "./server.js";

// Files of a client, processes and sockets of this kernel.

const look = (server: RealServer, id: string) => server.doctor(id);
const make = realServer;
const clientId = (id: number) => (server: RealServer) => giveClient(server.user, id);

bothWays("CFM-CLIENT-001", {
	...{ make, look },
	provoke: ({ user }) => rmSync(clientOf(user), { recursive: true }),
});
bothWays("CFM-CLIENT-002", { make, look, provoke: clientId(9) });
bothWays("CFM-CLIENT-003", {
	...{ make, look },
	provoke: (server) => server.carry("ids", "release", server.account, "--yes"),
});
bothWays("CFM-CLIENT-004", {
	async make() {
		const server = await realServer();
		await startClient(server.user);
		await listen(server.base + 7);
		return server;
	},
	look,
	// It was started when it had another ID.
	provoke: clientIdMoved,
});
async function clientIdMoved(server: RealServer): Promise<void> {
	await server.carry("ids", "move", server.account, "--id", "9", "--yes");
	writeFileSync(join(clientOf(server.user), "client-id"), "9\n");
}
bothWays("CFM-CLIENT-005", {
	...{ make, look },
	provoke: ({ user }) => rmSync(join(clientOf(user), "uninstall.json")),
});

/** What stops `cfm install` before anything is started. */
const installing = {
	async make() {
		const server = await realServer();
		rmSync(clientOf(server.user), { recursive: true });
		return server;
	},
	async look(server: RealServer) {
		const installer = join(server.work, "certifio-manager-se.exe");
		const ran = await server.run(["install", "--silent", "--installer", installer, "--dry-run", "--json"]);
		return (JSON.parse(ran.out).error?.code as string | undefined) ?? "fine";
	},
};
bothWays("CFM-CLIENT-007", {
	...installing,
	provoke: ({ base }) => listen(base + 7),
	found: "port-in-use",
});

bothWays("CFM-MACHINE-001", {
	...{ make, look },
	provoke({ accounts }) {
		rmSync(accounts);
		mkdirSync(accounts);
	},
	found: "unknown",
});
bothWays("CFM-MACHINE-002", { make, look, provoke: (server) => server.believe({ verified: false }) });
bothWays("CFM-MACHINE-009", {
	...{ make, look },
	provoke(server) {
		const disk = join(server.folder, "disk");
		mkdirSync(disk);
		if (!mounted(disk)) return;
		server.environment.CFM_REGISTRY = join(disk, "registry.db");
		writeFileSync(join(disk, "filler"), Buffer.alloc(1_040_000));
	},
	// Only root may make a small disk, and not in every container.
	get found() {
		return canMount ? "found" : "fine";
	},
});
let canMount = false;
function mounted(disk: string): boolean {
	try {
		execFileSync("mount", ["-t", "tmpfs", "-o", "size=1m,mode=700", "tmpfs", disk], { stdio: "ignore" });
	} catch {
		return false;
	}
	canMount = true;
	onTestFinished(() => void execFileSync("umount", ["--lazy", disk]));
	return true;
}
bothWays("CFM-MACHINE-012", {
	...{ make, look },
	provoke({ home }) {
		chmodSync(home, 0o777);
		onTestFinished(() => chmodSync(home, 0o700));
	},
	// Nobody else has something to lose by believing what is in it.
	found: isRoot ? "found" : "fine",
});
