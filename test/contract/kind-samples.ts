import type { Activation } from "../../src/lib/activation/activation.js";
import type { Suppression } from "../../src/lib/doctor/suppression.js";
import type { Operator } from "../../src/lib/operator/operator.js";
import { registrySchema } from "../../src/lib/record-kinds.js";
import type { Access } from "../../src/lib/registered/access.js";
import type { RegisteredCertificate } from "../../src/lib/registered/certificate.js";
import type { RecordKind } from "../../src/lib/registry/kind.js";
import type { Service } from "../../src/lib/service/service.js";
import { anEnvironment, anInstallation, aSite } from "./store.js";

function aSuppression(own: Partial<Suppression> = {}): Suppression {
	return {
		environment: "default",
		finding: "CFM-CLIENT-005",
		user: null,
		reason: "waiting",
		since: "2026-03-01T08:00:00.000Z",
		until: "2026-04-30T23:59:59.999Z",
		...own,
	};
}

export function anActivation(own: Partial<Activation> = {}): Activation {
	return {
		...{ environment: "default", number: 1, user: "CORP\\ana", sid: null, product: "desktop", purpose: "first" },
		...{ step: "approved", basis: "approval", said: "2026-03-01", runsFrom: "2026-03-01T05:00:00.000Z" },
		...{ zone: "America/Toronto", days: 15, safeUntil: "2026-03-16T05:00:00.000Z" },
		...{ latestEnd: "2026-03-17T04:00:00.000Z", attempts: 0, attemptsAllowed: 5, identity: null, software: null },
		...{ renewals: 0, replaces: null, subscriptionUntil: null, subscriptionEnd: null, note: null },
		...{ since: "2026-03-02T08:00:00.000Z", endedAt: null },
		...own,
	};
}

export function aCertificate(own: Partial<RegisteredCertificate> = {}): RegisteredCertificate {
	return {
		...{
			number: 1,
			alias: "Seal",
			fingerprint: "ab".repeat(32),
			subject: "CN=Seal,O=Example",
			issuer: "CN=Example CA",
		},
		...{ serial: "1f", notBefore: "2025-03-01T00:00:00.000Z", notAfter: "2028-03-01T00:00:00.000Z" },
		...{ der: "MAA=", place: null, revocation: null, revocationSeen: null, revokedAt: null, revocationReason: null },
		...{ owner: "CORP\\ana", wallet: null, status: "active", replacedBy: null, note: null },
		...{ since: "2026-03-02T08:00:00.000Z", ...own },
	};
}

export function anAccess(own: Partial<Access> = {}): Access {
	return {
		...{ certificate: 1, alias: "Seal", generation: 1, granted: "2026-03-01", grantedAt: "2026-03-01T05:00:00.000Z" },
		...{ expiresAt: "2026-04-30T05:00:00.000Z", zone: "America/Toronto", used: 0, allowance: 1_000_000_000 },
		...{ since: "2026-03-02T08:00:00.000Z", ...own },
	};
}

export function aService(own: Partial<Service> = {}): Service {
	return {
		...{ number: 1, name: "Invoices", certificate: 1, clientId: "invoices-7", company: "Example", contact: null },
		...{ language: "fr-CA", status: "active", cause: null, reason: null, suspendedAt: null, generation: null },
		...{ since: "2026-03-02T08:00:00.000Z", ...own },
	};
}

export function anOperator(own: Partial<Operator> = {}): Operator {
	return {
		...{ name: "CORP\\ana", kind: "user", sid: null, role: "admin", mail: null, lang: null, login: null },
		...{ since: "2026-03-02T08:00:00.000Z", ...own },
	};
}

/** Two rows of every kind, and the first as it may become; every kind in the list must be here. */
export const samples: Readonly<Record<string, readonly [one: object, other: object, changed: object]>> = {
	environment: [
		anEnvironment({ name: "farm", portRuleLearnedAt: "2026-03-02T08:00:00.000Z" }),
		anEnvironment({ name: "lab", domain: "LAB", domains: [{ name: "LAB", aliases: ["lab.example.com"] }] }),
		anEnvironment({
			name: "farm",
			note: "wider",
			lastId: 30,
			domain: "CORP",
			domains: [{ name: "CORP", aliases: [] }],
		}),
	],
	installation: [
		anInstallation({ user: "CORP\\ana" }),
		anInstallation({ user: "CORP\\ben", id: 2, rebootRequired: true }),
		anInstallation({ user: "CORP\\ana", outcome: "uninstalled", version: null }),
	],
	suppression: [
		aSuppression({ user: "CORP\\ana" }),
		aSuppression({ finding: "CFM-WEB-007" }),
		aSuppression({ user: "CORP\\ana", reason: "the vendor knows", until: "2026-05-31T23:59:59.999Z" }),
	],
	activation: [
		anActivation({ subscriptionUntil: "2027-03-01", subscriptionEnd: "2027-03-02T05:00:00.000Z" }),
		anActivation({ number: 2, user: "ben@corp.example.com", sid: "S-1-5-21-1-2-3-1105", replaces: 1, note: "again" }),
		anActivation({ step: "activated", identity: "questions", software: "seen", endedAt: "2026-03-05T08:00:00.000Z" }),
	],
	certificate: [
		aCertificate(),
		aCertificate({
			number: 2,
			alias: "Contracts",
			owner: null,
			fingerprint: "cd".repeat(32),
			wallet: "Principal",
			place: "token 42",
		}),
		aCertificate({
			...{ alias: "Seal 2026", status: "retired", replacedBy: 2, note: "key lost", revocation: "revoked" },
			...{ revocationSeen: "2026-03-03T08:00:00.000Z", revokedAt: "2026-03-02T09:00:00.000Z" },
			revocationReason: "keyCompromise",
		}),
	],
	access: [
		anAccess(),
		anAccess({ certificate: 2, generation: 3, alias: "Contracts", allowance: 500 }),
		anAccess({ used: 999_999_999 }),
	],
	service: [
		aService(),
		aService({ number: 2, name: "Payroll", company: null, contact: "CORP\\ben", clientId: null, language: null }),
		aService({
			...{ status: "suspended", cause: "access-expired", suspendedAt: "2026-04-30T05:00:00.000Z", generation: 1 },
		}),
	],
	operator: [
		anOperator(),
		anOperator({ name: "CORP\\signers", kind: "group", sid: "S-1-5-21-1-2-3-2101", role: "issuer", lang: "fr-CA" }),
		anOperator({ mail: "ana@example.com", lang: "fr" }),
	],
	silence: [
		{ item: "access/1/1", until: null, note: null, since: "2026-03-02T08:00:00.000Z" },
		{ item: "codes/default/1/0", until: "2026-04-02T08:00:00.000Z", note: "away", since: "2026-03-02T08:00:00.000Z" },
		{ item: "access/1/1", until: null, note: "not needed", since: "2026-03-02T08:00:00.000Z" },
	],
	site: [
		aSite("https://portal.example"),
		aSite("https://other.example:8443", { note: "the other" }),
		aSite("https://portal.example", { note: "My Account" }),
	],
};

