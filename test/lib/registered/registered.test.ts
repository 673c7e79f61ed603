import { generateKeyPairSync } from "node:crypto";
import { beforeEach, describe, expect, it } from "vitest";
import { parseAccount } from "../../../src/lib/account/account.js";
import { parseSaid } from "../../../src/lib/calendar/day.js";
import type { CertificateFacts, Certificates } from "../../../src/lib/certificate/certificates.js";
import type { Plan, RegistryOperation } from "../../../src/lib/operation/operation.js";
import { grantAccess, parseCount, renewAccess, useAccess } from "../../../src/lib/registered/grant.js";
import { dueCertificates, listCertificates } from "../../../src/lib/registered/list.js";
import { recordRevocations } from "../../../src/lib/registered/refresh.js";
import {
	type OwnFacts,
	readCertificate,
	registerCertificate,
	retireCertificate,
	setCertificate,
} from "../../../src/lib/registered/register.js";
import { tellCertificate, validities } from "../../../src/lib/registered/told.js";
import type { RegistryView } from "../../../src/lib/registry/registry.js";
import { aCertificate } from "../../contract/kind-samples.js";
import { anAttribution } from "../../contract/store.js";
import { failure } from "../failure.js";
import { Stage } from "../registry/stage.js";

const day = 86_400_000;
const zone = "America/Toronto";
let store: Stage;
let now: Date;
beforeEach(async () => {
	store = await Stage.set();
	now = new Date("2026-03-10T12:00:00.000Z");
});

const carry = <P extends Plan, R extends object>(operation: RegistryOperation<P, R>): Promise<R> =>
	store.registry.change(anAttribution(), async (transaction) => {
		const plan = await operation.plan(transaction);
		await transaction.apply(plan.changes, anAttribution());
		return operation.answer(plan);
	});
const read = <T>(work: (view: RegistryView) => Promise<T>) => store.registry.read(work);
const code = async (work: () => Promise<unknown>) => {
	const { kind, code } = await failure(work);
	return `${kind} ${code}`;
};
const facts = (letter: string, own: Partial<OwnFacts> = {}): OwnFacts => {
	const { subject, issuer, serial, notBefore, notAfter, der } = aCertificate();
	return { fingerprint: letter.repeat(64), subject, issuer, serial, notBefore, notAfter, der, ...own };
};
const register = (alias: string, own: Partial<OwnFacts> = {}, owner: string | null = null) =>
	carry(
		registerCertificate({
			alias,
			owner,
			wallet: null,
			note: null,
			place: null,
			facts: facts(alias.slice(0, 1).toLowerCase(), own),
			now,
		}),
	);
const set = (certificate: string, own: Partial<Parameters<typeof setCertificate>[0]>) =>
	carry(
		setCertificate({
			certificate,
			alias: undefined,
			owner: undefined,
			wallet: undefined,
			status: undefined,
			note: undefined,
			now,
			...own,
		}),
	);
const retire = (certificate: string, replacedBy?: string) => carry(retireCertificate({ certificate, replacedBy, now }));
const granting = (granted: string, own: { expires?: string } = {}) => ({
	...{ certificate: "seal", granted: parseSaid(granted, zone), expires: own.expires, allowance: undefined, zone, now },
});
const list = (own: Partial<Parameters<typeof listCertificates>[1]> = {}) =>
	read(async (view) => {
		const listed = await listCertificates(view, {
			...{
				alias: undefined,
				wallet: undefined,
				within: undefined,
				registeredFrom: undefined,
				registeredTo: undefined,
				validity: undefined,
				status: undefined,
			},
			...{
				owner: undefined,
				environment: "default",
				sort: undefined,
				descending: false,
				limit: undefined,
				offset: undefined,
				now,
				...own,
			},
		});
		return { ...listed, certificates: (await Array.fromAsync(listed.certificates)).flat() };
	});
const aliases = async (own: Parameters<typeof list>[0] = {}) =>
	(await list(own)).certificates.map(({ alias }) => alias);

