import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import {
	applyInstall,
	type InstallRun,
	installationChange,
	pauseBefore,
} from "../../../src/lib/client/apply-install.js";
import {
	type InstallPlan,
	type InstallRequest,
	installAnswer,
	planInstall,
	requireProgram,
} from "../../../src/lib/client/install.js";
import type { NotStarted, ProgramKind, TakenInstaller } from "../../../src/lib/client/machine.js";
import { known, unknown } from "../../../src/lib/known.js";
import { anEnvironment, anInstallation } from "../../contract/store.js";
import { failure } from "../failure.js";
import { expectRunnable, said } from "../hints.js";
import {
	ana,
	client,
	type Ending,
	exited,
	FakeMachine,
	nothing,
	profile,
	program,
	running,
	sha256,
	workingFor,
} from "./fake-machine.js";

let machine: FakeMachine;
beforeEach(() => {
	machine = new FakeMachine();
	vi.spyOn(Date, "now").mockImplementation(() => machine.now);
});
afterEach(() => vi.restoreAllMocks());

const asked = (own: Partial<InstallRequest> = {}): InstallRequest => ({
	user: ana,
	environment: "default",
	id: 7,
	portRule: anEnvironment(),
	installer: "D:\\share\\certifio-manager-se.exe",
	signature: { status: "valid", signer: "CN=Notarius Inc" },
	silent: true,
	timeout: 300_000,
	retries: 3,
	again: false,
	expectVersion: undefined,
	stopClient: false,
	...own,
});
const taken: TakenInstaller = { file: "(copy)", sha256, kind: "program" };
const around = () => ({ pause: machine.pause, note: () => {}, say: () => {} });
const plan = (own: Partial<InstallRequest> = {}, recorded = anInstallation({ installerSha256: sha256 })) =>
	planInstall(machine, profile, asked(own), taken, recorded);
const run = async (own: Partial<InstallRequest> = {}): Promise<[InstallPlan, InstallRun]> => {
	const planned = await plan(own);
	return [planned, await applyInstall(machine, profile, asked(own), planned, taken, around())];
};

describe("a plan", () => {
	it("says what will be run, for whom, with which ID and port", async () => {
		expect(await plan()).toMatchObject({
			user: "CORP\\ana",
			environment: "default",
			id: 7,
			port: 24_257,
			words: ["/S", "/CFMID=7"],
			timeout: 300_000,
			retries: 3,
			sha256,
			signature: { signer: "CN=Notarius Inc" },
			alreadySo: false,
			warnings: [],
		});
		expect((await plan({ silent: false })).words).toEqual(["/CFMID=7"]);
		expect(machine.done).toEqual([]);
	});

	describe("looks at the port", () => {
		it.each([
			["in-use", "port-in-use"],
			["excluded", "port-excluded"],
		] as const)("and refuses one that is %s", async (state, code) => {
			machine.ports[24_257] = known(state);
			const error = await failure(() => plan());
			expect(error).toMatchObject({ kind: "conflict", code, data: { port: 24_257, id: 7 } });
			await expectRunnable(error);
		});

		it("and warns when it can't be determined", async () => {
			machine.ports[24_257] = unknown("no loopback");
			expect((await plan()).warnings).toEqual(["Can't determine whether port 24257 is free: no loopback"]);
		});

		it.each([
			["the user's own client holds it", client(7, { registered: known(false) }), undefined],
			[
				"nobody knows whether the user's own client runs",
				client(7, { registered: known(false), running: unknown("?") }),
				undefined,
			],
			["the user's client has another ID", client(6), "port-in-use"],
			["the user's client does not run", client(7, { registered: known(false), running: known(false) }), "port-in-use"],
		])("that is taken: %s", async (_, state, code) => {
			machine.state = state;
			machine.ports[24_257] = known("in-use");
			if (code === undefined) expect(await plan()).toMatchObject({ alreadySo: false });
			else expect(await failure(() => plan())).toMatchObject({ code });
		});
	});

	it.each([
		["all is there", client(7), {}, undefined, true],
		["all is there, recorded with this installer", client(7), {}, anInstallation({ installerSha256: sha256 }), true],
		["all is there, recorded without an installer", client(7), {}, anInstallation({ installerSha256: null }), true],
		["all is there, but does not run", client(7, { running: known(false) }), {}, undefined, true],
		["it was installed with another installer", client(7), {}, anInstallation({ installerSha256: "00" }), false],
		["it shall be installed again", client(7), { again: true }, undefined, false],
		["nothing is there", nothing, {}, undefined, false],
		["it has another ID", client(8), {}, undefined, false],
		["no ID is stored", client(7, { clientId: known(null) }), {}, undefined, false],
		["the stored ID can't be determined", client(7, { clientId: unknown("no right") }), {}, undefined, false],
		["whether it is there can't be determined", client(7, { installed: unknown("no right") }), {}, undefined, false],
		["its uninstall entry is gone", client(7, { registered: known(false) }), {}, undefined, false],
	])("when %s", async (_, state, own, recorded, alreadySo) => {
		machine.state = state;
		const planned = await planInstall(machine, profile, asked(own), taken, recorded);
		expect(planned.alreadySo).toBe(alreadySo);
		expect(installAnswer(planned, undefined).outcome).toBe(alreadySo ? "already-so" : "planned");
	});
});

