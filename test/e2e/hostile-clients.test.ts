import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import {
	appendFileSync,
	chmodSync,
	copyFileSync,
	lchownSync,
	mkdirSync,
	readdirSync,
	readFileSync,
	rmSync,
	statSync,
	symlinkSync,
	truncateSync,
	writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { Scene } from "../shape/scene.js";
import { initialised, json } from "./cfm.js";
import { batch, log, writeStore } from "./hostile-files.js";

// Whatever a user makes of their client's files is unknown of that user, and the next one is served. The built program,
// as root: what looks has no right but to read, and what writes has those of the user.

const secret = "4242";
let scene: Scene;
let accounts: Record<string, number>;

beforeEach(async () => {
	scene = await initialised();
	// A user can get to their own home.
	chmodSync(scene.folder, 0o711);
	accounts = { mallory: 20_001, zoe: 20_002 };
	for (const [name, uid] of Object.entries(accounts)) {
		appendFileSync(scene.accounts, `${name}:x:${uid}:${uid}::${join(scene.folder, name)}:/bin/sh\n`);
		mkdirSync(client(name), { recursive: true });
		writeFileSync(client(name, "certifio-manager-se"), "#!/bin/sh\n", { mode: 0o755 });
		writeFileSync(client(name, "client-id"), `${uid}\n`);
		writeFileSync(client(name, "uninstall.json"), '{"version":"3.1.0"}');
		give(name);
		await json(scene, ["ids", "allocate", name, "--id", String(uid - 20_000)]);
	}
	mkdirSync(join(scene.folder, "roots"), { mode: 0o700 });
	writeFileSync(join(scene.folder, "roots", "client-id"), secret, { mode: 0o600 });
});
afterEach(() => scene.remove());

const client = (user: string, ...names: string[]) =>
	join(scene.folder, user, ".local/share/certifio-manager-se", ...names);

/** Makes all of a user's home that user's. */
function give(user: string): void {
	const home = join(scene.folder, user);
	const uid = accounts[user] as number;
	for (const path of ["", ...readdirSync(home, { recursive: true })]) lchownSync(join(home, String(path)), uid, uid);
}

async function listed() {
	const ran = await json(scene, ["client", "list", "--verbose"]);
	const rows = Object.fromEntries(ran.result.clients.map((row: { user: string }) => [row.user, row]));
	return { ...ran, mallory: rows.mallory, zoe: rows.zoe };
}

interface Kind {
	what: string;
	make(): void;
	unknown: string[];
	why: RegExp;
}

const inPlaceOf = (name: string, make: (path: string) => void) => () => {
	rmSync(client("mallory", name), { recursive: true });
	make(client("mallory", name));
	give("mallory");
};
const pipe = (path: string) => execFileSync("mkfifo", [path]);

const kinds: readonly Kind[] = [
	{
		what: "a pipe for its ID",
		make: inPlaceOf("client-id", pipe),
		unknown: ["clientId"],
		why: /clientId unknown: .* is not a plain file/,
	},
	{
		what: "a pipe for its uninstall entry",
		make: inPlaceOf("uninstall.json", pipe),
		unknown: ["version", "registered"],
		why: /registered unknown: .* is not a plain file/,
	},
	{
		what: "a link to a file of root's",
		make: inPlaceOf("client-id", (path) => symlinkSync(join(scene.folder, "roots", "client-id"), path)),
		unknown: ["clientId"],
		why: /clientId unknown: a link leads out of the user's folder/,
	},
	{
		what: "an ID of half a terabyte",
		make: inPlaceOf("client-id", (path) => {
			writeFileSync(path, "");
			truncateSync(path, 2 ** 39);
		}),
		unknown: ["clientId"],
		why: /clientId unknown: .* is larger than 2 GB/,
	},
	{
		what: "an ID of nearly all the memory there is",
		make: inPlaceOf("client-id", (path) => {
			writeFileSync(path, "");
			truncateSync(path, 2 ** 30);
		}),
		unknown: ["clientId"],
		why: /clientId unknown: .* is too long/,
	},
	{
		what: "a chain of links without an end",
		make: inPlaceOf("client-id", (path) => symlinkSync("client-id", path)),
		unknown: ["clientId"],
		why: /clientId unknown: too many links/,
	},
];

describe.runIf(process.getuid?.() === 0)("the program that an administrator starts", () => {
	it.each([
		"client list",
		"client show zoe",
		"client set zoe --yes",
		"client detect",
		"users list",
		"users show zoe",
		"doctor",
		"audit",
		"status",
		"web list",
		"web list --discover --frames",
		"web set --all-users --all-sites --dry-run",
		"web set --user zoe --all-sites --yes",
		"web repair --all-users --yes",
	])("touches no path of a user: %s", async (line) => {
		// Also where an administrator's HOME is still that of whoever became one.
		const settings = { epfFolder: "%HOME%", startupEntry: "%HOME%/.config/autostart/client.desktop" };
		writeFileSync(join(scene.home, "client-profile.json"), JSON.stringify({ linux: settings }));
		const store = join(scene.folder, "zoe/.config/google-chrome/Default/Local Storage/leveldb");
		writeStore(store, { logs: { 3: log([batch("_https://sign.example.com\0\x01CFM_ID", "\x015")]) } });
		give("zoe");
		const touched = join(scene.folder, "touched");
		writeFileSync(touched, "");
		await json(scene, ["sites", "add", "https://sign.example.com"]);
		const preload = join(import.meta.dirname, "..", "touched-paths.cjs");
		const environment = { TOUCHED: touched, HOME: join(scene.folder, "mallory") };
		const { error } = await json(scene, line.split(" "), { preload, environment });
		// What it finds wrong with them is its answer, and no failure.
		expect([undefined, "findings"]).toContain(error?.code);
		const paths = readFileSync(touched, "utf8").split("\n");
		expect(paths).toContainEqual(expect.stringContaining(scene.home));
		const own = Object.keys(accounts).map((name) => join(scene.folder, name));
		expect(paths.filter((path) => own.some((home) => path.startsWith(home)))).toEqual([]);
	});
});

describe.runIf(process.getuid?.() === 0)("a hostile client", () => {
	it.each(kinds)("with $what is unknown, and the next user is served", async ({ make, unknown, why }) => {
		make();
		const { code, mallory, zoe, err } = await listed();
		expect(code).toBe(0);
		expect(mallory).toMatchObject({ installed: true, unknown });
		expect(err).toMatch(why);
		expect(zoe).toMatchObject({ clientId: 20_002, version: "3.1.0", running: false, unknown: [] });
	});

	it("is given nothing through a link in place of its file or folder, and the next user is", async () => {
		inPlaceOf("client-id", (path) => symlinkSync(join(scene.folder, "roots", "client-id"), path))();
		const { code, error } = await json(scene, ["client", "set", "mallory", "--yes"]);
		expect([code, error.code]).toEqual([7, "client-id-not-settable"]);
		rmSync(client("mallory"), { recursive: true });
		symlinkSync(join(scene.folder, "roots"), client("mallory"));
		expect((await json(scene, ["client", "set", "mallory", "--yes"])).ok).toBe(false);
		expect(readFileSync(join(scene.folder, "roots", "client-id"), "utf8")).toBe(secret);
		expect(readdirSync(join(scene.folder, "roots"))).toEqual(["client-id"]);
		expect((await json(scene, ["client", "set", "zoe", "--yes"])).result).toMatchObject({
			before: 20_002,
			after: 2,
			changed: true,
		});
		expect(readFileSync(client("zoe", "client-id"), "utf8")).toBe("2\n");
		expect(statSync(client("zoe", "client-id")).uid).toBe(20_002);
	});

	it("is not changed where its user may not change it", async () => {
		lchownSync(client("mallory"), 0, 0);
		chmodSync(client("mallory"), 0o755);
		const { code, error } = await json(scene, ["client", "set", "mallory", "--yes"]);
		expect([code, error.code]).toEqual([7, "client-id-not-settable"]);
		expect(readFileSync(client("mallory", "client-id"), "utf8")).toBe("20001\n");
		expect(readdirSync(client("mallory")).sort()).toEqual(["certifio-manager-se", "client-id", "uninstall.json"]);
	});

	it("with a link to root's file for the regular edition is unknown, and the next user's is found", async () => {
		const regular = { installFolder: "%HOME%/regular", executable: "regular", startupEntry: "%HOME%/regular.desktop" };
		writeFileSync(join(scene.home, "client-profile.json"), JSON.stringify({ linux: { regular } }));
		for (const user of ["mallory", "zoe"]) mkdirSync(join(scene.folder, user, "regular"));
		symlinkSync(join(scene.folder, "roots", "client-id"), join(scene.folder, "mallory/regular/regular"));
		writeFileSync(join(scene.folder, "zoe/regular/regular"), "");
		for (const user of ["mallory", "zoe"]) give(user);
		const { result } = await json(scene, ["audit"]);
		const about = ({ id }: { id: string }) => id === "CFM-AUDIT-008";
		expect(result.findings.filter(about)).toMatchObject([
			{
				state: "found",
				affected: { users: ["zoe"] },
				evidence: { places: [join(scene.folder, "zoe/regular/regular")] },
			},
			{ state: "unknown", affected: { users: ["mallory"] } },
		]);
		expect(JSON.stringify(result)).toContain("a link leads out of the user's folder");
	});

	it("whose folder is swapped for a link all the time tells nothing of root's, and is given nothing of it", async () => {
		const beside = `${client("mallory")}-2`;
		symlinkSync(join(scene.folder, "roots"), beside);
		const swap = `const { renameSync: r } = require("fs"), [a, b] = process.argv.slice(1);
			console.log("swaps"); for (;;) { r(a, a + "-3"); r(b, a); r(a, b); r(a + "-3", a); }`;
		const swapping = spawn(process.execPath, ["-e", swap, client("mallory"), beside], {
			uid: 20_001,
			gid: 20_001,
			stdio: ["ignore", "pipe", "ignore"],
		});
		try {
			await once(swapping.stdout, "data");
			for (let turn = 0; turn < 3; turn += 1) {
				const { code, mallory, zoe } = await listed();
				expect([code, zoe.clientId]).toEqual([0, 20_002]);
				expect([20_001, 1, null, undefined]).toContain(mallory?.clientId);
				await json(scene, ["client", "set", "mallory", "--yes"]);
			}
		} finally {
			const ended = once(swapping, "exit");
			swapping.kill("SIGKILL");
			await ended;
		}
		expect(readFileSync(join(scene.folder, "roots", "client-id"), "utf8")).toBe(secret);
		expect(readdirSync(join(scene.folder, "roots"))).toEqual(["client-id"]);
	});

	it("that runs is said to, by what the kernel tells of processes", async () => {
		copyFileSync("/bin/sleep", client("zoe", "certifio-manager-se"));
		const running = spawn(client("zoe", "certifio-manager-se"), ["infinity"], { uid: 20_002, gid: 20_002 });
		try {
			await once(running, "spawn");
			expect((await listed()).zoe).toMatchObject({ running: true });
		} finally {
			const ended = once(running, "exit");
			running.kill();
			await ended;
		}
		expect((await listed()).zoe).toMatchObject({ running: false });
	});
});
