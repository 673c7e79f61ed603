import { spawn } from "node:child_process";
import { once } from "node:events";
import {
	appendFileSync,
	chmodSync,
	copyFileSync,
	mkdirSync,
	readdirSync,
	readFileSync,
	symlinkSync,
	writeFileSync,
} from "node:fs";
import { createServer, type Server } from "node:net";
import { userInfo } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { accountStates } from "../../src/lib/adapters/linux/account-states.js";
import { linuxNetwork } from "../../src/lib/adapters/linux/network.js";
import { linuxSurroundings } from "../../src/lib/adapters/linux/surroundings.js";
import { makeFolder } from "../folders.js";
import { addLevelDb } from "../lib/adapters/browsers/profiles.js";
import { makeScene, type Scene } from "../shape/scene.js";

export const site = "https://sign.example.com";
const program = "certifio-manager-se";
/** Another account of the machine: nobody runs the tests under this number. */
const benUid = 58_011;
export const isRoot = process.geteuid?.() === 0;

/**
 * A machine whose parts are real: files of clients and browsers, the registry, sockets of this kernel, `getent` (a stand-in
 * for it reads the machine's own accounts). Whoever runs the tests has ID 7, Ben has a profile.
 */
export interface RealServer extends Scene {
	/** The port of ID n is `base + n`. */
	base: number;
	/** HOME of Ben, who has a profile and nothing in it. */
	ben: string;
	/** Where the kernel tells of sockets and processes. */
	proc: string;
	/** Runs a command line that must work. */
	carry(...words: string[]): Promise<void>;
	/** Values over those of the client profile. */
	believe(values: object): void;
	/** How the check of a finding ends. */
	doctor(id: string, ...words: string[]): Promise<string | undefined>;
	audit(id: string): Promise<string | undefined>;
}

/** A client's folder in a home. */
export const clientOf = (home: string) => join(home, ".local", "share", program);
/** The regular edition's program in a home, as `profile` below has it. */
export const regularOf = (home: string) => join(home, "regular", "certifio-manager");

const profile = {
	...{ verified: true, startsAfterInstall: false, vendorServers: { web: [] } },
	linux: {
		regular: {
			installFolder: "%HOME%/regular",
			executable: "certifio-manager",
			startupEntry: "%HOME%/regular/start.desktop",
		},
	},
};

/** A machine with nothing of ours on it. */
export function bareServer(): RealServer {
	const scene = makeScene(({ folder }, machine) => {
		const proc = () => server.proc;
		const at = (name: string) => join(folder, name);
		return {
			network: async () => linuxNetwork({ proc: proc(), passwd: at("passwd"), sessions: at("sessions") }),
			machine: async () => {
				const here = await machine();
				// What another `cfm` left installed on the tester's machine is no matter of this one.
				return { ...here, client: { ...here.client, shared: () => ({ known: true, value: null }) } };
			},
			surroundings: async (variables) => linuxSurroundings(variables, { chrome: at("chrome"), edge: at("edge") }),
			accountStates: (names) => accountStates(names, { getent: at("getent"), services: at("services") }),
		};
	});
	onTestFinished(() => scene.remove());
	const at = (name: string) => join(scene.folder, name);
	mkdirSync(at("sessions"));
	mkdirSync(at("home-of-ben"), { mode: 0o700 });
	appendFileSync(scene.accounts, `ben:x:${benUid}:${benUid}::${at("home-of-ben")}:/bin/sh\n`);
	writeFileSync(at("services"), "passwd: files\n");
	writeFileSync(at("shadow"), `${scene.account}:*:20000:0:99999:7:::\nben:*:20000:0:99999:7:::\n`);
	const getent = `cd '${scene.folder}'; file=$1; shift; code=0; for name; do grep "^$name:" $file || code=2; done; exit $code`;
	writeFileSync(at("getent"), `#!/bin/sh\n${getent}\n`);
	chmodSync(at("getent"), 0o755);
	const write = (values: object) =>
		writeFileSync(join(scene.home, "client-profile.json"), JSON.stringify({ ...profile, ...values }), { mode: 0o600 });
	write({});
	const look = async (words: readonly string[], id: string) => {
		const { out, err } = await scene.run([...words, "--only", id, "--json"]);
		const { result, error } = JSON.parse(out || "{}") as {
			result?: { checks: { id: string; state: string }[] };
			error?: { message: string };
		};
		const { checks } = result ?? { checks: [] };
		return checks.find((check) => check.id === id)?.state ?? error?.message ?? err;
	};
	const server: RealServer = {
		...scene,
		...{ base: freeBase(), ben: at("home-of-ben"), proc: "/proc", believe: write },
		async carry(...words) {
			const ran = await scene.run(words);
			if (ran.code !== 0) throw new Error(`cfm ${words.join(" ")} ended with ${ran.code}: ${ran.err}`);
		},
		doctor: (id, ...words) => look(["doctor", ...words], id),
		audit: (id) => look(["audit"], id),
	};
	return server;
}

