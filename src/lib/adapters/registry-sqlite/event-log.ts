import { parseAccount } from "../../account/account.js";
import type { StoredEvent } from "../../registry/event-chain.js";
import type { EventQuery, RegistryEvent } from "../../registry/port.js";
import { likePattern } from "./record-sql.js";

/** Where to look for the events of a query: an SQL condition, its parameters, and a last test that SQL cannot do. */
export function eventFilter(query: EventQuery): {
	where: string;
	parameters: unknown[];
	test?: (event: Pick<StoredEvent, "subject" | "id" | "before" | "after">) => boolean;
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
	const isHim = (user: unknown) => typeof user === "string" && isAbout(user, account.name, account.domain);
	const fields = query.userFields ?? ["user"];
	// An environment may be called like a user: a subject is somebody where the event is about an ID, else the row says whom.
	const test = ({ subject, id, before, after }: Pick<StoredEvent, "subject" | "id" | "before" | "after">) =>
		(id !== null && isHim(subject)) ||
		[after, before].some((row) => row?.toLowerCase().includes(account.name) && usersOf(row, fields).some(isHim));
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

function isAbout(subject: string, name: string, domain: string): boolean {
	if (!subject.toLowerCase().includes(name)) return false;
	try {
		const account = parseAccount(subject);
		if (account.name !== name) return false;
		if (domain === "" || account.domain === "" || account.domain === domain) return true;
		return account.domain.split(".")[0] === domain.split(".")[0];
	} catch {
		return false; // "ID 42" is a subject too
	}
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
