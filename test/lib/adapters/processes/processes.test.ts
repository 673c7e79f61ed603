import { execFileSync } from "node:child_process";
import { chmodSync, closeSync, copyFileSync, mkdirSync, openSync, readFileSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer, type Server } from "node:net";
import { afterEach, describe, expect, it, vi } from "vitest";
import { linuxFamily } from "../../../../src/lib/adapters/linux/processes.js";
import { bindLoopback, loopback } from "../../../../src/lib/adapters/processes/loopback.js";
import { sessionRunner } from "../../../../src/lib/adapters/processes/run.js";
import { patience } from "../../../../src/lib/adapters/processes/start.js";
import { Family, forEver } from "../../../family.js";
import { until } from "../../../until.js";
import { isRoot, useFolder } from "../temp.js";

const at = useFolder();
const script = (name: string, body: string) => {
	writeFileSync(at(name), `#!/bin/sh\n${body}\n`, { mode: 0o755 });
	return at(name);
};
const runner = sessionRunner({
	platform: { system: "linux", processor: process.arch, runs32Bit: true },
	findFamily: linuxFamily,
	temporary: async () => ({ TMPDIR: at(".") }),
});
const run = (file: string, words: string[] = [], timeout: number | undefined = 10_000) =>
	runner.run(file, words, { timeout });

describe("a program", () => {
	afterEach(() => void vi.useRealTimers());

	it.each([0, 1, 2, 77, 255])("that returns %d", async (code) => {
		expect(await run(script("x", `exit ${code}`))).toEqual({
			ended: "exited",
			returnCode: code,
			seconds: expect.any(Number),
			family: expect.anything(),
		});
	});

	it("gets every word as it is: no shell takes it apart", async () => {
		const words = ["/S", "/CFMID=7", "a b", "$HOME", "`id`", "; rm -rf x", '"quoted"', "", "ü", "*"];
		await run(script("x", `for word in "$@"; do printf '%s|' "$word"; done > '${at("words")}'`), words);
		expect(readFileSync(at("words"), "utf8")).toBe(words.map((word) => `${word}|`).join(""));
	});

	it("gets the temporary folder that is meant for it", async () => {
		await run(script("x", `printf '%s' "$TMPDIR" > '${at("told")}'`));
		expect(readFileSync(at("told"), "utf8")).toBe(at("."));
	});

	it("may be called anything", async () => {
		const name = "with space & ü $(x).sh";
		expect(await run(script(name, "exit 3"))).toMatchObject({ returnCode: 3 });
	});

	it("may say as much as it likes without being heard", async () => {
		expect(await run(script("x", "head -c 3000000 /dev/zero; head -c 3000000 /dev/zero >&2"))).toMatchObject({
			returnCode: 0,
		});
	});

	it("is given nothing to read", async () => {
		expect(await run(script("x", "cat; exit 4"))).toMatchObject({ returnCode: 4 });
	});

	it("that takes too long is ended with all its children", async () => {
		vi.useFakeTimers({ toFake: ["setTimeout"] });
		const family = new Family(at("family"));
		const outcome = run(script("x", `${family.join}; (echo child >&3; ${forEver}) & ${forEver}`), [], 300);
		await family.says("child");
		await vi.advanceTimersByTimeAsync(300);
		expect(await outcome).toMatchObject({ ended: "timed-out" });
		await family.isGone();
	});

	it("may take as long as it takes", async () => {
		vi.useFakeTimers({ toFake: ["setTimeout"] });
		const family = new Family(at("family"));
		execFileSync("mkfifo", [at("go")]);
		const outcome = runner.run(
			script("x", `${family.join}; echo on >&3; read -r code < '${at("go")}'; exit $code`),
			[],
			{
				timeout: undefined,
			},
		);
		await family.says("on");
		await vi.advanceTimersByTimeAsync(24 * 3_600_000);
		writeFileSync(at("go"), "5\n");
		expect(await outcome).toMatchObject({ returnCode: 5 });
	});

	it.each([
		["is not there", () => at("none"), { because: "gone", why: "ENOENT" }],
		["is not a program", () => at("text"), { because: "not-a-program", kind: "text" }],
		["may not be run", () => at("closed"), { because: "denied", why: "EACCES" }],
	])("that %s is not started, and says why", async (_, file, why) => {
		writeFileSync(at("text"), "echo started > started", { mode: 0o755 });
		writeFileSync(at("closed"), "#!/bin/sh\n", { mode: 0o644 });
		expect(await run(file())).toEqual({ ended: "not-started", why: expect.any(String), ...why });
	});

	it("that another program holds for a moment is started when it is let go", async () => {
		vi.useFakeTimers({ toFake: ["setTimeout"] });
		copyFileSync("/bin/true", at("held"));
		const handle = openSync(at("held"), "r+");
		const outcome = run(at("held"), [], undefined);
		await vi.advanceTimersByTimeAsync(patience[0]);
		closeSync(handle);
		for (const pause of patience) await vi.advanceTimersByTimeAsync(pause);
		expect(await outcome).toMatchObject({ ended: "exited", returnCode: 0 });
	});

	it("that another program holds for longer is not started, as held", async () => {
		vi.useFakeTimers({ toFake: ["setTimeout"] });
		copyFileSync("/bin/true", at("held"));
		const handle = openSync(at("held"), "r+");
		try {
			const outcome = run(at("held"), [], undefined);
			for (const pause of patience) await vi.advanceTimersByTimeAsync(pause);
			expect(await outcome).toEqual({ ended: "not-started", because: "held", why: "ETXTBSY" });
		} finally {
			closeSync(handle);
		}
	});

	it("that ends at once leaves a family: what it started, also in a session of its own", async () => {
		const family = new Family(at("family"));
		const child = script("child", `${family.join}; echo on >&3; ${forEver}`);
		const outcome = await run(script("x", `setsid '${child}' & exit 3`));
		if (outcome.ended !== "exited") throw new Error(outcome.ended);
		await family.says("on");
		expect(await outcome.family?.runs()).toEqual({ known: true, value: true });
		await outcome.family?.end();
		await family.isGone();
		await until("the family to be gone", async () => {
			const runs = await outcome.family?.runs();
			return runs?.known === true && !runs.value;
		});
	});

	it("that is ended spares what runs from the client's folder", async () => {
		mkdirSync(at("client"));
		copyFileSync("/usr/bin/tail", at("client", "program"));
		chmodSync(at("client", "program"), 0o755);
		const family = new Family(at("family"));
		const started = `'${at("client", "program")}' -f /dev/null & echo "client $!" >&3; ${forEver}`;
		vi.useFakeTimers({ toFake: ["setTimeout"] });
		const outcome = runner.run(script("x", `${family.join}; ${started}`), [], { timeout: 300, spare: at("client") });
		const said = await family.says("client ");
		await vi.advanceTimersByTimeAsync(300);
		expect(await outcome).toMatchObject({ ended: "timed-out" });
		const pid = Number(/client (\d+)/.exec(String(said))?.[1]);
		expect(() => process.kill(pid, 0)).not.toThrow();
		process.kill(pid, "SIGKILL");
		await family.isGone();
	});

	it("that is ended by a signal was started", async () => {
		expect(await run(script("x", "kill -SEGV $$"))).toMatchObject({ ended: "exited", returnCode: 139 });
	});
});