/** A user's trial of something: a kind that only the tests know, and nothing but this declaration. */
export interface Trial {
	environment: string;
	code: string;
	user: string;
	approvedBy: string | null;
	state: "approved" | "active" | "expired";
	until: string;
	urgent: boolean;
	steps: readonly string[];
	remark: string | null;
}

export const trials: RecordKind<
	Trial,
	"trial.set" | "trial.remove" | "trial.rename",
	"state" | "user" | "due",
	"until" | "user"
> = {
	name: "trial",
	actions: ["trial.set", "trial.remove", "trial.rename"],
	environment: "environment",
	key: ["code"],
	subject: ({ code }) => code,
	about: ["user", "approvedBy"],
	rename: "trial.rename",
	called: ({ code, environment }) => `trial ${code} of ${environment}`,
	states: {
		field: "state",
		moves: { "": ["approved"], approved: ["active", "expired", ""], active: ["expired"], expired: [""] },
	},
	filters: {
		state: { by: "state", test: "is" },
		user: { by: "user_key", test: "like" },
		due: { by: "until", test: "to" },
	},
	orders: { until: ["until"], user: ["user_key", "until"] },
	table: {
		name: "trials",
		columns: {
			code: { column: "code", as: "name" },
			user: "user",
			approvedBy: "approved_by",
			state: "state",
			until: "until",
			urgent: { column: "urgent", as: "boolean" },
			steps: { column: "steps", as: "json" },
			remark: { column: "remark", table: "trial_remarks" },
		},
		made: { user_key: ({ user }) => user.toLowerCase() },
		key: ["code"],
	},
	schema: {
		sqlite: {
			[registrySchema]: `
	CREATE TABLE trials (
		environment INTEGER NOT NULL REFERENCES environments,
		code        TEXT    NOT NULL COLLATE NOCASE,
		user        TEXT    NOT NULL,
		user_key    TEXT    NOT NULL,
		approved_by TEXT,
		state       TEXT    NOT NULL,
		until       TEXT    NOT NULL,
		urgent      INTEGER NOT NULL,
		steps       TEXT    NOT NULL,
		PRIMARY KEY (environment, code)
	) STRICT, WITHOUT ROWID;
	CREATE TABLE trial_remarks (
		environment INTEGER NOT NULL REFERENCES environments,
		code        TEXT    NOT NULL COLLATE NOCASE,
		remark      TEXT    NOT NULL,
		PRIMARY KEY (environment, code)
	) STRICT, WITHOUT ROWID;
	`,
		},
	},
};

export function aTrial(code: string, own: Partial<Trial> = {}): Trial {
	return {
		environment: "default",
		code,
		user: "CORP\\Ana",
		approvedBy: null,
		state: "approved",
		until: "2026-03-16T08:00:00.000Z",
		urgent: false,
		steps: [],
		remark: null,
		...own,
	};
}

/** Somebody for the whole registry, in no environment. */
interface Keeper {
	user: string;
	since: string;
}

export const keepers: RecordKind<Keeper, "keeper.add" | "keeper.remove" | "keeper.rename"> = {
	name: "keeper",
	actions: ["keeper.add", "keeper.remove", "keeper.rename"],
	environment: null,
	key: ["user"],
	subject: ({ user }) => user,
	about: ["user"],
	rename: "keeper.rename",
	called: ({ user }) => `keeper ${user}`,
	filters: {},
	orders: {},
	table: { name: "keepers", columns: { user: "user", since: "since" }, key: ["user"] },
	schema: {
		sqlite: {
			[registrySchema]: `
	CREATE TABLE keepers (
		user  TEXT NOT NULL PRIMARY KEY,
		since TEXT NOT NULL
	) STRICT, WITHOUT ROWID;
	`,
		},
	},
};
