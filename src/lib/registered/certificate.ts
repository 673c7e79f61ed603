import { keysOf } from "../account/account.js";
import { composed, foldName } from "../account/fold.js";
import type { RecordKind } from "../registry/kind.js";
import { t } from "../text.js";

/** What an operator sets; what follows from the certificate and the clock is its validity (`told.ts`). */
export const statuses = ["active", "suspended", "retired"] as const;

/** A signing certificate in the register: what it says, and what is known of it here. Never a private key. */
export interface RegisteredCertificate {
	/** Tells it from every other, from 1; an alias can be changed. */
	number: number;
	/** As it was spelled; no two are alike, compared without case. */
	alias: string;
	/** SHA-256 of the DER, hexadecimal. */
	fingerprint: string;
	/** RFC 4514. May be hostile, as the issuer is. */
	subject: string;
	issuer: string;
	/** Hexadecimal. */
	serial: string;
	/** ISO 8601 UTC. */
	notBefore: string;
	notAfter: string;
	/** The certificate itself: DER in Base64. No answer shows it but that of `certs export`. */
	der: string;
	/** The store or the token that it was registered from (`places.ts`); null: a file. */
	place: string | null;
	/** What its authority said last that could be believed; null: nothing yet. */
	revocation: "good" | "revoked" | null;
	/** When that was asked, ISO 8601 UTC. */
	revocationSeen: string | null;
	/** When it was revoked, ISO 8601 UTC, and the CRLReason by its name, as far as the authority tells. */
	revokedAt: string | null;
	revocationReason: string | null;
	/** The user who signs with it. */
	owner: string | null;
	/** The wallet that holds it, as the vendor calls it. */
	wallet: string | null;
	status: (typeof statuses)[number];
	/** The number of the certificate in its place, where it was retired for one. */
	replacedBy: number | null;
	note: string | null;
	/** When it was registered. */
	since: string;
}

export function aliasKey(alias: string): string {
	return foldName(composed(alias));
}

export const certificates: RecordKind<
	RegisteredCertificate,
	"certificate.register" | "certificate.set" | "certificate.retire" | "certificate.rename" | "certificate.refresh",
	| "alias"
	| "named"
	| "fingerprint"
	| "print"
	| "serial"
	| "status"
	| "owner"
	| "owned"
	| "wallet"
	| "revoked"
	| "from"
	| "to"
	| "begunBy"
	| "notBegunBy"
	| "endsFrom"
	| "endsBy",
	"alias" | "expires" | "registered" | "owner" | "wallet" | "status"
> = {
	name: "certificate",
	actions: [
		...(["certificate.register", "certificate.set", "certificate.retire", "certificate.rename"] as const),
		"certificate.refresh",
	],
	changedBy: "issuer",
	environment: null,
	key: ["number"],
	subject: ({ alias }) => `certificate ${alias}`,
	about: ["owner"],
	rename: "certificate.rename",
	called: ({ alias }) => t`certificate ${alias}`,
	filters: {
		alias: { by: "alias_key", test: "is" },
		named: { by: "alias_key", test: "like" },
		fingerprint: { by: "fingerprint", test: "is" },
		print: { by: "fingerprint", test: "like" },
		serial: { by: "serial", test: "is" },
		status: { by: "status", test: "is" },
		owner: { by: "owner_key", test: "is" },
		owned: { by: "owner_key", test: "like" },
		wallet: { by: "wallet", test: "like" },
		revoked: { by: "revoked", test: "is" },
		from: { by: "since", test: "from" },
		to: { by: "since", test: "to" },
		begunBy: { by: "notBefore", test: "to" },
		notBegunBy: { by: "notBefore", test: "from" },
		endsFrom: { by: "notAfter", test: "from" },
		endsBy: { by: "notAfter", test: "to" },
	},
	orders: {
		...{ alias: ["alias_key"], expires: ["notAfter"], registered: ["since"] },
		...{ owner: ["owner_key"], wallet: ["wallet"], status: ["status"] },
	},
	table: {
		name: "certificates",
		columns: {
			number: "number",
			alias: "alias",
			fingerprint: "fingerprint",
			subject: "subject",
			issuer: "issuer",
			serial: "serial",
			notBefore: "not_before",
			notAfter: "not_after",
			// Beside the rows, so that lists need not read it.
			der: { column: "der", table: "certificate_files" },
			place: "place",
			revocation: "revocation",
			revocationSeen: "revocation_seen",
			revokedAt: "revoked_at",
			revocationReason: "revocation_reason",
			owner: "owner",
			wallet: "wallet",
			status: "status",
			replacedBy: "replaced_by",
			note: "note",
			since: "since",
		},
		made: {
			revoked: ({ revocation }) => (revocation === "revoked" ? 1 : 0),
			alias_key: ({ alias }) => aliasKey(alias),
			owner_key: ({ owner }) => (owner === null ? null : keysOf(owner).name),
		},
		key: ["number"],
	},
	schema: {
		// The wide indexes of step 8 hold all that lists narrow and order by, so that a page reads no row but its own.
		sqlite: {
			7: `
	CREATE TABLE certificates (
		number      INTEGER NOT NULL,
		alias       TEXT    NOT NULL,
		alias_key   TEXT    NOT NULL,
		fingerprint TEXT    NOT NULL,
		subject     TEXT    NOT NULL,
		issuer      TEXT    NOT NULL,
		serial      TEXT    NOT NULL,
		not_before  TEXT    NOT NULL,
		not_after   TEXT    NOT NULL,
		place       TEXT,
		revocation  TEXT,
		revocation_seen   TEXT,
		revoked_at  TEXT,
		revocation_reason TEXT,
		revoked     INTEGER NOT NULL,
		owner       TEXT,
		owner_key   TEXT,
		wallet      TEXT,
		status      TEXT    NOT NULL,
		replaced_by INTEGER,
		note        TEXT,
		since       TEXT    NOT NULL,
		PRIMARY KEY (number)
	) STRICT, WITHOUT ROWID;
	CREATE TABLE certificate_files (
		number      INTEGER NOT NULL,
		der         TEXT    NOT NULL,
		PRIMARY KEY (number)
	) STRICT, WITHOUT ROWID;
	CREATE UNIQUE INDEX certificates_alias ON certificates (alias_key);
	CREATE INDEX certificates_fingerprint ON certificates (fingerprint);
	CREATE INDEX certificates_end ON certificates (not_after);
	CREATE INDEX certificates_revoked ON certificates (revoked);
	CREATE INDEX certificates_since ON certificates (since);
	CREATE INDEX certificates_owner ON certificates (owner_key) WHERE owner_key IS NOT NULL;
	`,
			8: `
	CREATE INDEX certificates_owners ON certificates (owner_key);
	CREATE INDEX certificates_wallet ON certificates (wallet);
	CREATE INDEX certificates_status ON certificates (status);
	CREATE INDEX certificates_status_alias ON certificates (status, alias_key);
	CREATE INDEX certificates_status_wallet ON certificates (status, wallet);
	CREATE INDEX certificates_ends ON certificates (not_after, alias_key, since, owner_key, wallet, status, revoked, not_before);
	CREATE INDEX certificates_registered ON certificates (since, alias_key, not_after, owner_key, wallet, status, revoked, not_before);
	CREATE INDEX certificates_standing ON certificates (status, not_after, alias_key, since, owner_key, wallet, revoked, not_before);
	CREATE INDEX certificates_validity ON certificates (revoked, not_before, not_after, alias_key, since, owner_key, wallet, status);
	`,
		},
	},
};
