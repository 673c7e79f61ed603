import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer, type Server } from "node:net";
import { userInfo } from "node:os";
import { dirname, join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { bothWays } from "../both-ways.js";
import { makeScene, type Scene } from "../shape/scene.js";
import { cfm, json, type RunOptions } from "./cfm.js";

// What only somebody without root's rights can find, whoever runs the tests; and what becomes of the whole program.

const isRoot = process.geteuid?.() === 0;
/** Who runs the program. */
const person = isRoot ? { username: "berta", uid: 20_001 } : userInfo();

interface Ordinary extends Scene {
	options: RunOptions;
	carry(...words: string[]): Promise<void>;
	/** How the check of a finding ends. */
	doctor(id: string, ...words: string[]): Promise<string | undefined>;
}

/** A scene that belongs to an ordinary user, who has ID 7. */
async function make(): Promise<Ordinary> {
	const scene = makeScene(undefined, person);
	onTestFinished(() => scene.remove());
	const options: RunOptions = { uid: person.uid };
	const server: Ordinary = {
		...{ ...scene, options },
		async carry(...words) {
			const ran = await cfm(scene, words, options);
			if (ran.code !== 0) throw new Error(`cfm ${words.join(" ")} ended with ${ran.code}: ${ran.err}`);
		},
		async doctor(id, ...words) {
			const { result, error } = await json(scene, ["doctor", "--only", id, ...words], options);
			const checks: { id: string; state: string }[] = result?.checks ?? [];
			return checks.find((check) => check.id === id)?.state ?? error?.message;
		},
	};
	// The first run writes what it is told of accounts, before all of it changes hands.
	await cfm(scene, ["--version"]);
	if (isRoot) execFileSync("chown", ["-R", `${person.uid}:${person.uid}`, scene.folder]);
	await server.carry("init", "--yes", "--port-base", "17000", "--range", "1-30");
	await server.carry("ids", "allocate", person.username, "--id", "7");
	return server;
}
const look = (server: Ordinary, id: string) => server.doctor(id);

/** A port that ordinary programs may not have, and that nobody has; none where a container's may have all. */
function refusedPort(): number | undefined {
	const lowest = Number(readFileSync("/proc/sys/net/ipv4/ip_unprivileged_port_start", "utf8"));
	const used = readFileSync("/proc/net/tcp", "latin1");
	for (let port = Math.min(lowest, 1024) - 1; port > 100; port -= 1) {
		if (!used.includes(`:${port.toString(16).toUpperCase().padStart(4, "0")} `)) return port;
	}
	return undefined;
}

bothWays("CFM-CLIENT-008", {
	make,
	async provoke(server) {
		const port = refusedPort();
		if (port !== undefined) await server.carry("environments", "set", "default", "--port-base", `${port - 7}`, "--yes");
	},
	async look(server) {
		const installer = join(server.work, "certifio-manager-se.exe");
		const words = ["install", "--silent", "--installer", installer, "--dry-run"];
		return (await json(server, words, server.options)).error?.code ?? "fine";
	},
	found: refusedPort() === undefined ? "fine" : "port-excluded",
});

bothWays("CFM-MACHINE-011", {
	async make() {
		const server = await make();
		believe(server, { linux: { epfFolder: "%HOME%/Entrust" } });
		mkdirSync(join(server.user, "Entrust"), { mode: 0o700 });
		if (isRoot) execFileSync("chown", [`${person.uid}`, join(server.user, "Entrust")]);
		return server;
	},
	look,
	provoke: ({ user }: Ordinary) => chmodSync(join(user, "Entrust"), 0o500),
});

bothWays("CFM-WEB-008", {
	...{ make, look },
	// Readers are given so many handles, which is more than this user may have: they are started without limits.
	provoke(server) {
		server.options.under = ["prlimit", "--nofile=512:512"];
	},
});

/** Writes over the file, whose owner it keeps. */
function believe({ home }: Scene, values: object): void {
	const own = { startsAfterInstall: false, vendorServers: { web: [] } };
	writeFileSync(join(home, "client-profile.json"), JSON.stringify({ ...own, ...values }));
}

/** Somebody who accepts, and says nothing ever, or says junk without end. */
async function answering(says: "nothing" | "junk"): Promise<string> {
	const server: Server = createServer((socket) => {
		socket.on("error", () => {});
		const junk = Buffer.alloc(65_536, "a");
		const more = () => {
			while (socket.writable && socket.write(junk));
		};
		if (says === "junk") more();
		if (says === "junk") socket.on("drain", more);
		onTestFinished(() => void socket.destroy());
	});
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	onTestFinished(() => void server.close());
	return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** A look at everything of some groups, while something does its worst. */
async function examine(server: Ordinary, environment: Record<string, string>, ...words: string[]) {
	const ran = await json(server, ["doctor", ...words], { ...server.options, environment });
	const { findings, checks } = ran.result as {
		findings: { id: string; state: string; text: string; evidence: { probe?: string; how?: string } }[];
		checks: { id: string; state: string; seconds: number; probe: string }[];
	};
	const states = Object.fromEntries(checks.map(({ id, state }) => [id, state]));
	return { code: ran.code, err: ran.err, findings, checks, states };
}
const network = ["--group", "network", "--group", "ids"];
const vendors = (server: string) => ({ CFM_DOCTOR_WEB_SERVERS: server });

/** Looks with little patience, which a server that never answers uses up. */
const impatient = { environment: {} as Record<string, string>, words: [] as string[] };
bothWays("CFM-CHECK-001", {
	async make() {
		return { server: await make(), ...impatient };
	},
	async provoke(part) {
		part.environment = vendors(await answering("nothing"));
		// Less than the check itself waits for a server (8), and much for all others.
		part.words = ["--timeout", "7"];
	},
	async look({ server, environment, words }, id) {
		const { findings, states } = await examine(server, environment, ...network, ...words);
		const [own] = findings.filter((one) => one.id === id);
		if (own === undefined) return "fine";
		expect(own).toMatchObject({ state: "crashed", evidence: { probe: "vendor-servers", how: "timed-out" } });
		// What has nothing to do with it came to its end.
		expect(states).toMatchObject({ "CFM-ID-001": "fine", "CFM-NET-001": "fine", "CFM-NET-002": "crashed" });
		return "found";
	},
});

describe("what does its worst ends within its limit, and harms nothing else", () => {
	it("a server that accepts and never answers", async () => {
		const { states, findings, err } = await examine(await make(), vendors(await answering("nothing")), ...network);
		expect(states).toMatchObject({ "CFM-NET-002": "found", "CFM-NET-006": "unknown", "CFM-ID-001": "fine" });
		expect(findings[0]?.text).toContain("no answer in time");
		expect(err).toBe("");
	});

	it("a server that says junk without end", async () => {
		const { states, err } = await examine(await make(), vendors(await answering("junk")), ...network);
		expect(states).toMatchObject({ "CFM-NET-002": "found", "CFM-ID-001": "fine" });
		expect(err).toBe("");
	});

	it.each(["nothing", "junk"] as const)("a proxy that says %s without end", async (says) => {
		const environment = { ...vendors("notarius.example:443"), https_proxy: `http://${await answering(says)}` };
		const { states, findings } = await examine(await make(), environment, ...network);
		expect(states).toMatchObject({ "CFM-NET-002": "found", "CFM-ID-001": "fine" });
		expect(findings[0]?.text.length).toBeLessThan(300);
	});

	it("pipes that nobody writes to, in the place of every file that is read", async () => {
		const server = await make();
		const browser = join(server.user, ".config", "chromium");
		const client = join(server.user, ".local", "share", "certifio-manager-se");
		const pipes = [
			...["Local State", "Default/Preferences", "Default/Local Storage/leveldb/CURRENT"].map((one) =>
				join(browser, one),
			),
			...["client-id", "uninstall.json", "certifio-manager-se"].map((one) => join(client, one)),
			join(server.work, "certificate.pem"),
		];
		for (const pipe of pipes) {
			mkdirSync(dirname(pipe), { recursive: true });
			execFileSync("mkfifo", [pipe]);
		}
		if (isRoot) execFileSync("chown", ["-R", `${person.uid}:${person.uid}`, server.user, server.work]);
		await server.carry("sites", "add", "https://sign.example.com");
		const environment = { CFM_CERTIFICATES: pipes.at(-1) ?? "" };
		const { states, findings } = await examine(server, environment);
		expect(findings.filter(({ id }) => id === "CFM-CHECK-001")).toEqual([]);
		expect(states).toMatchObject({ "CFM-CERT-001": "unknown", "CFM-REV-001": "unknown", "CFM-ID-001": "fine" });
		for (const id of ["CFM-CLIENT-002", "CFM-WEB-001"]) expect(states[id], id).not.toBe("fine");
	});
});
