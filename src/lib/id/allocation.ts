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
export type Holder = { user: string; sid: string | null };

export type AllocationSort = "id" | "user" | "state" | "since";

export interface AllocationQuery {
	environment?: string | undefined;
	state?: AllocationState | undefined;
	/** With `*` and `?`, compared without case: against the name alone, or with a `\` or `@` in it the domain too. */
	userPattern?: string | undefined;
	sort?: AllocationSort | undefined;
	descending?: boolean | undefined;
	limit?: number | undefined;
	offset?: number | undefined;
}