describe("validity", () => {
	it("is of the certificate's dates and the clock, to the millisecond", () => {
		const one = aCertificate();
		const at = (iso: string, ms = 0) => tellCertificate(one, new Date(Date.parse(iso) + ms)).validity;
		expect([at(one.notBefore, -1), at(one.notBefore)]).toEqual(["not-yet-valid", "valid"]);
		expect([at(one.notAfter, -30 * day - 1), at(one.notAfter, -30 * day)]).toEqual(["valid", "expiring"]);
		expect([at(one.notAfter), at(one.notAfter, 1)]).toEqual(["expiring", "expired"]);
	});

	it("that ends with the year 9999 has no end", () => {
		for (const notAfter of ["9999-12-31T23:59:59.000Z", "9999-12-31T23:59:00.000Z"])
			expect(tellCertificate(aCertificate({ notAfter }), now)).toMatchObject({ validity: "valid", daysLeft: null });
	});

	it("filters exactly those that are told to be so, at any time", async () => {
		await register("a", { notBefore: "2026-03-01T00:00:00.000Z", notAfter: "2026-03-31T00:00:00.000Z" });
		await register("b");
		await register("c", { notAfter: "9999-12-31T23:59:59.000Z" });
		await register("d");
		const { number } = (await list({ alias: "d" })).certificates[0] ?? { number: 0 };
		const gone = { number, alias: "d", state: "revoked", why: null, revokedAt: null, reason: null } as const;
		await carry(recordRevocations([gone], now));
		for (const iso of [
			"2026-02-28",
			"2026-03-01",
			"2026-03-31",
			"2026-03-31T00:00:00.001Z",
			"2028-02-01",
			"2029-01-01",
			"2024-01-01",
		]) {
			now = new Date(iso);
			const all = (await list()).certificates;
			for (const validity of validities)
				expect(await aliases({ validity }), `${iso} ${validity}`).toEqual(
					all.filter((one) => one.validity === validity).map(({ alias }) => alias),
				);
		}
	});
});

describe("revocation", () => {
	const asked = { number: 1, alias: "Seal", state: "good", why: null, revokedAt: null, reason: null } as const;
	const told = async () => (await list()).certificates[0];
	const hear = async (state: "good" | "revoked" | "unknown", own: { revokedAt?: string } = {}) =>
		(await carry(recordRevocations([{ ...asked, state, ...own }], now))).certificates[0]?.changed;
	const pass = (days: number) => {
		now = new Date(now.getTime() + days * day);
	};
	beforeEach(() => register("Seal"));

	it("comes before all else, and is unknown beside it when nobody was asked for long", async () => {
		expect(await told()).toMatchObject({ validity: "valid", revocation: "unknown" });
		expect(await hear("good")).toBe(true);
		expect(await told()).toMatchObject({ validity: "valid", revocation: "good" });
		pass(7);
		expect(await told()).toMatchObject({ revocation: "good" });
		pass(0.001);
		expect(await told()).toMatchObject({ revocation: "unknown", revocationSeen: "2026-03-10T12:00:00.000Z" });
		await hear("revoked");
		pass(3650);
		expect(await told()).toMatchObject({ validity: "revoked", revocation: "revoked" });
	});

	it("is written when it is news, or a day old; who does not know leaves what was known", async () => {
		expect(await hear("unknown")).toBe(false);
		expect(await hear("good")).toBe(true);
		pass(0.9);
		expect([await hear("good"), await hear("unknown")]).toEqual([false, false]);
		pass(0.1);
		expect(await hear("good")).toBe(true);
		expect(await hear("revoked", { revokedAt: "2026-03-11T00:00:00.000Z" })).toBe(true);
		pass(30);
		expect(await hear("revoked", { revokedAt: "2026-03-11T00:00:00.000Z" })).toBe(false);
		expect(await told()).toMatchObject({ revocation: "revoked" });
		// It was on hold.
		expect(await hear("good")).toBe(true);
		expect(await told()).toMatchObject({ validity: "valid", revokedAt: null });
	});
});

