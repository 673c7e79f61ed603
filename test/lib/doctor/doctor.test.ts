import { beforeEach, describe, expect, it } from "vitest";
import type { LocalUser } from "../../../src/lib/client/ports.js";
import { checksOf, diagnosis, type ExaminationRequest, examine } from "../../../src/lib/doctor/doctor.js";
import type { Tools } from "../../../src/lib/doctor/sources.js";
import { CfmError } from "../../../src/lib/errors.js";
import { probeKinds } from "../../../src/lib/finding/probe.js";
import { findingKinds } from "../../../src/lib/findings.js";
import { known, unknown } from "../../../src/lib/known.js";
import type { RegistryProblem } from "../../../src/lib/registry/port.js";
import { planAddSites } from "../../../src/lib/site/plan.js";
import { ana, client, FakeMachine, nothing, profile } from "../client/fake-machine.js";
import { failure } from "../failure.js";
import { FakeNetwork, listener, nobodyKnown, owner } from "../port/fake-network.js";
import { Stage } from "../registry/stage.js";
import { aProfile, FakeStores } from "../webid/fake-stores.js";

const site = "https://sign.example.com";
const all: ExaminationRequest = { only: [], skip: [], seconds: 60, failOn: "error" };

/** A server on which all is well: ana has ID 7, a client that listens, and a browser with her web ID. */
class Ward implements Tools {
	environment = "default";
	users: string[] = [];
	readonly here = new FakeMachine();
	readonly net = new FakeNetwork();
	readonly stores = new FakeStores();
	/** What stands in the registry beside a healthy content. */
	problems: RegistryProblem[] = [];
	noRegistry: CfmError | undefined;
	verified = true;
	ids: Record<number, string> = { 7: "CORP\\ana" };
	range: { firstId?: number; lastId?: number; portBase?: number } = {};
	/** How often each was asked for. */
	readonly asked: string[] = [];

	constructor() {
		this.here.state = client(7);
		this.net.found = known([listener(24_257, owner("CORP\\ana"))]);
		this.webId("7");
	}

	webId(value: string | undefined, state: Parameters<FakeStores["put"]>[2] = "readable") {
		this.stores.put(aProfile(), [{ store: "leveldb", values: value === undefined ? {} : { [site]: value } }], state);
	}

	location = () => "/var/lib/cfm/registry.db";
	profile = () => ({ ...profile, verified: this.verified });
	async open() {
		this.asked.push("registry");
		if (this.noRegistry !== undefined) throw this.noRegistry;
		const stage = await Stage.set(this.range, this.ids);
		await stage.carry((view) => planAddSites(view, { environment: "default", sites: [{ origin: site }] }));
		const { registry } = stage;
		return Object.assign(Object.create(registry) as typeof registry, {
			check: async () => ({ problems: this.problems, checked: { environments: 0, allocations: 0, events: 0 } }),
		});
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
		return {
			stores: this.stores,
			finder: {
				async *find({ account }: LocalUser) {
					if (account === ana.account) yield { profile: aProfile() };
				},
			},
		};
	}
}

let ward: Ward;
beforeEach(() => {
	ward = new Ward();
});

const problem = (code: RegistryProblem["code"]) => (sick: Ward) => {
	sick.problems = [{ code, message: "It is so." }];
};

