import { describe, expect, it } from "vitest";
import { parseAccount } from "../../../src/lib/account/account.js";
import type { LocalUser } from "../../../src/lib/client/machine.js";
import { requireEnvironment } from "../../../src/lib/environment/environment.js";
import { type Known, known, unknown } from "../../../src/lib/known.js";
import { type Here, type ListedPort, listPorts, type PortFilter } from "../../../src/lib/port/list.js";
import { lookForClients, portRemarks, unclearOwners } from "../../../src/lib/port/look.js";
import type { Listener } from "../../../src/lib/port/network.js";
import { anInstallation, installationChange, make } from "../../contract/store.js";
import { FakeMachine, ana as fakeUser, profile } from "../client/fake-machine.js";
import { said } from "../hints.js";
import { Stage } from "../registry/stage.js";
import { listener, nobodyKnown, owner } from "./fake-network.js";

const ids = { 1: "CORP\\ana", 2: "CORP\\ben", 3: "(reserved)", 4: "dora" };

async function listed(
	listeners: Listener[],
	options: { stage?: Stage; filter?: PortFilter; clients?: Here["clients"]; remarks?: string[] } = {},
): Promise<ListedPort[]> {
	const stage = options.stage ?? (await Stage.set({}, ids));
	const here = { machine: "TS01", clients: options.clients };
	const remark = (text: string) => options.remarks?.push(text);
	return stage.plan(async (view) =>
		listPorts(view, await requireEnvironment(view, "default"), here, listeners, options.filter, remark),
	);
}

const ana = owner("CORP\\ana");
const system = owner("NT AUTHORITY\\SYSTEM", { process: "System", pid: 4, sid: "S-1-5-18", kernel: true });
const ben = owner("CORP\\ben", { pid: 5000 });

describe("the verdict", () => {
	it.each([
		["the user who has the ID", 24_251, ana, "ok", "CORP\\ana"],
		["the same user, spelled otherwise", 24_251, owner("ana@corp.example.com"), "ok", "CORP\\ana"],
		["somebody else", 24_251, ben, "wrong-user", "CORP\\ana"],
		["a namesake of another domain", 24_251, owner("LAB\\ana"), "wrong-user", "CORP\\ana"],
		[
			"somebody whose name the registry would not take",
			24_251,
			owner("NT AUTHORITY\\SYSTEM:1"),
			"wrong-user",
			"CORP\\ana",
		],
		["the system itself, whose account is known", 24_251, system, "wrong-user", "CORP\\ana"],
		["the system itself, whose account nobody names", 24_251, { ...system, user: null }, "wrong-user", "CORP\\ana"],
		["somebody, and nobody has the ID", 24_259, ana, "unexpected", null],
		["somebody, and the ID is kept free", 24_253, ana, "unexpected", null],
		["somebody who can't be determined", 24_251, nobodyKnown, "unknown-owner", "CORP\\ana"],
		["a namesake written with a domain", 24_254, owner("CORP\\dora"), "unknown-owner", "dora"],
		["anybody on a port of no ID", 443, ben, null, null],
		["anybody on the port before the first", 24_250, ben, null, null],
		["anybody on the port after the last", 24_261, ben, null, null],
	] as const)("on %s", async (_, port, by, verdict, expectedUser) => {
		expect(await listed([listener(port, by)])).toMatchObject([{ port, verdict, expectedUser, user: by.user }]);
	});

	it("takes the environment's domain for bare names", async () => {
		const stage = await Stage.set({ domain: "CORP" }, ids);
		expect(await listed([listener(24_254, owner("CORP\\dora"))], { stage })).toMatchObject([{ verdict: "ok" }]);
	});

	it("follows the port rule", async () => {
		const stage = await Stage.set({ portBase: 30_000, portStride: 10 }, ids);
		const rows = await listed([listener(30_010, ana), listener(30_011, ana)], { stage });
		expect(rows.map(({ id, verdict }) => [id, verdict])).toEqual([
			[1, "ok"],
			[null, null],
		]);
	});

	it("is ok when one of the processes that share a socket is the expected user's", async () => {
		const shared = listener(24_251, owner("root"), { sharedWith: [ana] });
		const foreign = listener(24_251, owner("root"), { sharedWith: [ben] });
		const unclear = listener(24_251, owner("root"), { sharedWith: [{ ...ben, user: null }] });
		const rows = await listed([shared, foreign, unclear]);
		expect(rows.map(({ verdict }) => verdict)).toEqual(["ok", "wrong-user", "unknown-owner"]);
		expect(rows[0]?.sharedWith).toEqual([{ pid: 4711, process: ana.process, user: "CORP\\ana" }]);
	});

	it("is given to each of two listeners on one port", async () => {
		const rows = await listed([listener(24_251, ana), listener(24_251, ben, { address: "::1" })]);
		expect(rows.map(({ address, verdict }) => [address, verdict])).toEqual([
			["127.0.0.1", "ok"],
			["::1", "wrong-user"],
		]);
	});

	it("is the same for few listeners and for many", async () => {
		const stage = await Stage.set({ lastId: 2000 }, { 1: "CORP\\ana", 2: "CORP\\ben", 1500: "CORP\\ana2" });
		const many = Array.from({ length: 1999 }, (_, at) => listener(24_251 + at, ana));
		const rows = await listed(many, { stage });
		const alone = await listed([listener(24_251, ana), listener(24_252, ana), listener(25_750, ana)], { stage });
		const at = (port: number) => rows.find((row) => row.port === port);
		expect([at(24_251), at(24_252), at(25_750)]).toEqual(alone);
		expect(rows.filter(({ verdict }) => verdict === "unexpected")).toHaveLength(1996);
	});
});

