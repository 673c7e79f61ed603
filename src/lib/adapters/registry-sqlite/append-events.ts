import { chainStart, eventOf, type Recorded, type StoredEvent } from "../../registry/event-chain.js";
import { registryMoved } from "../../registry/refusals.js";
import type { Attribution } from "../../registry/registry.js";
import type { Statements } from "../sqlite/database.js";

/** What may follow on the event that the registry goes on elsewhere. */
const revive: ReadonlySet<string> = new Set(["registry.arrive", "restore"]);

/**
 * Appends one event for each change. Must run inside the transaction that makes the changes.
 *
 * @throws CfmError conflict `registry-moved`
 */
export function appendEvents(
	statements: Statements,
	changes: readonly Recorded[],
	attribution: Attribution,
	at: string,
): void {
	const stored = statements.sql("SELECT seq, hash, action FROM events ORDER BY seq DESC LIMIT 1").get();
	let last = (stored ?? { seq: 0, hash: chainStart, action: "" }) as Pick<StoredEvent, "seq" | "hash" | "action">;
	if (last.action === "registry.leave" && changes[0] !== undefined && !revive.has(changes[0].action))
		throw registryMoved(movedTo(statements) ?? "");
	const insert = statements.sql(
		`INSERT INTO events (seq, at, actor, machine, command, action, environment, subject, id, before, after, note,
			request_key, hash) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
	);
	for (const change of changes) {
		const event = eventOf(last, change, attribution, at);
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

/** Where the registry goes on; undefined when it does so here. */
export function movedTo(statements: Statements): string | undefined {
	const last = statements.sql("SELECT action, after FROM events ORDER BY seq DESC LIMIT 1").get() as
		| Pick<StoredEvent, "action" | "after">
		| undefined;
	return last?.action === "registry.leave" ? JSON.parse(last.after ?? "{}").registry : undefined;
}