describe("an installation", () => {
	it("runs the copy that was checked, then looks, and answers what is there", async () => {
		const [planned, done] = await run();
		expect(machine.done).toEqual(["(copy) /S /CFMID=7 (300000 ms)"]);
		expect(done).toMatchObject({ attempts: 1, rebootRequired: false, error: undefined });
		expect(installAnswer(planned, done)).toMatchObject({
			outcome: "installed",
			returnCode: 0,
			attempts: 1,
			client: {
				installed: true,
				clientId: 7,
				version: "1.2.3",
				registered: true,
				running: true,
				port: 24_257,
				listening: true,
			},
		});
	});

	it("may take as long as it takes when there is no limit", async () => {
		await run({ timeout: undefined });
		expect(machine.done).toEqual(["(copy) /S /CFMID=7"]);
	});

	it("looks again while the installer works on in the background", async () => {
		machine.endings = [{ outcome: exited(0), leaves: client(7), afterLooks: 2 }];
		const [, { error, client: seen }] = await run();
		expect(error).toBeUndefined();
		expect(seen.installed).toBe(true);
		expect(machine.pauses).toEqual([500, 500]);
	});

	it("waits for the client to answer, and is a success when it does not yet", async () => {
		machine.endings = [{ outcome: exited(0), leaves: client(7, { running: known(false) }) }];
		const [, { error, client: seen }] = await run();
		expect(error).toBeUndefined();
		expect(seen).toMatchObject({ running: false, listening: false });
		expect(machine.pauses).toEqual([500, 500]);
	});

	it("does not wait for a client that is not started by its installer", async () => {
		machine.endings = [{ outcome: exited(0), leaves: client(7, { running: known(false) }) }];
		const quiet = { ...profile, startsAfterInstall: false };
		await applyInstall(machine, quiet, asked(), await plan(), taken, around());
		expect(machine.pauses).toEqual([]);
	});

	it.each([3010, 1641])("that returns %d is a success, and the machine must be restarted", async (code) => {
		machine.endings = [{ outcome: exited(code), leaves: client(7) }];
		const [planned, done] = await run();
		expect(installAnswer(planned, done)).toMatchObject({
			outcome: "installed",
			returnCode: code,
			rebootRequired: true,
		});
		expect(done.error).toBeUndefined();
	});

	it("that needs a restart may leave the rest to it, but not the program itself", async () => {
		machine.endings = [{ outcome: exited(3010), leaves: client(7, { clientId: known(null) }) }];
		expect((await run())[1].error).toBeUndefined();
		machine.endings = [{ outcome: exited(3010) }];
		machine.state = nothing;
		expect((await run())[1].error).toMatchObject({ kind: "unavailable", code: "installer-left-nothing" });
	});

	it("that finds another one running is tried again, later and later", async () => {
		const busy = { outcome: exited(1618) };
		machine.endings = [busy, busy, { outcome: exited(0), leaves: client(7) }];
		const [, { attempts, error }] = await run();
		expect({ attempts, error }).toEqual({ attempts: 3, error: undefined });
		expect(machine.pauses).toEqual([5000, 10_000]);
		expect([1, 2, 3, 4, 5, 6, 60].map(pauseBefore)).toEqual([5, 10, 20, 40, 60, 60, 60].map((s) => s * 1000));
	});

	it("that finds another one running for ever gives up as busy", async () => {
		machine.endings = [{ outcome: exited(1618) }];
		const [, { attempts, error }] = await run({ retries: 2 });
		expect(attempts).toBe(3);
		expect(error).toMatchObject({ kind: "busy", code: "installer-busy", data: { returnCode: 1618, attempts: 3 } });
		machine.done.length = 0;
		await run({ retries: 0 });
		expect(machine.done).toHaveLength(1);
	});

	it.each([
		["1602", exited(1602), "unavailable", "installer-cancelled"],
		["1638", exited(1638), "conflict", "other-version"],
		["2", exited(2), "unavailable", "installer-aborted"],
		["77", exited(77), "unavailable", "installer-failed"],
		["nothing in time", { ended: "timed-out", seconds: 300 } as const, "unavailable", "installer-timed-out"],
		[
			"nothing: not started",
			{ ended: "not-started", because: "denied", why: "EACCES" } as const,
			"unavailable",
			"installer-not-started",
		],
	])("that returns %s is a failure, even when a client is there", async (_, outcome, kind, code) => {
		machine.endings = [{ outcome, leaves: client(7) }];
		const [, done] = await run();
		expect(done.error).toMatchObject({ kind, code });
		expect(done).toMatchObject({ attempts: 1, rebootRequired: false, client: { installed: true } });
	});

	it.each([
		["nothing", nothing, ["the program is not in", "no client ID is stored", "there is no uninstall entry"]],
		["another ID", client(8), ["the client ID is 8, not 7"]],
		["no ID", client(7, { clientId: known(null) }), ["no client ID is stored"]],
		["no uninstall entry", client(7, { registered: known(false) }), ["there is no uninstall entry"]],
		["no program", client(7, { installed: known(false) }), ["the program is not in"]],
	])("that returns 0 and leaves %s is a failure", async (_, leaves, missing) => {
		machine.endings = [{ outcome: exited(0), leaves }];
		const [, { error }] = await run();
		expect(error).toMatchObject({ kind: "unavailable", code: "installer-left-nothing" });
		for (const what of missing) expect(error?.message).toContain(what);
		if (error !== undefined) await expectRunnable(error);
	});

	it("of which something can't be determined is no failure for that, and says what", async () => {
		machine.endings = [
			{ outcome: exited(0), leaves: client(7, { registered: unknown("no right"), version: unknown("?") }) },
		];
		const [, { error, client: seen }] = await run();
		expect(error).toBeUndefined();
		expect(seen).toMatchObject({ registered: null, version: null, unknown: ["version", "registered"] });
	});
});