describe("a client that should be there", () => {
	const installed = (user: string, own = {}) =>
		installationChange(null, anInstallation({ user, machine: "TS01", outcome: "installed", ...own }));

	it("is missing when its user has the ID, it was installed here, and nobody listens", async () => {
		const stage = await Stage.set({}, ids);
		await make(stage.registry, [installed("CORP\\ana", { id: 1 }), installed("CORP\\ben", { id: 2 })]);
		expect(await listed([listener(24_252, ben)], { stage })).toEqual([
			{
				address: null,
				port: 24_251,
				pid: null,
				process: null,
				user: null,
				session: null,
				since: null,
				id: 1,
				expectedUser: "CORP\\ana",
				verdict: "missing",
				unknown: [],
				sharedWith: [],
				kernel: false,
				beyondLoopback: false,
				otherSessions: [],
			},
			expect.objectContaining({ port: 24_252, verdict: "ok" }),
		]);
	});

	it.each([
		["was installed on another machine", { machine: "TS02" }],
		["could not be installed", { outcome: "failed" }],
		["was removed", { outcome: "uninstalled" }],
		["belongs to somebody who has no ID any more", { user: "CORP\\gone" }],
	])("is not missing when it %s", async (_, own) => {
		const stage = await Stage.set({}, ids);
		await make(stage.registry, [installed("CORP\\ana", { id: 1, ...own })]);
		expect(await listed([], { stage })).toEqual([]);
	});

	/** Users with profiles here, and whether their client's program is there. */
	const found = (installed: Record<string, Known<boolean>>): NonNullable<Here["clients"]> => ({
		users: Object.keys(installed).map((account) => ({ account, sid: null, profileFolder: "", isCurrent: false })),
		isInstalled: async ({ account }) => installed[account] ?? unknown("asked of somebody else"),
	});
	const verdicts = (rows: ListedPort[]) => rows.map(({ id, expectedUser, verdict }) => [id, expectedUser, verdict]);

	it("is missing when it is found here, though no record says so", async () => {
		const clients = found({
			"CORP\\ana": known(true),
			"CORP\\ben": known(false),
			dora: known(true),
			"CORP\\zoe": known(true),
		});
		const rows = await listed([], { clients });
		expect(verdicts(rows)).toEqual([
			[1, "CORP\\ana", "missing"],
			[4, "dora", "missing"],
		]);
		expect(await listed([], { clients, filter: { conflicts: true } })).toEqual([]);
	});

	it("is missing once, recorded and found", async () => {
		const stage = await Stage.set({}, ids);
		await make(stage.registry, [installed("CORP\\ana", { id: 1 })]);
		expect(verdicts(await listed([], { stage, clients: found({ ana: known(true) }) }))).toEqual([
			[1, "CORP\\ana", "missing"],
		]);
	});

	it("is not missing by a record of the past: removed by hand, or with its user's profile; nobody can look: it is", async () => {
		const stage = await Stage.set({}, ids);
		await make(stage.registry, [installed("CORP\\ana", { id: 1 }), installed("CORP\\ben", { id: 2 })]);
		expect(await listed([], { stage, clients: found({ "CORP\\ana": known(false) }) })).toEqual([]);
		const unseen = found({ "CORP\\ana": unknown("EACCES"), "CORP\\ben": known(false) });
		expect(verdicts(await listed([], { stage, clients: unseen }))).toEqual([[1, "CORP\\ana", "missing"]]);
	});

	it("is not called missing, and not called gone, when nobody could look", async () => {
		const remarks: string[] = [];
		const clients = found({ "CORP\\ana": unknown("EACCES"), "CORP\\ben": unknown("EACCES") });
		expect(verdicts(await listed([listener(24_252, ben)], { clients, remarks }))).toEqual([[2, "CORP\\ben", "ok"]]);
		expect(remarks).toEqual([expect.stringContaining("(CORP\\ana)")]);
	});

	it("is looked for only of users who have an ID that nobody listens for", async () => {
		const clients = found({ "CORP\\ben": known(true), "CORP\\zoe": known(true), "12345": known(true) });
		const looked: string[] = [];
		const isInstalled = async ({ account }: LocalUser) => known(looked.push(account) > 0);
		await listed([listener(24_252, ben)], { clients: { ...clients, isInstalled } });
		expect(looked).toEqual([]);
	});

	it("is looked for at the ID its user has now", async () => {
		const stage = await Stage.set({}, { 8: "CORP\\ana" });
		await make(stage.registry, [installed("CORP\\ana", { id: 1 })]);
		expect(await listed([], { stage })).toMatchObject([{ port: 24_258, id: 8, verdict: "missing" }]);
	});
});

