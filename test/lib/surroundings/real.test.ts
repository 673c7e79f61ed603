import { chmodSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer as createHttp } from "node:http";
import { createServer as createHttps } from "node:https";
import { type AddressInfo, connect, createServer, type Server } from "node:net";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { linuxSurroundings } from "../../../src/lib/adapters/linux/surroundings.js";
import { reach } from "../../../src/lib/adapters/reach/reach.js";
import type { ClientProfile } from "../../../src/lib/client/profile.js";
import { CfmError } from "../../../src/lib/errors.js";
import { textOf } from "../../../src/lib/finding/finding.js";
import { type ProbeOptions, runProbes } from "../../../src/lib/finding/run.js";
import { type SurroundingSources, surroundingProbes } from "../../../src/lib/surroundings/probes.js";
import type { Surroundings } from "../../../src/lib/surroundings/surroundings.js";
import { makeFolder } from "../../folders.js";
import { ana, client, FakeMachine, profile } from "../client/fake-machine.js";
import { certificate, key } from "./server-certificate.js";

// Real files, real listeners, a real proxy: what the checks of surroundings see of them.

const windows = process.platform === "win32";

function scratch(): string {
	const folder = makeFolder("surroundings");
	onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
	return folder;
}

async function listening<S extends Server>(server: S): Promise<{ server: S; port: number }> {
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	onTestFinished(() => {
		server.close();
	});
	return { server, port: (server.address() as AddressInfo).port };
}

/** A server that speaks TLS, and says this time. */
const secure = (date: string) =>
	listening(
		createHttps({ cert: certificate, key }, (_, response) => {
			response.sendDate = false;
			response.writeHead(200, { Date: new Date(date).toUTCString(), Connection: "close" }).end();
		}),
	);

/** A port on which nobody listens any more. */
async function closedPort(): Promise<number> {
	const { server, port } = await listening(createServer());
	await new Promise((resolve) => server.close(resolve));
	return port;
}

async function look(own: Partial<SurroundingSources>, surroundings: Surroundings = linuxSurroundings({})) {
	const machine = new FakeMachine();
	machine.state = client(7);
	const given: SurroundingSources = {
		surroundings,
		machine,
		profile,
		users: [ana],
		opened: { location: import.meta.filename, registry: {} },
		variables: {},
		now: () => new Date("2026-03-03T08:00:00.000Z"),
		sites: ["https://sign.example.com"],
		browsersInUse: ["chrome"],
		...own,
	};
	const had = (value: unknown) => async () => {
		if (value instanceof Error) throw value;
		return value;
	};
	const sources = Object.fromEntries(Object.entries(given).map(([name, value]) => [name, had(value)]));
	const { findings, checks } = await runProbes(surroundingProbes, {
		sources: sources as unknown as ProbeOptions<SurroundingSources>["sources"],
		seconds: 60,
	});
	const state = (id: string) => checks.find((check) => check.id === id)?.state;
	return { ids: findings.filter(({ state }) => state === "found").map(({ kind }) => kind.id), findings, state };
}

const servers = (own: Partial<ClientProfile["vendorServers"]>): ClientProfile => ({
	...profile,
	vendorServers: { web: [], directory: [], certificates: [], ...own },
});