describe("an upgrade", () => {
	const old = [running(4711)];
	beforeEach(() => {
		machine.state = client(7, { version: known("1.0") });
		machine.program = known(program("a"));
		machine.clientProcesses = known(old);
	});
	const leaves = client(7, { version: known("2.0") });
	const upgraded = { outcome: exited(0), leaves, program: program("b", 2), processes: [running(4800)] };
	const upgrade = async (own: Partial<InstallRequest> = {}) => {
		const [planned, done] = await run({ again: true, ...own });
		return { planned, done, answer: installAnswer(planned, done), said: said({ hints: done.remarks }) };
	};

	it("that changed something visible says what", async () => {
		machine.endings = [upgraded];
		const { answer, said } = await upgrade();
		expect(answer).toMatchObject({ outcome: "installed", changed: ["version", "program", "process", "listener"] });
		expect(said).toEqual([]);
	});

	it.each<[string, Ending, string[]]>([
		["did nothing", { outcome: exited(0), leaves: client(7, { version: known("1.0") }) }, []],
		["only raised the version in the uninstall entry", { outcome: exited(0), leaves }, ["version"]],
	])("that %s is unchanged, no failure, and said", async (_, ending, changed) => {
		machine.endings = [ending];
		const { done, answer, said } = await upgrade();
		expect(done.error).toBeUndefined();
		expect(answer).toMatchObject({ outcome: "unchanged", changed });
		expect(said).toEqual([expect.stringMatching(/the one that was there before.*--stop-client/)]);
		expect(installationChange(await plan(), done, "TS01", undefined)).toMatchObject({ note: "unchanged" });
	});

	it.each<[string, Partial<Ending>]>([
		["another program", { program: program("b") }],
		["the same program, written anew", { program: program("a", 2) }],
		["the same program, started anew", { processes: [running(4711, { since: "2026-03-10T12:00:00.000Z" })] }],
	])("that left %s is one", async (_, more) => {
		machine.endings = [{ outcome: exited(0), leaves: client(7, { version: known("1.0") }), ...more }];
		expect((await upgrade()).answer.outcome).toBe("installed");
	});

	it("that replaced the program while the old one runs on says so", async () => {
		machine.endings = [{ ...upgraded, processes: old }];
		const { answer, said } = await upgrade();
		expect(answer.outcome).toBe("installed");
		expect(said).toEqual([expect.stringMatching(/the old one still runs \(PID 4711\)/)]);
	});

	it("of which nobody can see the program is not said to be unchanged", async () => {
		machine.program = unknown("no right");
		machine.endings = [{ outcome: exited(0), leaves: client(7, { version: known("1.0") }) }];
		expect((await upgrade()).answer).toMatchObject({ outcome: "installed", unclear: ["program"] });
	});

	it.each<[string, Ending, string | undefined]>([
		["is there, with its program", upgraded, undefined],
		["is not there", { outcome: exited(0), leaves: client(7, { version: known("1.0") }) }, "is 1.0, not 2.0"],
		["is only a word in the uninstall entry", { outcome: exited(0), leaves }, "the program is the one that was there"],
	])("is held to the version that is expected: it %s", async (_, ending, message) => {
		machine.endings = [ending];
		const { done } = await upgrade({ expectVersion: "2.0" });
		if (message === undefined) expect(done.error).toBeUndefined();
		else {
			expect(done.error).toMatchObject({ kind: "unavailable", code: "wrong-version", data: { expected: "2.0" } });
			expect(done.error?.message).toContain(message);
			if (done.error !== undefined) await expectRunnable(done.error);
		}
	});

	it("is already so only with the version that is expected", async () => {
		expect((await plan({ expectVersion: "1.0" })).alreadySo).toBe(true);
		expect((await plan({ expectVersion: "2.0" })).alreadySo).toBe(false);
	});

	it("names a client that runs, unless it is to be ended", async () => {
		expect(said({ hints: (await plan({ again: true })).warnings })).toEqual([
			expect.stringMatching(/is running \(PID 4711\).*--stop-client/),
		]);
		expect((await plan({ again: true, stopClient: true })).warnings).toEqual([]);
		expect((await plan()).warnings).toEqual([]);
	});

	it("ends the client first, when it shall, and nobody else's", async () => {
		machine.endings = [upgraded];
		const other = running(4712, { sid: "S-1-5-21-2" });
		machine.processes.list = async () => known([...old, other]);
		expect((await upgrade({ stopClient: true })).answer).toMatchObject({ stopped: 1, outcome: "installed" });
		expect(machine.done).toEqual(["ended 4711", "(copy) /S /CFMID=7 (300000 ms)"]);
	});

	it("ends also the copy that log-on started, which listens on the port", async () => {
		machine.endings = [upgraded];
		const copy = running(4900, { image: "C:\\Users\\ana\\Startup\\certifio-manager-se.exe" });
		const stranger = running(4901, { image: "C:\\Users\\ana\\other.exe" });
		machine.clientProcesses = known([]);
		machine.processes.list = async () => known(machine.done.includes("ended 4900") ? [] : [copy, stranger]);
		machine.processes.listening = async () => known([4900, 4901]);
		await upgrade({ stopClient: true });
		expect(machine.done[0]).toBe("ended 4900");
		expect(machine.done).not.toContain("ended 4901");
	});

	it("runs nothing when the client does not end", async () => {
		machine.stubborn = true;
		const error = await failure(() => upgrade({ stopClient: true }));
		expect(error).toMatchObject({ kind: "busy", code: "client-not-stopped", data: { pids: [4711] } });
		expect(machine.done.filter((line) => line.startsWith("(copy)"))).toEqual([]);
		await expectRunnable(error);
	});
});

