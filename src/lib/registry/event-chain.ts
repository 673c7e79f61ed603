import { sha256 } from "@noble/hashes/sha2.js";
import { bytesToHex, utf8ToBytes } from "@noble/hashes/utils.js";
import type { Attribution, Change, MigrateEvent, MoveEvent, RestoreEvent } from "./registry.js";

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

/** Hashes after which node:crypto has earned what loading it costs. */
const few = 16;

let hashed = 0;
let fastHash: typeof import("node:crypto").hash | undefined;

/**
 * SHA-256 of a text, in hexadecimal. Loading node:crypto costs a fifth of a whole `cfm ids allocate`
 * (docs/decisions/0004), so only whoever hashes many texts gets it; it is then eight times as fast.
 */
export function sha256Of(text: string): string {
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

/** What the log tells of: changes, and what is about the whole registry. */
export type Recorded = Change | RestoreEvent | MigrateEvent | MoveEvent;

/** The event that tells a change, chained to the one before. */
export function eventOf(
	last: Pick<StoredEvent, "seq" | "hash">,
	change: Recorded,
	attribution: Attribution,
	at: string,
): StoredEvent {
	const event = {
		seq: last.seq + 1,
		at,
		actor: attribution.actor,
		machine: attribution.machine,
		command: attribution.command,
		action: change.action,
		environment: change.environment,
		subject: subjectOf(change),
		id: idOf(change),
		before: change.before && toJson(change, change.before),
		after: change.after && toJson(change, change.after),
		note: change.note ?? null,
		request_key: attribution.requestKey,
	};
	return { ...event, hash: hashOf(last.hash, event) };
}

function subjectOf(change: Recorded): string {
	if (change.of === "registry") return "registry";
	if (change.of === "act") return change.subject;
	if (change.of === "allocation") return change.after?.user ?? change.before?.user ?? `ID ${change.id}`;
	return change.of.subject((change.after ?? change.before) as object);
}

function idOf(change: Recorded): number | null {
	if (change.of === "registry") return null;
	if (change.of === "allocation" || change.of === "act") return change.id;
	return change.of.id?.((change.after ?? change.before) as object) ?? null;
}

function toJson({ of }: Recorded, row: object): string {
	return JSON.stringify(typeof of === "string" ? row : (of.logged?.(row) ?? row));
}
