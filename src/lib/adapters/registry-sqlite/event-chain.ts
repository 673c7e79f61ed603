import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import { asLogged } from "../../account/domains.js";
import type { Environment } from "../../environment/environment.js";
import type { Change, MigrateEvent, Origin, RestoreEvent } from "../../registry/port.js";
import type { Statements } from "../sqlite/database.js";
import type { StoredEvent } from "./event-log.js";

/** What the first event is chained to. */
export const chainStart = "";

/** Hashes after which node:crypto has earned what loading it costs. */
const few = 16;

let hashed = 0;
let fastHash: typeof import("node:crypto").hash | undefined;

/**
 * SHA-256 of a text, in hexadecimal. Loading node:crypto costs a fifth of a whole `cfm ids allocate`
 * (docs/decisions/0004), so only whoever hashes many texts gets it; it is then eight times as fast.
 */
function sha256Of(text: string): string {
	hashed += 1;
	if (hashed <= few) return bytesToHex(sha256(utf8ToBytes(text)));
	fastHash ??= process.getBuiltinModule("node:crypto").hash;
	return fastHash("sha256", text);
}

/** The hash of an event: SHA-256 over the hash of the one before and everything the event says, as one JSON array. */
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
	return sha256Of(JSON.stringify(told));
}

/** What the log tells of: changes of rows, and the two that are about the whole registry. */
type Recorded = Change | RestoreEvent | MigrateEvent;

/** Appends one event for each change. Must run inside the transaction that makes the changes. */
export function appendEvents(statements: Statements, changes: readonly Recorded[], origin: Origin, at: string): void {
	const last = statements.sql("SELECT seq, hash FROM events ORDER BY seq DESC LIMIT 1").get();
	let { seq, hash } = (last ?? { seq: 0, hash: chainStart }) as Pick<StoredEvent, "seq" | "hash">;
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
			before: toJson(change, change.before),
			after: toJson(change, change.after),
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

function toJson({ of }: Recorded, row: Recorded["before"] | Recorded["after"]): string | null {
	return row && JSON.stringify(of === "environment" ? asLogged(row as Environment) : row);
}

function subjectOf(change: Recorded): string {
	if (change.of === "registry") return "registry";
	if (change.of === "act") return change.subject;
	if (change.of === "site") return change.origin;
	if (change.of === "environment") return change.environment;
	if (change.of === "installation") return change.after.user;
	return change.after?.user ?? change.before?.user ?? `ID ${change.id}`;
}

function idOf(change: Recorded): number | null {
	if (change.of === "allocation" || change.of === "act") return change.id;
	return change.of === "installation" ? change.after.id : null;
}
