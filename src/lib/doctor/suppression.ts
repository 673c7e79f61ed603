import { type Account, keysOf } from "../account/account.js";
import type { RecordKind } from "../registry/kind.js";
import { t } from "../text.js";

/** A finding that an administrator knows and has decided to live with, for a time. */
export interface Suppression {
	environment: string;
	/** The finding's ID. */
	finding: string;
	/** Whose; null: everybody's. */
	user: string | null;
	reason: string;
	/** When it was suppressed, ISO 8601 UTC. */
	since: string;
	/** When it is told again, ISO 8601 UTC. */
	until: string;
}

const keys = (user: string | null): Pick<Account, "name" | "domain"> =>
	user === null ? { name: "", domain: "" } : keysOf(user);

export const suppressions: RecordKind<
	Suppression,
	"suppression.add" | "suppression.remove" | "suppression.rename",
	"finding"
> = {
	name: "suppression",
	actions: ["suppression.add", "suppression.remove", "suppression.rename"],
	environment: "environment",
	key: ["finding", "user"],
	subject: ({ finding, user }) => (user === null ? finding : `${finding} ${user}`),
	about: ["user"],
	rename: "suppression.rename",
	called: ({ finding, user }) =>
		user === null ? t`suppression of ${finding}` : t`suppression of ${finding} for ${user}`,
	filters: { finding: { by: "finding", test: "is" } },
	orders: {},
	table: {
		name: "suppressions",
		columns: { finding: "finding", user: "user", reason: "reason", since: "since", until: "until" },
		made: { name_key: ({ user }) => keys(user).name, domain_key: ({ user }) => keys(user).domain },
		key: ["finding", "name_key", "domain_key"],
	},
	schema: {
		sqlite: {
			6: `
	CREATE TABLE suppressions (
		environment INTEGER NOT NULL REFERENCES environments,
		finding     TEXT    NOT NULL,
		name_key    TEXT    NOT NULL,
		domain_key  TEXT    NOT NULL,
		user        TEXT,
		reason      TEXT    NOT NULL,
		since       TEXT    NOT NULL,
		until       TEXT    NOT NULL,
		PRIMARY KEY (environment, finding, name_key, domain_key)
	) STRICT, WITHOUT ROWID;
	`,
		},
	},
};