/** One on which all is well: a client of the tester's that is installed, and a browser with its web ID. */
export async function realServer(): Promise<RealServer> {
	const server = bareServer();
	const me = server.account;
	await server.carry("init", "--yes", "--port-base", String(server.base), "--range", "1-30");
	await server.carry("ids", "allocate", me, "--id", "7");
	giveClient(server.user, 7);
	await server.carry("sites", "add", site);
	const userData = join(server.user, ".config", "chromium");
	for (const name of ["Default", "Profile 1"]) {
		mkdirSync(join(userData, name), { recursive: true });
		await addLevelDb(join(userData, name), { [site]: { CFM_ID: "7" } });
	}
	writeFileSync(join(userData, "Local State"), '{"profile":{"info_cache":{"Default":{},"Profile 1":{}}}}');
	return server;
}

/** The tester's browser profile. */
export const profileOf = ({ user }: Pick<RealServer, "user">, name = "Default") =>
	join(user, ".config", "chromium", name);

/** A browser of Ben's with a web ID. */
export async function giveBenWebId({ ben }: RealServer, id: string): Promise<void> {
	const userData = join(ben, ".config", "chromium");
	await addLevelDb(join(userData, "Default"), { [site]: { CFM_ID: id } });
	writeFileSync(join(userData, "Local State"), '{"profile":{"info_cache":{"Default":{}}}}');
}

/** Leaves what an installer would leave. */
export function giveClient(home: string, id: number | undefined, version = "3.1.0"): void {
	const folder = clientOf(home);
	mkdirSync(folder, { recursive: true });
	if (id !== undefined) writeFileSync(join(folder, "client-id"), `${id}\n`);
	writeFileSync(join(folder, "uninstall.json"), JSON.stringify({ version }));
	writeFileSync(join(folder, program), "#!/bin/sh\n");
	chmodSync(join(folder, program), 0o700);
}

/** Starts what waits in place of a client's program. */
export async function startClient(home: string): Promise<void> {
	const file = join(clientOf(home), program);
	copyFileSync("/usr/bin/tail", file);
	chmodSync(file, 0o700);
	await started(spawn(file, ["-f", "/dev/null"]));
}

/** Listens in this process. */
export async function listen(port: number, host = "127.0.0.1"): Promise<Server> {
	const server = createServer();
	await new Promise<void>((resolve, reject) => {
		server.once("error", reject);
		server.listen(port, host, resolve);
	});
	onTestFinished(() => void server.close());
	return server;
}

/**
 * A process called as the client's program is that has a listening socket; as another account where root runs the tests.
 *
 * @param stays whether this process has it, too
 */
export async function listenAsClient(port: number, as: "me" | "ben", stays = false): Promise<void> {
	const server = await listen(port);
	const { fd } = (server as unknown as { _handle: { fd: number } })._handle;
	// Another account must be able to reach the program.
	const folder = makeFolder("client");
	chmodSync(folder, 0o755);
	copyFileSync("/usr/bin/tail", join(folder, program));
	chmodSync(join(folder, program), 0o755);
	const uid = isRoot && as === "ben" ? { uid: benUid, gid: benUid } : {};
	const stdio = ["ignore", "ignore", "ignore", fd] as const;
	await started(spawn(join(folder, program), ["-f", "/dev/null"], { ...uid, stdio: [...stdio] }));
	if (!stays) await new Promise((resolve) => server.close(resolve));
}

async function started(child: ReturnType<typeof spawn>): Promise<void> {
	await once(child, "spawn");
	onTestFinished(async () => {
		const ended = once(child, "exit");
		child.kill();
		await ended;
	});
}

/** Ports of which none is in use, and which the system gives to nobody who asks for any. */
function freeBase(): number {
	const lines = ["tcp", "tcp6"].flatMap((name) => {
		try {
			return readFileSync(`/proc/net/${name}`, "latin1").split("\n").slice(1);
		} catch {
			return []; // a machine without IPv6
		}
	});
	const used = lines.map((line) => Number.parseInt(/^\s*\d+: [0-9A-F]+:([0-9A-F]{4})/.exec(line)?.[1] ?? "0", 16));
	for (;;) {
		const base = 18_000 + 100 * Math.floor(Math.random() * 60);
		if (!used.some((port) => port >= base && port < base + 100)) return base;
	}
}

/**
 * The kernel's folder /proc with some files of our own: what it says of this process, of reserved ports, of sockets.
 *
 * @param own their content, by the path below /proc; `self` is this process
 */
export function procWith(scene: Scene, own: Readonly<Record<string, (text: string) => string>>): string {
	const proc = join(scene.folder, "proc");
	const files = new Map(
		Object.entries(own).map(([path, change]) => [path.replace(/^self\//, `${process.pid}/`), change]),
	);
	const mirror = (below: string) => {
		mkdirSync(join(proc, below), { recursive: true });
		for (const name of readdirSync(join("/proc", below))) {
			const path = join(below, name);
			const change = files.get(path);
			const isOnWay = [...files.keys()].some((one) => one.startsWith(`${path}/`));
			if (change !== undefined) writeFileSync(join(proc, path), change(textOf(join("/proc", path))));
			else if (isOnWay) mirror(path);
			else symlinkSync(join("/proc", path), join(proc, path));
		}
	};
	mirror("");
	return proc;
}

function textOf(file: string): string {
	try {
		return readFileSync(file, "latin1");
	} catch {
		return "";
	}
}

/** Somebody is logged on, as systemd-logind keeps it. */
export function logOn({ folder }: Scene, session: number, user = userInfo()): void {
	const text = `UID=${user.uid}\nUSER=${user.username}\nCLASS=user\nSTATE=active\n`;
	writeFileSync(join(folder, "sessions", String(session)), text);
}
