import { rmSync } from "node:fs";
import { bothWays } from "../both-ways.js";
import { recentDay } from "../shape/scene.js";
import { clientOf, type RealServer, realServer } from "./server.js";

// The registry's own file, and a clock that is put forward.

const look = (server: RealServer, id: string) => server.doctor(id);
const hour = 3_600_000;

async function make(): Promise<RealServer> {
	const server = await realServer();
	// The day itself: what is due later depends on no tester's clock.
	server.host.now = () => new Date(`${recentDay}T20:00:00.000Z`);
	await server.carry("activations", "add", server.account, "--approved", recentDay);
	return server;
}

/** Puts the clock to some hours after one of the times of the codes. */
const after = (field: "safeUntil" | "latestEnd", hours: number) => async (server: RealServer) => {
	const { out } = await server.run(["activations", "list", "--json"]);
	const [codes] = JSON.parse(out).result.activations as Record<typeof field, string>[];
	server.host.now = () => new Date(Date.parse(codes?.[field] ?? "") + hours * hour);
};

bothWays("CFM-ACT-001", { make, look, provoke: after("safeUntil", -60) });
bothWays("CFM-ACT-002", { make, look, provoke: after("safeUntil", 1) });
bothWays("CFM-ACT-003", { make, look, provoke: after("latestEnd", 1) });
bothWays("CFM-ACT-004", {
	...{ make, look },
	async provoke(server) {
		for (let attempt = 1; attempt <= 5; attempt += 1)
			await server.carry("activations", "step", server.account, "identity-failed");
	},
});
bothWays("CFM-ACT-005", { make, look, provoke: ({ user }) => rmSync(clientOf(user), { recursive: true }) });
bothWays("CFM-ACT-006", {
	...{ make, look },
	provoke: (server) => server.carry("activations", "complete", server.account, "--subscription", recentDay),
});
