import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { bothWays } from "../both-ways.js";
import { addLevelDb } from "../lib/adapters/browsers/profiles.js";
import {
	giveBenWebId,
	giveClient,
	isRoot,
	listenAsClient,
	logOn,
	profileOf,
	type RealServer,
	realServer,
	regularOf,
	site,
} from "./server.js";

// Everybody's clients, browsers, listeners and accounts, held against each other.

const make = realServer;
const look = (server: RealServer, id: string) => server.audit(id);

function giveRegularEdition(home: string): void {
	mkdirSync(dirname(regularOf(home)), { recursive: true });
	writeFileSync(regularOf(home), "");
}

bothWays("CFM-AUDIT-001", { make, look, provoke: ({ ben }) => giveClient(ben, 7) });
bothWays("CFM-AUDIT-002", {
	...{ make, look },
	provoke: (server) => addLevelDb(profileOf(server, "Profile 1"), { [site]: { CFM_ID: "8" } }),
});
bothWays("CFM-AUDIT-003", {
	...{ make, look },
	async provoke(server) {
		await server.carry("web", "list");
		await server.carry("web", "clear", "--user", server.account, "--all-sites", "--yes");
	},
});
bothWays("CFM-AUDIT-004", {
	...{ make, look },
	provoke: (server) => server.carry("sites", "add", "https://portal.example.com"),
});
bothWays("CFM-AUDIT-005", { make, look, provoke: (server) => logOn(server, 2) });
bothWays("CFM-AUDIT-006", { make, look, provoke: ({ ben }) => giveClient(ben, 12) });
bothWays("CFM-AUDIT-007", {
	...{ make, look },
	async provoke(server) {
		giveRegularEdition(server.ben);
		await giveBenWebId(server, "12");
	},
});
bothWays("CFM-AUDIT-008", { make, look, provoke: ({ user }) => giveRegularEdition(user) });
bothWays("CFM-AUDIT-009", {
	...{ make, look },
	provoke: ({ base }) => listenAsClient(base + 7, "ben", true),
	// Only root has two accounts.
	found: isRoot ? "found" : "fine",
});
bothWays("CFM-AUDIT-010", { make, look, provoke: (server) => server.carry("ids", "allocate", "eve", "--id", "3") });
bothWays("CFM-AUDIT-011", {
	...{ make, look },
	provoke: (server) => server.carry("ids", "allocate", "CORP\\eve", "--id", "3"),
});
bothWays("CFM-AUDIT-013", {
	...{ make, look },
	provoke: (server) => server.carry("ids", "move", server.account, "--id", "9", "--yes"),
});
bothWays("CFM-AUDIT-014", { make, look, provoke: ({ ben }) => giveClient(ben, 8, "2.9.0") });
bothWays("CFM-AUDIT-015", {
	async make() {
		const server = await realServer();
		giveClient(server.ben, 8);
		return server;
	},
	look,
	async provoke({ base }) {
		for (const [id, user] of [
			[7, "me"],
			[8, "ben"],
		] as const)
			await listenAsClient(base + 60 + id, user);
	},
	found: isRoot ? "found" : "fine",
});
bothWays("CFM-AUDIT-016", { make, look, provoke: (server) => giveBenWebId(server, "12") });
bothWays("CFM-AUDIT-017", {
	...{ make, look },
	provoke({ ben }) {
		giveRegularEdition(ben);
		giveClient(ben, 8);
	},
});