describe("the vendor's servers", () => {
	/** The test's own authority instead of the public ones. */
	const believing = (roots: string[]): Surroundings => ({
		...linuxSurroundings({}),
		reach: (target, signal) => reach(target, signal, roots),
	});

	it("that answer with a certificate one believes and the right time are fine", async () => {
		const { port } = await secure("2026-03-03T08:01:00.000Z");
		const own = { profile: servers({ web: [`localhost:${port}`] }) };
		const { ids, state } = await look(own, believing([certificate]));
		expect(ids.filter((id) => id.startsWith("CFM-NET"))).toEqual([]);
		expect(["CFM-NET-002", "CFM-NET-005", "CFM-NET-006"].map(state)).toEqual(["fine", "fine", "fine"]);
		expect(["CFM-NET-003", "CFM-NET-004"].map(state)).toEqual(["skipped", "skipped"]);
	});

	it("with a certificate of somebody else's are inspected on the way (CFM-NET-005)", async () => {
		const { port } = await secure("2026-03-03T08:00:00.000Z");
		const { ids, findings } = await look({ profile: servers({ web: [`localhost:${port}`] }) });
		expect(ids).toContain("CFM-NET-005");
		const data = findings.find(({ kind }) => kind.id === "CFM-NET-005")?.data;
		expect(data).toMatchObject({ issuer: "Corp Web Gateway", why: "DEPTH_ZERO_SELF_SIGNED_CERT" });
	});

	it("say by their Date that the clock is off (CFM-NET-006)", async () => {
		const { port } = await secure("2026-03-03T08:20:00.000Z");
		const { ids, findings } = await look(
			{ profile: servers({ web: [`localhost:${port}`] }) },
			believing([certificate]),
		);
		expect(ids).toContain("CFM-NET-006");
		expect(findings.find(({ kind }) => kind.id === "CFM-NET-006")?.data).toMatchObject({ seconds: -1200 });
	});

	it("that refuse are told by what is asked of them (CFM-NET-002, -003, -004), and nothing is guessed of their time", async () => {
		const closed = `localhost:${await closedPort()}`;
		const { ids, state, findings } = await look({
			profile: servers({ web: [closed], directory: [closed], certificates: [closed] }),
		});
		expect(findings.map(textOf)).toContain(`${closed}: the connection was refused (ECONNREFUSED)`);
		expect(ids).toEqual(expect.arrayContaining(["CFM-NET-002", "CFM-NET-003", "CFM-NET-004"]));
		expect(["CFM-NET-005", "CFM-NET-006"].map(state)).toEqual(["unknown", "unknown"]);
	});

	it("of the directory and the certificate service are fine when they accept a connection", async () => {
		const { port } = await listening(createServer((socket) => socket.destroy()));
		const open = [`localhost:${port}`];
		const { state } = await look({ profile: servers({ directory: open, certificates: open }) });
		expect(["CFM-NET-003", "CFM-NET-004"].map(state)).toEqual(["fine", "fine"]);
	});

	it("are reached through the proxy that the process environment names, which may refuse", async () => {
		const { port } = await secure("2026-03-03T08:00:00.000Z");
		const through: string[] = [];
		let refuses = false;
		const proxy = createHttp();
		proxy.on("connect", (request, socket, first) => {
			through.push(request.url ?? "");
			if (refuses) return socket.end("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n");
			const on = connect(port, "127.0.0.1", () => {
				socket.write("HTTP/1.1 200 Connection established\r\n\r\n");
				if (first.length > 0) on.write(first);
				on.pipe(socket).pipe(on);
			});
			for (const one of [on, socket]) one.on("error", () => one.destroy());
		});
		const { port: proxyPort } = await listening(proxy);
		const surroundings: Surroundings = {
			...linuxSurroundings({ https_proxy: `http://127.0.0.1:${proxyPort}` }),
			reach: (target, signal) => reach(target, signal, [certificate]),
		};
		// A name that nothing here resolves: only the proxy knows it.
		const own = { profile: servers({ web: ["localhost:4433"] }) };
		expect((await look(own, surroundings)).state("CFM-NET-002")).toBe("fine");
		expect(through).toEqual(["localhost:4433"]);
		refuses = true;
		const { findings } = await look(own, surroundings);
		expect(findings.find(({ kind }) => kind.id === "CFM-NET-002")?.data).toMatchObject({
			why: expect.stringContaining("407"),
		});
	});

	it("that accept a connection and say nothing end with their time", async () => {
		const { port } = await listening(createServer(() => {}));
		const stop = new AbortController();
		const asked = reach({ host: "127.0.0.1", port, secure: true, proxy: null }, stop.signal);
		stop.abort();
		expect(await asked).toMatchObject({ connected: false });
	});
});

