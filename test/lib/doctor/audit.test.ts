import { beforeEach, describe, expect, it } from "vitest";
import type { AccountState } from "../../../src/lib/account/state.js";
import { sharedClientId } from "../../../src/lib/audit/client-findings.js";
import { auditKinds } from "../../../src/lib/audit/findings.js";
import type { ClientState, LocalUser, RegularEdition } from "../../../src/lib/client/machine.js";
import { findingsSeen, onlyAbout } from "../../../src/lib/doctor/audit.js";
import { checksOf, type ExaminationRequest, examine } from "../../../src/lib/doctor/doctor.js";
import { auditProbes, type Tools } from "../../../src/lib/doctor/sources.js";
import { found, tell } from "../../../src/lib/finding/finding.js";
import { type Known, known, unknown } from "../../../src/lib/known.js";
import type { Look } from "../../../src/lib/registry/look.js";
import type { Registry } from "../../../src/lib/registry/registry.js";
import { planAddSites } from "../../../src/lib/site/plan.js";
import { anAllocation, anInstallation, idChange, installationChange, make } from "../../contract/store.js";
import { client, FakeMachine, nothing, profile } from "../client/fake-machine.js";
import { FakeNetwork, listener, owner } from "../port/fake-network.js";
import { rested, resting, Stage } from "../registry/stage.js";
import { aProfile, FakeStores } from "../webid/fake-stores.js";

const site = "https://sign.example.com";
const other = "https://portal.example.com";
const request: ExaminationRequest = { only: [], skip: [], seconds: 60, failOn: "error", probes: auditProbes };
const person = (name: string, at: number): LocalUser => ({
	account: `CORP\\${name}`,
	sid: `S-1-5-21-${at}`,
	profileFolder: `C:\\Users\\${name}`,
	isCurrent: at === 1,
});
const [ana, ben] = [person("ana", 1), person("ben", 2)];

/** A server of two users on which all is well: IDs 7 and 8, clients that listen, two browsers each with their web IDs. */
class Farm implements Tools {
	environment = "default";
	users: string[] = [];
	allClients = true;
	readonly here = new FakeMachine();
	readonly net = new FakeNetwork();
	readonly stores = new FakeStores();
	people: LocalUser[] = [ana, ben];
	/** By name. */
	readonly states: Record<string, Omit<ClientState, "user" | "folder">> = { ana: client(7), ben: client(8) };
	/** What each has of the regular edition, by name. */
	readonly regular: Record<string, Known<RegularEdition | null>> = {};
	ids: Record<number, string> = { 7: "CORP\\ana", 8: "CORP\\ben" };
	/** What stands in the registry besides. */
	also: (registry: Registry) => Promise<void> = async () => {};
	/** How often each source was asked for. */
	readonly asked: string[] = [];
	looks: string[] = [];
	reads: string[] = [];
	/** How often it was asked who has a profile, and what listens. */
	lists = 0;
	get tables() {
		return this.net.looks + this.answering;
	}
	answering = 0;
	readonly seen: Pick<Look, "kind" | "sightings">[] = [];

	constructor() {
		this.net.found = known([listener(24_257, owner(ana.account)), listener(24_258, owner(ben.account))]);
		this.net.loggedOn = known(this.people.map(({ account, sid }, at) => ({ session: at + 2, user: account, sid })));
		this.here.localUsers = known(this.people);
		const { users } = this.here.profiles;
		this.here.profiles.users = async () => {
			this.lists += 1;
			return users();
		};
		const answering = this.net.answering.bind(this.net);
		this.net.answering = async () => {
			this.answering += 1;
			return answering();
		};
		const read = this.stores.read.bind(this.stores);
		this.stores.read = async (place, asked) => {
			this.reads.push(place.path);
			return read(place, asked);
		};
		this.here.client.regular = async (user) => this.regular[nameOf(user)] ?? this.here.regular;
		this.here.client.look = async (user) => {
			this.looks.push(user.account);
			return { user: user.account, folder: `${user.profileFolder}\\cfm`, ...(this.states[nameOf(user)] ?? client(0)) };
		};
		for (const user of this.people) for (const browser of ["chrome", "edge"] as const) this.webId(user, browser);
	}

