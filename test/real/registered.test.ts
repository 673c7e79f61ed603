import { join } from "node:path";
import { bothWays } from "../both-ways.js";
import { recentDay } from "../shape/scene.js";
import { bareServer, type RealServer } from "./server.js";

// Certificates in a registry's own file, and a clock that is put forward.

const look = (server: RealServer, id: string) => server.doctor(id);
const day = 86_400_000;

/** A certificate that is valid for a century, with access that was granted ten days ago. */
async function registered(): Promise<RealServer> {
	const server = bareServer();
	await server.carry("init", "--yes", "--range", "1-30");
	await server.carry("certs", "register", join(server.work, "ana.pem"), "--alias", "Seal");
	await server.carry("certs", "access", "grant", "Seal", "--granted", recentDay, "--zone", "UTC");
	return server;
}

/** Puts the clock to so many milliseconds after the end of the certificate. */
const afterItsEnd = (ms: number) => async (server: RealServer) => {
	const { out } = await server.run(["certs", "show", "Seal", "--json"]);
	const { certificate } = (JSON.parse(out) as { result: { certificate: { notAfter: string } } }).result;
	server.host.now = () => new Date(Date.parse(certificate.notAfter) + ms);
};
const used = (number: number) => (server: RealServer) => server.carry("certs", "access", "use", "Seal", String(number));

/** The same, and a service that signs with it. */
async function withService(): Promise<RealServer> {
	const server = await registered();
	await server.carry("services", "add", "Invoices", "--cert", "Seal");
	return server;
}

bothWays("CFM-SERVICE-001", { make: withService, look, provoke: used(1_000_000_000) });
bothWays("CFM-SERVICE-002", { make: withService, look, provoke: (server) => server.carry("certs", "retire", "Seal") });
/** Asks the authority's list, which names Ben's certificate. */
const refreshed = async (server: RealServer) => {
	await server.carry("certs", "register", join(server.work, "ben.pem"), "--alias", "Contracts");
	const file = (name: string) => join(server.work, name);
	await server.run(["certs", "refresh", "--anchor", file("root.pem"), "--crl", file("root.crl"), "--offline", "--yes"]);
};

bothWays("CFM-REGCERT-001", { make: registered, look, provoke: afterItsEnd(-10 * day) });
bothWays("CFM-REGCERT-002", { make: registered, look, provoke: afterItsEnd(1) });
bothWays("CFM-REGCERT-003", { make: registered, look, provoke: used(900_000_000) });
bothWays("CFM-REGCERT-004", { make: registered, look, provoke: used(1_000_000_000) });
bothWays("CFM-REGCERT-005", { make: registered, look, provoke: refreshed });

/** Notices go to a file, and have run. */
async function notified(): Promise<RealServer> {
	const server = bareServer();
	await server.carry("init", "--yes", "--range", "1-30");
	await server.carry("config", "set", "notify.file", join(server.work, "notices.jsonl"));
	await server.carry("notify", "run");
	return server;
}

const later = (hours: number) => (server: RealServer) => {
	const at = Date.now() + hours * 3_600_000;
	server.host.now = () => new Date(at);
};
bothWays("CFM-NOTICE-001", { make: notified, look, provoke: later(26) });
