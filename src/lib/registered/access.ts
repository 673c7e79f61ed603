import type { RecordKind } from "../registry/kind.js";
import { t } from "../text.js";

/** Access to a certificate at its authority, which must be granted again and again: one grant. */
export interface Access {
	/** The number of the certificate. */
	certificate: number;
	/** Its alias when it was granted: for the log. */
	alias: string;
	/** Counts the grants of a certificate, from 1; the last one counts. */
	generation: number;
	/** The day, or the instant where a time was said. */
	granted: string;
	grantedAt: string;
	/** The instant at which it expires, ISO 8601 UTC. */
	expiresAt: string;
	zone: string;
	/** Signatures made, as far as somebody told, and how many are allowed. */
	used: number;
	allowance: number;
	since: string;
}

/** From nine tenths of its signatures on, as the vendor tells operators. */
export function isNearlyUsed({ used, allowance }: Pick<Access, "used" | "allowance">): boolean {
	return used * 10 >= allowance * 9;
}

export const accesses: RecordKind<
	Access,
	"access.grant" | "access.correct" | "access.renew" | "access.use",
	"certificate" | "certificates" | "expires" | "nearlyUsed",
	"expires"
> = {
	name: "access",
	actions: ["access.grant", "access.correct", "access.renew", "access.use"],
	changedBy: "issuer",
	environment: null,
	key: ["certificate", "generation"],
	subject: ({ alias }) => `certificate ${alias}`,
	about: [],
	called: ({ alias, generation }) => t`access ${generation} to certificate ${alias}`,
	filters: {
		certificate: { by: "certificate", test: "is" },
		certificates: { by: "certificate", test: "among" },
		expires: { by: "expiresAt", test: "to" },
		nearlyUsed: { by: "nearly_used", test: "is" },
	},
	orders: { expires: ["expiresAt"] },
	table: {
		name: "accesses",
		columns: {
			certificate: "certificate",
			alias: "alias",
			generation: "generation",
			granted: "granted",
			grantedAt: "granted_at",
			expiresAt: "expires_at",
			zone: "zone",
			used: "used",
			allowance: "allowance",
			since: "since",
		},
		made: { nearly_used: (row) => (isNearlyUsed(row) ? 1 : 0) },
		key: ["certificate", "generation"],
	},
	schema: {
		sqlite: {
			7: `
	CREATE TABLE accesses (
		certificate INTEGER NOT NULL,
		alias       TEXT    NOT NULL,
		generation  INTEGER NOT NULL,
		granted     TEXT    NOT NULL,
		granted_at  TEXT    NOT NULL,
		expires_at  TEXT    NOT NULL,
		zone        TEXT    NOT NULL,
		used        INTEGER NOT NULL,
		allowance   INTEGER NOT NULL,
		since       TEXT    NOT NULL,
		nearly_used INTEGER NOT NULL,
		PRIMARY KEY (certificate, generation)
	) STRICT, WITHOUT ROWID;
	CREATE INDEX accesses_expiry ON accesses (expires_at);
	CREATE INDEX accesses_used ON accesses (nearly_used);
	`,
		},
	},
};
