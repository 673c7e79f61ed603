/** Installing silently on win32, with the stand-in installers: what is checked before, what is looked at after. */
import fs from "node:fs";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import {
	allTraces,
	ask,
	believe,
	clientFolder,
	done,
	events,
	everything,
	home,
	installing,
	machineWithCli,
	noTraces,
	occupy,
	sha256,
	traces,
	whileHeld,
} from "./cli.js";
import type { Wine } from "./setup.js";

const anna = "CONTOSO\\anna";
let wine: Wine;
beforeAll(async () => {
	wine = await machineWithCli({ init: ["--domain", "CONTOSO"] });
	await done(wine, ["ids", "allocate", anna, "--id", "7"]);
	await done(wine, ["ids", "allocate", "CONTOSO\\dora", "--id", "8"]);
});
afterAll(() => wine?.dispose());

/** The private copies of installers that cfm makes; none may be left behind. */
const copies = (): string[] =>
	fs.readdirSync(wine.path("C:\\ProgramData")).filter((name) => name.startsWith("cfm-work-"));

const lastEvent = async () => (await events(wine, anna)).at(-1);

describe("what is checked before an installer runs", () => {
	let before: unknown;
	beforeAll(async () => {
		before = await everything(wine);
	});
	afterEach(async () => {
		expect(await traces(wine, 24257)).toEqual(noTraces);
		expect(copies()).toEqual([]);
	});
	afterAll(async () => {
		expect(await everything(wine)).toEqual(before);
	});

	test("the installer: named, there, a file", async () => {
		fs.mkdirSync(wine.path("C:\\installers"), { recursive: true });
		const refused = [
			[[], 2, "no-installer"],
			[["--installer", "C:\\nirgends ü\\setup.exe"], 3, "installer-not-found"],
			[["--installer", "C:\\installers"], 2, "installer-not-a-file"],
		] as const;
		const answers = await Promise.all(refused.map(([words]) => ask(wine, ["install", "--silent", ...words])));
		expect(answers).toMatchObject(refused.map(([, exitCode, code]) => ({ exitCode, error: { code } })));
	});

	test("its hash: another one is refused, and told", async () => {
		const [pinned, other] = [installing(wine, "ok"), installing(wine, "nothing")];
		const answer = await ask(wine, pinned.with(-1, other.at(-1) ?? ""));
		const data = { expected: other.at(-1), found: pinned.at(-1) };
		expect(answer).toMatchObject({ exitCode: 5, error: { code: "wrong-hash", data } });
		expect(await ask(wine, pinned.with(-1, "abc"))).toMatchObject({ exitCode: 2, error: { code: "bad-setting" } });
	});

	test("without a hash its signature: no answer of Windows is no yes", async () => {
		const words = installing(wine, "ok").slice(0, -2);
		const hash = sha256(wine, words.at(-1) ?? "");
		const answer = await ask(wine, words);
		expect(answer).toMatchObject({ exitCode: 5, error: { code: "installer-not-trusted", data: { sha256: hash } } });
		// What is pinned must come from elsewhere than from the file itself.
		expect(answer.error?.hints.join()).not.toContain(hash);
	});

	test("its signature, where no hash is pinned: who must have signed it", async () => {
		// The vendor's own file, which is signed by the OpenJS Foundation.
		const installer = "C:\\Über uns\\signed ü Ł.exe";
		fs.mkdirSync(wine.path("C:\\Über uns"), { recursive: true });
		fs.copyFileSync(wine.path("C:\\node\\node.exe"), wine.path(installer));
		const words = ["install", "--silent", "--installer", installer, "--dry-run"];
		const pin = ["--signer", "o=OPENJS foundation"];
		expect(await ask(wine, [...words, ...pin])).toMatchObject({
			...{ exitCode: 0, warnings: [] },
			result: {
				outcome: "planned",
				signer: expect.stringMatching(/^CN=OpenJS Foundation, /),
				signature: { status: "valid", chain: expect.arrayContaining([expect.stringMatching(/^CN=/)]) },
			},
		});
		const notTrusted = { exitCode: 5, error: { code: "installer-not-trusted" } };
		const wrongSigner = { exitCode: 5, error: { code: "wrong-signer" } };
		// Anybody can have a program signed: who must have signed it has to be said.
		expect(await ask(wine, words)).toMatchObject(notTrusted);
		expect(await ask(wine, [...words, "--signer", "Notarius Ltd"])).toMatchObject(wrongSigner);
		const bytes = fs.readFileSync(wine.path(installer));
		fs.writeFileSync(wine.path(installer), bytes.fill("X", 0x1000, 0x1001));
		expect(await ask(wine, [...words, ...pin])).toMatchObject(notTrusted);
		const unsigned = [...installing(wine, "ok").slice(0, -2), "--dry-run", ...pin];
		expect(await ask(wine, unsigned)).toMatchObject(wrongSigner);
	});

	test("whose ID it is: somebody else's, nobody's, another user's session", async () => {
		const words = installing(wine, "ok");
		const refused = [
			[["--id", "8"], 4, "id-not-theirs"],
			[["--id", "9"], 4, "id-not-theirs"],
			[["--user", "CONTOSO\\dora"], 7, "other-session"],
			[["--user", "FABRIKAM\\anna"], 7, "other-session"],
			[["--environment", "nirgends"], 3, "no-environment"],
			[["--allocate", "--id", "8"], 4, "user-has-other-id"],
		] as const;
		const answers = await Promise.all(refused.map(([more]) => ask(wine, [...words, ...more])));
		expect(answers).toMatchObject(refused.map(([, exitCode, code]) => ({ exitCode, error: { code } })));
		expect(answers[2]?.error).toMatchObject({
			hints: [expect.stringContaining("cfm install --silent --user CONTOSO\\dora")],
			data: { runsAs: anna, user: "CONTOSO\\dora" },
		});
	});

	test.each(["127.0.0.1", "0.0.0.0"])("the port: another program listens on it at %s", async (host) => {
		const leave = await occupy(wine, 24257, host);
		try {
			expect(await ask(wine, installing(wine, "ok"))).toMatchObject({
				exitCode: 4,
				error: { code: "port-in-use", data: { port: 24257, id: 7 } },
			});
		} finally {
			await leave();
		}
	});

	test("all of it by --dry-run, which changes nothing; however the user is spelled", async () => {
		const words = [...installing(wine, "ok"), "--dry-run"];
		const result = { user: anna, id: 7, port: 24257, outcome: "planned", attempts: 0, returnCode: null, dryRun: true };
		// One after another: each tries the port by binding it, and would be in the others' way.
		for (const more of [[], ["--id", "7"], ["--user", "contoso\\ANNA"], ["--user", "anna@contoso.example"]]) {
			expect(await ask(wine, [...words, ...more])).toMatchObject({ exitCode: 0, result, warnings: [] });
		}
	});
});

