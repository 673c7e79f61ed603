import { beforeEach, describe, expect, it } from "vitest";
import { type Activation, activations } from "../../../src/lib/activation/activation.js";
import { auditKinds } from "../../../src/lib/audit/findings.js";
import { installKinds } from "../../../src/lib/client/findings.js";
import type { LocalUser } from "../../../src/lib/client/machine.js";
import type { TsaTest } from "../../../src/lib/cms/tsa.js";
import { checksOf, diagnosis, type ExaminationRequest, examine } from "../../../src/lib/doctor/doctor.js";
import { auditProbes, probes, type Sources, type Tools } from "../../../src/lib/doctor/sources.js";
import { suppressedNow } from "../../../src/lib/doctor/suppress.js";
import { CfmError } from "../../../src/lib/errors.js";
import { type Probe, probeKinds } from "../../../src/lib/finding/probe.js";
import { findingKinds } from "../../../src/lib/findings.js";
import { type Known, known, unknown } from "../../../src/lib/known.js";
import { accesses } from "../../../src/lib/registered/access.js";
import { certificates } from "../../../src/lib/registered/certificate.js";
import { recordChange } from "../../../src/lib/registry/kind.js";
import type { RegistryProblem, RegistryView } from "../../../src/lib/registry/registry.js";
import { services } from "../../../src/lib/service/service.js";
import { planAddSites } from "../../../src/lib/site/plan.js";
import type { ReaderLack } from "../../../src/lib/webid/browsers.js";
import { aCertificate, anAccess, anActivation, aService } from "../../contract/kind-samples.js";
import { make } from "../../contract/store.js";
import { anas, FakeWatch } from "../certificate/fake-watch.js";
import { ana, client, FakeMachine, nothing, profile } from "../client/fake-machine.js";
import { failure } from "../failure.js";
import { said } from "../hints.js";
import { FakeNetwork, listener, nobodyKnown, owner } from "../port/fake-network.js";
import { Stage } from "../registry/stage.js";
import { FakeSurroundings } from "../surroundings/fake-surroundings.js";
import { anasToken, type FakeModule, FakeTokens } from "../token/fake-tokens.js";
import { aProfile, FakeStores } from "../webid/fake-stores.js";

const site = "https://sign.example.com";
const all: ExaminationRequest = { only: [], skip: [], seconds: 60, failOn: "error" };

/** Beyond every clock of these tests. */
const later = "2099-01-01T00:00:00.000Z";