	place = (user: LocalUser, browser: "chrome" | "edge") =>
		aProfile({ user: user.account, sid: user.sid, browser, path: `${user.profileFolder}\\${browser}` });

	webId(user: LocalUser, browser: "chrome" | "edge", value: string | undefined = user === ana ? "7" : "8") {
		const values = value === "" ? {} : { [site]: value };
		this.stores.put(this.place(user, browser), [{ store: "leveldb", values }]);
	}

	now = () => new Date("2026-03-10T12:00:00.000Z");
	heard = (one: Pick<Look, "kind" | "sightings">) => void this.seen.push(one);
	variables = {};
	async tokens(): Promise<never> {
		throw new Error("an audit asks nothing of tokens");
	}
	tokenModules = () => undefined;
	async timestamps(): Promise<never> {
		throw new Error("an audit asks no timestamp servers");
	}
	tells = () => false;
	async watching(): Promise<never> {
		throw new Error("an audit looks after no certificates");
	}
	async surroundings(): Promise<never> {
		throw new Error("an audit asks nothing of the surroundings");
	}
	/** What became of accounts that are not there, by name; and who SIDs are. */
	readonly accountStates: Record<string, AccountState> = {};
	readonly accountNames = new Map<string, string>();
	accounts: Tools["accounts"] = {
		states: async (names) => {
			this.asked.push("accounts");
			return new Map(names.map((name) => [name, this.accountStates[name] ?? { is: "there" }]));
		},
		names: async () => known(this.accountNames),
	};
	location = () => "/var/lib/cfm/registry.db";
	profile = () => ({ ...profile, verified: true });
	async open() {
		this.asked.push("registry");
		const stage = await Stage.set({}, this.ids);
		await stage.carry((view) => planAddSites(view, { environment: "default", sites: [{ origin: site }] }));
		await this.also(stage.registry);
		return stage.registry;
	}
	async machine() {
		this.asked.push("machine");
		return this.here;
	}
	async network() {
		this.asked.push("network");
		return this.net;
	}
	async browsers() {
		this.asked.push("browsers");
		const { place } = this;
		return {
			stores: this.stores,
			finder: {
				async *find(user: LocalUser) {
					for (const browser of ["chrome", "edge"] as const) yield { profile: place(user, browser) };
				},
			},
			lacks: async () => [],
		};
	}
}

const nameOf = ({ account }: LocalUser) => account.replace(/^.*\\/, "");

let farm: Farm;
beforeEach(() => {
	farm = new Farm();
});

const keepLook = (kind: Look["kind"], user: string, facts: object) => (registry: Registry) =>
	registry.keepLook({
		...{ environment: "default", machine: "TS01", kind, at: rested, users: null },
		sightings: [{ user, id: null, attention: false, facts }],
	});

/** Ben has the regular edition and no ID; of the Server Edition this is there. */
function regularFor(sick: Farm, left: Farm["states"][string]): void {
	sick.ids = { 7: "CORP\\ana" };
	sick.states.ben = left;
	sick.regular.ben = known({ program: "C:\\Users\\ben\\certifio-manager.exe", startupEntry: null });
}