/** What provokes each finding, in a server on which all else is well. */
const provocations: Record<string, (sick: Ward) => void> = {
	"CFM-MACHINE-001": (sick) => {
		sick.here.localUsers = unknown("access denied");
	},
	"CFM-MACHINE-002": (sick) => {
		sick.verified = false;
	},
	"CFM-REG-001": problem("damaged-file"),
	"CFM-REG-002": problem("orphans"),
	"CFM-REG-003": problem("schema-changed"),
	"CFM-REG-004": problem("ids-do-not-add-up"),
	"CFM-REG-005": problem("event-log-changed"),
	"CFM-REG-006": problem("changed-behind-the-log"),
	"CFM-REG-007": (sick) => {
		sick.noRegistry = new CfmError("not-found", "no-registry", "There is no registry.");
	},
	"CFM-ID-001": (sick) => {
		sick.range = { firstId: 7, lastId: 7 };
	},
	"CFM-CLIENT-001": (sick) => {
		sick.here.state = nothing;
	},
	"CFM-CLIENT-002": (sick) => {
		sick.here.state = client(9);
	},
	"CFM-CLIENT-003": (sick) => {
		sick.ids = {};
	},
	"CFM-CLIENT-004": (sick) => {
		sick.here.ports[24_257] = known("free");
		sick.here.loopback.answers = async () => known(false);
	},
	"CFM-CLIENT-005": (sick) => {
		sick.here.state = client(7, { registered: known(false) });
	},
	"CFM-CLIENT-006": (sick) => {
		sick.here.observations = known([{ about: "installFolder", expected: "C:\\a", seen: "C:\\b" }]);
	},
	"CFM-PORT-001": (sick) => {
		sick.net.found = known([listener(24_257, owner("CORP\\ben"))]);
	},
	"CFM-PORT-002": (sick) => {
		sick.net.found = known([listener(24_258, owner("CORP\\ben"))]);
	},
	"CFM-PORT-003": (sick) => {
		sick.net.found = known([]);
	},
	"CFM-PORT-004": (sick) => {
		sick.range = { portBase: 24_243 };
	},
	"CFM-PORT-005": (sick) => {
		sick.net.ranges = known([{ first: 24_200, last: 24_300, administered: false }]);
	},
	"CFM-PORT-006": (sick) => {
		sick.net.found = known([listener(24_257, owner("CORP\\ana"), { address: "::1" })]);
		sick.net.binds[24_257] = known("free");
	},
	"CFM-PORT-007": (sick) => {
		sick.net.found = known([listener(24_257, owner("CORP\\ana"), { address: "192.0.2.7" })]);
	},
	"CFM-PORT-008": (sick) => {
		sick.net.found = known([]);
		sick.net.binds[24_257] = known("in-use");
	},
	"CFM-PORT-009": (sick) => {
		sick.net.outgoing = known({ first: 24_000, last: 65_535 });
	},
	"CFM-WEB-001": (sick) => sick.webId("9"),
	"CFM-WEB-002": (sick) => sick.webId(undefined),
	"CFM-WEB-003": (sick) => sick.webId("seven"),
	"CFM-WEB-004": (sick) => {
		sick.ids = {};
	},
	"CFM-WEB-005": (sick) => {
		sick.here.state = client(9);
	},
	"CFM-WEB-006": (sick) => sick.webId("7", "damaged"),
	"CFM-WEB-007": (sick) => sick.webId("7", "running"),
};

it("has a check for every kind, but for what becomes of checks themselves", () => {
	const ids = checksOf({ only: [], skip: [] }).map(({ id }) => id);
	expect(new Set(ids).size).toBe(ids.length);
	expect(ids.toSorted()).toEqual(
		findingKinds
			.filter((kind) => !probeKinds.includes(kind))
			.map(({ id }) => id)
			.toSorted(),
	);
	expect(Object.keys(provocations).toSorted()).toEqual(ids.toSorted());
});

it("is silent where all is well", async () => {
	const answer = await examine(ward, all);
	expect(answer.findings).toEqual([]);
	expect(answer.checks.filter(({ state }) => state !== "fine")).toEqual([]);
	expect(answer.counts).toMatchObject({ fine: Object.keys(provocations).length, found: 0, unknown: 0, crashed: 0 });
	expect(diagnosis(answer)).toBeUndefined();
});

it.each(Object.entries(provocations))("finds %s when it is there", async (id, provoke) => {
	provoke(ward);
	const { findings, checks } = await examine(ward, all);
	const state = id === "CFM-MACHINE-001" ? "unknown" : "found";
	expect(checks.find((check) => check.id === id)).toMatchObject({ state });
	expect(findings.filter((one) => one.id === id)).toEqual([expect.objectContaining({ state })]);
});

