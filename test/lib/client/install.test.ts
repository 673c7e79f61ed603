import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import {
	applyInstall,
	type InstallPlan,
	type InstallRequest,
	type InstallRun,
	installAnswer,
	pauseBefore,
	planInstall,
} from "../../../src/lib/client/install.js";
import { known, unknown } from "../../../src/lib/known.js";
import { anEnvironment, anInstallation } from "../../contract/store.js";
import { failure } from "../failure.js";
import { expectRunnable } from "../hints.js";
import { ana, client, exited, FakeMachine, nothing, profile, sha256 } from "./fake-machine.js";

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
	signer: "CN=Notarius Inc",
	silent: true,
	timeout: 300_000,
	retries: 3,
	again: false,
	...own,
});
const taken = { file: "(copy)", sha256, discard: () => {} };
const plan = (own: Partial<InstallRequest> = {}, recorded = anInstallation({ installerSha256: sha256 })) =>
	planInstall(machine, profile, asked(own), taken, recorded);
const run = async (own: Partial<InstallRequest> = {}): Promise<[InstallPlan, InstallRun]> => {
	const planned = await plan(own);
	return [planned, await applyInstall(machine, profile, asked(own), planned, taken, machine.pause)];
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
			signer: "CN=Notarius Inc",
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

		it("and warns when it could not be told", async () => {
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
		["the stored ID could not be told", client(7, { clientId: unknown("no right") }), {}, undefined, false],
		["whether it is there could not be told", client(7, { installed: unknown("no right") }), {}, undefined, false],
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
		await applyInstall(machine, quiet, asked(), await plan(), taken, machine.pause);
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
		["nothing: not started", { ended: "not-started", why: "EACCES" } as const, "unavailable", "installer-not-started"],
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

	it("of which something could not be told is no failure for that, and says what", async () => {
		machine.endings = [
			{ outcome: exited(0), leaves: client(7, { registered: unknown("no right"), version: unknown("?") }) },
		];
		const [, { error, client: seen }] = await run();
		expect(error).toBeUndefined();
		expect(seen).toMatchObject({ registered: null, version: null, unknown: ["version", "registered"] });
	});
});
