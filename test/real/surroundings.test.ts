import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer as createHttp } from "node:http";
import { createServer as createHttps } from "node:https";
import { type AddressInfo, createServer, type Server } from "node:net";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { reach } from "../../src/lib/adapters/reach/reach.js";
import { bothWays } from "../both-ways.js";
import { certificate, key } from "../lib/surroundings/server-certificate.js";
import { type RealServer, realServer, site } from "./server.js";

// A server of the vendor's, a proxy, policies and folders: all of them on this machine.

const look = (server: RealServer, id: string) => server.doctor(id);

async function listening(server: Server): Promise<string> {
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	onTestFinished(() => void server.close());
	return `localhost:${(server.address() as AddressInfo).port}`;
}

/** A port on which nobody listens any more. */
async function closed(): Promise<string> {
	const server = createServer();
	const place = await listening(server);
	await new Promise((resolve) => server.close(resolve));
	return place;
}

const now = new Date("2026-03-03T08:00:00.000Z");

/** One that the vendor's servers answer, as the client profile names them. */
async function answering(): Promise<RealServer> {
	const server = await realServer();
	const web = createHttps({ cert: certificate, key }, (_, response) => {
		response.sendDate = false;
		response.writeHead(200, { Date: now.toUTCString(), Connection: "close" }).end();
	});
	const open = await listening(createServer((socket) => socket.destroy()));
	server.believe({ vendorServers: { web: [await listening(web)], directory: [open], certificates: [open] } });
	server.host.now = () => now;
	const { surroundings } = server.host;
	// The test's own authority instead of the public ones.
	server.host.surroundings = async (variables) => ({
		...(await surroundings(variables)),
		reach: (target, signal) => reach(target, signal, [certificate]),
	});
	return server;
}
const nobodyAt = (kind: "web" | "certificates") => async (server: RealServer) =>
	server.believe({ vendorServers: { web: [], [kind]: [await closed()] } });

bothWays("CFM-NET-002", { make: answering, look, provoke: nobodyAt("web") });
bothWays("CFM-NET-003", {
	...{ make: answering, look },
	// A setting comes before the client profile.
	async provoke({ environment }) {
		Object.assign(environment, { CFM_DOCTOR_DIRECTORY_SERVERS: await closed() });
	},
});
bothWays("CFM-NET-004", { make: answering, look, provoke: nobodyAt("certificates") });
bothWays("CFM-NET-005", {
	...{ make: answering, look },
	provoke({ host }) {
		const { surroundings } = host;
		// By the public authorities the certificate is a gateway's.
		host.surroundings = async (variables) => ({ ...(await surroundings(variables)), reach });
	},
});
bothWays("CFM-NET-006", {
	...{ make: answering, look },
	provoke({ host }) {
		host.now = () => new Date(now.getTime() + 20 * 60_000);
	},
});
bothWays("CFM-NET-001", {
	...{ make: realServer, look },
	async provoke({ environment }) {
		const proxy = await listening(createHttp());
		Object.assign(environment, { https_proxy: `http://${proxy}`, no_proxy: "corp.example,<-loopback>" });
	},
});

/** Somebody uses Chrome, whose policies let the site reach the loopback. */
async function withChrome(): Promise<RealServer> {
	const server = await realServer();
	const userData = join(server.user, ".config", "google-chrome");
	mkdirSync(join(userData, "Default"), { recursive: true });
	writeFileSync(join(userData, "Local State"), '{"profile":{"info_cache":{"Default":{}}}}');
	mkdirSync(join(server.folder, "chrome"));
	prescribe({ LocalNetworkAccessPermissionsPolicyDefaultEnabled: true, ...sites("Allowed") })(server);
	return server;
}
const sites = (verb: "Allowed" | "Blocked") => ({ [`LoopbackNetwork${verb}ForUrls`]: [site] });
const prescribe = (policies: object) => (server: RealServer) =>
	writeFileSync(join(server.folder, "chrome", "cfm.json"), JSON.stringify(policies));
const asked = { make: withChrome, look };

bothWays("CFM-POLICY-001", { ...asked, provoke: prescribe(sites("Blocked")) });
bothWays("CFM-POLICY-002", { ...asked, provoke: prescribe({}) });
bothWays("CFM-POLICY-003", { ...asked, provoke: prescribe(sites("Allowed")) });
bothWays("CFM-POLICY-004", {
	...asked,
	provoke: prescribe({ LocalNetworkAccessRestrictionsTemporaryOptOut: true }),
});

/** The client profile says what starts the client, and where the .epf file is. */
async function withFolders(): Promise<RealServer> {
	const server = await realServer();
	rmSync(server.ben, { recursive: true });
	server.believe({ linux: { startupEntry: "%HOME%/start.desktop", epfFolder: "%HOME%/Entrust" } });
	mkdirSync(join(server.user, "Entrust"), { mode: 0o700 });
	writeFileSync(join(server.user, "start.desktop"), "");
	return server;
}
const mine = {
	make: withFolders,
	look: (server: RealServer, id: string) => server.doctor(id, "--user", server.account),
};

bothWays("CFM-MACHINE-007", { ...mine, provoke: ({ user }) => rmSync(join(user, "start.desktop")) });
bothWays("CFM-MACHINE-008", {
	...{ make: realServer, look },
	provoke: ({ environment }) => Object.assign(environment, { NODE_EXTRA_CA_CERTS: "/etc/corp.pem" }),
});
bothWays("CFM-MACHINE-010", { ...mine, provoke: ({ user }) => rmSync(join(user, "Entrust"), { recursive: true }) });