describe("an examination", () => {
	it("tells a consequence below its cause: the wrong client ID, and the web ID that differs from it", async () => {
		ward.here.state = client(9);
		const { findings } = await examine(ward, all);
		const told = findings.map(({ id, cause }) => [id, cause]);
		expect(told).toContainEqual(["CFM-CLIENT-002", null]);
		expect(told).toContainEqual(["CFM-WEB-005", "CFM-CLIENT-002"]);
		expect(told.findIndex(([id]) => id === "CFM-WEB-005")).toBeGreaterThan(
			told.findIndex(([id]) => id === "CFM-CLIENT-002"),
		);
	});

	it("without a registry says so once, and what it kept from being looked at below it", async () => {
		provocations["CFM-REG-007"]?.(ward);
		const answer = await examine(ward, all);
		expect(answer.findings[0]).toMatchObject({ id: "CFM-REG-007", cause: null, remedies: [{ command: "init" }] });
		const others = answer.findings.slice(1);
		expect(others.length).toBeGreaterThan(3);
		expect(
			others.every(({ id, cause, state }) => id === "CFM-CHECK-002" && cause === "CFM-REG-007" && state === "unknown"),
		).toBe(true);
		expect(answer.counts.unknown).toBeGreaterThan(20);
	});

	it("asks each source once, and only for what is wanted", async () => {
		await examine(ward, all);
		expect(ward.asked.toSorted()).toEqual(["browsers", "machine", "network", "registry"]);
		expect(ward.net.looks).toBe(1);
		ward.asked.length = 0;
		await examine(ward, { ...all, only: ["CFM-MACHINE-002"] });
		expect(ward.asked).toEqual(["machine"]);
	});

	it("is of one user when one is named", async () => {
		ward.here.localUsers = known([ana, { ...ana, account: "CORP\\ben", isCurrent: false }]);
		ward.ids = { 7: "CORP\\ana", 9: "CORP\\ben" };
		const users = async () => [
			...new Set((await examine(ward, all)).findings.flatMap(({ affected }) => affected.users)),
		];
		expect(await users()).toEqual(["CORP\\ben"]);
		ward.users = ["ana"];
		expect((await examine(ward, all)).findings).toEqual([]);
	});

	it("never takes what nobody could tell for fine", async () => {
		ward.net.found = known([listener(24_257, nobodyKnown)]);
		ward.net.ranges = unknown("netsh is missing");
		ward.webId("7", "denied");
		ward.here.state = client(7, { clientId: unknown("the hive is not loaded") });
		const { checks } = await examine(ward, all);
		const states = Object.fromEntries(checks.map(({ id, state }) => [id, state]));
		for (const id of ["CFM-PORT-001", "CFM-PORT-005", "CFM-WEB-001", "CFM-CLIENT-002"])
			expect(states[id]).toBe("unknown");
	});

	it("tells of each group when its last check has ended", async () => {
		const groups: string[] = [];
		await examine(ward, { ...all, heard: (group) => groups.push(group) });
		expect(groups.toSorted()).toEqual(["client", "ids", "machine", "port", "registry", "web"]);
	});

	it("does not look for what nobody wants, and knows the name of each check", async () => {
		provocations["CFM-WEB-001"]?.(ward);
		expect((await examine(ward, { ...all, skip: ["CFM-WEB-001", "CFM-WEB-005"] })).findings).toEqual([]);
		expect(checksOf({ only: ["CFM-ID-001"], skip: [] }).map(({ group }) => group)).toEqual(["ids"]);
		expect(await failure(async () => checksOf({ only: ["CFM-X-001"], skip: [] }))).toMatchObject({
			kind: "not-found",
			code: "no-such-check",
		});
	});
});

describe("the end of an examination", () => {
	const code = async (failOn: ExaminationRequest["failOn"]) => diagnosis(await examine(ward, { ...all, failOn }))?.code;

	it("is a failure from the severity on that was asked for", async () => {
		provocations["CFM-WEB-002"]?.(ward);
		expect(await code("error")).toBeUndefined();
		expect(await code("warning")).toBe("findings");
		ward.webId("9");
		expect(await code("error")).toBe("findings");
	});

	it("is one for what nobody could tell when that was asked for, and never for a notice", async () => {
		ward.webId("7", "denied");
		expect([await code("warning"), await code("unknown")]).toEqual([undefined, "findings"]);
		ward.webId("7", "running");
		expect(await code("unknown")).toBeUndefined();
	});

	it("is another one when nothing could be looked at", async () => {
		ward.noRegistry = new CfmError("denied", "registry-not-readable", "You may not read the registry.");
		const answer = await examine(ward, { ...all, only: ["CFM-REG-001", "CFM-ID-001"] });
		expect(diagnosis(answer)).toMatchObject({ kind: "unavailable", code: "nothing-examined" });
	});
});
