import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { forgetClient } from "../../../src/lib/client/forget.js";
import { listInstallations } from "../../../src/lib/client/installation.js";
import { setClientId } from "../../../src/lib/client/set.js";
import { applyUninstall, planUninstall, uninstallClient } from "../../../src/lib/client/uninstall.js";
import { known, unknown } from "../../../src/lib/known.js";
import { carryOutOutside } from "../../../src/lib/operation/carry-out-outside.js";
import {
	anAttribution,
	anEnvironment,
	anInstallation,
	collect,
	installationChange,
	make,
} from "../../contract/store.js";
import { failure } from "../failure.js";
import { expectRunnable, said } from "../hints.js";
import { Stage } from "../registry/stage.js";
import { ana, client, exited, FakeMachine, folder, nothing, profile, running } from "./fake-machine.js";

let machine: FakeMachine;
beforeEach(() => {
	machine = new FakeMachine();
	machine.state = client(7);
	vi.spyOn(Date, "now").mockImplementation(() => machine.now);
});
afterEach(() => vi.restoreAllMocks());
const environment = anEnvironment();

describe("an uninstallation", () => {
	const plan = (silent = true) => planUninstall(machine, profile, { ...limits, user: ana, environment, silent });
	const limits = { timeout: 300_000, retries: 1, stopClient: false };
	const around = () => ({ pause: machine.pause, note: () => {} });
	const run = async (silent = true) => applyUninstall(machine, profile, await plan(silent), around());

	it("runs the uninstaller that the profile names, then looks until nothing is left", async () => {
		machine.endings = [{ outcome: exited(0), leaves: nothing, afterLooks: 2 }];
		expect(await run()).toMatchObject({ outcome: { returnCode: 0 }, client: { installed: false, clientId: null } });
		expect(machine.done).toEqual([`${folder}\\uninstall.exe /S (300000 ms)`]);
		expect(machine.pauses).toEqual([500, 500]);
	});

	it("shows its window when it shall not be silent, and waits for the one who presses its buttons", async () => {
		machine.endings = [{ outcome: exited(0), leaves: nothing, afterLooks: 60 }];
		await run(false);
		expect(machine.done).toEqual([`${folder}\\uninstall.exe (300000 ms)`]);
	});

	it.each([
		["nothing is there", nothing, true],
		["it is there", client(7), false],
		["an ID is stored still", { ...nothing, clientId: known(7) }, false],
		["its uninstall entry is there still", { ...nothing, registered: known(true) }, false],
		["whether it is there can't be determined", { ...nothing, installed: unknown("?") }, false],
		["the stored ID can't be determined", { ...nothing, clientId: unknown("?") }, false],
	])("when %s", async (_, state, alreadySo) => {
		machine.state = state;
		expect((await plan()).alreadySo).toBe(alreadySo);
	});

	it.each([
		["returns 1", exited(1), "return code 1 (0x1), it was cancelled"],
		["returns a code that nobody knows", exited(77), "return code 77 (0x4D)"],
		["does not end", { ended: "timed-out", seconds: 300 } as const, "it did not finish in time"],
		["was removed meanwhile", { ended: "not-started", because: "held", why: "EBUSY" } as const, "EBUSY"],
	])("fails when the uninstaller %s and the client is still there", async (_, outcome, why) => {
		machine.endings = [{ outcome }];
		const { error } = await run();
		expect(error).toMatchObject({ kind: "unavailable", code: "uninstaller-failed" });
		expect(error?.message).toContain(why);
		if (error !== undefined) await expectRunnable(error);
	});

	it.each([0, 1, 2, 1603, 1605, 3010, 1641])("that returns %d and leaves nothing is one", async (code) => {
		machine.endings = [{ outcome: exited(code), leaves: nothing }];
		expect(await run()).toMatchObject({ error: undefined, client: { installed: false } });
	});

	it.each([3010, 1641, 0x8007_0bc2])("that returns %d may leave the rest to a restart", async (code) => {
		machine.endings = [{ outcome: exited(code) }];
		expect(await run()).toMatchObject({ error: undefined, rebootRequired: true, client: { installed: true } });
	});

	it("is tried again while another installation runs, then busy", async () => {
		machine.endings = [{ outcome: exited(1618) }, { outcome: exited(0), leaves: nothing }];
		expect(await run()).toMatchObject({ attempts: 2, error: undefined });
		expect(machine.pauses).toEqual([5000]);
		machine.state = client(7);
		machine.endings = [{ outcome: exited(1618) }];
		expect((await run()).error).toMatchObject({ kind: "busy", code: "installer-busy" });
	});

	it.each([
		["everything", client(7), /the program in .*, the client ID 7, the uninstall entry\.$/],
		["the ID", { ...nothing, clientId: known(7) }, /left: the client ID 7\.$/],
		["the program", { ...nothing, installed: known(true) }, /left: the program in /],
		["the uninstall entry", { ...nothing, registered: known(true) }, /left: the uninstall entry\.$/],
		["nobody knows what", { ...nothing, clientId: unknown("?") }, /left: unknown: clientId\.$/],
	])("fails when the uninstaller says 0 and leaves %s", async (_, leaves, message) => {
		machine.endings = [{ outcome: exited(0), leaves }];
		const { error } = await run();
		expect(error).toMatchObject({ kind: "unavailable", code: "uninstaller-left-something" });
		expect(error?.message).toMatch(message);
		if (error !== undefined) await expectRunnable(error);
	});

	it("without an uninstaller says how the traces go, where only they are left", async () => {
		machine.endings = [{ outcome: { ended: "not-started", because: "gone", why: "ENOENT" } }];
		machine.state = { ...client(7), installed: known(false) };
		const { error } = await run();
		expect(error).toMatchObject({ kind: "unavailable", code: "uninstaller-failed" });
		expect(said(error)).toEqual(["cfm client forget 'CORP\\ana'"]);
		machine.state = client(7);
		expect(said((await run()).error)).toEqual(["cfm install --silent --reinstall"]);
	});

	it("whose files are gone while the process goes on says so", async () => {
		machine.clientProcesses = known([running(4711)]);
		machine.endings = [{ outcome: exited(0), leaves: nothing }];
		expect(await run()).toMatchObject({ error: undefined, worksOn: true });
	});

	describe("as a command", () => {
		const carry = async (stage: Stage, own: object = {}) => {
			const warnings: string[] = [];
			const operation = uninstallClient(
				machine,
				profile,
				stage.registry,
				{ environment: "default", user: undefined, silent: true, ...limits, ...own },
				{
					narrator: {
						warn: (hint) => warnings.push(...said({ hints: [hint] })),
						during: (_label, work) => work(() => {}),
						withProgress: (_label, work) => work(() => {}),
					},
					pause: machine.pause,
					now: () => new Date(machine.now),
					keepLog: async () => "(log)",
				},
			);
			const attribution = anAttribution({ command: "uninstall" });
			const asker = { agree: async () => true };
			const answer = await carryOutOutside(operation, { registry: stage.registry, attribution, asker });
			return { answer, warnings };
		};
		const recorded = async (own: object = {}) => {
			const stage = await Stage.set({}, { 7: "CORP\\ana" });
			await make(stage.registry, [installationChange(null, anInstallation({ id: 7, user: "CORP\\ana", ...own }))]);
			return stage;
		};
		const record = async (stage: Stage) => (await stage.plan((view) => listInstallations(view, {})))[0];
		const last = async (stage: Stage) => (await stage.plan((view) => collect(view.events({})))).at(-1);

		it("records what is seen: gone, whatever the code was", async () => {
			const stage = await recorded();
			machine.endings = [{ outcome: exited(1), leaves: nothing }];
			const { answer, warnings } = await carry(stage);
			expect(answer).toMatchObject({ outcome: "uninstalled", returnCode: 1, attempts: 1, log: "(log)" });
			expect(warnings).toEqual([expect.stringMatching(/return code 1 .*nothing of the client is left/)]);
			expect(await record(stage)).toMatchObject({ outcome: "uninstalled", path: null, version: null, returnCode: 1 });
			expect(machine.held).toEqual([]);
		});

		it("records what is seen: the program gone although the uninstaller failed over the rest", async () => {
			const stage = await recorded();
			machine.endings = [{ outcome: exited(0), leaves: { ...nothing, registered: known(true) } }];
			expect(await failure(() => carry(stage))).toMatchObject({
				code: "uninstaller-left-something",
				data: { log: "(log)" },
			});
			expect(await record(stage)).toMatchObject({ outcome: "uninstalled" });
			expect(await last(stage)).toMatchObject({ action: "uninstall", note: "uninstaller-left-something" });
		});

		it("leaves the record as it is while the program is there, and says that it failed", async () => {
			const stage = await recorded();
			machine.endings = [{ outcome: exited(2) }];
			expect(await failure(() => carry(stage))).toMatchObject({ code: "uninstaller-failed" });
			expect(await record(stage)).toMatchObject({ outcome: "installed" });
			expect(await last(stage)).toMatchObject({
				action: "client.uninstall",
				after: { phase: "done", installed: true, code: "uninstaller-failed" },
			});
		});

		it("sets the record right of a client that somebody removed by hand, and asks nobody", async () => {
			const stage = await recorded();
			machine.state = nothing;
			expect((await carry(stage)).answer).toMatchObject({ outcome: "already-so", returnCode: null });
			expect(machine.done).toEqual([]);
			expect(await record(stage)).toMatchObject({ outcome: "uninstalled", returnCode: null });
			const events = (await stage.plan((view) => collect(view.events({})))).length;
			expect((await carry(stage)).answer).toMatchObject({ outcome: "already-so" });
			expect(await stage.plan((view) => collect(view.events({})))).toHaveLength(events);
		});

		it("keeps what a restart will finish", async () => {
			const stage = await recorded();
			machine.endings = [{ outcome: exited(3010) }];
			const { answer, warnings } = await carry(stage);
			expect(answer).toMatchObject({ outcome: "uninstalled", rebootRequired: true });
			expect(warnings.join()).toMatch(/restarted/);
			expect(await record(stage)).toMatchObject({ outcome: "installed", rebootRequired: true, returnCode: 3010 });
		});

		it("ends the client first when it shall, and waits for its turn", async () => {
			const stage = await recorded();
			machine.clientProcesses = known([running(4711)]);
			machine.heldFor = 1;
			machine.endings = [{ outcome: exited(0), leaves: nothing }];
			await carry(stage, { stopClient: true });
			expect(machine.done[0]).toBe("ended 4711");
			expect(machine.pauses[0]).toBe(5000);
		});
	});
});

