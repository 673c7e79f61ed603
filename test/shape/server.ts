import { existsSync } from "node:fs";
import { userInfo } from "node:os";
import { dirname, join } from "node:path";
import type { Machine } from "../../src/lib/client/ports.js";
import type { Host } from "../../src/lib/host/host.js";
import { known } from "../../src/lib/known.js";
import { thisHost } from "../../src/lib/this-host.js";
import { FakeNetwork, listener, nobodyKnown, owner } from "../lib/port/fake-network.js";
import { apartBase } from "./scene.js";

// Stands in for the server that `cfm ports` looks at, so that its samples are the same everywhere.

/** Where Ben keeps his client, beside the home of whoever runs the tests; commands that need two clients make it. */
export const homeOfBen = (home: string) => join(dirname(home), "home-of-ben");

/**
 * The network of a small server: whoever runs the tests and Ben with their clients, one port that the wrong one has, one
 * unknown. In scenes without Ben nothing listens.
 */
function network(): FakeNetwork {
	const server = new FakeNetwork();
	if (!existsSync(homeOfBen(process.env.HOME ?? ""))) return server;
	const { username, uid } = userInfo();
	const ana = owner(username, { sid: String(uid), session: 2 });
	const ben = owner("ben", { pid: 5120, sid: "1002", session: 3, since: "2026-01-15T08:03:40.120Z" });
	const web = owner("root", { pid: 812, process: "httpd", sid: "0", session: null, since: "2026-01-02T05:00:00.000Z" });
	const at = (port: number) => apartBase + port;
	server.found = known([
		listener(443, web, { address: "0.0.0.0", sharedWith: [{ ...web, pid: 813 }] }),
		listener(at(7), ana),
		listener(at(8), ben),
		listener(at(9), { ...ana, pid: 4800, process: "notes.exe" }),
		listener(at(11), nobodyKnown, { address: "::1" }),
	]);
	server.ranges = known([{ first: at(100), last: at(199), administered: false }]);
	return server;
}

/** The machine as it is, and Ben on it where he has a home. */
function withBen(machine: Machine): Machine {
	const ben = homeOfBen(process.env.HOME ?? "");
	if (!existsSync(ben)) return machine;
	const local = { account: "ben", sid: "1002", profileFolder: ben, isCurrent: false };
	const users = async () => known([await machine.profiles.currentUser(), local]);
	const currentUser = () => machine.profiles.currentUser();
	// What is said of owners that nobody knows must not depend on who runs the tests.
	return { ...machine, elevated: known(false), profiles: { currentUser, users } };
}

/** This machine, with that server's network and users. */
export const server: Host = {
	...thisHost,
	network: async () => network(),
	machine: async () => withBen(await thisHost.machine()),
};
