import { registrySchema } from "../../src/lib/record-kinds.js";
import type { RecordKind } from "../../src/lib/registry/kind.js";
import { anEnvironment, anInstallation, aSite } from "./store.js";

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

export const trials: RecordKind<Trial, "trial.set" | "trial.remove", "state" | "user" | "due", "until" | "user"> = {
	name: "trial",
	actions: ["trial.set", "trial.remove"],
	environment: "environment",
	key: ["code"],
	subject: ({ code }) => code,
	about: ["user", "approvedBy"],
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

export const keepers: RecordKind<Keeper, "keeper.add" | "keeper.remove"> = {
	name: "keeper",
	actions: ["keeper.add", "keeper.remove"],
	environment: null,
	key: ["user"],
	subject: ({ user }) => user,
	about: ["user"],
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