describe("a port of the loopback", () => {
	let server: Server | undefined;
	afterEach(() => new Promise<void>((done) => (server?.listening ? server.close(() => done()) : done())));
	const listen = (host: string) =>
		new Promise<number>((done) => {
			const listening = createServer((socket) => socket.destroy());
			server = listening;
			listening.listen({ port: 0, host }, () => done((listening.address() as AddressInfo).port));
		});

	it.each(["127.0.0.1", "0.0.0.0"])("that somebody listens on (%s) is in use, and answers", async (host) => {
		const port = await listen(host);
		expect(await loopback.state(port)).toEqual({ known: true, value: "in-use" });
		expect(await loopback.answers(port)).toEqual({ known: true, value: true });
	});

	it("that nobody listens on is free, stays free, and does not answer", async () => {
		const port = await listen("127.0.0.1");
		await new Promise<void>((done) => server?.close(() => done()));
		for (let turn = 0; turn < 3; turn += 1) {
			expect(await loopback.state(port)).toEqual({ known: true, value: "free" });
		}
		expect(await loopback.answers(port)).toEqual({ known: true, value: false });
	});

	it("that another cfm tries at the same moment is free", async () => {
		const port = await listen("127.0.0.1");
		const answer = bindLoopback(port); // the first attempt is made now
		server?.close();
		expect(await answer).toEqual({ known: true, value: "free" });
	});

	const lowest = Number(readFileSync("/proc/sys/net/ipv4/ip_unprivileged_port_start", "utf8"));
	it.skipIf(!isRoot || lowest < 2)("that may not be bound is excluded", async () => {
		process.seteuid?.(65_534);
		try {
			expect(await loopback.state(1)).toEqual({ known: true, value: "excluded" });
		} finally {
			process.seteuid?.(0);
		}
	});
});
