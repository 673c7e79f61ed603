import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import { type InstallWish, installClient } from "../../../src/lib/client/carry-install.js";
import { listInstallations } from "../../../src/lib/client/installation.js";
import { known, unknown } from "../../../src/lib/known.js";
import { carryOutOutside } from "../../../src/lib/operation/carry-out-outside.js";
import { recordKinds } from "../../../src/lib/record-kinds.js";
import type { Attribution, Registry } from "../../../src/lib/registry/registry.js";
import {
	anAllocation,
	anAttribution,
	anInstallation,
	collect,
	idChange,
	installationChange,
	make,
} from "../../contract/store.js";
import { failure } from "../failure.js";
import { said } from "../hints.js";
import { Stage } from "../registry/stage.js";
import { client, exited, FakeMachine, profile, sha256, workingFor } from "./fake-machine.js";

let machine: FakeMachine;
let warnings: string[];
let logs: string[];
beforeEach(() => {
	machine = new FakeMachine();
	[warnings, logs] = [[], []];
	vi.spyOn(Date, "now").mockImplementation(() => machine.now);
});
afterEach(() => vi.restoreAllMocks());

const wish = (own: Partial<InstallWish> = {}): InstallWish => ({
	environment: "default",
	user: undefined,
	id: undefined,
	allocate: false,
	installer: "setup.exe",
	sha256,
	signer: undefined,
	silent: true,
	timeout: 300_000,
	retries: 0,
	again: false,
	expectVersion: undefined,
	stopClient: false,
	...own,
});

const asker = { agree: () => Promise.reject(new Error("an installation asks nothing")) };

type Own = Partial<InstallWish> & { dryRun?: boolean };

const carry = (registry: Registry | undefined, { dryRun, ...own }: Own, attribution: Attribution) =>
	carryOutOutside(
		installClient(machine, profile, registry, wish(own), {
			narrator: {
				warn: (hint) => warnings.push(...said({ hints: [hint] })),
				during: (_label, work) => work(() => {}),
				withProgress: (_label, work) => work(() => {}),
			},
			pause: machine.pause,
			now: () => new Date(machine.now),
			workFolder: machine.workFolder,
			keepLog: async (text) => {
				logs.push(text);
				return "(log)";
			},
			dryRun: dryRun === true,
		}),
		{ registry, attribution, asker, dryRun },
	);

const install = (stage: Stage, own: Own = {}, attribution: Attribution = anAttribution({ command: "install" })) =>
	carry(stage.registry, own, attribution);

const recorded = (stage: Stage) => stage.plan((view) => listInstallations(view, {}));
/** What happened, but for the intents, which come before each. */
const actions = async (stage: Stage) =>
	(await stage.plan((view) => collect(view.events({}))))
		.slice(1)
		.filter(({ action }) => action !== "client.install")
		.map(({ action, note }) => [action, note].join(" ").trim());