describe("browser policies in files", () => {
	const policies = (content: object | string) => {
		const folder = scratch();
		const text = typeof content === "string" ? content : JSON.stringify(content);
		writeFileSync(join(folder, "cfm.json"), text);
		return linuxSurroundings({}, { chrome: folder, edge: join(folder, "none") });
	};
	const own = (name: string) => ({ [name]: ["https://sign.example.com"] });

	it.each<[string, object, string]>([
		["CFM-POLICY-001", own("LoopbackNetworkBlockedForUrls"), "blocks"],
		["CFM-POLICY-002", own("Other"), "sets nothing"],
		["CFM-POLICY-003", own("LoopbackNetworkAllowedForUrls"), "allows"],
		["CFM-POLICY-004", { LocalNetworkAccessRestrictionsTemporaryOptOut: true }, "opts out"],
	])("%s is found when one %s, %s", async (id, content) => {
		const { ids } = await look({}, policies(content));
		expect(ids.filter((one) => one.startsWith("CFM-POLICY"))).toEqual([id]);
	});

	it("that allow the site, in frames too, are fine", async () => {
		const allowing = {
			...own("LoopbackNetworkAllowedForUrls"),
			LocalNetworkAccessPermissionsPolicyDefaultEnabled: true,
		};
		const { ids, state } = await look({}, policies(allowing));
		expect(ids.filter((one) => one.startsWith("CFM-POLICY"))).toEqual([]);
		expect(state("CFM-POLICY-001")).toBe("fine");
	});

	it("that can't be read are unknown, and without a site or a browser there is nothing to ask", async () => {
		expect((await look({}, policies("{"))).state("CFM-POLICY-001")).toBe("unknown");
		const noSites = new CfmError("not-found", "no-sites", "No site is managed.");
		expect((await look({ sites: noSites as never })).state("CFM-POLICY-002")).toBe("skipped");
		expect((await look({ browsersInUse: [] })).state("CFM-POLICY-002")).toBe("skipped");
	});

	it("may send the loopback through a proxy (CFM-NET-001)", async () => {
		const { ids } = await look({}, policies({ ProxyServer: "proxy:8080", ProxyBypassList: "<-loopback>" }));
		expect(ids).toContain("CFM-NET-001");
		expect((await look({}, policies({ ProxyServer: "proxy:8080" }))).state("CFM-NET-001")).toBe("fine");
	});
});

describe.skipIf(windows)("a user's folders", () => {
	const home = scratchHome;
	function scratchHome() {
		const folder = scratch();
		return { folder, user: { ...ana, profileFolder: folder } };
	}
	const layout = (own: Partial<ClientProfile["linux"]>): ClientProfile => ({
		...servers({}),
		linux: { ...profile.linux, ...own },
	});

	it("without a startup entry (CFM-MACHINE-007), and with one", async () => {
		const { folder, user } = home();
		const own = { users: [user], profile: layout({ startupEntry: "%HOME%/autostart.desktop" }) };
		expect((await look(own)).ids).toContain("CFM-MACHINE-007");
		writeFileSync(join(folder, "autostart.desktop"), "");
		expect((await look(own)).state("CFM-MACHINE-007")).toBe("fine");
		expect((await look({ users: [user], profile: layout({}) })).state("CFM-MACHINE-007")).toBe("skipped");
	});

	it("for .epf files: missing (CFM-MACHINE-010), there, or read-only (CFM-MACHINE-011)", async () => {
		const { folder, user } = home();
		const own = { users: [user], profile: layout({ epfFolder: "%HOME%/Entrust" }) };
		expect((await look(own)).ids).toContain("CFM-MACHINE-010");
		mkdirSync(join(folder, "Entrust"));
		expect(["CFM-MACHINE-010", "CFM-MACHINE-011"].map((await look(own)).state)).toEqual(["fine", "fine"]);
		const others = { ...own, users: [{ ...user, isCurrent: false }] };
		expect((await look(others)).state("CFM-MACHINE-011")).toBe("unknown");
		chmodSync(join(folder, "Entrust"), 0o500);
		const expected = process.getuid?.() === 0 ? "fine" : "found";
		expect((await look(own)).state("CFM-MACHINE-011")).toBe(expected);
	});

	it("on a disk with room are fine; NODE_EXTRA_CA_CERTS is told (CFM-MACHINE-008)", async () => {
		const { ids } = await look({ variables: { NODE_EXTRA_CA_CERTS: "/etc/corp.pem" } });
		expect(ids).toContain("CFM-MACHINE-008");
		const { room } = linuxSurroundings({});
		const there = room(join(scratch(), "deep", "registry.db"));
		expect(there.known && there.value.free > 0 && there.value.all >= there.value.free).toBe(true);
	});
});