describe("the register", () => {
	it("takes each alias and each certificate once, in whatever case", async () => {
		expect((await register("Seal")).changed).toBe(true);
		expect((await register("SEAL")).changed).toBe(false);
		expect(await code(() => register("seal", { fingerprint: "9".repeat(64) }))).toBe("conflict alias-taken");
		expect(await code(() => register("other", { fingerprint: "s".repeat(64) }))).toBe(
			"conflict certificate-registered",
		);
	});

	it("is listed by a part of the alias, the time of registration, owner, status, in any order and page", async () => {
		await register("Seal North", {}, "CORP\\ana");
		now = new Date("2026-04-10T12:00:00.000Z");
		await register("contracts", {}, "CORP\\ben");
		await register("invoices 100%");
		expect(await aliases()).toEqual(["contracts", "invoices 100%", "Seal North"]);
		expect(await aliases({ alias: "NORTH" })).toEqual(["Seal North"]);
		expect(await aliases({ alias: "100%" })).toEqual(["invoices 100%"]);
		expect(await aliases({ registeredFrom: "2026-04-01T00:00:00.000Z" })).toEqual(["contracts", "invoices 100%"]);
		expect(await aliases({ registeredTo: "2026-04-01T00:00:00.000Z" })).toEqual(["Seal North"]);
		expect(await aliases({ owner: parseAccount("ana") })).toEqual(["Seal North"]);
		expect(await aliases({ sort: "registered", descending: true, limit: 1, offset: 2 })).toEqual(["Seal North"]);
		await set("contracts", { status: "suspended" });
		expect(await aliases({ status: "suspended" })).toEqual(["contracts"]);
		expect((await list({ limit: 1 })).total).toBe(3);
	});

	it("is listed by wallet and days left, in the order of both, each page behind the last", async () => {
		await register("a", { notAfter: "2026-03-20T12:00:00.000Z" });
		await set("a", { wallet: "Vault_2" });
		await register("b", { notAfter: "2026-03-20T12:00:00.001Z" });
		await set("b", { wallet: "Vault 10%" });
		await register("c", { notAfter: "2026-03-10T11:59:59.999Z" });
		await set("c", { wallet: "Vault 3" });
		await register("d", { notAfter: "9999-12-31T23:59:59.000Z" });
		expect(await aliases({ within: 10 * day })).toEqual(["a"]);
		expect(await aliases({ within: 10 * day + 1, sort: "expires", descending: true })).toEqual(["b", "a"]);
		expect(await aliases({ within: 10 * day, validity: "valid" })).toEqual([]);
		expect(await aliases({ within: 40 * day, validity: "expired" })).toEqual([]);
		expect(await aliases({ wallet: "vault_" })).toEqual(["a"]);
		expect(await aliases({ wallet: "0%" })).toEqual(["b"]);
		expect(await aliases({ sort: "wallet" })).toEqual(["d", "b", "c", "a"]);
		for (const sort of ["alias", "expires", "registered", "owner", "wallet", "status"] as const) {
			for (const descending of [false, true]) {
				const whole = await aliases({ sort, descending });
				const pages = [];
				for (let offset = 0; offset < 5; offset += 1)
					pages.push(...(await aliases({ sort, descending, limit: 1, offset })));
				expect(pages).toEqual(whole);
				expect(whole).toHaveLength(4);
			}
		}
		expect(
			await code(() => list({ registeredFrom: "2026-03-02T00:00:00.000Z", registeredTo: "2026-03-01T00:00:00.000Z" })),
		).toBe("usage bad-time");
	});

	it("tells beside the validity what is nobody's, unknown or over, and not of what is not signed with", async () => {
		await register("Seal");
		await register("old", { notAfter: "2026-03-01T00:00:00.000Z" });
		const beside = async () =>
			(await list()).certificates.map(({ alias, access, concerns }) => [alias, access, concerns]);
		const unknown = ["no-owner", "revocation-unknown"];
		expect(await beside()).toEqual([
			["old", null, []],
			["Seal", null, unknown],
		]);
		await carry(grantAccess(granting("2026-01-05")));
		expect((await beside())[1]).toEqual(["Seal", "expired", [...unknown, "access-expired"]]);
		await carry(renewAccess(granting("2026-03-09")));
		await carry(useAccess({ certificate: "seal", used: 1_000_000_000, now }));
		await set("seal", { owner: "CORP\\ana" });
		expect((await beside())[1]).toEqual(["Seal", "used-up", ["revocation-unknown", "access-used-up"]]);
		await retire("seal");
		expect((await beside())[1]).toEqual(["Seal", "used-up", []]);
	});

	it("is listed by its owner in any spelling, and not by a namesake of another domain", async () => {
		await register("archive", {}, "OTHER\\ana");
		await register("contracts", {}, "CORP\\ana");
		await register("invoices", {}, "ana@corp.example.com");
		const owned = (owner: string, own = {}) => list({ owner: parseAccount(owner), ...own });
		expect(await aliases({ owner: parseAccount("ana") })).toEqual(["archive", "contracts", "invoices"]);
		expect(await aliases({ owner: parseAccount("corp\\ANA") })).toEqual(["contracts", "invoices"]);
		expect(await owned("corp\\ana", { limit: 1, offset: 1 })).toMatchObject({
			certificates: [{ alias: "invoices" }],
			total: 2,
		});
		expect(await aliases({ owner: parseAccount("other\\ana"), environment: "gone" })).toEqual(["archive"]);
	});

	it("changes what is said and nothing else; what was retired stays so", async () => {
		await register("Seal", {}, "CORP\\ana");
		await register("new");
		expect((await set("seal", { alias: "Seal 2025", owner: null })).certificate).toMatchObject({
			alias: "Seal 2025",
			owner: null,
		});
		expect(await code(() => set("new", { alias: "SEAL 2025" }))).toBe("conflict alias-taken");
		expect(await code(() => retire("Seal 2025", "seal 2025"))).toBe("usage replaced-by-itself");
		expect((await retire("Seal 2025", "new")).certificate).toMatchObject({ status: "retired", replacedBy: 2 });
		expect((await retire("Seal 2025")).changed).toBe(false);
		expect(await code(() => set("Seal 2025", { status: "active" }))).toBe("conflict certificate-retired");
		expect(await code(() => retire("nothing"))).toBe("not-found no-such-certificate");
	});
});

