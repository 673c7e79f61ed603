import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import { parseAccount } from "../../account/account.js";
import type { Change, EventQuery, Origin, RegistryEvent, RestoreEvent } from "../port.js";
import type { Statements } from "./database.js";

/** A stored event: `before` and `after` are JSON texts, hashed as they stand. */
export interface StoredEvent {
	seq: number;
	at: string;
	actor: string;
	machine: string;
	command: string;
	action: string;
	environment: string;
	subject: string;
	id: number | null;
	before: string | null;
	after: string | null;
	note: string | null;
	request_key: string;
	hash: string;
}

/** What the first event is chained to. */
export const chainStart = "";

/**
 * The hash of an event: SHA-256 over the hash of the one before and everything the event says, as one JSON array.
 *
 * Not node:crypto: loading it costs a fifth of a whole `cfm ids allocate` (docs/decisions/0003).
 */
export function hashOf(previous: string, event: Omit<StoredEvent, "hash">): string {
	const told = [
		previous,
		event.seq,
		event.at,
		event.actor,
		event.machine,
		event.command,
		event.action,
		event.environment,
		event.subject,
		event.id,
		event.before,
		event.after,
		event.note,
		event.request_key,
	];
	return bytesToHex(sha256(utf8ToBytes(JSON.stringify(told))));
}

/** Appends one event for each change. Must run inside the transaction that makes the changes. */
export function appendEvents(
	statements: Statements,
	changes: readonly (Change | RestoreEvent)[],
	origin: Origin,
	at: string,
): void {
	const last = statements.sql("SELECT seq, hash FROM events ORDER BY seq DESC LIMIT 1").get() as
		| { seq: number; hash: string }
		| undefined;
	let seq = last?.seq ?? 0;
	let hash = last?.hash ?? chainStart;
	const insert = statements.sql(
		`INSERT INTO events (seq, at, actor, machine, command, action, environment, subject, id, before, after, note,
			request_key, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
	);
	for (const change of changes) {
		seq += 1;
		const event = {
			seq,
			at,
			actor: origin.actor,
			machine: origin.machine,
			command: origin.command,
			action: change.action,
			environment: change.environment,
			subject: subjectOf(change),
			id: idOf(change),
			before: change.before && JSON.stringify(change.before),
			after: change.after && JSON.stringify(change.after),
			note: change.note ?? null,
			request_key: origin.requestKey,
		};
		hash = hashOf(hash, event);
		insert.run(
			event.seq,
			event.at,
			event.actor,
			event.machine,
			event.command,
			event.action,
			event.environment,
			event.subject,
			event.id,
			event.before,
			event.after,
			event.note,
			event.request_key,
			hash,
		);
	}
}

/** Where to look for the events of a query: an SQL condition, its parameters, and a last test that SQL cannot do. */
export function eventFilter(query: EventQuery): {
	where: string;
	parameters: unknown[];
	test?: (subject: string) => boolean;
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
	// An environment may be called like a user; only events about an ID are about somebody.
	if (account !== undefined) conditions.push("id IS NOT NULL");
	const where = conditions.length === 0 ? "" : `WHERE ${conditions.join(" AND ")}`;
	if (account === undefined) return { where, parameters };
	return { where, parameters, test: (subject) => isAbout(subject, account.name, account.domain) };
}

export function toEvent(stored: StoredEvent): RegistryEvent {
	const { request_key, hash: _, before, after, ...rest } = stored;
	return {
		...rest,
		before: before === null ? null : JSON.parse(before),
		after: after === null ? null : JSON.parse(after),
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

function subjectOf(change: Change | RestoreEvent): string {
	if (change.of === "registry") return "registry";
	if (change.of === "environment") return change.environment;
	if (change.of === "installation") return change.after.user;
	return change.after?.user ?? change.before?.user ?? `ID ${change.id}`;
}

function idOf(change: Change | RestoreEvent): number | null {
	if (change.of === "environment" || change.of === "registry") return null;
	return change.of === "installation" ? change.after.id : change.id;
}
