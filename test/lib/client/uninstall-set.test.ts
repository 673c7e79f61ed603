import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { listInstallations } from "../../../src/lib/client/installation.js";
import { setClientId } from "../../../src/lib/client/set.js";
import { applyUninstall, planUninstall, uninstallationChange } from "../../../src/lib/client/uninstall.js";
import { known, unknown } from "../../../src/lib/known.js";
import { carryOutOutside } from "../../../src/lib/operation/carry-out-outside.js";
import { anEnvironment, anInstallation, anOrigin, collect, installationChange, make } from "../../contract/store.js";
import { failure } from "../failure.js";
import { expectRunnable, said } from "../hints.js";
import { Stage } from "../registry/stage.js";
import { ana, client, exited, FakeMachine, folder, nothing, profile } from "./fake-machine.js";

let machine: FakeMachine;
beforeEach(() => {
	machine = new FakeMachine();
	machine.state = client(7);
	vi.spyOn(Date, "now").mockImplementation(() => machine.now);
});
afterEach(() => vi.restoreAllMocks());
const environment = anEnvironment();

describe("an uninstallation", () => {
	const plan = (silent = true) => planUninstall(machine, profile, { user: ana, environment, silent, timeout: 300_000 });
	const run = async (silent = true) => applyUninstall(machine, profile, await plan(silent), machine.pause);

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
		["whether it is there could not be told", { ...nothing, installed: unknown("?") }, false],
		["the stored ID could not be told", { ...nothing, clientId: unknown("?") }, false],
	])("when %s", async (_, state, alreadySo) => {
		machine.state = state;
		expect((await plan()).alreadySo).toBe(alreadySo);
	});

	it.each([
		["returns 1", exited(1), "return code 1"],
		["does not end", { ended: "timed-out", seconds: 300 } as const, "it did not finish in time"],
		["does not start", { ended: "not-started", why: "ENOENT" } as const, "ENOENT"],
	])("fails when the uninstaller %s", async (_, outcome, why) => {
		machine.endings = [{ outcome }];
		const error = await failure(run);
		expect(error).toMatchObject({ kind: "unavailable", code: "uninstaller-failed" });
		expect(error.message).toContain(why);
		await expectRunnable(error);
	});

	it.each([
		["everything", client(7)],
		["the ID", { ...nothing, clientId: known(7) }],
		["the program", { ...nothing, installed: known(true) }],
		["the uninstall entry", { ...nothing, registered: known(true) }],
	])("fails when the uninstaller says 0 and leaves %s", async (_, leaves) => {
		machine.endings = [{ outcome: exited(0), leaves }];
		const error = await failure(run);
		expect(error).toMatchObject({ kind: "unavailable", code: "uninstaller-left-something" });
		await expectRunnable(error);
	});

	it("is recorded when the registry knew the client", () => {
		const before = anInstallation({ rebootRequired: true });
		expect(uninstallationChange(before, 0, new Date("2026-03-10T12:00:00.000Z"))[0]).toMatchObject({
			action: "uninstall",
			before,
			after: {
				...before,
				outcome: "uninstalled",
				path: null,
				version: null,
				rebootRequired: false,
				at: "2026-03-10T12:00:00.000Z",
			},
		});
		expect(uninstallationChange(undefined, 0)).toEqual([]);
	});
});

describe("setting the client ID", () => {
	const asked = { environment: environment.name, user: undefined, id: undefined };
	const yes = { agree: async () => true };
	const setting = (stage: Stage, own: object = {}) =>
		setClientId(machine, profile, stage.registry, { ...asked, ...own }, () => new Date());
	const plan = (stage: Stage, own: object = {}) => setting(stage, own).plan();
	const set = async (stage: Stage) => {
		const origin = anOrigin({ command: "client set" });
		return carryOutOutside(setting(stage), { registry: stage.registry, origin, asker: yes });
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
