import { symlinkSync, writeFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { forgettingOf } from "../../src/lib/adapters/browsers/forgets.js";
import { linuxBrowserPolicies } from "../../src/lib/adapters/linux/browser-policies.js";
import { bothWays } from "../both-ways.js";
import { addLevelDb } from "../lib/adapters/browsers/profiles.js";
import { runningBrowser } from "../running-browser.js";
import { giveClient, profileOf, type RealServer, realServer, site } from "./server.js";

// Stores as browsers keep them: LevelDB, Preferences, the lock of one that runs.

const make = realServer;
const look = (server: RealServer, id: string) => server.doctor(id);
const webId = (value: string) => (server: RealServer) => addLevelDb(profileOf(server), { [site]: { CFM_ID: value } });

bothWays("CFM-WEB-001", { make, look, provoke: webId("9") });
bothWays("CFM-WEB-002", {
	...{ make, look },
	provoke: (server) => server.carry("sites", "add", "https://portal.example.com"),
});
bothWays("CFM-SITE-001", { make, look, provoke: (server) => server.carry("sites", "remove", site, "--yes") });
bothWays("CFM-WEB-003", { make, look, provoke: webId("seven") });
bothWays("CFM-WEB-004", {
	...{ make, look },
	provoke: (server) => server.carry("ids", "release", server.account, "--yes"),
});
bothWays("CFM-WEB-005", { make, look, provoke: ({ user }) => giveClient(user, 9) });
bothWays("CFM-WEB-006", {
	...{ make, look },
	provoke: (server) =>
		writeFileSync(join(profileOf(server), "Local Storage", "leveldb", "CURRENT"), "MANIFEST-999999\n"),
});
bothWays("CFM-WEB-007", {
	...{ make, look },
	provoke({ user }) {
		const browser = runningBrowser();
		onTestFinished(() => browser.end());
		symlinkSync(`${hostname()}-${browser.pid}`, join(user, ".config", "chromium", "SingletonLock"));
	},
});
bothWays("CFM-WEB-009", {
	async make() {
		const server = await realServer();
		const { browsers } = server.host;
		// As the readers' processes answer: the settings are read with the stores.
		server.host.browsers = async (...asked) => {
			const own = await browsers(...asked);
			const read: typeof own.stores.read = async (profile, request) => {
				const forgetting = (await forgettingOf(profile, linuxBrowserPolicies(server.folder)))(site);
				const forgets = forgetting === undefined ? {} : { forgets: [{ origin: site, ...forgetting }] };
				return { ...(await own.stores.read(profile, request)), ...forgets };
			};
			return { ...own, stores: { ...own.stores, read } };
		};
		return server;
	},
	look,
	provoke(server) {
		const settings = { profile: { default_content_setting_values: { cookies: 4 } } };
		writeFileSync(join(profileOf(server), "Preferences"), JSON.stringify(settings));
	},
});
