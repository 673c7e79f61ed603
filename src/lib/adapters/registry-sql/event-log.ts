import type { Domain } from "../../account/domains.js";
import { isPerson, type Person } from "../../account/person.js";
import type { StoredEvent } from "../../registry/event-chain.js";
import type { EventQuery, RegistryEvent } from "../../registry/registry.js";
import { type Dialect, likePattern } from "./dialect.js";

/** Changes of IDs whose subject is whom they are about, and nobody else. */
const saidBySubject = ["release", "free", "move", "reserve", "id.set", "id.quarantine"]
	.map((action) => `'${action}'`)
	.join(", ");

type Told = Pick<StoredEvent, "seq" | "environment" | "subject" | "id" | "before" | "after">;

/** Where to look for the events of a query: an SQL condition, its parameters, and a last test that SQL cannot do. */
export function eventFilter(
	query: EventQuery,
	dialect: Dialect,
	domainsOf: (environment: string) => readonly Domain[],
): {
	where: string;
	parameters: unknown[];
	test?: (event: Told) => boolean;
} {
	const conditions: string[] = [];
	const parameters: unknown[] = [];
	const add = (condition: string, ...values: unknown[]) => {
		conditions.push(condition);
		parameters.push(...values);
	};
	if (query.environment !== undefined) add(`${dialect.text("environment")} = ?`, dialect.folded(query.environment));
	if (query.id !== undefined) add("id = ?", query.id);
	if (query.requestKey !== undefined) add("request_key = ?", query.requestKey);
	if (query.actor !== undefined) {
		add("actor = ?", query.actor.name);
		if (query.actor.machine !== undefined) add("machine = ?", query.actor.machine);
	}
	if (query.actions !== undefined) add(`action IN (${query.actions.map(() => "?").join(", ")})`, ...query.actions);
	// In these very words: only so is the index of such events used.
	if (query.beyondGiving) add("action <> 'allocate' AND action <> 'import'");
	if (query.since !== undefined) add("at >= ?", query.since);
	if (query.until !== undefined) add("at < ?", query.until);
	if (query.after !== undefined) add("seq > ?", query.after);
	if (query.before !== undefined) add("seq < ?", query.before);
	const person: Person | undefined =
		query.person ?? (query.account && { names: [{ account: query.account }], sids: sidsOf(query.account) });
	// Most events are about others: SQLite says so faster than they are read. It folds ASCII alone.
	const pieces = person && [...person.names.map(({ account }) => longestAscii(account.name)), ...person.sids];
	if (pieces !== undefined && !pieces.includes("")) {
		const [subject, ...rows] = ["subject", "after", "before"].map(
			(place) => `${dialect.text(place)} LIKE ? ESCAPE '!'`,
		);
		// The subject is in the index, rows are not.
		const inRows = `(${rows.join(" OR ")})`;
		const one = `${subject} OR ${query.beyondGiving && person?.sids.size === 0 ? `action NOT IN (${saidBySubject}) AND ${inRows}` : inRows}`;
		const likes = [...new Set(pieces)].map((piece) => dialect.folded(`%${likePattern(piece)}%`));
		add(`(${likes.map(() => one).join(" OR ")})`, ...likes.flatMap((like) => [like, like, like]));
	}
	const where = conditions.length === 0 ? "" : `WHERE ${conditions.join(" AND ")}`;
	if (person === undefined) return { where, parameters };
	const fields = query.userFields ?? ["user"];
	// An environment may be called like a user: a subject is somebody where the event is about an ID, else the row says whom.
	const test = ({ seq, environment, subject, id, before, after }: Told) => {
		const isTheirs = (user: unknown, sid: unknown) =>
			typeof user === "string" &&
			isPerson(person, { user, sid: typeof sid === "string" ? sid : null, environment, seq }, domainsOf(environment));
		const rows = [after, before].map(fromJson).filter((row) => typeof row === "object" && row !== null);
		const sidOf = (row: object) => (row as { sid?: unknown }).sid;
		return (
			(id !== null && isTheirs(subject, rows[0] && sidOf(rows[0]))) ||
			rows.some((row) => fields.some((field) => isTheirs((row as Record<string, unknown>)[field], sidOf(row))))
		);
	};
	return { where, parameters, test };
}

function sidsOf({ sid }: { sid?: string }): Set<string> {
	return new Set(sid === undefined ? [] : [sid]);
}

/** What of a name is found without regard to case, as SQLite does it. */
function longestAscii(name: string): string {
	return name.split(/[^ -~]+/).reduce((longest, piece) => (piece.length > longest.length ? piece : longest), "");
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

/** A text that is no JSON any more is told as it stands: `check` says that the log was changed. */
function fromJson(text: string | null): unknown {
	try {
		return text === null ? null : JSON.parse(text);
	} catch {
		return text;
	}
}