/** What never comes is not waited for long. */
const impatiently = async <T>(work: () => Promise<T>): Promise<T> => {
	believe(wine, { settleSeconds: 1 });
	return work().finally(() => believe(wine, {}));
};

describe("installers that fail", () => {
	afterEach(async () => {
		expect(copies()).toEqual([]);
		expect(await done(wine, ["ids", "show", anna])).toMatchObject({ allocations: [{ id: 7, state: "allocated" }] });
	});

	test.each([
		["exit-1602", [], 7, "installer-cancelled", 1602],
		["nothing", [], 7, "installer-left-nothing", 0],
		["busy-then-ok", ["--retries", "0"], 6, "installer-busy", 1618],
	] as const)("%s %j: exit %i, %s, recorded as failed", async (variant, more, exitCode, code, returnCode) => {
		const answer = await impatiently(() => ask(wine, [...installing(wine, variant), ...more]));
		expect(answer).toMatchObject({ exitCode, error: { code } });
		expect(await traces(wine, 24257)).toEqual(noTraces);
		expect(await lastEvent()).toMatchObject({
			action: "install",
			command: "install",
			subject: anna,
			id: 7,
			note: code,
			after: { outcome: "failed", returnCode, path: null, version: null },
		});
	});

	test("one that hangs is ended when its time is over, and does not run on", async () => {
		expect(await ask(wine, [...installing(wine, "hang"), "--timeout", "1"])).toMatchObject({
			exitCode: 7,
			error: { code: "installer-timed-out" },
		});
		// Wine's tasklist is a stub; its taskkill tells whether there was anything to end.
		const killed = await wine.exec("taskkill", ["/F", "/IM", "certifio-manager-se.exe"]);
		expect(killed.stdout).toContain("Could not find process");
		expect(await lastEvent()).toMatchObject({
			note: "installer-timed-out",
			after: { outcome: "failed", returnCode: null },
		});
	});

	test("one that stores another ID has failed although it installed; cfm client set puts that right", async () => {
		const answer = await impatiently(() => ask(wine, installing(wine, "wrong-id")));
		expect(answer).toMatchObject({ exitCode: 7, error: { code: "installer-left-nothing" } });
		expect(answer.error?.message).toContain("the client ID is 1007, not 7");
		expect(await traces(wine, 25257)).toEqual(allTraces(1007));
		expect(await lastEvent()).toMatchObject({ after: { outcome: "failed", returnCode: 0, path: clientFolder(wine) } });
		expect(await done(wine, ["client", "show"])).toMatchObject({ clientId: 1007, port: 25257, verdict: "wrong-id" });
		expect(await done(wine, ["client", "set", "--yes"])).toMatchObject({ before: 1007, after: 7, changed: true });
		expect(await done(wine, ["client", "show"])).toMatchObject({ clientId: 7, verdict: "not-listening" });
		await done(wine, ["uninstall", "--silent", "--yes"]);
	});

	test("one that is held by another program is not run", async () => {
		const before = await everything(wine);
		const words = installing(wine, "ok");
		const answer = await whileHeld(wine, words[3] ?? "", 0, () => ask(wine, words));
		expect(answer).toMatchObject({ exitCode: 6, error: { code: "installer-in-use" } });
		expect(answer.error?.message).toContain(words[3]);
		expect(await everything(wine)).toEqual(before);
	});
});