describe("an installation, from wish to record,", () => {
	it("installs with the ID that the user has, and records it", async () => {
		const stage = await Stage.set({}, { 7: "CORP\\ana" });
		expect(await install(stage)).toMatchObject({ user: "CORP\\ana", id: 7, port: 24_257, outcome: "installed" });
		expect(machine.done).toEqual(["(copy of setup.exe) /S /CFMID=7 (300000 ms)", "copy discarded"]);
		expect(await recorded(stage)).toEqual([
			{
				environment: "default",
				user: "CORP\\ana",
				machine: "TS01",
				id: 7,
				outcome: "installed",
				version: "1.2.3",
				path: expect.stringContaining("certifio-manager-se"),
				installerSha256: sha256,
				returnCode: 0,
				rebootRequired: false,
				at: expect.stringMatching(/^2\d{3}-\d\d-\d\dT.*Z$/),
			},
		]);
		expect(await actions(stage)).toEqual(["allocate", "id.identify", "install"]);
		expect(warnings).toEqual([]);
	});

	it("is already so the second time: nothing runs, nothing is recorded", async () => {
		const stage = await Stage.set({}, { 7: "CORP\\ana" });
		await install(stage);
		machine.done.length = 0;
		expect(await install(stage)).toMatchObject({ outcome: "already-so", returnCode: null, attempts: 0 });
		expect(machine.done).toEqual(["copy discarded"]);
		expect(await actions(stage)).toEqual(["allocate", "id.identify", "install"]);
	});

	it("gives an ID to a user who has none, when that is asked for", async () => {
		const stage = await Stage.set({}, { 1: "CORP\\ben" });
		machine.endings = [{ outcome: exited(0), leaves: client(2) }];
		expect(await install(stage, { allocate: true })).toMatchObject({ id: 2, outcome: "installed" });
		expect(await stage.rows()).toEqual(["1 CORP\\ben", "2 CORP\\ana"]);
	});

	it("takes the ID it was given after all, when somebody else got the lowest one in the meantime", async () => {
		const stage = await Stage.set();
		const look = machine.client.look;
		machine.client.look = async (...words) => {
			machine.client.look = look;
			await make(stage.registry, [idChange(null, anAllocation(1, { user: "CORP\\ben" }))]);
			return look(...words);
		};
		machine.endings = [{ outcome: exited(0), leaves: client(2) }];
		expect(await install(stage, { allocate: true })).toMatchObject({ id: 2, port: 24_252, outcome: "installed" });
		expect(machine.done[0]).toContain("/CFMID=2");
		expect(await recorded(stage)).toMatchObject([{ id: 2 }]);
	});

	it.each<[string, Partial<InstallWish>, string, string]>([
		["a user without an ID", {}, "not-found", "no-allocation"],
		["an ID that nobody has", { id: 3 }, "not-found", "no-allocation"],
		["an ID of somebody else", { id: 1 }, "conflict", "id-not-theirs"],
		["an environment that is not there", { environment: "lab" }, "not-found", "no-environment"],
		["another user", { user: "CORP\\ben" }, "unavailable", "other-session"],
		["somebody else's ID, to be allocated", { id: 1, allocate: true }, "conflict", "id-taken"],
	])("is refused for %s: nothing runs", async (_, own, kind, code) => {
		const stage = await Stage.set({}, { 1: "CORP\\ben" });
		expect(await failure(() => install(stage, own))).toMatchObject({ kind, code });
		expect(machine.done.filter((line) => line !== "copy discarded")).toEqual([]);
		expect(await stage.rows()).toEqual(["1 CORP\\ben"]);
	});

	it("is refused for another ID than the user's own", async () => {
		const stage = await Stage.set({}, { 7: "CORP\\ana", 8: "(reserved)" });
		const error = await failure(() => install(stage, { id: 8 }));
		expect(error).toMatchObject({ kind: "conflict", code: "id-not-theirs", data: { id: 8, theirId: 7 } });
	});

	it("throws the copy away and records nothing when the installer is not the pinned one", async () => {
		const stage = await Stage.set({}, { 7: "CORP\\ana" });
		const error = await failure(() => install(stage, { sha256: "00".repeat(32) }));
		expect(error).toMatchObject({ kind: "denied", code: "wrong-hash" });
		expect(machine.done).toEqual(["copy discarded"]);
		expect(await actions(stage)).toEqual(["allocate"]);
	});

	it("gives no ID when the installer is not the pinned one", async () => {
		const stage = await Stage.set();
		await failure(() => install(stage, { sha256: "00".repeat(32), allocate: true }));
		expect(await stage.rows()).toEqual([]);
	});

	it.each([
		["1602", exited(1602), "installer-cancelled", { returnCode: 1602 }],
		["0, and leaves nothing", exited(0), "installer-left-nothing", { returnCode: 0 }],
		["nothing in time", { ended: "timed-out", seconds: 300 } as const, "installer-timed-out", { returnCode: null }],
		["1618 for ever", exited(1618), "installer-busy", { returnCode: 1618 }],
	])("that returns %s is recorded as failed, with the reason", async (_, outcome, code, record) => {
		const stage = await Stage.set({}, { 7: "CORP\\ana" });
		machine.endings = [{ outcome }];
		expect(await failure(() => install(stage))).toMatchObject({ code });
		expect(await recorded(stage)).toMatchObject([{ outcome: "failed", path: null, id: 7, ...record }]);
		expect(await actions(stage)).toEqual(["allocate", "id.identify", `install ${code}`]);
	});

	it("is recorded as what it is now: failed after it worked, then working again", async () => {
		const stage = await Stage.set({}, { 7: "CORP\\ana" });
		const outcomes: string[] = [];
		for (const code of [0, 1602, 0]) {
			machine.endings = [{ outcome: exited(code), leaves: client(7) }];
			await install(stage, { again: true }).catch(() => {});
			outcomes.push((await recorded(stage)).map(({ outcome }) => outcome).join());
		}
		expect(outcomes).toEqual(["installed", "failed", "installed"]);
		expect((await stage.registry.check(recordKinds)).problems).toEqual([]);
	});

	it("is recorded even when somebody recorded something while the installer ran", async () => {
		const stage = await Stage.set({}, { 7: "CORP\\ana" });
		const between = anInstallation({ id: 7, outcome: "uninstalled", user: "CORP\\ana" });
		const run = machine.runner.run;
		machine.runner.run = async (...words) => {
			await make(stage.registry, [installationChange(null, between)]);
			return run(...words);
		};
		await install(stage);
		expect(await recorded(stage)).toMatchObject([{ outcome: "installed" }]);
		const events = await stage.plan((view) => collect(view.events({})));
		expect(events.at(-1)?.before).toEqual(between);
	});

	it("under whatever spelling, is one record for one user", async () => {
		const stage = await Stage.set({}, { 7: "CORP\\ana" });
		for (const user of [undefined, "ana@corp.example.com", "corp\\ANA", "ana"])
			await install(stage, { user, again: true });
		expect(await recorded(stage)).toMatchObject([{ user: "CORP\\ana" }]);
	});

	it("as a dry run plans and changes nothing", async () => {
		const stage = await Stage.set({}, { 7: "CORP\\ana" });
		expect(await install(stage, { dryRun: true })).toMatchObject({ outcome: "planned", id: 7, attempts: 0 });
		expect(machine.done).toEqual(["copy discarded"]);
		expect(await actions(stage)).toEqual(["allocate"]);
		const empty = await Stage.set();
		expect(await install(empty, { dryRun: true, allocate: true })).toMatchObject({ outcome: "planned", id: 1 });
		expect(await empty.rows()).toEqual([]);
	});

	it("warns when the client does not answer, and when something can't be determined", async () => {
		const stage = await Stage.set({}, { 7: "CORP\\ana" });
		machine.endings = [{ outcome: exited(0), leaves: client(7, { running: known(false), registered: unknown("?") }) }];
		await install(stage);
		expect(warnings.join("\n")).toMatch(/does not answer on port 24257/);
		expect(warnings.join("\n")).toMatch(/registered/);
	});
});

