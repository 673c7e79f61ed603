import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Machine } from "../../src/lib/client/machine.js";
import { known } from "../../src/lib/known.js";
import type { SeenWindows, Sight } from "../../src/lib/self/check.js";
import { windowsFacts } from "../../src/lib/self/windows-facts.js";
import { FakeNetwork, listener, nobodyKnown, owner } from "../lib/port/fake-network.js";
import { anasToken, FakeTokens } from "../lib/token/fake-tokens.js";
import { apartBase, type HostOfScene } from "./scene.js";

// Stands in for a server, so that samples are the same everywhere: Ana runs the commands, and Ben has a client, too,
// where a scene has a home for him.

export const ana = { username: "ana", uid: 1001 };

/** Where Ben keeps his client; commands that need two clients make it. */
export const homeOfBen = (folder: string) => join(folder, "home-of-ben");

/**
 * The network: Ana and Ben with their clients, one port that the wrong one has, one unknown. In scenes without Ben nothing
 * listens.
 */
function network(folder: string): FakeNetwork {
	const server = new FakeNetwork();
	if (!existsSync(homeOfBen(folder))) return server;
	const anas = owner(ana.username, { sid: String(ana.uid), session: 2 });
	const ben = owner("ben", { pid: 5120, sid: "1002", session: 3, since: "2026-01-15T08:03:40.120Z" });
	const web = owner("root", { pid: 812, process: "httpd", sid: "0", session: null, since: "2026-01-02T05:00:00.000Z" });
	const at = (port: number) => apartBase + port;
	server.found = known([
		listener(443, web, { address: "0.0.0.0", sharedWith: [{ ...web, pid: 813 }] }),
		listener(at(7), anas),
		listener(at(8), ben),
		listener(at(9), { ...anas, pid: 4800, process: "notes.exe" }),
		listener(at(11), nobodyKnown, { address: "::1" }),
	]);
	server.ranges = known([{ first: at(100), last: at(199), administered: false }]);
	return server;
}

/** Its users; what is on a port of this machine is nothing to it. */
function withBen(machine: Machine, folder: string): Machine {
	const loopback: Machine["loopback"] = { state: async () => known("free"), answers: async () => known(false) };
	const ben = homeOfBen(folder);
	if (!existsSync(ben)) return { ...machine, loopback };
	const local = { account: "ben", sid: "1002", profileFolder: ben, isCurrent: false };
	const users = async () => known([await machine.profiles.currentUser(), local]);
	// What is said of owners that nobody knows must not depend on who runs the tests.
	return { ...machine, loopback, elevated: known(false), profiles: { ...machine.profiles, users } };
}

/** A Windows server, seen by an ordinary user: some looks need more than they have. */
const lookedAt: SeenWindows = {
	system: { release: "10.0.20348", arch: "x64", node: "v24.21.0", elevated: false },
	looks: Object.fromEntries(
		windowsFacts
			.flatMap(({ look = [] }) => look)
			.map(({ id }): [string, () => Promise<Sight>] => [
				id,
				async () =>
					["other-hives", "port-owners"].includes(id)
						? { state: "not-tried", seen: "needs administrators' rights" }
						: { state: "as-expected", seen: "all of it" },
			]),
	) as SeenWindows["looks"],
};

export const server: HostOfScene = ({ folder }, machine) => ({
	name: () => "server1",
	account: async () => ana.username,
	existingAccounts: async (names) => new Set(names.filter((name) => name === "CORP\\zoe")),
	asker: async () => ({ account: ana.username, sid: null, administers: false, memberOf: async () => [] }),
	principal: async (name, kind = "user") => known(name.startsWith("CORP") ? { name, kind, sid: null } : undefined),
	accountStates: async (names) => new Map(names.map((name) => [name, { is: "there" }])),
	network: async () => network(folder),
	tokens: async () => new FakeTokens([anasToken]),
	windows: async () => lookedAt,
	machine: async () => ({ ...withBen(await machine(), folder), name: "server1" }),
});