describe("an installer that ends at once, while what it started works on,", () => {
	it("is waited for until the client is as it should be, however long that takes", async () => {
		machine.endings = [{ outcome: exited(0, workingFor(1000)), leaves: client(7), afterLooks: 100 }];
		const [, done] = await run();
		expect(done).toMatchObject({ error: undefined, worksOn: true, client: { installed: true } });
		expect(machine.pauses).toHaveLength(100);
	});

	it("has failed some time after all of it has ended and left nothing", async () => {
		machine.endings = [{ outcome: exited(0, workingFor(10)) }];
		const [, done] = await run();
		expect(done.error).toMatchObject({ code: "installer-left-nothing" });
		expect(said(done.error)).toContainEqual(expect.stringContaining("settleSeconds"));
		// The one second of patience begins when it has ended.
		expect(machine.pauses).toHaveLength(12);
	});

	it("is ended when its time is over; the message names the setting", async () => {
		const family = workingFor(Number.POSITIVE_INFINITY);
		machine.endings = [{ outcome: exited(0, family) }];
		const [, done] = await run({ timeout: 20_000 });
		expect(done.error).toMatchObject({ kind: "unavailable", code: "installer-timed-out" });
		expect(done.error?.message).toContain("install.timeout");
		expect(family.ended).toBe(true);
		expect(machine.pauses).toHaveLength(40);
	});

	it("is not taken for done by the client of before, which was whole already", async () => {
		machine.state = client(7);
		machine.program = known(program("a"));
		machine.endings = [{ outcome: exited(0, workingFor(10)), leaves: client(7), program: program("b"), afterLooks: 5 }];
		const [planned, done] = await run({ again: true });
		expect(installAnswer(planned, done)).toMatchObject({ outcome: "installed", changed: ["program"] });
		expect(machine.pauses).toHaveLength(10);
	});
});