describe("forgetting a client", () => {
	const forget = async (stage: Stage, own: object = {}) => {
		const operation = forgetClient(
			machine,
			profile,
			stage.registry,
			{ environment: "default", user: undefined, ...own },
			{
				narrator: {
					warn: () => {},
					during: (_label, work) => work(() => {}),
					withProgress: (_label, work) => work(() => {}),
				},
				now: () => new Date(machine.now),
			},
		);
		const attribution = anAttribution({ command: "client forget" });
		return carryOutOutside(operation, { registry: stage.registry, attribution, asker: { agree: async () => true } });
	};
	const recorded = async () => {
		const stage = await Stage.set({}, { 7: "CORP\\ana" });
		await make(stage.registry, [installationChange(null, anInstallation({ id: 7, user: "CORP\\ana" }))]);
		return stage;
	};
	const outcomes = async (stage: Stage) =>
		(await stage.plan((view) => listInstallations(view, {}))).map(({ outcome }) => outcome);

	it("removes entry and ID of a client whose program is gone, and sets the record right", async () => {
		const stage = await recorded();
		machine.state = { ...client(7), installed: known(false), running: known(false) };
		expect(await forget(stage)).toMatchObject({ outcome: "forgotten", client: { registered: false, clientId: null } });
		expect(machine.done).toEqual(["forgotten for CORP\\ana"]);
		expect(await outcomes(stage)).toEqual(["uninstalled"]);
		expect(await forget(stage)).toMatchObject({ outcome: "already-so" });
	});

	it("sets the record right where nothing at all is left", async () => {
		const stage = await recorded();
		machine.state = nothing;
		expect(await forget(stage)).toMatchObject({ outcome: "forgotten" });
		expect(machine.done).toEqual([]);
		expect(await outcomes(stage)).toEqual(["uninstalled"]);
	});

	it.each<[string, Partial<FakeMachine>, object, string]>([
		["a client that is there", {}, {}, "client-installed"],
		["a client of which nobody knows", { state: { ...nothing, installed: unknown("?") } }, {}, "client-unknown"],
		["somebody without a profile here", {}, { user: "CORP\\zoe" }, "no-local-user"],
	])("is refused for %s", async (_, told, own, code) => {
		const stage = await recorded();
		Object.assign(machine, told);
		const error = await failure(() => forget(stage, own));
		expect(error).toMatchObject({ code });
		await expectRunnable(error);
		expect(await outcomes(stage)).toEqual(["installed"]);
	});

	it("that leaves something is a failure, and recorded as one", async () => {
		const stage = await recorded();
		machine.state = { ...client(7), installed: known(false), running: known(false) };
		machine.client.forget = async () => {};
		expect(await failure(() => forget(stage))).toMatchObject({ code: "client-not-forgotten" });
		const events = await stage.plan((view) => collect(view.events({})));
		expect(events.at(-1)).toMatchObject({ action: "client.forget", after: { phase: "failed" } });
	});
});

