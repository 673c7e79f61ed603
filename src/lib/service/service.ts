import { composed, foldName } from "../account/fold.js";
import type { RecordKind } from "../registry/kind.js";
import { t } from "../text.js";

/** Why a service signs no more: somebody suspended it, or what it signs with ran out. */
export const causes = [
	"operator",
	"access-expired",
	"access-used-up",
	"certificate-expired",
	"certificate-revoked",
] as const;
export type Cause = (typeof causes)[number];

/** A client service of the vendor that signs with a registered certificate, as recorded here. No secret of it is kept. */
export interface Service {
	/** Tells it from every other, from 1; a name can be changed. */
	number: number;
	/** As it was spelled; no two are alike, compared without case. */
	name: string;
	/** The number of the certificate that it signs with. */
	certificate: number;
	/** How the service calls itself to the vendor (OAuth): no secret. */
	clientId: string | null;
	company: string | null;
	/** Who is asked about it. */
	contact: string | null;
	/** In which language its people are written to. */
	language: string | null;
	/** As recorded last. An active one whose certificate or access ran out reads as suspended all the same (`told.ts`). */
	status: "active" | "suspended";
	cause: Cause | null;
	/** What an operator said of a suspension. */
	reason: string | null;
	/** From when on it is suspended, ISO 8601 UTC. */
	suspendedAt: string | null;
	/** The generation of access that ran out, where that is the cause. */
	generation: number | null;
	/** When it was recorded. */
	since: string;
}

export function nameKey(name: string): string {
	return foldName(composed(name));
}

export const services: RecordKind<
	Service,
	"service.add" | "service.set" | "service.suspend" | "service.expire" | "service.activate" | "service.remove",
	"name" | "named" | "certificate" | "status" | "client" | "company",
	"name" | "since"
> = {
	name: "service",
	actions: ["service.add", "service.set", "service.suspend", "service.expire", "service.activate", "service.remove"],
	changedBy: "issuer",
	environment: null,
	key: ["number"],
	subject: ({ name }) => `service ${name}`,
	about: [],
	called: ({ name }) => t`service ${name}`,
	filters: {
		name: { by: "name_key", test: "is" },
		named: { by: "name_key", test: "like" },
		certificate: { by: "certificate", test: "is" },
		status: { by: "status", test: "is" },
		client: { by: "clientId", test: "like" },
		company: { by: "company_key", test: "like" },
	},
	orders: { name: ["name_key"], since: ["since"] },
	table: {
		name: "services",
		columns: {
			number: "number",
			name: "name",
			certificate: "certificate",
			clientId: "client_id",
			company: "company",
			contact: "contact",
			language: "language",
			status: "status",
			cause: "cause",
			reason: "reason",
			suspendedAt: "suspended_at",
			generation: "generation",
			since: "since",
		},
		made: {
			name_key: ({ name }) => nameKey(name),
			company_key: ({ company }) => (company === null ? null : nameKey(company)),
		},
		key: ["number"],
	},
	schema: {
		sqlite: {
			7: `
	CREATE TABLE services (
		number       INTEGER NOT NULL,
		name         TEXT    NOT NULL,
		name_key     TEXT    NOT NULL,
		certificate  INTEGER NOT NULL,
		client_id    TEXT,
		company      TEXT,
		company_key  TEXT,
		contact      TEXT,
		language     TEXT,
		status       TEXT    NOT NULL,
		cause        TEXT,
		reason       TEXT,
		suspended_at TEXT,
		generation   INTEGER,
		since        TEXT    NOT NULL,
		PRIMARY KEY (number)
	) STRICT, WITHOUT ROWID;
	CREATE UNIQUE INDEX services_name ON services (name_key);
	CREATE INDEX services_certificate ON services (certificate);
	CREATE INDEX services_status ON services (status);
	`,
		},
	},
};