/** What provokes each finding that only an audit has, where all else is well. */
const provocations: Record<string, (sick: Farm) => void> = {
	"CFM-AUDIT-001": (sick) => {
		sick.states.ben = client(7);
	},
	"CFM-AUDIT-002": (sick) => sick.webId(ana, "edge", "8"),
	"CFM-AUDIT-003": (sick) => {
		sick.webId(ana, "edge", "");
		sick.also = keepLook("web-ids", ana.account, { browser: "edge", profile: "Default", site, webId: null, had: "7" });
	},
	"CFM-AUDIT-004": (sick) => sick.webId(ana, "edge", ""),
	"CFM-AUDIT-005": (sick) => {
		sick.states.ana = client(7, { running: known(false) });
	},
	"CFM-AUDIT-006": (sick) => {
		sick.states.ben = client(9);
	},
	"CFM-AUDIT-007": (sick) => regularFor(sick, nothing),
	"CFM-AUDIT-008": (sick) => {
		sick.regular.ana = known({ program: null, startupEntry: "C:\\Startup\\certifio-manager.exe" });
	},
	"CFM-AUDIT-009": (sick) => {
		sick.net.found = known([
			listener(24_257, owner(ana.account)),
			listener(24_257, owner(ben.account), { address: "0.0.0.0" }),
			listener(24_258, owner(ben.account)),
		]);
	},
	"CFM-AUDIT-010": (sick) => {
		sick.ids[3] = "CORP\\eve";
		sick.also = (registry) => make(registry, [installationChange(null, anInstallation({ user: "CORP\\eve", id: 3 }))]);
	},
	"CFM-AUDIT-011": (sick) => {
		sick.ids[3] = "CORP\\eve";
	},
	"CFM-AUDIT-012": (sick) => {
		for (const name of ["ana", "ben"]) sick.states[name] = client(name === "ana" ? 7 : 8, { version: known("2.0.4") });
		sick.here.client.hasRootCertificate = async (user) => known(user === ana);
	},
	"CFM-AUDIT-013": (sick) => {
		sick.states.ben = client(2);
		sick.ids[2] = `CORP\\ben until ${resting}`;
	},
	"CFM-AUDIT-014": (sick) => {
		sick.states.ana = client(7, { version: known("3.4.0") });
		sick.states.ben = client(8, { version: known("3.2.9") });
	},
	"CFM-AUDIT-015": (sick) => {
		sick.net.found = known([listener(24_307, owner(ana.account)), listener(24_308, owner(ben.account))]);
	},
	"CFM-AUDIT-016": (sick) => sick.webId(ana, "edge", "9"),
	"CFM-AUDIT-017": (sick) => regularFor(sick, { ...nothing, clientId: known(8), registered: known(true) }),
};

it("looks for every kind of its own", () => {
	const ids = checksOf({ only: [], skip: [], probes: auditProbes }).map(({ id }) => id);
	expect(new Set(ids).size).toBe(ids.length);
	for (const { id } of auditKinds) expect(ids).toContain(id);
	expect(Object.keys(provocations).toSorted()).toEqual(auditKinds.map(({ id }) => id).toSorted());
});

it("is silent where all is well", async () => {
	const { findings, checks } = await examine(farm, request);
	expect(findings).toEqual([]);
	expect(checks.filter(({ state }) => state !== "fine")).toEqual([]);
});

it.each(Object.entries(provocations))("finds %s when it is there", async (id, provoke) => {
	provoke(farm);
	const { findings, checks } = await examine(farm, request);
	expect(checks.find((check) => check.id === id)).toMatchObject({ state: "found" });
	expect(findings.filter((one) => one.id === id)).toHaveLength(1);
});

