import { keysOf } from "../account/account.js";
import type { Principal } from "../account/principal.js";
import type { RecordKind } from "../registry/kind.js";
import type { RegistryView } from "../registry/registry.js";
import type { Role } from "../registry/role.js";
import { t } from "../text.js";
import { noAdminLeft } from "./refusals.js";

/** An account or a group that may do something with the registry. */
export interface Operator extends Principal {
	role: Role;
	/** Exactly one mailbox; issuers and admins are told what has no owner. */
	mail: string | null;
	/** In which language they are written to, as `en` or `fr-CA`; null: in that of whoever writes. */
	lang: string | null;
	/** The role of PostgreSQL that they log in as; null in a file. */
	login: string | null;
	/** When they were named, ISO 8601 UTC. */
	since: string;
}

export const operators: RecordKind<
	Operator,
	"operator.add" | "operator.set" | "operator.remove",
	"role",
	"name" | "role"
> = {
	name: "operator",
	actions: ["operator.add", "operator.set", "operator.remove"],
	changedBy: "admin",
	environment: null,
	key: ["name", "kind"],
	subject: ({ name }) => `operator ${name}`,
	// Whoever may rename users does not say with that who may do what.
	about: [],
	called: ({ name }) => t`operator ${name}`,
	filters: { role: { by: "role", test: "is" } },
	orders: { name: ["name_key"], role: ["role"] },
	// Also where two commands take two admins away at the same moment.
	holds: (rows) => (rows.some(({ role }) => role === "admin") ? undefined : noAdminLeft()),
	table: {
		name: "operators",
		columns: {
			name: "name",
			kind: "kind",
			sid: "sid",
			role: "role",
			mail: "mail",
			lang: "lang",
			login: "login",
			since: "since",
		},
		made: { name_key: ({ name }) => keysOf(name).name, domain_key: ({ name }) => keysOf(name).domain },
		key: ["name_key", "domain_key", "kind"],
	},
	schema: {
		sqlite: {
			8: `
	CREATE TABLE operators (
		name_key   TEXT NOT NULL,
		domain_key TEXT NOT NULL,
		kind       TEXT NOT NULL,
		name       TEXT NOT NULL,
		sid        TEXT,
		role       TEXT NOT NULL CHECK (role = 'auditor' OR role = 'operator' OR role = 'issuer' OR role = 'admin'),
		mail       TEXT,
		lang       TEXT,
		login      TEXT,
		since      TEXT NOT NULL,
		PRIMARY KEY (name_key, domain_key, kind)
	) STRICT, WITHOUT ROWID;
	CREATE UNIQUE INDEX operators_sid ON operators (sid) WHERE sid IS NOT NULL;
	`,
		},
	},
};

/** Everybody who is named, by name. */
export async function listOperators(view: Pick<RegistryView, "records">): Promise<Operator[]> {
	return (await Array.fromAsync(view.records(operators, { order: "name" }))).flat();
}
