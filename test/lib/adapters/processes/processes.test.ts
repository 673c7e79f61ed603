import { execFileSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { type AddressInfo, createServer, type Server } from "node:net";
import { afterEach, describe, expect, it, vi } from "vitest";
import { loopback } from "../../../../src/lib/adapters/processes/loopback.js";
import { sessionRunner } from "../../../../src/lib/adapters/processes/run.js";
import { Family, forEver } from "../../../family.js";
import { isRoot, useFolder } from "../temp.js";

const at = useFolder();
const script = (name: string, body: string) => {
	writeFileSync(at(name), `#!/bin/sh\n${body}\n`, { mode: 0o755 });
	return at(name);
};
const run = (file: string, words: string[] = [], timeout: number | undefined = 10_000) =>
	sessionRunner.run(file, words, { timeout });

describe("a program", () => {
	afterEach(() => void vi.useRealTimers());

	it.each([0, 1, 2, 77, 255])("that returns %d", async (code) => {
		expect(await run(script("x", `exit ${code}`))).toEqual({
			ended: "exited",
			returnCode: code,
			seconds: expect.any(Number),
		});
	});

	it("gets every word as it is: no shell takes it apart", async () => {
		const words = ["/S", "/CFMID=7", "a b", "$HOME", "`id`", "; rm -rf x", '"quoted"', "", "ü", "*"];
		await run(script("x", `for word in "$@"; do printf '%s|' "$word"; done > '${at("words")}'`), words);
		expect(readFileSync(at("words"), "utf8")).toBe(words.map((word) => `${word}|`).join(""));
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
		const outcome = sessionRunner.run(
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
		["is not there", () => at("none")],
		["is not a program", () => at("text")],
	])("that %s is not started, and says why", async (_, file) => {
		writeFileSync(at("text"), "just text", { mode: 0o644 });
		const outcome = await run(file());
		expect(outcome).toMatchObject({ ended: "not-started", why: expect.stringMatching(/ENOENT|EACCES/) });
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
