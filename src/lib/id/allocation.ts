import { keysOf } from "../account/account.js";
import type { RecordKind } from "../registry/kind.js";
import { t } from "../text.js";

/** The states an ID can be in; an ID that is free has no row. */
export type AllocationState = "allocated" | "reserved" | "quarantined";

/** One ID that is not free. */
export interface Allocation {
	environment: string;
	id: number;
	state: AllocationState;
	/** Who has it, or had it last (quarantined); null for a reserved ID. */
	user: string | null;
	sid: string | null;
	note: string | null;
	/** When it came into this state, ISO 8601 UTC. */
	since: string;
	/** When the quarantine ends, ISO 8601 UTC; null in the other states. */
	until: string | null;
}

/** Who has an ID. */
export type Holder = Pick<Allocation, "id" | "user" | "sid">;

/** A name, folded, that somebody may have meant to write. */
export interface NearName {
	name: string;
	/** So many letters may be wrong, missing or too many. */
	wrong: number;
	environment?: string | undefined;
	/** Those that begin as it does, which an index finds; or all others, for which every name is looked at. */
	begins: boolean;
}

export type AllocationSort = "id" | "user" | "state" | "since";

export interface AllocationQuery {
	environment?: string | undefined;
	state?: AllocationState | undefined;
	/** With `*` and `?`, compared without case: against the name alone, or with a `\` or `@` in it the domain too. */
	userPattern?: string | undefined;
	/** What stands in the user's name as it was spelled, in the SID or in the note, without regard to case (A to Z). */
	containing?: string | undefined;
	sort?: AllocationSort | undefined;
	descending?: boolean | undefined;
	limit?: number | undefined;
	offset?: number | undefined;
}

const keys = ({ user }: Allocation) => (user === null ? undefined : keysOf(user));

/**
 * IDs are a kind as far as their rows go: checked and told as others are. They alone are changed another way (`of:
 * "allocation"`), for what is free is kept beside them; the store makes their tables with those of the gaps.
 */
export const allocations: RecordKind<Allocation> = {
	name: "allocation",
	actions: [
		...["allocate", "release", "reserve", "move", "free", "import"],
		...["id.identify", "id.set", "id.rename", "id.quarantine"],
	],
	environment: "environment",
	key: ["id"],
	subject: ({ user, id }) => user ?? `ID ${id}`,
	id: ({ id }) => id,
	about: ["user"],
	called: ({ id, environment }) => t`ID ${id} of ${environment}`,
	filters: {},
	orders: {},
	table: {
		name: "allocations",
		columns: { id: "id", state: "state", user: "user", sid: "sid", note: "note", since: "since", until: "until" },
		made: { name_key: (row) => keys(row)?.name ?? null, domain_key: (row) => keys(row)?.domain ?? null },
		key: ["id"],
	},
	schema: { sqlite: {} },
};