describe("an installer that was not started", () => {
	it.each<[NotStarted["because"], string, string, RegExp]>([
		["gone", "unavailable", "installer-not-started", /removed meanwhile, perhaps by a virus scanner/],
		["held", "busy", "installer-in-use", /another program has it open/],
		["blocked", "unavailable", "installer-not-started", /AppLocker/],
		["denied", "unavailable", "installer-not-started", /EXYZ/],
		["failed", "unavailable", "installer-not-started", /EXYZ/],
	])("since %s: %s %s", async (because, kind, code, message) => {
		machine.endings = [{ outcome: { ended: "not-started", because, why: "EXYZ" } as NotStarted }];
		const { error } = (await run())[1];
		expect(error).toMatchObject({ kind, code, data: { reason: because } });
		expect(error?.message).toMatch(message);
	});

	it("by a policy says what to allow, and where the copy is", async () => {
		machine.endings = [{ outcome: { ended: "not-started", because: "blocked", why: "UNKNOWN" } }];
		const planned = await plan();
		const copy = { ...taken, file: "/closed/cfm-work-1/setup.exe" };
		const { error } = await applyInstall(machine, profile, asked(), planned, copy, around());
		expect(said(error)[0]).toMatch(/below \/closed: allow .* by its publisher or its hash/);
	});
});

describe("a file that is no program", () => {
	it.each<[ProgramKind, RegExp]>([
		["msi", /Windows Installer/],
		["zip", /ZIP/],
		["script", /script/],
		["html", /web page/],
		["empty", /empty/],
		["cut", /end is missing/],
		["32-bit", /32-bit/],
		["library", /DLL/],
	])("%s is refused in its own words, with what to do", async (kind, words) => {
		const error = await failure(() => requireProgram({ ...taken, kind }, "D:\\setup.exe", machine));
		expect(error).toMatchObject({ kind: "usage", code: "installer-not-a-program", data: { kind } });
		expect(error.message).toMatch(/^D:\\setup.exe is not a program for Windows: /);
		expect(error.message).toMatch(words);
		expect(error.hints).not.toEqual([]);
	});
});
