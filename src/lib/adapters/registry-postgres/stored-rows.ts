import type { Allocation, Holder } from "../../id/allocation.js";
import type { StoredEvent } from "../../registry/event-chain.js";
import { type KeptLook, lookKinds } from "../../registry/look.js";
import type { KeptRun } from "../../registry/outbox.js";
import type { StoredAnswer } from "../../registry/stored-answer.js";
import type { Piece, StoredRange } from "../registry-sql/check-content.js";
import { number, oneOf, orNull, reading, text } from "./read-rows.js";

/** Rows of the store's own tables, as they are told by the columns that the rest of the program knows. */

export const toAllocation = reading<Allocation>({
	environment: text,
	id: number,
	state: oneOf("allocated", "reserved", "quarantined"),
	user: orNull(text),
	sid: orNull(text),
	note: orNull(text),
	since: text,
	until: orNull(text),
});

export const toHolder = reading<Holder>({ id: number, user: text, sid: orNull(text) });

/** What an event is looked through for. */
export const toTold = reading<Pick<StoredEvent, "seq" | "environment" | "subject" | "id" | "before" | "after">>({
	seq: number,
	environment: text,
	subject: text,
	id: orNull(number),
	before: orNull(text),
	after: orNull(text),
});

export const toStoredEvent = reading<StoredEvent>({
	seq: number,
	at: text,
	actor: text,
	machine: text,
	command: text,
	action: text,
	environment: text,
	subject: text,
	id: orNull(number),
	before: orNull(text),
	after: orNull(text),
	note: orNull(text),
	request_key: text,
	hash: text,
});

/** Of an event, all but what the server has added. */
export const eventColumns =
	"seq, at, actor, machine, command, action, environment, subject, id, before, after, note, request_key, hash";

export const toAnswer = reading<StoredAnswer>({
	request_key: text,
	fingerprint: text,
	answer: text,
	at: text,
	hash: text,
});

export const toLook = reading<KeptLook>({
	environment: text,
	machine: text,
	kind: oneOf(...lookKinds),
	at: orNull(text),
	total: number,
	attention: number,
	left: number,
});

export const toRun = reading<KeptRun>({ job: text, machine: text, at: text });

export const toGap = reading<{ lo: number; hi: number }>({ lo: number, hi: number });

export const toRange = reading<StoredRange>({ environment: number, name: text, firstId: number, lastId: number });

export const toPiece = reading<Piece>({ lo: number, hi: number, held: number });

/** What is told with an environment's row. */
export const toEdges = reading<{
	number: number;
	/** The lowest ID of the lowest gap; null where there is none. */
	gap: number | null;
	/** The highest ID that is held; null where none is. */
	highest: number | null;
	/** When the first of its quarantines ends; null when no ID is in quarantine. */
	quarantineEnd: string | null;
}>({ number, gap: orNull(number), highest: orNull(number), quarantineEnd: orNull(text) });