describe("without a registry that may be read,", () => {
	const unrecorded = (own: Own = {}) => carry(undefined, own, anAttribution({ command: "install" }));

	it("installs with the ID that was told, looks, and says that it stands nowhere", async () => {
		const answer = await unrecorded({ id: 7 });
		expect(answer).toMatchObject({
			outcome: "installed",
			id: 7,
			port: null,
			unrecorded: true,
			client: { installed: true, clientId: 7, port: null, listening: null, unknown: ["port", "listening"] },
		});
		expect(machine.done).toEqual(["(copy of setup.exe) /S /CFMID=7 (300000 ms)", "copy discarded"]);
		expect(warnings).toEqual([expect.stringMatching(/^Not recorded: CORP\\ana may not read .*cfm client list$/)]);
		// It looked once: whether the client answers is not waited for, nobody knows where it would.
		expect(machine.pauses).toEqual([]);
	});

	it("is already so the second time", async () => {
		machine.state = client(7);
		expect(await unrecorded({ id: 7 })).toMatchObject({ outcome: "already-so", unrecorded: true });
		expect(machine.done).toEqual(["copy discarded"]);
	});

	it.each<[string, Partial<InstallWish>, string]>([
		["no ID was told", {}, "registry-not-readable"],
		["an ID would have to be given", { id: 7, allocate: true }, "registry-not-readable"],
		["it is for another user", { id: 7, user: "CORP\\ben" }, "other-session"],
		["it is not the pinned installer", { id: 7, sha256: "00".repeat(32) }, "wrong-hash"],
	])("is refused when %s: nothing runs", async (_, own, code) => {
		expect(await failure(() => unrecorded(own))).toMatchObject({ code });
		expect(machine.done.filter((line) => line !== "copy discarded")).toEqual([]);
	});

	it("fails when the installer left nothing", async () => {
		machine.endings = [{ outcome: exited(0) }];
		expect(await failure(() => unrecorded({ id: 7 }))).toMatchObject({ code: "installer-left-nothing" });
	});

	it("as a dry run runs nothing", async () => {
		expect(await unrecorded({ id: 7, dryRun: true })).toMatchObject({ outcome: "planned", unrecorded: true });
		expect(machine.done).toEqual(["copy discarded"]);
	});
});