describe("the filters", () => {
	const all = [
		listener(443, owner("root")),
		listener(24_251, ana),
		listener(24_252, ana),
		listener(24_259, ben),
		listener(24_254, nobodyKnown),
	];
	it.each<[string, PortFilter, number[]]>([
		["nothing", {}, [443, 24_251, 24_252, 24_254, 24_259]],
		["the ports of IDs", { idsOnly: true }, [24_251, 24_252, 24_254, 24_259]],
		["conflicts", { conflicts: true }, [24_252, 24_259]],
		["a range, both ends included", { ports: { first: 443, last: 24_251 } }, [443, 24_251]],
		["whose it is or should be", { user: parseAccount("CORP\\ben") }, [24_252, 24_259]],
		["a bare name", { user: parseAccount("ana") }, [24_251, 24_252]],
		["a namesake elsewhere", { user: parseAccount("LAB\\ana") }, []],
		[
			"several at once",
			{ user: parseAccount("CORP\\ben"), conflicts: true, ports: { first: 1, last: 24_252 } },
			[24_252],
		],
	])("take %s", async (_, filter, ports) => {
		expect((await listed(all, { filter })).map(({ port }) => port)).toEqual(ports);
	});
});

it("users who can't be determined are said, and not looked for", async () => {
	const remarks: string[] = [];
	const machine = new FakeMachine();
	expect((await lookForClients(machine, profile, () => {}))?.users).toEqual([fakeUser]);
	machine.localUsers = unknown("no list");
	expect(await lookForClients(machine, profile, (text) => remarks.push(text))).toBeUndefined();
	expect(remarks).toEqual([expect.stringContaining("no list")]);
});

it("what can't be determined has a remedy", async () => {
	const told = (rows: ListedPort[], elevated: boolean) =>
		said({ hints: unclearOwners(rows, known(elevated), "south") });
	expect(told(await listed([listener(24_251, ana)]), false)).toEqual([]);
	const rows = await listed([listener(24_251, nobodyKnown), listener(24_254, owner("CORP\\dora"))]);
	expect(told(rows, false)).toEqual([
		expect.stringContaining("run cfm as an administrator"),
		expect.stringMatching(/: cfm environments set south --domain DOMAIN$/),
	]);
	expect(told(rows, true)[0]).not.toContain("run cfm");
});

describe("beyond the verdict", () => {
	const remarks = (rows: ListedPort[]) =>
		portRemarks(rows, known(true), "default").map((one) => said({ hints: [one] })[0]);

	it("says where other machines may reach a client, on any address but the loopback's", async () => {
		const at = (address: string, port = 24_251) => listener(port, ana, { address });
		const rows = await listed([
			...["0.0.0.0", "::", "192.0.2.7", "::ffff:0.0.0.0"].map((address) => at(address)),
			...["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"].map((address) => at(address)),
			at("0.0.0.0", 443),
		]);
		expect(rows.map(({ port, address, beyondLoopback }) => [port, address, beyondLoopback]).slice(1)).toEqual([
			...["0.0.0.0", "::", "192.0.2.7", "::ffff:0.0.0.0"].map((address) => [24_251, address, true]),
			...["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"].map((address) => [24_251, address, false]),
		]);
		expect(rows[0]).toMatchObject({ port: 443, beyondLoopback: false });
		expect(remarks(rows)).toEqual([expect.stringContaining("24251")]);
	});

	it("names the system's own listener, and the way to the service behind it", async () => {
		const rows = await listed([listener(24_251, system)]);
		expect(rows[0]).toMatchObject({ kernel: true, pid: 4 });
		expect(remarks(rows)).toEqual([expect.stringContaining("http.sys"), expect.stringContaining("netsh http show")]);
	});

	it("notices a user in several sessions: only one client can have the port", async () => {
		const stage = await Stage.set({}, ids);
		const at = (session: number, user: string) => ({ session, user, sid: null });
		const sessions = [
			at(2, "CORP\\ana"),
			at(7, "corp\\ANA"),
			at(5, "CORP\\ana"),
			at(3, "CORP\\ben"),
			at(4, "LAB\\ana"),
		];
		const of = (listeners: Listener[]) =>
			stage.plan(async (view) =>
				listPorts(view, await requireEnvironment(view, "default"), { machine: "TS01", sessions }, listeners),
			);
		const rows = await of([listener(24_251, ana), listener(24_252, { ...ben, session: 3 })]);
		expect(rows.map(({ otherSessions }) => otherSessions)).toEqual([[5, 7], []]);
		expect(remarks(rows)).toEqual([expect.stringMatching(/session 2 .* 5, 7/)]);
	});
});