describe("setting the client ID", () => {
	const asked = { environment: environment.name, user: undefined, id: undefined, stopClient: false };
	const yes = { agree: async () => true };
	const setting = (stage: Stage, own: object = {}) =>
		setClientId(
			machine,
			profile,
			stage.registry,
			{ ...asked, ...own },
			{ now: () => new Date(), pause: async () => {} },
		);
	const plan = (stage: Stage, own: object = {}) => setting(stage, own).plan();
	const set = async (stage: Stage, own: object = {}) => {
		const attribution = anAttribution({ command: "client set" });
		return carryOutOutside(setting(stage, own), { registry: stage.registry, attribution, asker: yes });
	};

	it("stores the user's own ID, and records it", async () => {
		const stage = await Stage.set({}, { 9: "CORP\\ana" });
		expect(await plan(stage)).toMatchObject({ before: 7, after: 9, changed: true });
		await set(stage);
		expect(machine.done).toEqual(["client ID of CORP\\ana = 9"]);
		const events = await stage.plan((view) => collect(view.events({ id: 9 })));
		expect(events.at(-1)).toMatchObject({ action: "set-client", note: "client ID 7 -> 9", before: null });
		expect(await plan(stage)).toMatchObject({ before: 9, after: 9, changed: false });
	});

	it("ends the running client first when it shall, and only where another ID is stored", async () => {
		const stage = await Stage.set({}, { 9: "CORP\\ana" });
		machine.clientProcesses = known([running(4711)]);
		expect(await plan(stage)).toMatchObject({ ends: [] });
		expect(await set(stage, { stopClient: true })).toMatchObject({ changed: true, endedPids: [4711] });
		expect(machine.done).toEqual(["ended 4711", "client ID of CORP\\ana = 9"]);
		const intent = (await stage.plan((view) => collect(view.events({ actions: ["client.set"] })))).at(-1);
		expect(intent).toMatchObject({ after: { phase: "intended", ends: [4711] } });
		machine.clientProcesses = known([running(4712)]);
		expect(await set(stage, { stopClient: true })).toMatchObject({ changed: false, endedPids: [] });
		expect(machine.done).not.toContain("ended 4712");
	});

	it("stores nothing where the client can't be ended", async () => {
		const stage = await Stage.set({}, { 9: "CORP\\ana" });
		machine.clientProcesses = unknown("?");
		expect(await failure(() => set(stage, { stopClient: true }))).toMatchObject({ code: "client-not-stopped" });
		expect(machine.done).toEqual([]);
	});

	it("keeps what is known of the installation, whatever the user was called then", async () => {
		const stage = await Stage.set({}, { 9: "ana@corp.example.com" });
		const before = anInstallation({ user: "ana@corp.example.com", id: 7 });
		await make(stage.registry, [installationChange(null, before)]);
		await set(stage);
		const after = await stage.plan((view) => listInstallations(view, {}));
		expect(after).toEqual([{ ...before, id: 9, at: expect.any(String) }]);
	});

	it.each<[string, Partial<FakeMachine>, object, Record<number, string>, string]>([
		["a user without a client", { state: nothing }, {}, { 9: "CORP\\ana" }, "no-client"],
		["a user without an ID", {}, {}, {}, "no-allocation"],
		["an ID that is not theirs", {}, { id: 8 }, { 8: "CORP\\ben", 9: "CORP\\ana" }, "id-not-theirs"],
		["a user without a profile here", {}, { user: "CORP\\zoe" }, { 9: "CORP\\zoe" }, "no-local-user"],
		[
			"a user, when nobody knows who has a profile",
			{ localUsers: unknown("?") },
			{ user: "CORP\\zoe" },
			{},
			"users-unknown",
		],
	])("is refused for %s", async (_, told, own, ids, code) => {
		Object.assign(machine, told);
		const error = await failure(async () => plan(await Stage.set({}, ids), own));
		expect(error).toMatchObject({ code });
		expect(machine.done).toEqual([]);
	});

	it("is a failure when it did not take, and is not recorded", async () => {
		const stage = await Stage.set({}, { 9: "CORP\\ana" });
		machine.keepsId = false;
		const error = await failure(() => set(stage));
		expect(error.code).toBe("client-id-not-settable");
		expect(said(error)).toEqual(["cfm client show 'CORP\\ana'"]);
		expect(error.kind).toBe("unavailable");
		await expectRunnable(error);
		expect(await stage.plan((view) => listInstallations(view, {}))).toEqual([]);
	});
});