describe("two installations of one user at once", () => {
	it("the second waits, and finds what the first one did", async () => {
		const stage = await Stage.set({}, { 7: "CORP\\ana" });
		machine.heldFor = 2;
		machine.state = client(7);
		expect(await install(stage, { retries: 2 })).toMatchObject({ outcome: "already-so" });
		expect(machine.pauses).toEqual([5000, 10_000]);
		expect(machine.held).toEqual([]);
	});

	it("the second is busy when the first one takes too long; nothing runs", async () => {
		const stage = await Stage.set({}, { 7: "CORP\\ana" });
		machine.heldFor = Number.POSITIVE_INFINITY;
		const error = await failure(() => install(stage, { retries: 1 }));
		expect(error).toMatchObject({ kind: "busy", code: "client-busy", data: { attempts: 2 } });
		expect(machine.done).toEqual([]);
	});

	it("a dry run keeps nobody waiting, and waits for nobody", async () => {
		const stage = await Stage.set({}, { 7: "CORP\\ana" });
		machine.heldFor = Number.POSITIVE_INFINITY;
		expect(await install(stage, { dryRun: true })).toMatchObject({ outcome: "planned", log: null });
	});

	it("whoever fails lets the next one", async () => {
		const stage = await Stage.set({}, { 7: "CORP\\ana" });
		await failure(() => install(stage, { sha256: "00".repeat(32) }));
		expect(machine.held).toEqual([]);
	});
});

describe("the log of an installation", () => {
	it("is kept, tells what was run and how it ended, and is named in the answer", async () => {
		const stage = await Stage.set({}, { 7: "CORP\\ana" });
		expect(await install(stage)).toMatchObject({ log: "(log)" });
		expect(logs).toHaveLength(1);
		for (const words of [/install for CORP\\ana on TS01/, /\/CFMID=7/, /return code 0 \(0x0\)/, /succeeded$/m]) {
			expect(logs[0]).toMatch(words);
		}
		expect(logs[0]?.split("\n").slice(0, -1)).toSatisfy((lines: string[]) =>
			lines.every((line) => /^2026-03-10T\d\d:\d\d:\d\d\.\d{3}Z /.test(line)),
		);
	});

	it("is named in the failure, too", async () => {
		const stage = await Stage.set({}, { 7: "CORP\\ana" });
		machine.endings = [{ outcome: exited(1603) }];
		const error = await failure(() => install(stage));
		expect(error).toMatchObject({ code: "installer-failed", data: { log: "(log)", returnCode: 1603, hex: "0x643" } });
		expect(said(error)).toContain("What happened is in (log).");
		expect(logs[0]).toMatch(/failed: unavailable installer-failed/);
	});

	it("is not kept of what only was planned", async () => {
		const stage = await Stage.set({}, { 7: "CORP\\ana" });
		await install(stage, { dryRun: true });
		await failure(() => install(stage, { sha256: "00".repeat(32) }));
		expect(logs).toEqual([]);
	});
});

it("the copy stays while what the installer started runs", async () => {
	const stage = await Stage.set({}, { 7: "CORP\\ana" });
	machine.endings = [{ outcome: exited(0, workingFor(100)), leaves: client(7), afterLooks: 2 }];
	await install(stage);
	expect(machine.done.at(-1)).toBe("copy left for later");
});

it("a file that is no program is refused before anything else is asked of it", async () => {
	const stage = await Stage.set({}, { 7: "CORP\\ana" });
	machine.kind = "html";
	expect(await failure(() => install(stage, { sha256: "00".repeat(32) }))).toMatchObject({
		code: "installer-not-a-program",
	});
	expect(machine.done).toEqual(["copy discarded"]);
});

describe("a repeated request", () => {
	const attribution = anAttribution({
		requestKey: "ticket-7",
		repeatable: true,
		fingerprint: "install ana",
		command: "install",
	});

	it("gets the answer it got, and nothing runs", async () => {
		const stage = await Stage.set();
		machine.endings = [{ outcome: exited(0), leaves: client(1) }];
		const first = await install(stage, { allocate: true }, attribution);
		machine.done.length = 0;
		expect(await install(stage, { allocate: true }, attribution)).toEqual(first);
		expect(machine.done).toEqual([]);
		expect(await actions(stage)).toEqual(["allocate", "install"]);
	});

	it("of one that failed tries again, with the ID it was given", async () => {
		const stage = await Stage.set();
		machine.endings = [{ outcome: exited(1602) }, { outcome: exited(0), leaves: client(1) }];
		await failure(() => install(stage, { allocate: true }, attribution));
		expect(await install(stage, { allocate: true }, attribution)).toMatchObject({ id: 1, outcome: "installed" });
		expect(machine.done.filter((line) => line.includes("/CFMID=1"))).toHaveLength(2);
		expect(await stage.rows()).toEqual(["1 CORP\\ana"]);
	});
});