describe("an audit", () => {
	it("asks each source once, each user's client once and each browser's store once", async () => {
		await examine(farm, request);
		expect(farm.asked.toSorted()).toEqual(["accounts", "browsers", "machine", "network", "registry"]);
		expect(farm.net.looks).toBe(1);
		expect(farm.looks).toEqual([ana.account, ben.account]);
		expect(farm.reads.toSorted()).toEqual(
			farm.people.flatMap((user) => [`${user.profileFolder}\\chrome`, `${user.profileFolder}\\edge`]),
		);
		expect(farm.tables).toBe(1);
		expect(farm.lists).toBe(1);
	});

	it("of one user tells what that one has in common with others, and nothing about the others alone", async () => {
		farm.states.ben = client(7);
		farm.webId(ben, "edge", "");
		farm.users = ["ana"];
		const { findings } = await examine(farm, { ...request, probes: onlyAbout(auditProbes, farm.users) });
		expect(findings.map(({ id, affected }) => [id, affected.users])).toEqual([
			["CFM-AUDIT-001", [ana.account, ben.account]],
		]);
	});

	it("tells of what was lost what it was, and of a site that was never set nothing of the past", async () => {
		provocations["CFM-AUDIT-003"]?.(farm);
		const { findings } = await examine(farm, request);
		expect(findings).toMatchObject([{ id: "CFM-AUDIT-003", evidence: { had: "7" } }]);
		expect(findings[0]?.remedies).toMatchObject([
			{ command: "web set", flags: { user: ana.account, browser: "edge", site }, fix: true },
		]);
	});

	it("tells holders whose account is gone or disabled, also with a profile here, and never one that was renamed", async () => {
		const holders = { ...request, only: ["CFM-AUDIT-010", "CFM-AUDIT-011"] };
		farm.ids = { ...farm.ids, 3: "CORP\\eve" };
		farm.accountStates["CORP\\ana"] = { is: "disabled" };
		farm.accountStates["CORP\\eve"] = { is: "gone" };
		const { findings } = await examine(farm, holders);
		expect(findings.map(({ id, state, evidence }) => [id, state, evidence])).toMatchObject([
			["CFM-AUDIT-010", "found", { user: "CORP\\eve", id: 3, why: "gone" }],
			["CFM-AUDIT-010", "found", { user: ana.account, id: 7, why: "disabled" }],
		]);
		farm.also = (registry) =>
			make(registry, [idChange(null, anAllocation(4, { user: "CORP\\may", sid: "S-1-5-21-44" }))]);
		farm.accountStates["CORP\\may"] = { is: "gone" };
		const told = async () => (await examine(farm, { ...request, only: ["CFM-AUDIT-010"] })).findings.length;
		expect(await told()).toBe(3);
		farm.accountNames.set("S-1-5-21-44", "CORP\\may.smith");
		expect(await told()).toBe(2);
	});

	it("tells once of all accounts that can't be determined for one reason, and calls none of them gone", async () => {
		const holders = { ...request, only: ["CFM-AUDIT-010"] };
		const away: AccountState = { is: "unknown", why: "the domain CORP is out of reach (error 1355)" };
		for (const { account } of farm.people) farm.accountStates[account] = away;
		const { findings } = await examine(farm, holders);
		expect(findings).toMatchObject([{ state: "unknown", affected: { users: [ana.account, ben.account] } }]);
		expect(findings[0]?.text).toContain("error 1355");
	});

	it("calls nobody gone whose profile could not be looked for", async () => {
		provocations["CFM-AUDIT-010"]?.(farm);
		farm.here.localUsers = unknown("access denied");
		const { findings } = await examine(farm, request);
		expect(findings.find(({ id }) => id === "CFM-AUDIT-010")).toMatchObject({
			state: "unknown",
			text: "access denied",
		});
	});

	it("takes a client that nobody could look at for no client that runs, and who is not logged on for nobody", async () => {
		farm.states.ana = client(7, { running: unknown("access denied") });
		farm.states.ben = client(8, { running: known(false) });
		farm.net.loggedOn = known([{ session: 2, user: ana.account, sid: ana.sid }]);
		const { findings } = await examine(farm, { ...request, only: ["CFM-AUDIT-005"] });
		expect(findings.map(({ state, affected }) => [state, affected.users])).toEqual([["unknown", [ana.account]]]);
		farm.net.loggedOn = unknown("the service does not run");
		const again = await examine(farm, { ...request, only: ["CFM-AUDIT-005"] });
		expect(again.findings.map(({ state }) => state)).toEqual(["unknown", "unknown"]);
	});

	it("does not take one client that was not restarted for another port rule", async () => {
		farm.net.found = known([listener(24_251, owner(ana.account)), listener(24_258, owner(ben.account))]);
		const { findings } = await examine(farm, { ...request, only: ["CFM-AUDIT-015"] });
		expect(findings).toEqual([]);
	});

	it("names the keys to clear where the regular edition is used, and clears none by itself", async () => {
		provocations["CFM-AUDIT-017"]?.(farm);
		const { findings } = await examine(farm, { ...request, only: ["CFM-AUDIT-007", "CFM-AUDIT-017"] });
		expect(findings.map(({ id, evidence, remedies }) => [id, evidence, remedies])).toMatchObject([
			[
				"CFM-AUDIT-007",
				{ key: "CFM_ID", sites: [site] },
				[{ command: "web clear", flags: { user: ben.account, site: [site] }, fix: false }],
			],
			[
				"CFM-AUDIT-017",
				{
					places: [
						"HKCU\\Software\\Microsoft\\Windows\\CurrentVersion\\Uninstall\\certifio-manager-se",
						"HKCU\\Software\\Notarius\\certifio-manager-se\\CFMID",
					],
				},
				[{ command: "client forget", words: [ben.account], fix: false }],
			],
		]);
	});

	it("has whoever runs the Server Edition for its user, and can't tell of whom nobody knows whether it runs", async () => {
		const editions = { ...request, only: ["CFM-AUDIT-007", "CFM-AUDIT-008", "CFM-AUDIT-017"] };
		const told = async () => (await examine(farm, editions)).findings.map(({ id, state }) => [id, state]);
		regularFor(farm, client(8));
		expect(await told()).toEqual([["CFM-AUDIT-008", "found"]]);
		farm.states.ben = client(8, { running: unknown("access denied") });
		expect((await told()).toSorted()).toEqual(editions.only.map((id) => [id, "unknown"]));
		farm.states.ben = nothing;
		farm.regular.ben = unknown("access denied");
		expect((await told()).toSorted()).toEqual(editions.only.map((id) => [id, "unknown"]));
	});

	it("asks for a root certificate only where the version needs one and the system has such a store", async () => {
		const roots = { ...request, only: ["CFM-AUDIT-012"] };
		farm.states.ana = client(7, { version: known("2.1.0") });
		farm.states.ben = client(8, { version: known("20.0") });
		farm.here.rootCertificate = known(false);
		expect((await examine(farm, roots)).findings).toEqual([]);
		farm.states.ben = client(8, { version: known("2.0") });
		farm.here.rootCertificate = known(null);
		const { findings, checks } = await examine(farm, roots);
		expect([findings, checks.find(({ id }) => id === "CFM-AUDIT-012")?.state]).toEqual([[], "skipped"]);
		farm.here.rootCertificate = unknown("the user's registry is not loaded");
		expect((await examine(farm, roots)).findings).toMatchObject([
			{ state: "unknown", affected: { users: [ben.account] } },
		]);
	});

	it("hears what was looked at whole, and keeps its findings by user", async () => {
		farm.states.ben = client(7);
		const examination = await examine(farm, request);
		expect(farm.seen.map(({ kind, sightings }) => [kind, sightings.length]).toSorted()).toEqual([
			["clients", 2],
			["ports", 2],
			["web-ids", 4],
		]);
		const { kind, sightings } = findingsSeen(examination);
		expect(kind).toBe("findings");
		const shared = sightings.filter(({ facts }) => (facts as { finding: string }).finding === "CFM-AUDIT-001");
		expect(shared.map(({ user, attention }) => [user, attention])).toEqual([
			[ana.account, true],
			[ben.account, true],
		]);
	});

	it("keeps of a finding about twice as many twice as much", () => {
		const size = (number: number) => {
			const users = Array.from({ length: number }, (_, at) => `CORP\\user${1000 + at}`);
			const sharers = users.map((user) => ({ user, allocatedId: null }));
			const finding = { ...tell(found(sharedClientId, { environment: "default", id: 7, sharers })), suppressed: null };
			const { sightings } = findingsSeen({ findings: [finding] });
			expect(sightings.map(({ user }) => user)).toEqual(users);
			for (const { user, facts } of sightings)
				expect((facts as { affected: { users: string[] } }).affected.users).toContain(user);
			return JSON.stringify(sightings).length;
		};
		expect(size(800)).toBeLessThanOrEqual(2.01 * size(400));
	});

	it("looks at sites that are managed, whatever else browsers hold", async () => {
		farm.stores.put(farm.place(ana, "edge"), [{ store: "leveldb", values: { [site]: "7", [other]: "99" } }]);
		expect((await examine(farm, request)).findings).toEqual([]);
	});
});