describe("access", () => {
	beforeEach(() => register("Seal"));

	it("lasts 60 days of 24 hours, or to the end of the day that is said", async () => {
		const { access } = await carry(grantAccess(granting("2026-03-01")));
		expect(access).toMatchObject({
			generation: 1,
			expiresAt: "2026-04-30T05:00:00.000Z",
			state: "valid",
			daysLeft: 50,
		});
		const corrected = await carry(grantAccess(granting("2026-03-02", { expires: "2026-04-01" })));
		expect(corrected.access).toMatchObject({
			generation: 1,
			granted: "2026-03-02",
			expiresAt: "2026-04-02T04:00:00.000Z",
		});
		expect((await carry(grantAccess(granting("2026-03-02", { expires: "2026-04-01" })))).changed).toBe(false);
	});

	it("counts whole numbers of signatures", async () => {
		expect(parseCount("1200")).toBe(1200);
		for (const text of ["", "-1", "1.5", "1e3", "a", "9".repeat(16)])
			expect(await code(async () => parseCount(text))).toBe("usage bad-count");
	});

	it("is granted anew only later; signatures are counted anew", async () => {
		expect(await code(() => carry(useAccess({ certificate: "seal", used: 5, now })))).toBe("not-found no-access");
		await carry(grantAccess(granting("2026-01-05")));
		expect((await carry(useAccess({ certificate: "seal", used: 1_000_000_000, now }))).access.state).toBe("expired");
		expect(await code(() => carry(renewAccess(granting("2026-01-04"))))).toBe("conflict grant-not-later");
		expect(await code(() => carry(renewAccess(granting("2026-03-11"))))).toBe("usage approval-in-future");
		const { access } = await carry(renewAccess(granting("2026-03-09")));
		expect(access).toMatchObject({ generation: 2, used: 0, state: "valid" });
		expect((await carry(renewAccess(granting("2026-03-09")))).changed).toBe(false);
		expect((await carry(useAccess({ certificate: "seal", used: 1_000_000_000, now }))).access.state).toBe("used-up");
		expect(await code(() => carry(grantAccess(granting("2026-03-09", { expires: "2026-03-08" }))))).toBe(
			"usage bad-date",
		);
	});

	it("is due by its last grant, as the certificate is by its end; what is retired is not", async () => {
		await register("old", { notAfter: "2026-03-20T12:00:00.000Z" });
		await register("forever", { notAfter: "9999-12-31T23:59:59.000Z" });
		await carry(grantAccess(granting("2026-01-19T12:00:00Z")));
		const due = async (within: number) => {
			const { due } = await read((view) => dueCertificates(view, { within, now }));
			return due.map(({ alias, what }) => `${alias} ${what}`);
		};
		expect(await due(10 * day - 1)).toEqual([]);
		expect(await due(10 * day)).toEqual(["Seal access", "old certificate"]);
		await carry(renewAccess(granting("2026-03-09")));
		expect(await due(10 * day)).toEqual(["old certificate"]);
		await retire("old");
		expect(await due(10 * day)).toEqual([]);
	});
});

