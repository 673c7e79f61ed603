import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { appendFileSync, cpSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { userInfo } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { makeFolder } from "../folders.js";
import { hasIpv6 } from "../ipv6.js";
import { makeScene, type Scene } from "../shape/scene.js";
import { until } from "../until.js";
import { accountsOf, atTerminal, cfm, ctrlC, json, root } from "./cfm.js";

// The built cfm against real sockets of real users: nothing here stands in for anything.

const isRoot = process.geteuid?.() === 0;
if (!isRoot) console.warn("SKIPPED: ports of two users need root.");

/** Ports of these tests alone, below those that outgoing connections are given: who listens on the first of a thousand has them. */
let base: number;
let claim: ReturnType<typeof createServer>;
beforeAll(async () => {
	for (let first = 18_000 + (process.pid % 10) * 1000; ; first = first === 31_000 ? 18_000 : first + 1000) {
		claim = createServer();
		claim.listen(first, "127.0.0.1");
		const [error] = await Promise.race([once(claim, "listening"), once(claim, "error").catch((error) => [error])]);
		base = first + 100;
		if (error === undefined) return;
	}
});
afterAll(() => void claim.close());

const children: ChildProcess[] = [];
const servers: ReturnType<typeof createServer>[] = [];
afterEach(async () => {
	for (const child of children.splice(0)) {
		if (child.exitCode !== null || child.signalCode !== null) continue;
		child.kill("SIGKILL");
		await once(child, "exit");
	}
	for (const server of servers.splice(0)) server.close();
});

async function listenHere(port: number, host = "127.0.0.1"): Promise<void> {
	const server = createServer();
	servers.push(server);
	server.listen(port, host);
	await once(server, "listening");
}

/** Starts a process of a user that listens on these ports. */
async function listenAs(uid: number, ports: number[], title = ""): Promise<number> {
	const script = `
		if (${JSON.stringify(title)}) process.title = ${JSON.stringify(title)};
		const net = require("node:net");
		Promise.all(${JSON.stringify(ports)}.map((port) => new Promise((done) => net.createServer().listen(port, "127.0.0.1", done))))
			.then(() => console.log("ready"));`;
	const words = ["--reuid", String(uid), "--regid", "65534", "--clear-groups", process.execPath, "-e", script];
	// What a root-owned folder holds, another user may not enter.
	const child = spawn("setpriv", words, { cwd: "/", stdio: ["ignore", "pipe", "inherit"] });
	children.push(child);
	await once(child.stdout, "data");
	return child.pid as number;
}

/** Accounts of these tests alone, as people have them. No account is needed to run something as a number. */
const uids = [58_001, 58_002, 58_003] as const;
const names = uids.map((uid) => `cfm${uid}`);

/** Gives the scene's machine these accounts. @param homes where they keep their things */
function addAccounts(scene: Scene, homes: string): void {
	const lines = uids.map(
		(uid, at) => `${names[at]}:x:${uid}:65534::${join(homes, names[at] ?? "")}:/usr/sbin/nologin\n`,
	);
	appendFileSync(scene.accounts, lines.join(""));
}

async function sceneWith(...users: string[]): Promise<Scene> {
	const scene = makeScene();
	scene.environment.CFM_IGNORE_PORTS = "no";
	await scene.run(["init", "--yes", "--port-base", String(base), "--range", "1-100"]);
	for (const user of users) {
		const { code, err } = await scene.run(["ids", "allocate", user]);
		if (code !== 0) throw new Error(err);
	}
	return scene;
}

describe.skipIf(!isRoot)("the processes of two local users", () => {
	let scene: Scene;
	const [one, two] = [names[0] ?? "", names[1] ?? ""];
	const [uidOfOne, uidOfTwo] = uids;
	beforeAll(async () => {
		scene = await sceneWith(one, two, "CORP\\ana");
		addAccounts(scene, scene.folder);
	});
	afterAll(() => scene?.remove());

	it("are on the right ports or the wrong ones, and the verdicts say which", async () => {
		const pidOfOne = await listenAs(uidOfOne, [base + 1, base + 3, base + 50, base - 1]);
		const pidOfTwo = await listenAs(uidOfTwo, [base + 2]);
		const { result, code } = await json(scene, ["ports", "list", "--port", `${base - 1}-${base + 100}`]);
		expect(code).toBe(0);
		const rows = result.listeners.map((row: Record<string, unknown>) => [
			row.port,
			row.pid,
			row.user,
			row.id,
			row.expectedUser,
			row.verdict,
		]);
		expect(rows).toEqual([
			[base - 1, pidOfOne, one, null, null, null],
			[base + 1, pidOfOne, one, 1, one, "ok"],
			[base + 2, pidOfTwo, two, 2, two, "ok"],
			[base + 3, pidOfOne, one, 3, "CORP\\ana", "wrong-user"],
			[base + 50, pidOfOne, one, 50, null, "unexpected"],
		]);
		expect(result.listeners.every((row: { unknown: string[] }) => row.unknown.length === 0)).toBe(true);
		const conflicts = await json(scene, ["ports", "list", "--conflicts"]);
		expect(conflicts.result.listeners.map(({ port }: { port: number }) => port)).toEqual([base + 3, base + 50]);
		const theirs = await json(scene, ["ports", "list", "--user", two]);
		expect(theirs.result.listeners.map(({ port }: { port: number }) => port)).toEqual([base + 2]);
	});

	it("change places: both are wrong", async () => {
		await listenAs(uidOfOne, [base + 2]);
		await listenAs(uidOfTwo, [base + 1]);
		const { result } = await json(scene, ["ports", "list", "--ids-only"]);
		expect(result.listeners.map(({ verdict }: { verdict: string }) => verdict)).toEqual(["wrong-user", "wrong-user"]);
	});

	it("are weighed by ports check and ids allocate", async () => {
		await listenAs(uidOfOne, [base + 1, base + 4]);
		expect(await json(scene, ["ports", "check", one])).toMatchObject({
			code: 0,
			result: { port: base + 1, usable: true, reasons: [{ code: "own-client", user: one }] },
		});
		expect(await json(scene, ["ports", "check", "4"])).toMatchObject({
			code: 4,
			ok: false,
			error: { kind: "conflict", code: "port-not-usable" },
			result: { port: base + 4, usable: false, reasons: [{ code: "in-use", user: one }] },
		});
		const given = await json(scene, ["ids", "allocate", "CORP\\new", "--dry-run"]);
		expect(given.result).toMatchObject({
			allocations: [{ id: 5 }],
			skipped: [{ id: 4, port: base + 4, code: "port-in-use" }],
		});
		const ignoring = await json(scene, ["ids", "allocate", "CORP\\new", "--ignore-ports", "--dry-run"]);
		expect(ignoring.result).toMatchObject({ allocations: [{ id: 4 }] });
		expect(await json(scene, ["ids", "allocate", "CORP\\new", "--id", "4"])).toMatchObject({
			code: 4,
			error: { code: "port-in-use" },
		});
	});

	it("seen by somebody without rights: whose a socket is can be told, which process not, and never 'nobody'", async () => {
		await listenAs(uidOfOne, [base + 1]);
		await listenAs(uidOfTwo, [base + 3]);
		// A copy that another user can read; cfm believes a registry only of its own user.
		const folder = makeFolder("other");
		try {
			const home = join(folder, "cfm");
			execFileSync("cp", ["-r", scene.home, home]);
			cpSync(scene.accounts, join(folder, "passwd"));
			const preload = accountsOf({ ...scene, folder, accounts: join(folder, "passwd") });
			execFileSync("chown", ["-R", `${uidOfTwo}`, folder]);
			const words = ["--reuid", String(uidOfTwo), "--regid", "65534", "--clear-groups"];
			words.push(process.execPath, "--require", preload, join(root, "bin", "run.cjs"));
			const env = { ...scene.environment, CFM_HOME: home, XDG_CONFIG_HOME: folder, HOME: folder, TMPDIR: folder };
			const line = [...words, "ports", "list", "--ids-only", "--json"];
			const out = execFileSync("setpriv", line, { cwd: "/", env, encoding: "utf8" });
			const { listeners } = JSON.parse(out).result;
			expect(listeners).toMatchObject([
				{
					port: base + 1,
					pid: null,
					process: null,
					user: one,
					verdict: "ok",
					unknown: ["pid", "process", "session", "since"],
				},
				{ port: base + 3, user: two, verdict: "wrong-user", unknown: [] },
			]);
		} finally {
			rmSync(folder, { recursive: true });
		}
	});
});

describe("ports list", () => {
	it("in a pipe has a line for each, with what a process calls itself made visible", async () => {
		const scene = await sceneWith();
		const script = `process.title = "evil\\n\\u001b[31mname"; require("node:net").createServer().listen(${base + 7}, "127.0.0.1", () => console.log("ready"))`;
		const child = spawn(process.execPath, ["-e", script], { stdio: ["ignore", "pipe", "inherit"] });
		children.push(child);
		await once(child.stdout, "data");
		const { out } = await cfm(scene, ["ports", "list", "--port", String(base + 7)]);
		const [heading, row, ...more] = out.trimEnd().split("\n");
		expect(heading).toBe("PORT\tVERDICT\tID\tEXPECTED\tUSER\tPROCESS\tPID\tSESSION\tADDRESS\tSINCE (UTC)");
		expect(more).toEqual([]);
		expect(row).toContain("\\u000a\\u001b[31m");
		expect(row?.split("\t")).toHaveLength(10);
		scene.remove();
	});
});

describe("ports list --watch", () => {
	it("in a pipe tells each change in one line of JSON, and ends with 130 at Ctrl-C", async () => {
		const scene = await sceneWith("CORP\\ana");
		const words = ["ports", "list", "--watch", "--interval", "1", "--port", `${base}-${base + 100}`];
		// It pauses after each look, and says so.
		const preload = join(scene.folder, "preload.cjs");
		writeFileSync(
			preload,
			`const timers = require("node:timers/promises");
			const { setTimeout } = timers;
			timers.setTimeout = (...all) => { process.send("looked"); return setTimeout(...all); };
			require("node:module").syncBuiltinESMExports();`,
		);
		const child = spawn(process.execPath, ["--require", preload, join(root, "bin", "run.cjs"), ...words], {
			env: scene.environment,
			stdio: ["ignore", "pipe", "pipe", "ipc"],
		});
		children.push(child);
		let out = "";
		let err = "";
		child.stdout?.on("data", (chunk) => (out += chunk));
		child.stderr?.on("data", (chunk) => (err += chunk));
		const lines = async (count: number) => {
			await until(`line ${count}`, () => out.split("\n").length > count);
			return out
				.split("\n")
				.slice(0, -1)
				.map((line) => JSON.parse(line));
		};
		await once(child, "message");
		await listenHere(base + 1);
		const [appeared] = await lines(1);
		expect(appeared).toMatchObject({
			at: expect.stringMatching(/Z$/),
			change: "appeared",
			listener: { port: base + 1, verdict: "wrong-user", pid: process.pid },
		});
		await scene.run(["ids", "release", "CORP\\ana", "--yes"]);
		expect((await lines(2))[1]).toMatchObject({
			change: "changed",
			listener: { port: base + 1, verdict: "unexpected" },
		});
		servers.pop()?.close();
		expect((await lines(3))[2]).toMatchObject({ change: "gone", listener: { port: base + 1 } });
		child.kill("SIGINT");
		const [code] = await once(child, "close");
		expect([code, err]).toEqual([130, "Error: Cancelled: no longer watching.\n"]);
		expect(await lines(3)).toHaveLength(3);
		scene.remove();
	});

	it("on a terminal is drawn anew, and Ctrl-C ends it", async () => {
		const scene = await sceneWith();
		await listenHere(base + 1);
		const line = `cfm ports list --watch --interval 1 --port ${base + 1}`;
		const { code, screen } = await atTerminal(scene, line, [
			[/Ctrl-C ends[\s\S]*unexpected[\s\S]*Ctrl-C ends[\s\S]*unexpected/, ctrlC],
		]);
		expect(code).toBe(130);
		expect(screen).toContain("\u001b[2J");
		scene.remove();
	});
});

describe("ports check", () => {
	it("finds a port that is bound and not listened on, and one that IPv6 alone listens on", async () => {
		const scene = await sceneWith();
		const bound = `import socket,sys\ns=socket.socket()\ns.bind(("127.0.0.1",${base + 21}))\nprint("ready",flush=True)\nsys.stdin.read()`;
		const child = spawn("python3", ["-c", bound], { stdio: ["pipe", "pipe", "inherit"] });
		children.push(child);
		await once(child.stdout, "data");
		if (hasIpv6) await listenHere(base + 22, "::1");
		await listenHere(base + 23, "::");
		const codes = async (id: number) => {
			const { code, result } = await json(scene, ["ports", "check", String(id)]);
			return [code, ...result.reasons.map((one: { code: string }) => one.code)];
		};
		expect(await codes(20)).toEqual([0]);
		expect(await codes(21)).toEqual([4, "bind-refused"]);
		if (hasIpv6) expect(await codes(22)).toEqual([4, "ipv6-only"]);
		expect(await codes(23)).toEqual([4, "in-use"]);
		const { out, err, code } = await cfm(scene, ["ports", "check", "23"]);
		expect([code, out]).toEqual([4, expect.stringContaining(`Port ${base + 23} (ID 23) cannot be used now.\n- `)]);
		expect(err).toContain(`Try: cfm ports list --port ${base + 23}`);
		scene.remove();
	});
});

// Java binds both at once, and Linux tells that in its IPv6 table alone.
it("ports check says yes to a user's own client, on either loopback and on both at once", async () => {
	const scene = await sceneWith(userInfo().username, "CORP\\ana");
	await listenHere(base + 1);
	if (hasIpv6) await listenHere(base + 1, "::1");
	await listenHere(base + 2, "::");
	const check = async (id: number) => {
		const { code, result } = await json(scene, ["ports", "check", String(id)]);
		return [code, ...result.reasons.map((one: { code: string }) => one.code)];
	};
	expect(await check(1)).toEqual([0, ...Array(hasIpv6 ? 2 : 1).fill("own-client")]);
	expect(await check(2)).toEqual([4, "in-use"]);
	const moving = ["ids", "move", userInfo().username, "--id", "4", "--yes"];
	await listenHere(base + 4, "::");
	expect((await json(scene, moving)).code).toBe(0);
	// It answers other machines, too.
	expect(await check(4)).toEqual([0, "own-client", "beyond-loopback"]);
	expect(await json(scene, ["ids", "move", "CORP\\ana", "--id", "4", "--yes"])).toMatchObject({ code: 4 });
	scene.remove();
});

it("ports reserve-block prints the commands, and runs none off Windows", async () => {
	const scene = await sceneWith();
	const { out, code } = await cfm(scene, ["ports", "reserve-block"]);
	expect(code).toBe(0);
	expect(out).toContain(`startport=${base + 1} numberofports=100`);
	expect(await json(scene, ["ports", "reserve-block", "--yes"])).toMatchObject({
		code: 7,
		error: { code: "not-windows" },
	});
	scene.remove();
});

describe("ports learn", () => {
	it.skipIf(!isRoot)(
		"finds the rule that the clients of two users follow, stores it, and tells the one who does not",
		async () => {
			const folder = makeFolder("homes");
			const scene = await sceneWith();
			addAccounts(scene, folder);
			try {
				const own = (at: number, id: number) => {
					const client = join(folder, names[at] ?? "", ".local", "share", "certifio-manager-se");
					mkdirSync(client, { recursive: true });
					writeFileSync(join(client, "client-id"), `${id}\n`);
				};
				for (const [at, id] of [3, 8, 9].entries()) own(at, id);
				await listenAs(uids[0], [base + 530], "certifio-manager-se");
				await listenAs(uids[1], [base + 580], "certifio-manager-se");
				const words = ["ports", "learn", "--apply", "--yes"];
				// 10 ports an ID are too many for this range: that is known before, and the hint is the way out.
				await scene.run(["environments", "set", "default", "--range", "1-5000", "--yes"]);
				const hint = `cfm environments set default --range 1-${Math.floor((65_535 - base - 500) / 10)}`;
				const looked = await json(scene, ["ports", "learn"]);
				expect(looked).toMatchObject({ code: 0, result: { outcome: "fits", stored: false } });
				expect(looked.warnings).toContainEqual(expect.stringContaining(hint));
				const refused = await json(scene, words);
				expect(refused).toMatchObject({ code: 2, error: { code: "ports-out-of-range" } });
				expect(refused.error?.hints[0]).toBe(hint);
				await scene.run([...hint.split(" ").slice(1), "--yes"]);
				expect(await json(scene, words)).toMatchObject({
					code: 0,
					result: {
						rule: { base: base + 500, stride: 10 },
						evidence: [
							{ user: names[0], id: 3, ports: [base + 530], fits: true },
							{ user: names[1], id: 8, ports: [base + 580], fits: true },
						],
						current: { base: base + 500, stride: 10, learnedAt: expect.any(String) },
						stored: true,
					},
				});
				const shown = await json(scene, ["environments", "show"]);
				expect(shown.result).toMatchObject({
					portBase: base + 500,
					portStride: 10,
					portRuleLearnedAt: expect.any(String),
				});
				await listenAs(uids[2], [base + 999], "certifio-manager-se");
				expect(await json(scene, words)).toMatchObject({
					code: 8,
					error: { code: "contradicting-evidence" },
					result: { total: 3, stored: false },
				});
				expect((await json(scene, ["environments", "show"])).result).toEqual(shown.result);
			} finally {
				scene.remove();
				rmSync(folder, { recursive: true });
			}
		},
	);

	it("needs two clients, and says so with what it found", async () => {
		const scene = await sceneWith();
		writeFileSync(join(scene.home, "client-profile.json"), '{"linux":{"executable":"no-such-client"}}', {
			mode: 0o600,
		});
		expect(await json(scene, ["ports", "learn"])).toMatchObject({
			code: 3,
			error: { code: "too-few-clients" },
			result: { outcome: "too-few", rule: null, evidence: [], total: 0, stored: false },
		});
		scene.remove();
	});
});
