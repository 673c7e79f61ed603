import { chainStart, eventOf, type Recorded, type StoredEvent } from "../../registry/event-chain.js";
import type { Origin } from "../../registry/port.js";
import type { Statements } from "../sqlite/database.js";

/** Appends one event for each change. Must run inside the transaction that makes the changes. */
export function appendEvents(statements: Statements, changes: readonly Recorded[], origin: Origin, at: string): void {
	const stored = statements.sql("SELECT seq, hash FROM events ORDER BY seq DESC LIMIT 1").get();
	let last = (stored ?? { seq: 0, hash: chainStart }) as Pick<StoredEvent, "seq" | "hash">;
	const insert = statements.sql(
		`INSERT INTO events (seq, at, actor, machine, command, action, environment, subject, id, before, after, note,
			request_key, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
	);
	for (const change of changes) {
		const event = eventOf(last, change, origin, at);
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
			event.hash,
		);
		last = event;
	}
}
