import { beforeEach, describe, expect, it } from "vitest";
import { parseAccount } from "../../../src/lib/account/account.js";
import { compareWithProfile, profileChanges } from "../../../src/lib/client/detect.js";
import { requireOwnId } from "../../../src/lib/client/install.js";
import { listClients, requireLocalUser, showClient } from "../../../src/lib/client/list.js";
import { isGone, seen, shortcomings } from "../../../src/lib/client/look.js";
import type { LocalUser, Observation } from "../../../src/lib/client/machine.js";
import { findLocalUser, requireThisUser } from "../../../src/lib/client/this-user.js";
import { known, unknown } from "../../../src/lib/known.js";
import { anEnvironment } from "../../contract/store.js";
import { failure } from "../failure.js";
import { expectRunnable, said } from "../hints.js";
import { Stage } from "../registry/stage.js";
import { ana, client, FakeMachine, nothing, profile } from "./fake-machine.js";

let machine: FakeMachine;
beforeEach(() => {
	machine = new FakeMachine();
});
const environment = anEnvironment();
const look = async () => seen(machine, await machine.client.look(ana, profile), (id) => 24_250 + id);
const user = (account: string): LocalUser => ({ ...ana, account, isCurrent: false });

describe("what is seen of a client", () => {
	it("tells 'none' from 'could not tell'", async () => {
		machine.state = nothing;
		expect(await look()).toMatchObject({ installed: false, clientId: null, port: null, listening: null, unknown: [] });
		machine.state = {
			installed: unknown("EACCES"),
			clientId: unknown("EACCES"),
			version: unknown("EACCES"),
			registered: unknown("EACCES"),
			running: unknown("EACCES"),
		};
		const all = await look();
		expect(all).toMatchObject({ installed: null, clientId: null, registered: null, running: null, listening: null });
		expect(all.unknown).toEqual(["installed", "clientId", "version", "registered", "running"]);
		expect(shortcomings(all, 7, "default")).toEqual([]);
		expect(isGone(all)).toBe(false);
	});

	it("says that the port could not be asked", async () => {
		machine.state = client(7);
		machine.ports[24_257] = unknown("no loopback");
		expect(await look()).toMatchObject({ port: 24_257, listening: null, unknown: ["listening"] });
	});
});

describe("a client's verdict", () => {
	it.each([
		["ok", client(7), { 7: "CORP\\ana" }],
		["ok", client(7), { 7: "ana@corp.example.com" }],
		["unknown", client(7), { 7: "ana" }],
		["ok", client(7, { running: known(false) }), { 7: "CORP\\ana" }],
		["wrong-id", client(8), { 7: "CORP\\ana" }],
		["wrong-id", client(7, { clientId: known(null) }), { 7: "CORP\\ana" }],
		["no-allocation", client(7), {}],
		["no-allocation", client(7), { 7: "LAB\\ana" }],
		["not-installed", nothing, { 7: "CORP\\ana" }],
		["unknown", client(7, { installed: unknown("?") }), { 7: "CORP\\ana" }],
		["unknown", client(7, { clientId: unknown("?") }), { 7: "CORP\\ana" }],
	])("is %s: %#", async (verdict, state, ids) => {
		machine.state = state;
		const stage = await Stage.set({}, ids);
		const shown = await stage.plan((view) => showClient(machine, profile, view, environment, ana));
		expect(shown.verdict).toBe(verdict);
	});

	it("is not-listening when a running client does not answer on its port", async () => {
		machine.state = client(7);
		machine.loopback.answers = async () => known(false);
		const stage = await Stage.set({}, { 7: "CORP\\ana" });
		const shown = await stage.plan((view) => showClient(machine, profile, view, environment, ana));
		expect(shown.verdict).toBe("not-listening");
	});

	it("is unknown of an account that nobody can name, whatever its folder is called", async () => {
		machine.state = client(7);
		const stage = await Stage.set({}, { 7: "CORP\\ana", 8: "ben" });
		for (const account of ["ana", "ben", "1234", "a;b"]) {
			const unnamed: LocalUser = { ...user(account), nameUnknown: true };
			expect(await stage.plan((view) => listClients(machine, profile, view, environment, [unnamed]))).toMatchObject([
				{ user: account, clientId: 7, allocatedId: null, verdict: "unknown", unknown: ["allocatedId"] },
			]);
		}
		machine.state = nothing;
		const without: LocalUser = { ...user("ana"), nameUnknown: true };
		expect(await stage.plan((view) => listClients(machine, profile, view, environment, [without]))).toHaveLength(1);
	});

	it("ends for nobody with a name that no account of ours can have", async () => {
		const stage = await Stage.set({}, { 7: "CORP\\ana" });
		machine.state = client(7);
		const odd = [user("1234"), user("CORP\\ana")];
		const listed = await stage.plan((view) => listClients(machine, profile, view, environment, odd));
		expect(listed.map(({ verdict }) => verdict)).toEqual(["no-allocation", "ok"]);
		expect(findLocalUser(odd, parseAccount("ana"), environment)).toBe(odd[1]);
	});

	it("lists who has a client, traces of one, or an ID", async () => {
		const stage = await Stage.set({}, { 7: "CORP\\ana" });
		const listed = async (...names: string[]) => {
			const all = await stage.plan((view) => listClients(machine, profile, view, environment, names.map(user)));
			return all.map((one) => one.user);
		};
		machine.state = nothing;
		expect(await listed("CORP\\ana", "CORP\\ben")).toEqual(["CORP\\ana"]);
		for (const trace of [{ registered: known(true) }, { clientId: known(3) }, { installed: unknown("?") }]) {
			machine.state = { ...nothing, ...trace };
			expect(await listed("CORP\\ben")).toEqual(["CORP\\ben"]);
		}
	});
});

