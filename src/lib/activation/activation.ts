import { keysOf } from "../account/account.js";
import type { RecordKind } from "../registry/kind.js";
import { t } from "../text.js";

/** How far somebody has come with their codes; what follows from the clock is no step (`told.ts`). */
export type Step =
	| "approved"
	| "identity-confirmed"
	| "software-checked"
	| "number-entered"
	| "activated"
	| "cancelled"
	| "replaced";

export const products = ["desktop", "cloud"] as const;
export const purposes = ["first", "recovery"] as const;
/** What the days are counted from: the approval of the application, or the arrival of the mail with the reference number. */
export const bases = ["approval", "mail"] as const;

/** A user's activation codes, from approval to activated. No code, number, password or answer is ever part of it. */
export interface Activation {
	environment: string;
	/** Tells it from every other of the environment, from 1. */
	number: number;
	user: string;
	/** The account's SID, where it is known. */
	sid: string | null;
	product: (typeof products)[number];
	purpose: (typeof purposes)[number];
	step: Step;
	basis: (typeof bases)[number];
	/** The day, or the instant where a time was said, that the days are counted from. */
	said: string;
	/** The earliest instant that it means, ISO 8601 UTC. */
	runsFrom: string;
	/** The IANA zone whose days are counted. */
	zone: string;
	/** How many days the codes can be used. */
	days: number;
	/** Until then they can be used for certain: so many times 24 hours. ISO 8601 UTC. */
	safeUntil: string;
	/** From then on they have expired for certain: so many whole local days. ISO 8601 UTC. */
	latestEnd: string;
	/** Times that the identity was not confirmed, and how many there may be. */
	attempts: number;
	attemptsAllowed: number;
	/** How the identity was confirmed. */
	identity: "questions" | "account" | null;
	/** How the required software was found: by cfm, or somebody said that it is there. */
	software: "seen" | "said" | null;
	/** How often the codes were renewed. */
	renewals: number;
	/** The activation that this one is in place of. */
	replaces: number | null;
	/** The last day of the yearly subscription, and the instant at which it is over. */
	subscriptionUntil: string | null;
	subscriptionEnd: string | null;
	note: string | null;
	/** When it was recorded. */
	since: string;
	/** When it came to its end. */
	endedAt: string | null;
}

/** Steps from which something can still be done. */
export const openSteps = ["approved", "identity-confirmed", "software-checked", "number-entered"] as const;

export function isOpen({ step }: Pick<Activation, "step">): boolean {
	return (openSteps as readonly string[]).includes(step);
}

/** Undoing goes back, so ends are left as well. */
const moves: Readonly<Record<string, readonly Step[] | readonly [""]>> = {
	"": ["approved"],
	...Object.fromEntries(
		openSteps.map((step) => [
			step,
			[...openSteps, "activated", "replaced", "cancelled", ...(step === "approved" ? [""] : [])],
		]),
	),
	activated: openSteps,
	cancelled: openSteps,
	replaced: openSteps,
};

export const activations: RecordKind<
	Activation,
	| "activation.add"
	| "activation.step"
	| "activation.renew"
	| "activation.complete"
	| "activation.cancel"
	| "activation.rename",
	"user" | "named" | "rank" | "product" | "step" | "safeFrom" | "safeTo" | "endFrom" | "endTo" | "subscription",
	"due" | "user" | "subscription"
> = {
	name: "activation",
	actions: [
		"activation.add",
		"activation.step",
		"activation.renew",
		"activation.complete",
		"activation.cancel",
		"activation.rename",
	],
	changedBy: "issuer",
	environment: "environment",
	key: ["number"],
	subject: ({ user }) => user,
	about: ["user"],
	rename: "activation.rename",
	called: ({ number, user }) => t`activation ${number} of ${user}`,
	states: { field: "step", moves },
	filters: {
		user: { by: "name_key", test: "is" },
		named: { by: "name_key", test: "like" },
		rank: { by: "rank", test: "is" },
		product: { by: "product", test: "is" },
		step: { by: "step", test: "is" },
		safeFrom: { by: "safeUntil", test: "from" },
		safeTo: { by: "safeUntil", test: "to" },
		endFrom: { by: "latestEnd", test: "from" },
		endTo: { by: "latestEnd", test: "to" },
		subscription: { by: "subscriptionEnd", test: "to" },
	},
	orders: {
		due: ["rank", "safeUntil"],
		user: ["name_key", "domain_key"],
		subscription: ["subscriptionEnd"],
	},
	table: {
		name: "activations",
		columns: {
			number: "number",
			user: "user",
			sid: "sid",
			product: "product",
			purpose: "purpose",
			step: "step",
			basis: "basis",
			said: "said",
			runsFrom: "runs_from",
			zone: "zone",
			days: "days",
			safeUntil: "safe_until",
			latestEnd: "latest_end",
			attempts: "attempts",
			attemptsAllowed: "attempts_allowed",
			identity: "identity",
			software: "software",
			renewals: "renewals",
			replaces: "replaces",
			subscriptionUntil: "subscription_until",
			subscriptionEnd: "subscription_end",
			note: "note",
			since: "since",
			endedAt: "ended_at",
		},
		made: {
			name_key: ({ user }) => keysOf(user).name,
			domain_key: ({ user }) => keysOf(user).domain,
			rank: (row) => (isOpen(row) ? 0 : 1),
		},
		key: ["number"],
	},
	schema: {
		sqlite: {
			7: `
	CREATE TABLE activations (
		environment        INTEGER NOT NULL REFERENCES environments,
		number             INTEGER NOT NULL,
		user               TEXT    NOT NULL,
		name_key           TEXT    NOT NULL,
		domain_key         TEXT    NOT NULL,
		sid                TEXT,
		product            TEXT    NOT NULL,
		purpose            TEXT    NOT NULL,
		step               TEXT    NOT NULL,
		rank               INTEGER NOT NULL,
		basis              TEXT    NOT NULL,
		said               TEXT    NOT NULL,
		runs_from          TEXT    NOT NULL,
		zone               TEXT    NOT NULL,
		days               INTEGER NOT NULL,
		safe_until         TEXT    NOT NULL,
		latest_end         TEXT    NOT NULL,
		attempts           INTEGER NOT NULL,
		attempts_allowed   INTEGER NOT NULL,
		identity           TEXT,
		software           TEXT,
		renewals           INTEGER NOT NULL,
		replaces           INTEGER,
		subscription_until TEXT,
		subscription_end   TEXT,
		note               TEXT,
		since              TEXT    NOT NULL,
		ended_at           TEXT,
		PRIMARY KEY (environment, number)
	) STRICT, WITHOUT ROWID;
	CREATE INDEX activations_due ON activations (environment, rank, safe_until);
	CREATE INDEX activations_of ON activations (name_key, environment);
	CREATE INDEX activations_subscribed ON activations (environment, subscription_end) WHERE subscription_end IS NOT NULL;
	`,
		},
	},
};
