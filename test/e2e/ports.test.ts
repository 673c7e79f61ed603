import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { makeScene, type Scene } from "../shape/scene.js";
import { atTerminal, cfm, ctrlC, json, root } from "./cfm.js";

// The built cfm against real sockets of real users: nothing here stands in for anything.

const isRoot = process.geteuid?.() === 0;
if (!isRoot) console.warn("SKIPPED: ports of two users need root.");

/** Where no other lane has its ports, and below those that outgoing connections are given. */
const base = 19_000;

const children: ChildProcess[] = [];
const servers: ReturnType<typeof createServer>[] = [];
afterEach(async () => {
	await endChildren();
	for (const server of servers.splice(0)) server.close();
});

/** An account cannot be removed while something runs as it. */
async function endChildren(): Promise<void> {
	for (const child of children.splice(0)) {
		if (child.exitCode !== null || child.signalCode !== null) continue;
		child.kill("SIGKILL");
		await once(child, "exit");
	}
}

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
	const uids = { one: 0, two: 0 };
	const names = { one: `cfmone${process.pid}`, two: `cfmtwo${process.pid}` };
	beforeAll(async () => {
		for (const key of ["one", "two"] as const) {
			execFileSync("/usr/sbin/useradd", ["--no-create-home", "--shell", "/usr/sbin/nologin", names[key]], {
				stdio: "ignore",
			});
			uids[key] = Number(execFileSync("id", ["-u", names[key]], { encoding: "utf8" }));
		}
		scene = await sceneWith(names.one, names.two, "CORP\\ana");
	});
	afterAll(() => {
		scene?.remove();
		for (const name of Object.values(names)) execFileSync("/usr/sbin/userdel", [name]);
	});

	it("are on the right ports or the wrong ones, and the verdicts say which", async () => {
		const one = await listenAs(uids.one, [base + 1, base + 3, base + 50, base - 1]);
		const two = await listenAs(uids.two, [base + 2]);
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
			[base - 1, one, names.one, null, null, null],
			[base + 1, one, names.one, 1, names.one, "ok"],
			[base + 2, two, names.two, 2, names.two, "ok"],
			[base + 3, one, names.one, 3, "CORP\\ana", "wrong-user"],
			[base + 50, one, names.one, 50, null, "unexpected"],
		]);
		expect(result.listeners.every((row: { unknown: string[] }) => row.unknown.length === 0)).toBe(true);
		const conflicts = await json(scene, ["ports", "list", "--conflicts"]);
		expect(conflicts.result.listeners.map(({ port }: { port: number }) => port)).toEqual([base + 3, base + 50]);
		const theirs = await json(scene, ["ports", "list", "--user", names.two]);
		expect(theirs.result.listeners.map(({ port }: { port: number }) => port)).toEqual([base + 2]);
	});

	it("change places: both are wrong", async () => {
		await listenAs(uids.one, [base + 2]);
		await listenAs(uids.two, [base + 1]);
		const { result } = await json(scene, ["ports", "list", "--ids-only"]);
		expect(result.listeners.map(({ verdict }: { verdict: string }) => verdict)).toEqual(["wrong-user", "wrong-user"]);
	});

	it("are weighed by ports check and ids allocate", async () => {
		await listenAs(uids.one, [base + 1, base + 4]);
		expect(await json(scene, ["ports", "check", names.one])).toMatchObject({
			code: 0,
			result: { port: base + 1, usable: true, reasons: [{ code: "own-client", user: names.one }] },
		});
		expect(await json(scene, ["ports", "check", "4"])).toMatchObject({
			code: 4,
			ok: false,
			error: { kind: "conflict", code: "port-not-usable" },
			result: { port: base + 4, usable: false, reasons: [{ code: "in-use", user: names.one }] },
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
		await listenAs(uids.one, [base + 1]);
		await listenAs(uids.two, [base + 3]);
		// A copy that another user can read; cfm believes a registry only of its own user.
		const folder = mkdtempSync(join(tmpdir(), "cfm-other-"));
		try {
			const home = join(folder, "cfm");
			execFileSync("cp", ["-r", scene.home, home]);
			execFileSync("chown", ["-R", `${uids.two}`, folder]);
			const words = ["--reuid", String(uids.two), "--regid", "65534", "--clear-groups", process.execPath];
			const line = [...words, join(root, "bin", "run.cjs"), "ports", "list", "--ids-only", "--json"];
			const out = execFileSync("setpriv", line, {
				cwd: "/",
				env: { PATH: process.env.PATH, CFM_HOME: home, XDG_CONFIG_HOME: folder, HOME: folder },
				encoding: "utf8",
			});
			const { listeners } = JSON.parse(out).result;
			expect(listeners).toMatchObject([
				{
					port: base + 1,
					pid: null,
					process: null,
					user: names.one,
					verdict: "ok",
					unknown: ["pid", "process", "session", "since"],
				},
				{ port: base + 3, user: names.two, verdict: "wrong-user", unknown: [] },
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
		const child = spawn(process.execPath, [join(root, "bin", "run.cjs"), ...words], {
			env: { PATH: process.env.PATH, ...scene.environment },
			stdio: ["ignore", "pipe", "pipe"],
		});
		children.push(child);
		let out = "";
		let err = "";
		child.stdout.on("data", (chunk) => (out += chunk));
		child.stderr.on("data", (chunk) => (err += chunk));
		const lines = async (count: number) => {
			for (let tries = 0; out.split("\n").length <= count && tries < 100; tries++) await pause(100);
			return out
				.split("\n")
				.slice(0, -1)
				.map((line) => JSON.parse(line));
		};
		await pause(1500);
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
		const bound = `import socket,sys,time\ns=socket.socket()\ns.bind(("127.0.0.1",${base + 21}))\nprint("ready",flush=True)\ntime.sleep(60)`;
		const child = spawn("python3", ["-c", bound], { stdio: ["ignore", "pipe", "inherit"] });
		children.push(child);
		await once(child.stdout, "data");
		await listenHere(base + 22, "::1");
		await listenHere(base + 23, "::");
		const codes = async (id: number) => {
			const { code, result } = await json(scene, ["ports", "check", String(id)]);
			return [code, ...result.reasons.map((one: { code: string }) => one.code)];
		};
		expect(await codes(20)).toEqual([0]);
		expect(await codes(21)).toEqual([4, "bind-refused"]);
		expect(await codes(22)).toEqual([4, "ipv6-only"]);
		expect(await codes(23)).toEqual([4, "in-use"]);
		const { out, err, code } = await cfm(scene, ["ports", "check", "22"]);
		expect([code, out]).toEqual([4, expect.stringContaining(`Port ${base + 22} (ID 22) cannot be used now.\n- `)]);
		expect(err).toContain(`Try: cfm ports list --port ${base + 22}`);
		scene.remove();
	});
});

// Java binds both at once, and Linux tells that in its IPv6 table alone.
it("ports check says yes to a user's own client, on either loopback and on both at once", async () => {
	const scene = await sceneWith(userInfo().username, "CORP\\ana");
	await listenHere(base + 1);
	await listenHere(base + 1, "::1");
	await listenHere(base + 2, "::");
	const check = async (id: number) => {
		const { code, result } = await json(scene, ["ports", "check", String(id)]);
		return [code, ...result.reasons.map((one: { code: string }) => one.code)];
	};
	expect(await check(1)).toEqual([0, "own-client", "own-client"]);
	expect(await check(2)).toEqual([4, "in-use"]);
	const moving = ["ids", "move", userInfo().username, "--id", "4", "--yes"];
	await listenHere(base + 4, "::");
	expect((await json(scene, moving)).code).toBe(0);
	expect(await check(4)).toEqual([0, "own-client"]);
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
			const folder = mkdtempSync(join(tmpdir(), "cfm-homes-"));
			const names = ["a", "b", "c"].map((letter) => `cfml${letter}${process.pid}`);
			try {
				const uids = names.map((name) => {
					const words = ["--no-create-home", "--home-dir", join(folder, name), "--shell", "/usr/sbin/nologin", name];
					execFileSync("/usr/sbin/useradd", words, { stdio: "ignore" });
					return Number(execFileSync("id", ["-u", name], { encoding: "utf8" }));
				});
				const own = (at: number, id: number) => {
					const client = join(folder, names[at] ?? "", ".local", "share", "certifio-manager-se");
					mkdirSync(client, { recursive: true });
					writeFileSync(join(client, "client-id"), `${id}\n`);
				};
				const scene = await sceneWith();
				for (const [at, id] of [3, 8, 9].entries()) own(at, id);
				await listenAs(uids[0] as number, [base + 530], "certifio-manager-se");
				await listenAs(uids[1] as number, [base + 580], "certifio-manager-se");
				const words = ["ports", "learn", "--apply", "--yes"];
				// 10 ports an ID are too many for this range: that is known before, and the hint is the way out.
				await scene.run(["environments", "set", "default", "--range", "1-5000", "--yes"]);
				const hint = "cfm environments set default --range 1-4603";
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
				await listenAs(uids[2] as number, [base + 999], "certifio-manager-se");
				expect(await json(scene, words)).toMatchObject({
					code: 8,
					error: { code: "contradicting-evidence" },
					result: { total: 3, stored: false },
				});
				expect((await json(scene, ["environments", "show"])).result).toEqual(shown.result);
				scene.remove();
			} finally {
				await endChildren();
				for (const name of names) execFileSync("/usr/sbin/userdel", [name]);
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
