import type { Domain } from "../../account/domains.js";
import { registered, relate } from "../../account/whose.js";
import type { StoredEvent } from "../../registry/event-chain.js";
import type { EventQuery, RegistryEvent } from "../../registry/port.js";
import { likePattern } from "./record-sql.js";

/** Where to look for the events of a query: an SQL condition, its parameters, and a last test that SQL cannot do. */
export function eventFilter(
	query: EventQuery,
	domainsOf: (environment: string) => readonly Domain[],
): {
	where: string;
	parameters: unknown[];
	test?: (event: Pick<StoredEvent, "environment" | "subject" | "id" | "before" | "after">) => boolean;
} {
	const conditions: string[] = [];
	const parameters: unknown[] = [];
	if (query.environment !== undefined) {
		conditions.push("environment = ? COLLATE NOCASE");
		parameters.push(query.environment);
	}
	if (query.id !== undefined) {
		conditions.push("id = ?");
		parameters.push(query.id);
	}
	const { account } = query;
	// Most events are about others: SQLite says so faster than they are read. It folds ASCII alone.
	if (account !== undefined && /^[ -~]+$/.test(account.name)) {
		conditions.push("(subject LIKE ? ESCAPE '!' OR after LIKE ? ESCAPE '!' OR before LIKE ? ESCAPE '!')");
		parameters.push(...Array(3).fill(`%${likePattern(account.name)}%`));
	}
	const where = conditions.length === 0 ? "" : `WHERE ${conditions.join(" AND ")}`;
	if (account === undefined) return { where, parameters };
	const isHim = (user: unknown, environment: string) => {
		if (typeof user !== "string" || !user.toLowerCase().includes(account.name)) return false;
		const likeness = relate(account, registered({ user, sid: null }), domainsOf(environment));
		// A bare name asks for all of that name; a name with a domain is not that of one without.
		return likeness === "same" || (likeness === "perhaps" && account.domain === "");
	};
	const fields = query.userFields ?? ["user"];
	// An environment may be called like a user: a subject is somebody where the event is about an ID, else the row says whom.
	type Told = Pick<StoredEvent, "environment" | "subject" | "id" | "before" | "after">;
	const test = ({ environment, subject, id, before, after }: Told) =>
		(id !== null && isHim(subject, environment)) ||
		[after, before].some(
			(row) =>
				row?.toLowerCase().includes(account.name) && usersOf(row, fields).some((user) => isHim(user, environment)),
		);
	return { where, parameters, test };
}

export function toEvent(stored: StoredEvent): RegistryEvent {
	const { request_key, hash: _, before, after, ...rest } = stored;
	return {
		...rest,
		before: fromJson(before),
		after: fromJson(after),
		requestKey: request_key,
	};
}

function usersOf(row: string, fields: readonly string[]): unknown[] {
	const told = fromJson(row);
	if (typeof told !== "object" || told === null) return [];
	return fields.map((field) => (told as Record<string, unknown>)[field]);
}

/** A text that is no JSON any more is told as it stands: `check` says that the log was changed. */
function fromJson(text: string | null): unknown {
	try {
		return text === null ? null : JSON.parse(text);
	} catch {
		return text;
	}
}