/** A server on which all is well: ana has ID 7, a client that listens, and a browser with her web ID. */
class Ward implements Tools {
	environment = "default";
	clock = new Date("2026-03-03T08:00:00.000Z");
	now = () => this.clock;
	readonly around = new FakeSurroundings();
	module: FakeModule = wholeToken;
	readers: Known<string[]> = known(["Vendor Reader 00 00"]);
	tokens: Tools["tokens"] = async () => {
		const tokens = new FakeTokens([this.module]);
		tokens.seenReaders = this.readers;
		return tokens;
	};
	tokenModules = () => undefined;
	tells = () => false;
	surroundings = async () => this.around;
	readonly watch = new FakeWatch();
	watching = async () => this.watch.tools(this.clock);
	/** What came of asking a timestamp server. */
	stamp: TsaTest = aStamp;
	timestamps: Tools["timestamps"] = async () => [{ url: this.stamp.url, test: known(this.stamp) }];
	accounts: Tools["accounts"] = { states: async () => new Map(), names: async () => known(new Map()) };
	variables: Record<string, string> = {};
	servers = { web: ["sign.example:443"], directory: ["ldap.example:389"], certificates: ["cmp.example:829"] };
	users: string[] = [];
	readonly here = new FakeMachine();
	readonly net = new FakeNetwork();
	readonly stores = new FakeStores();
	/** What stands in the registry beside a healthy content. */
	problems: RegistryProblem[] = [];
	noRegistry: CfmError | undefined;
	verified = true;
	ids: Record<number, string> = { 7: "CORP\\ana" };
	/** Of Ana; one that has time enough. */
	activation: Activation = anActivation({ step: "software-checked", safeUntil: later, latestEnd: later });
	/** Ana's, with access to it; neither ends while these tests think. */
	readonly certificate = aCertificate({ notAfter: later });
	readonly access = anAccess({ expiresAt: later });
	sites = [{ origin: site }];
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
	profile = () => ({ ...profile, verified: this.verified, vendorServers: this.servers });
	async open() {
		this.asked.push("registry");
		if (this.noRegistry !== undefined) throw this.noRegistry;
		const stage = await Stage.set(this.range, this.ids);
		await stage.carry((view) => planAddSites(view, { environment: "default", sites: this.sites }));
		const { registry } = stage;
		await make(registry, [recordChange(activations, "activation.add", null, { ...this.activation, step: "approved" })]);
		if (this.activation.step !== "approved") {
			const { activation } = this;
			await make(registry, [
				recordChange(activations, "activation.step", { ...activation, step: "approved" }, activation),
			]);
		}
		await make(registry, [recordChange(certificates, "certificate.register", null, this.certificate)]);
		await make(registry, [recordChange(accesses, "access.grant", null, this.access)]);
		await make(registry, [recordChange(services, "service.add", null, aService())]);
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
	lacks: ReaderLack[] = [];
	async browsers() {
		this.asked.push("browsers");
		return {
			stores: this.stores,
			finder: {
				async *find({ account }: LocalUser) {
					if (account === ana.account) yield { profile: aProfile() };
				},
			},
			lacks: async () => this.lacks,
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

/** A timestamp server that answers as it should. */
const aStamp: TsaTest = {
	...{
		url: "http://tsa.example.com",
		state: "valid",
		reasons: [],
		httpStatus: null,
		status: 0,
		texts: [],
		failures: [],
	},
	...{ timestamp: null, clockDifference: 40, milliseconds: 120 },
};
const stampIs =
	(more: Partial<TsaTest>, ...codes: string[]) =>
	(sick: Ward) => {
		sick.stamp = { ...aStamp, ...more, reasons: codes.map((code) => ({ code, text: "it is so" })) };
	};

/** A token as it should be: its key has a certificate. */
const wholeToken: FakeModule = {
	...anasToken,
	objects: (["public-key", "certificate"] as const).map((kind) => ({
		...{ kind, id: "01", label: "signing key", alwaysAuthenticate: false, certificate: null },
	})),
};

const moduleIs =
	(more: Partial<FakeModule>) =>
	(sick: Ward): void => {
		sick.module = { ...wholeToken, ...more };
	};
const pinIs = (flag: string) =>
	moduleIs({
		tokens: wholeToken.tokens.map((token) => ({ ...token, flags: [...token.flags, `CKF_USER_PIN_${flag}`] })),
	});

/** What provokes each finding, in a server on which all else is well. */
const provocations: Record<string, (sick: Ward) => void> = {
	"CFM-ACT-001": (sick) => {
		// Three days before, to the millisecond.
		Object.assign(sick.activation, { safeUntil: "2026-03-06T08:00:00.000Z" });
	},
	"CFM-ACT-002": (sick) => {
		Object.assign(sick.activation, { safeUntil: "2026-03-03T08:00:00.000Z" });
	},
	"CFM-ACT-003": (sick) => {
		const ended = "2026-03-03T08:00:00.000Z";
		Object.assign(sick.activation, { safeUntil: ended, latestEnd: ended });
	},
	"CFM-ACT-004": (sick) => {
		Object.assign(sick.activation, { step: "approved", attempts: 5 });
	},
	"CFM-ACT-005": ({ around }) => {
		around.installed = known(["Entrust Authority"]);
	},
	"CFM-ACT-006": (sick) => {
		Object.assign(sick.activation, { subscriptionUntil: "2026-03-05", subscriptionEnd: "2026-03-06T05:00:00.000Z" });
	},
	"CFM-REGCERT-001": ({ certificate }) => {
		Object.assign(certificate, { notAfter: "2026-04-02T08:00:00.000Z" });
	},
	"CFM-REGCERT-002": ({ certificate }) => {
		Object.assign(certificate, { notAfter: "2026-03-03T07:59:59.999Z" });
	},
	"CFM-REGCERT-003": ({ access }) => {
		Object.assign(access, { used: 900_000_000 });
	},
	"CFM-REGCERT-004": ({ access }) => {
		Object.assign(access, { expiresAt: "2026-03-03T08:00:00.000Z" });
	},
	"CFM-REGCERT-005": ({ certificate }) => {
		Object.assign(certificate, { revocation: "revoked", revocationSeen: "2026-03-02T08:00:00.000Z" });
	},
	"CFM-NOTICE-001": (sick) => {
		sick.tells = () => true;
	},
	"CFM-SERVICE-001": ({ access }) => {
		Object.assign(access, { used: access.allowance });
	},
	"CFM-SERVICE-002": ({ certificate }) => {
		Object.assign(certificate, { status: "retired" });
	},
	"CFM-WEB-008": (sick) => {
		sick.lacks = ["rights"];
	},
	"CFM-CERT-001": ({ watch }) => {
		watch.faults = [{ depth: 0, code: 10 }];
	},
	"CFM-CERT-002": ({ watch }) => {
		watch.leaf = { ...anas, notAfter: "2026-04-01T00:00:00.000Z" };
	},
	"CFM-CERT-003": ({ watch }) => {
		watch.leaf = { ...anas, ocsp: [], issuers: ["http://ca.example.com/issuer.cer"] };
		watch.isAnchored = false;
		watch.faults = [{ depth: 0, code: 20 }];
	},
	"CFM-CERT-004": ({ watch }) => {
		watch.faults = [{ depth: 1, code: 19 }];
	},
	"CFM-CERT-005": ({ watch }) => {
		watch.leaf = { ...anas, extendedKeyUsage: ["1.3.6.1.5.5.7.3.1"] };
	},
	"CFM-CERT-006": ({ watch }) => {
		watch.faults = [{ depth: 0, code: 66 }];
	},
	"CFM-CERT-007": ({ watch }) => {
		watch.faults = [{ depth: 0, code: 7 }];
	},
	"CFM-TSA-001": stampIs({ state: "unreachable" }, "refused"),
	"CFM-TSA-002": stampIs({ state: "no-timestamp" }, "no-answer"),
	"CFM-TSA-003": stampIs({ state: "rejected" }, "rejected"),
	"CFM-TSA-004": stampIs({ state: "invalid" }, "imprint-mismatch"),
	"CFM-TSA-005": stampIs({ state: "invalid", clockDifference: 3_600_000 }, "from-future"),
	"CFM-TSA-006": stampIs({ state: "invalid" }, "expired"),
	"CFM-TSA-007": stampIs({ state: "invalid" }, "not-timestamping"),
	"CFM-TSA-008": stampIs({ state: "invalid" }, "issuer-not-found"),
	"CFM-REV-001": ({ watch }) => {
		watch.ocsp = { ...watch.ocsp, is: "revoked", revokedAt: "2026-03-01T00:00:00.000Z", reason: 1 };
	},
	"CFM-REV-002": ({ watch }) => {
		watch.ocsp = { ...watch.ocsp, is: "stale" };
	},
	"CFM-REV-003": ({ watch }) => {
		watch.fetched = { is: "refused", why: "ECONNREFUSED" };
	},
	"CFM-REV-004": ({ watch }) => {
		watch.ocsp = { ...watch.ocsp, is: "no-answer" };
	},
	"CFM-REV-005": ({ watch }) => {
		watch.ocsp = { ...watch.ocsp, is: "not-trusted" };
	},
	"CFM-MACHINE-004": ({ around }) => {
		around.virtual = known(true);
	},
	"CFM-MACHINE-005": ({ around }) => {
		around.kind = known("temporary");
	},
	"CFM-MACHINE-006": ({ around }) => {
		around.kind = known("roaming");
	},
	"CFM-MACHINE-007": ({ around }) => {
		around.entry = known(false);
	},
	"CFM-MACHINE-008": (sick) => {
		sick.variables.NODE_EXTRA_CA_CERTS = "C:\\proxy.pem";
	},
	"CFM-MACHINE-009": ({ around }) => {
		around.space = known({ free: 1e6, all: 100e9 });
	},
	"CFM-MACHINE-010": ({ around }) => {
		around.epf = known({ path: "C:\\Entrust", there: false, writable: known(false) });
	},
	"CFM-MACHINE-011": ({ around }) => {
		around.epf = known({ path: "C:\\Entrust", there: true, writable: known(false) });
	},
	"CFM-MACHINE-012": (sick) => {
		sick.noRegistry = new CfmError("denied", "open-to-others", "The content of the folder can't be trusted.");
	},
	"CFM-NET-001": ({ around }) => {
		around.proxySettings = known({ server: "proxy:8080", bypass: ["<-loopback>"] });
	},
	"CFM-NET-002": ({ around }) => {
		around.answers["sign.example"] = { connected: false, why: "ETIMEDOUT" };
	},
	"CFM-NET-003": ({ around }) => {
		around.answers["ldap.example"] = { connected: false, why: "ETIMEDOUT" };
	},
	"CFM-NET-004": ({ around }) => {
		around.answers["cmp.example"] = { connected: false, why: "ETIMEDOUT" };
	},
	"CFM-NET-005": ({ around }) => {
		const tls = { trusted: false, why: "SELF_SIGNED_CERT_IN_CHAIN", issuer: "Corp" };
		around.answers["sign.example"] = { connected: true, why: null, tls, date: around.date };
	},
	"CFM-NET-006": (sick) => {
		sick.clock = new Date("2026-03-03T09:00:00.000Z");
	},
	"CFM-TOKEN-001": moduleIs({ state: "missing", why: "there is no such file", tokens: [] }),
	"CFM-TOKEN-002": moduleIs({ state: "wrong-architecture", why: "it is 32-bit", tokens: [] }),
	"CFM-TOKEN-003": moduleIs({ state: "timed-out", why: "no answer within 15 s", tokens: [] }),
	"CFM-TOKEN-004": moduleIs({ state: "ends-badly", why: "it crashed" }),
	"CFM-TOKEN-005": moduleIs({ state: "not-trusted", why: "others can write it", tokens: [] }),
	"CFM-TOKEN-006": (sick) => {
		moduleIs({ slots: 0, tokens: [] })(sick);
		sick.readers = unknown("the smart card service is not running");
	},
	"CFM-TOKEN-007": (sick) => {
		moduleIs({ slots: 0, tokens: [] })(sick);
		sick.readers = known([]);
	},
	"CFM-TOKEN-008": pinIs("COUNT_LOW"),
	"CFM-TOKEN-009": pinIs("FINAL_TRY"),
	"CFM-TOKEN-010": pinIs("LOCKED"),
	"CFM-TOKEN-011": pinIs("TO_BE_CHANGED"),
	"CFM-TOKEN-012": moduleIs({ objects: wholeToken.objects?.slice(0, 1) ?? [] }),
	"CFM-TOKEN-013": moduleIs({
		objects: (wholeToken.objects ?? []).map((one) => ({ ...one, alwaysAuthenticate: one.kind === "public-key" })),
	}),
	"CFM-POLICY-001": ({ around }) => {
		around.set.chrome = known({ LoopbackNetworkBlockedForUrls: ["*"] });
	},
	"CFM-POLICY-002": ({ around }) => {
		around.set.chrome = known({});
	},
	"CFM-SITE-001": (sick) => {
		sick.sites = [];
	},
	"CFM-POLICY-003": ({ around }) => {
		around.set.chrome = known({ LoopbackNetworkAllowedForUrls: ["*"] });
	},
	"CFM-POLICY-004": ({ around }) => {
		around.set.chrome = known({ LocalNetworkAccessRestrictionsTemporaryOptOut: true });
	},
	"CFM-REG-010": (sick) => {
		sick.noRegistry = new CfmError("usage", "registry-on-network", "It is on a network share.");
	},
	"CFM-REG-011": (sick) => {
		// The registry's own events have the time of this run.
		sick.clock = new Date(Date.now() + 20 * 86_400_000);
	},
	"CFM-PORT-012": (sick) => {
		sick.net.found = known([listener(24_257, owner("CORP\\ana"), { address: "127.0.0.3" })]);
	},
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
	"CFM-REG-008": problem("answer-changed"),
	"CFM-REG-009": problem("changes-lost"),
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
		sick.net.found = known([]);
	},
	"CFM-CLIENT-005": (sick) => {
		sick.here.state = client(7, { registered: known(false) });
	},
	"CFM-CLIENT-006": (sick) => {
		sick.here.observations = known([{ about: "installFolder", expected: "C:\\a", seen: "C:\\b" }]);
	},
	"CFM-MACHINE-003": (sick) => {
		sick.here.client.shared = () => known("C:\\Program Files\\certifio-manager-se");
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
	"CFM-PORT-010": (sick) => {
		sick.net.found = known([listener(24_257, owner("CORP\\ana"), { address: "0.0.0.0" })]);
	},
	"CFM-PORT-011": (sick) => {
		const ana = { user: "CORP\\ana", sid: null };
		sick.net.loggedOn = known([
			{ ...ana, session: 2 },
			{ ...ana, session: 5 },
		]);
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
	"CFM-WEB-009": (sick) => {
		sick.stores.forgets = [{ origin: site, way: "ephemeral", by: "profile", setting: null }];
	},
};

it("has a check for every kind, but for what becomes of checks themselves, and what only stops an installation", () => {
	const ids = checksOf({ only: [], skip: [] }).map(({ id }) => id);
	expect(new Set(ids).size).toBe(ids.length);
	expect(ids.toSorted()).toEqual(
		findingKinds
			.filter((kind) => ![...probeKinds, ...installKinds, ...auditKinds].includes(kind))
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

	it("tells what nobody could see of a server below that it does not answer", async () => {
		provocations["CFM-NET-002"]?.(ward);
		const { findings } = await examine(ward, all);
		expect(findings.map(({ id, cause, state }) => [id, cause, state])).toEqual([
			["CFM-NET-002", null, "found"],
			["CFM-NET-005", "CFM-NET-002", "unknown"],
			["CFM-NET-006", "CFM-NET-002", "unknown"],
		]);
	});

	it("tells once of several servers that fail in one way, with all of them, and apart of those that fail in another", async () => {
		const hosts = ["a", "b", "c", "d"].map((name) => `${name}.example`);
		ward.servers = { web: hosts.map((host) => `${host}:443`), directory: [], certificates: [] };
		const late = new Date(ward.clock.getTime() + 3_600_000).toISOString();
		for (const host of hosts.slice(0, 2)) ward.around.answers[host] = { connected: false, why: "ETIMEDOUT" };
		ward.around.answers["c.example"] = { connected: false, why: "ENOTFOUND" };
		const { findings } = await examine(ward, { ...all, only: ["CFM-NET-002", "CFM-NET-006"] });
		expect(findings.map(({ id, cause, text, affected }) => [id, cause, affected.hosts, text])).toEqual([
			[
				"CFM-NET-002",
				null,
				["a.example", "b.example"],
				expect.stringMatching(/^a\.example:443, b\.example:443: nothing/),
			],
			["CFM-NET-006", "CFM-NET-002", ["a.example", "b.example"], "a.example, b.example do not answer"],
			["CFM-NET-002", null, ["c.example"], expect.stringMatching(/^c\.example:443: this machine can't find/)],
			["CFM-NET-006", "CFM-NET-002", ["c.example"], "c.example does not answer"],
		]);
		expect(findings[0]?.evidence).toMatchObject({ host: "a.example", port: 443, hosts: ["a.example", "b.example"] });
		const tls = { trusted: false, why: "SELF_SIGNED_CERT_IN_CHAIN", issuer: "Corp" };
		for (const host of hosts) ward.around.answers[host] = { connected: true, why: null, tls, date: late };
		const inspected = (await examine(ward, { ...all, only: ["CFM-NET-005", "CFM-NET-006"] })).findings;
		expect(inspected.map(({ id, affected }) => [id, affected.hosts])).toEqual([
			["CFM-NET-006", hosts],
			["CFM-NET-005", hosts],
		]);
		expect(inspected[0]?.text).toMatch(/^it is 60 minutes behind a\.example, b\.example, c\.example, d\.example: /);
	});

	it("can't tell what answers on IPv6 where that table is missing, unless the client answers on IPv4", async () => {
		const only = { ...all, only: ["CFM-PORT-006"] };
		ward.net.found = known([], "the listeners of IPv6 are missing");
		const { findings, checks } = await examine(ward, only);
		expect(findings).toMatchObject([{ id: "CFM-PORT-006", state: "unknown", affected: { ports: [24_257] } }]);
		expect(JSON.stringify(findings)).toContain("the listeners of IPv6 are missing");
		expect(checks.find(({ id }) => id === "CFM-PORT-006")).toMatchObject({ state: "unknown" });
		ward.net.found = known([listener(24_257, owner("CORP\\ana"))], "the listeners of IPv6 are missing");
		expect((await examine(ward, only)).findings).toEqual([]);
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
		expect(groups.toSorted()).toEqual([
			"activation",
			"browser-policy",
			"certificate",
			"client",
			"ids",
			"machine",
			"network",
			"notices",
			"port",
			"registered",
			"registry",
			"revocation",
			"timestamp",
			"token",
			"web",
		]);
	});

	it("does not look for what nobody wants, and knows the name of each check", async () => {
		provocations["CFM-WEB-001"]?.(ward);
		expect((await examine(ward, { ...all, skip: ["CFM-WEB-001", "CFM-WEB-005"] })).findings).toEqual([]);
		expect(checksOf({ only: ["CFM-ID-001"], skip: [] }).map(({ group }) => group)).toEqual(["ids"]);
		const no = async (only: string, own?: readonly Probe<Sources>[]) => {
			const error = await failure(async () => checksOf({ only: [only], skip: [], ...(own && { probes: own }) }));
			expect(error).toMatchObject({ kind: "not-found", code: "no-such-check" });
			return said(error);
		};
		expect(await no("CFM-X-001")).toEqual(["cfm doctor --list-checks"]);
		// Whoever has the ID from the other command is led there.
		expect(await no("CFM-AUDIT-001")).toEqual(["cfm audit --only CFM-AUDIT-001", "cfm doctor --list-checks"]);
		expect(await no("CFM-ID-001", auditProbes)).toEqual(["cfm doctor --only CFM-ID-001", "cfm audit --list-checks"]);
		expect(await no("CFM-X-001", [...probes, ...auditProbes])).toEqual([
			"cfm doctor --list-checks",
			"cfm audit --list-checks",
		]);
	});
});

it("holds no finding against each suppression: of twice as many of both the work is twice as much", async () => {
	const reads = async (number: number) => {
		let count = 0;
		const users = Array.from({ length: number }, (_, at) => `CORP\\user${at}`);
		const rows = users.map((user) => ({
			...{ environment: "default", finding: "CFM-WEB-004", reason: "known", since: "2026-01-01T00:00:00.000Z" },
			...{ until: later },
			get user() {
				count += 1;
				return user;
			},
		}));
		const view = {
			environment: async () => ({ domains: [] }),
			async *records() {
				yield rows;
			},
		} as unknown as RegistryView;
		const hides = await suppressedNow(view, "default", ward.clock);
		const hidden = [...users, "CORP\\zoe"].map((user) =>
			hides({ id: "CFM-WEB-004", affected: { users: [user.toUpperCase()], hosts: [], sites: [], ports: [] } }),
		);
		expect(hidden.map((one) => one !== null)).toEqual([...users.map(() => true), false]);
		return count;
	};
	expect(await reads(400)).toBeLessThanOrEqual(2 * (await reads(200)));
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

	it("says why when no check makes sense here", async () => {
		const answer = await examine(ward, { ...all, only: ["CFM-CERT-001"] });
		const skipped = { seconds: 0, state: "skipped", why: "no certificate is looked after here" } as const;
		const checks = answer.checks.map((one) => (one.id === "CFM-CERT-001" ? { ...one, ...skipped } : one));
		expect(
			diagnosis({ ...answer, findings: [], checks, counts: { ...answer.counts, fine: 0, found: 0 } })?.message,
		).toBe("Nothing could be looked at: no certificate is looked after here.");
	});
});