describe("what is registered of a file", () => {
	const said: CertificateFacts = {
		...{ ...facts("a"), key: null, signatureAlgorithm: "", isAuthority: false, isSelfIssued: false, keyUsage: null },
		...{ extendedKeyUsage: null, policies: [], names: [], ocsp: [], crls: [], issuers: [] },
	};
	const reader = (kind: "pem" | "pkcs12" | "unknown", told: readonly CertificateFacts[]) =>
		({
			take: async () => ({ kind, certificates: told.map(() => Buffer.from("x")), crls: [] }),
			describe: async () => told,
			unlock: () => {
				throw new Error("nobody opens what may hold a key");
			},
		}) as unknown as Certificates;
	const refusal = async (told: readonly CertificateFacts[], kind: "pem" | "pkcs12" | "unknown" = "pem", text = "x") =>
		code(() => readCertificate(reader(kind, told), Buffer.from(text), "file.pem"));

	it("is the one certificate for signing, without those of its authorities", async () => {
		const authority = { ...said, isAuthority: true, subject: "CN=CA" };
		const found = await readCertificate(reader("pem", [authority, said]), Buffer.from("x"), "file.pem");
		expect(found).toEqual(facts("a", { der: Buffer.from("x").toString("base64") }));
		expect(await refusal([said, { ...said, subject: "CN=Ben" }])).toBe("usage several-certificates");
	});

	it("is nothing where there is a private key, whatever is beside it", async () => {
		for (const name of ["PRIVATE KEY", "ENCRYPTED PRIVATE KEY", "RSA PRIVATE KEY", "EC PRIVATE KEY"])
			expect(await refusal([said], "pem", `-----BEGIN ${name}-----\nAAAA`)).toBe("usage private-key-refused");
		expect(await refusal([said], "pkcs12")).toBe("usage private-key-refused");
		const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
		const sealed = { cipher: "aes-256-cbc", passphrase: "x" } as const;
		const pem = privateKey.export({ format: "pem", type: "pkcs8" });
		for (const key of [
			privateKey.export({ format: "der", type: "pkcs8" }),
			privateKey.export({ format: "der", type: "sec1" }),
			privateKey.export({ format: "der", type: "pkcs8", ...sealed }),
			Buffer.from(`\uFEFF${pem}`, "utf16le"),
		]) {
			expect(await code(() => readCertificate(reader("unknown", []), key, "key.der"))).toBe(
				"usage private-key-refused",
			);
		}
	});

	it("is nothing where there is no certificate, or one that is never valid", async () => {
		expect(await refusal([], "unknown")).toBe("usage no-certificate");
		expect(await refusal([{ ...said, notAfter: null }])).toBe("usage bad-validity");
		expect(await refusal([{ ...said, notBefore: "2029-01-01T00:00:00.000Z" }])).toBe("usage bad-validity");
	});
});