describe("whose client is meant", () => {
	it.each([
		[undefined, "CORP\\ana"],
		["ana", "CORP\\ana"],
		["ana@corp.example.com", "ana@corp.example.com"],
	])("%s: the one who runs cfm", async (named, spelling) => {
		const { account, user } = await requireThisUser(machine, named, environment);
		expect(user).toBe(ana);
		expect(account.spelling).toBe(spelling);
	});

	it.each(["CORP\\ben", "LAB\\ana"])("%s: somebody else, in whose session cfm must run", async (named) => {
		const error = await failure(() => requireThisUser(machine, named, environment));
		expect(error).toMatchObject({ kind: "unavailable", code: "other-session", data: { runsAs: "CORP\\ana" } });
	});

	it.each([
		["CORP\\ben", "", "CORP\\ben"],
		["ben", "", "ben"],
		["ben@corp.example.com", "", "CORP\\ben"],
		["cleo", "corp", "CORP\\cleo"],
		["zoe", "", undefined],
		["cleo", "", "CORP\\cleo"],
		["LAB\\cleo", "", undefined],
	])("%s (bare names are of %j): %s", (named, home, found) => {
		const users = ["ben", "CORP\\ben", "CORP\\cleo"].map(user);
		expect(findLocalUser(users, parseAccount(named), anEnvironment({ domain: home || null }))?.account).toBe(found);
	});

	it("nobody, when two users here may be meant", async () => {
		const users = ["CORP\\ben", "LAB\\ben"].map(user);
		const error = await failure(() => findLocalUser(users, parseAccount("ben"), environment));
		expect(error).toMatchObject({
			kind: "conflict",
			code: "user-ambiguous",
			data: { users: ["CORP\\ben", "LAB\\ben"] },
		});
		expect(findLocalUser(users, parseAccount("ben"), anEnvironment({ domain: "lab" }))).toBe(users[1]);
	});

	it("somebody with a profile here", async () => {
		machine.localUsers = known([ana, user("CORP\\ben")]);
		expect(await requireLocalUser(machine, environment, "corp\\BEN")).toMatchObject({ account: "CORP\\ben" });
		const error = await failure(() => requireLocalUser(machine, environment, "CORP\\zoe"));
		expect(error).toMatchObject({ kind: "not-found", code: "no-local-user" });
		await expectRunnable(error);
		const south = { ...environment, name: "south" };
		const elsewhere = await failure(() => requireLocalUser(machine, south, "CORP\\zoe"));
		expect(said(elsewhere)).toEqual(["cfm client list --environment south"]);
	});
});