describe("installers that work", () => {
	const client = () => ({
		user: anna,
		folder: clientFolder(wine),
		installed: true,
		clientId: 7,
		version: "2.1.0-standin",
		registered: true,
		running: true,
		port: 24257,
		listening: true,
		unknown: [],
	});
	const installed = (variant: "ok" | "exit-3010" | "busy-then-ok") => ({
		user: anna,
		environment: "default",
		id: 7,
		port: 24257,
		command: [wine.putInstaller(variant, `C:\\Über uns\\in st ü Ł\\${variant}`), "/S", "/CFMID=7"],
		outcome: "installed",
		returnCode: 0,
		rebootRequired: false,
		attempts: 1,
		sha256: installing(wine, variant).at(-1),
		signer: null,
		signature: { status: "unsigned", chain: [], countersigner: null, signedAt: null },
		unrecorded: false,
		client: client(),
		unclear: expect.any(Array),
		changed: expect.any(Array),
		stopped: 0,
		log: expect.stringContaining("\\logs\\install-"),
	});

	test("ok: what is there, is told as it is, and recorded", async () => {
		const answer = await ask(wine, [...installing(wine, "ok"), "--id", "7"]);
		expect(answer).toEqual({ exitCode: 0, result: installed("ok"), error: undefined, warnings: [] });
		expect(await traces(wine, 24257)).toEqual(allTraces(7));
		expect(copies()).toEqual([]);
		expect(await lastEvent()).toMatchObject({
			action: "install",
			actor: anna,
			note: null,
			after: {
				user: anna,
				id: 7,
				outcome: "installed",
				version: "2.1.0-standin",
				path: clientFolder(wine),
				installerSha256: installing(wine, "ok").at(-1),
				returnCode: 0,
				rebootRequired: false,
			},
		});
	});

	test("run again: already so, and nothing is run", async () => {
		const version = wine.path(`${clientFolder(wine)}\\version.txt`);
		fs.writeFileSync(version, "touched by nobody");
		const count = (await events(wine)).length;
		const ways = [[], ["--allocate"], ["--user", "anna"], ["--dry-run"]];
		const answers = await Promise.all(ways.map((more) => ask(wine, [...installing(wine, "ok"), ...more])));
		const result = { outcome: "already-so", attempts: 0, returnCode: null, client: client() };
		expect(answers).toMatchObject(ways.map(() => ({ exitCode: 0, result })));
		expect(fs.readFileSync(version, "utf8")).toBe("touched by nobody");
		expect(await events(wine)).toHaveLength(count);
		const { outcome } = await done(wine, [...installing(wine, "ok"), "--reinstall"]);
		expect(outcome).toBe("installed");
		expect(fs.readFileSync(version, "utf8")).toBe("2.1.0-standin\r\n");
	});

	test("exit-3010 over it: another installer is an update; success, a restart is needed", async () => {
		expect(await done(wine, installing(wine, "exit-3010"))).toEqual({
			...installed("exit-3010"),
			returnCode: 3010,
			rebootRequired: true,
		});
		expect(await traces(wine, 24257)).toEqual(allTraces(7));
		expect(await lastEvent()).toMatchObject({
			after: { outcome: "installed", returnCode: 3010, rebootRequired: true },
		});
		await done(wine, ["uninstall", "--silent", "--yes"]);
	});

	test("codes that Intune and Configuration Manager act on reach them when they are asked for", async () => {
		/** The exit code and the answer, which say it each in its own way. */
		const through = async (words: string[]) => {
			const { exitCode, stdout } = await wine.run([...words, "--pass-through-codes", "--json"], {
				env: { CFM_HOME: home },
			});
			return [exitCode, JSON.parse(stdout).error?.code ?? JSON.parse(stdout).result.returnCode];
		};
		const busy = [...installing(wine, "busy-then-ok"), "--retries", "0"];
		expect(await through(busy)).toEqual([1618, "installer-busy"]);
		expect(await through(installing(wine, "exit-1602"))).toEqual([7, "installer-cancelled"]);
		expect(await through(installing(wine, "exit-3010"))).toEqual([3010, 3010]);
		await done(wine, ["uninstall", "--silent", "--yes"]);
	});

	test("busy-then-ok: tried again after a pause; a named request is answered once, however often it comes", async () => {
		const words = [...installing(wine, "busy-then-ok"), "--request-id", "logon-script-1"];
		const answer = await ask(wine, words);
		expect(answer.result).toEqual({ ...installed("busy-then-ok"), attempts: 2 });
		const count = (await events(wine)).length;
		expect(await ask(wine, words)).toEqual(answer);
		expect(await events(wine)).toHaveLength(count);
		expect(await ask(wine, [...words, "--reinstall"])).toMatchObject({
			exitCode: 4,
			error: { code: "request-id-reused" },
		});
		await done(wine, ["uninstall", "--silent", "--yes"]);
	});

	test("no-start: installed, with a warning that the client does not answer", async () => {
		const answer = await impatiently(() => ask(wine, installing(wine, "no-start")));
		expect(answer).toMatchObject({
			exitCode: 0,
			result: { outcome: "installed", client: { installed: true, running: false, listening: false } },
			warnings: [expect.stringContaining("24257")],
		});
		await done(wine, ["uninstall", "--silent", "--yes"]);
	});

	test("without an ID: none is made up; with --allocate the lowest free one is given", async () => {
		await done(wine, ["ids", "release", anna, "--at-once", "--yes"]);
		const words = installing(wine, "ok");
		const refused = [
			[[], 3, { code: "no-allocation" }],
			[["--id", "7"], 3, { code: "no-allocation" }],
			[["--id", "8"], 4, { code: "id-not-theirs", data: { owner: "CONTOSO\\dora" } }],
			[["--allocate", "--id", "8"], 4, { code: "id-taken" }],
		] as const;
		const answers = await Promise.all(refused.map(([more]) => ask(wine, [...words, ...more])));
		expect(answers).toMatchObject(refused.map(([, exitCode, error]) => ({ exitCode, error })));
		const planned = await done(wine, [...words, "--allocate", "--dry-run"]);
		expect(planned).toMatchObject({ outcome: "planned", id: 1, port: 24251 });
		expect(await ask(wine, ["ids", "show", anna])).toMatchObject({ exitCode: 3 });
		expect(await done(wine, [...words, "--allocate"])).toMatchObject({ outcome: "installed", id: 1, port: 24251 });
		expect(await traces(wine, 24251)).toEqual(allTraces(1));
		expect((await events(wine, anna)).slice(-3)).toMatchObject([
			{ action: "allocate", command: "install", id: 1 },
			{ action: "client.install", command: "install", id: 1, after: { phase: "intended" } },
			{ action: "install", command: "install", id: 1 },
		]);
	});

	test("by the configuration alone, as an administrator sets it once for everybody", async () => {
		const [, , , installer = "", , hash = ""] = installing(wine, "ok");
		await done(wine, ["config", "set", "install.installer", installer, "--machine"]);
		await done(wine, ["config", "set", "install.sha256", hash, "--machine"]);
		expect(await done(wine, ["install", "--silent"])).toMatchObject({ outcome: "already-so", id: 1 });
		const text = await wine.run(["install", "--silent", "--reinstall"], { env: { CFM_HOME: home } });
		expect(text.exitCode).toBe(0);
		// The client of before runs still: an installer that can't replace it would fail.
		expect(text.stderr).toMatch(/^Warning: .* is running \(PID \d+\).*--stop-client\n$/);
		expect(text.stdout).toMatch(/^Installed for CONTOSO\\anna with ID 1, port 24251\.\n/);
	});
});