describe("an own ID", () => {
	const own = async (name: string, id: number | undefined, ids: Record<number, string>) =>
		(await Stage.set({}, ids)).plan((view) => requireOwnId(view, environment, parseAccount(name), id));

	it.each<[string, number | undefined, Record<number, string>, number]>([
		["CORP\\ana", undefined, { 7: "CORP\\ana" }, 7],
		["CORP\\ana", 7, { 7: "ana@corp.example.com" }, 7],
		["ana", undefined, { 7: "CORP\\ana" }, 7],
	])("of %s is %s, with %j", async (name, id, ids, expected) => {
		expect(await own(name, id, ids)).toMatchObject({ id: expected });
	});

	it.each<[string, number | undefined, Record<number, string>, string]>([
		["CORP\\ana", undefined, {}, "no-allocation"],
		["CORP\\ana", 7, {}, "no-allocation"],
		["CORP\\ana", 7, { 7: "(reserved)" }, "no-allocation"],
		["CORP\\ana", 7, { 7: "CORP\\ben" }, "id-not-theirs"],
		["CORP\\ana", 7, { 7: "ana" }, "user-ambiguous"],
		["CORP\\ana", 7, { 8: "CORP\\ana" }, "id-not-theirs"],
	])("of %s cannot be %s, with %j: %s", async (name, id, ids, code) => {
		const error = await failure(() => own(name, id, ids));
		expect(error.code).toBe(code);
		await expectRunnable(error);
	});
});

describe("what a machine tells of the client's places", () => {
	const uninstall = "Software\\Microsoft\\Windows\\CurrentVersion\\Uninstall";
	const observed = async (...observations: Omit<Observation, "expected">[]) => {
		machine.observations = known(observations.map((one) => ({ ...one, expected: "?" })));
		const compared = await compareWithProfile(machine, profile, ana);
		return compared.known ? profileChanges(compared.value, ana) : compared;
	};

	it("agrees with the profile whatever the case", async () => {
		machine.observations = known([
			{ about: "uninstallKey", expected: `${uninstall}\\cfm`, seen: `${uninstall.toUpperCase()}\\CFM` },
		]);
		expect(await compareWithProfile(machine, profile, ana)).toMatchObject({ known: true, value: [{ agrees: true }] });
	});

	it.each([
		["C:\\Users\\ana\\AppData\\Roaming\\Notarius\\cfm", "%APPDATA%\\Notarius\\cfm"],
		["c:\\users\\ANA\\appdata\\local\\Notarius", "%LOCALAPPDATA%\\Notarius"],
		["C:\\Users\\ana\\cfm", "%USERPROFILE%\\cfm"],
		["C:\\Users\\anabel\\AppData\\Roaming\\cfm", "C:\\Users\\anabel\\AppData\\Roaming\\cfm"],
		["D:\\Programs\\cfm", "D:\\Programs\\cfm"],
	])("makes %s everybody's: %s", async (seen, installFolder) => {
		expect(await observed({ about: "installFolder", seen })).toEqual({ installFolder });
	});

	it("takes over a key, and the value that holds the ID", async () => {
		const changes = await observed(
			{ about: "uninstallKey", seen: `${uninstall}\\{1234}` },
			{ about: "clientId", seen: "Software\\Notarius\\cm\\ClientID" },
		);
		expect(changes).toEqual({
			uninstallKey: `${uninstall}\\{1234}`,
			clientId: { key: "Software\\Notarius\\cm", value: "ClientID" },
		});
	});

	it("leaves contradictions to people, and says when nothing could be told", async () => {
		expect(await observed({ about: "uninstallKey", seen: "a" }, { about: "uninstallKey", seen: "b" })).toEqual({});
		machine.observations = unknown("no right");
		expect(await compareWithProfile(machine, profile, ana)).toEqual({ known: false, why: "no right" });
	});
});
